"""A question that is asked in the last line."""

from collections.abc import Callable, Sequence
from typing import NamedTuple


def _nothing(*_: str) -> None:
    pass


class Question(NamedTuple):
    """What is asked, and what becomes of the answer.

    `done` takes it and raises ValueError, saying why, for one that it cannot take. `typing` is told of every change,
    `cancelled` when there will be no answer. `complete` gives what a text may become.
    """

    label: str
    done: Callable[[str], None]
    hint: str = ""
    text: str = ""
    complete: Callable[[str], Sequence[str]] = lambda _: ()
    typing: Callable[[str], None] = _nothing
    cancelled: Callable[[], None] = _nothing
