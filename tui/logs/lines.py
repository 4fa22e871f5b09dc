"""The lines of a log, one after the other, in bounded memory."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from store.pages import Page

LONGEST = 32 * 1024
"""Bytes; a longer line comes in pieces."""


class Line(NamedTuple):
    """A line, or a piece of a long one, without its end. `time` is in milliseconds, where it is known."""

    text: bytes
    time: int | None = None
    goes_on: bool = False
    """Whether another piece of it follows."""


async def lines(pages: AsyncIterator[Page]) -> AsyncIterator[Line]:
    """The lines of pages that follow each other."""
    rest = b""
    async for page in pages:
        *whole, rest = (rest + page.data).split(b"\n")
        for number, text in enumerate(whole):
            time = page.times[number] if page.times else None
            for piece in _pieces(text):
                yield piece._replace(time=time)
        # What has no end yet may be the beginning of a line of any length.
        while len(rest) > LONGEST:
            yield Line(rest[:LONGEST], goes_on=True)
            rest = rest[LONGEST:]
    if rest:
        yield Line(rest)


def _pieces(text: bytes) -> list[Line]:
    if len(text) <= LONGEST:
        return [Line(text)]
    cuts = range(0, len(text), LONGEST)
    return [Line(text[start : start + LONGEST], goes_on=start + LONGEST < len(text)) for start in cuts]
