"""A question that is asked in the last line."""

from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple


def _nothing(*_: str) -> None:
    pass


class Question(NamedTuple):
    """What is asked, and what becomes of the answer.

    `done` takes it and raises ValueError, saying why, for one that it cannot take; what it may return is awaited once
    nothing is asked any more. `typing` is told of every change,
    `cancelled` when there will be no answer. `complete` gives what a text may become.
    """

    label: str
    done: Callable[[str], Awaitable[object] | None]
    hint: str = ""
    text: str = ""
    complete: Callable[[str], Sequence[str]] = lambda _: ()
    typing: Callable[[str], None] = _nothing
    cancelled: Callable[[], None] = _nothing
