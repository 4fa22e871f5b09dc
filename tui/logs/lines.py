"""Splitting a log into lines, in bounded memory."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

from store.logs.log import Page
from tui.logs.sgr import PLAIN, Pen, pen_after

LONGEST = 32 * 1024
"""Bytes; a longer line comes in pieces."""

SLACK = 64
"""Bytes by which a piece may be shorter, so that it ends between characters and colours."""

# A sequence as `line_text` parses it, without its end.
_BEGUN = re.compile(rb"\x1b(?:\[[0-?]{0,60}|\][^\x07\x1b]{0,60}|[()*+])?")


class LogLine(NamedTuple):
    """A line, or a piece of a long line, without its line end. `time` is in milliseconds, if known."""

    text: bytes
    time: int | None = None
    goes_on: bool = False
    """Whether another piece of the line follows."""
    is_rest: bool = False
    """Whether a piece of the line comes before."""
    pen: Pen = PLAIN
    """The colours at its start, as far as they are known."""


def cut(text: bytes, at: int) -> int:
    """Return the last place up to `at`, and less than `SLACK` before it, that is not within a character or a colour."""
    if at >= len(text):
        return len(text)
    begun = text.rfind(b"\x1b", max(0, at - SLACK + 1), at)
    if begun >= 0 and _BEGUN.fullmatch(text, begun, at):
        return begun
    for place in range(at, max(-1, at - 4), -1):
        if text[place] & 0xC0 != 0x80:  # the first byte of a character
            return place
    return at


def pieces(line: LogLine) -> Iterator[LogLine]:
    """Yield a line in pieces of at most `LONGEST` bytes."""
    text, time, goes_on, is_rest, _ = line
    if len(text) <= LONGEST:
        yield line
        return
    start = 0
    while len(text) - start > LONGEST:
        end = cut(text, start + LONGEST)
        yield LogLine(text[start:end], time, goes_on=True, is_rest=is_rest or start > 0)
        start = end
    yield LogLine(text[start:], time, goes_on, is_rest=True)


class Splitter:
    """Splits consecutive pages into lines, and holds back a line without an end."""

    def __init__(self) -> None:
        self._kept = LogLine(b"")

    def lines(self, page: Page) -> Iterator[LogLine]:
        """Yield the lines, and pieces of lines, that end in the next page."""
        text, is_rest = self._kept.text, self._kept.is_rest
        *whole, text = (text + page.data).split(b"\n")
        for number, each in enumerate(whole):
            yield from pieces(LogLine(each, page.times[number] if page.times else None, is_rest=is_rest))
            is_rest = False
        # A line without an end can be of any length.
        while len(text) > LONGEST:
            end = cut(text, LONGEST)
            yield LogLine(text[:end], goes_on=True, is_rest=is_rest)
            text, is_rest = text[end:], True
        self._kept = LogLine(text, is_rest=is_rest)

    def finish(self) -> Iterator[LogLine]:
        """Yield the line that was held back: nothing follows."""
        kept, self._kept = self._kept, LogLine(b"")
        if kept.text:
            yield kept


async def lines(pages: AsyncIterator[Page]) -> AsyncIterator[LogLine]:
    """Yield the lines of consecutive pages."""
    splitter = Splitter()
    async for page in pages:
        for line in splitter.lines(page):
            yield line
    for line in splitter.finish():
        yield line


async def with_pens(lines: AsyncIterator[LogLine]) -> AsyncIterator[LogLine]:
    """Yield consecutive lines, each with the colours that those before it have left."""
    pen = PLAIN
    async for line in lines:
        yield line._replace(pen=pen) if pen else line
        pen = pen_after(line.text, pen)
