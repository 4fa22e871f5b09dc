"""The lines of a log, one after the other, in bounded memory."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import NamedTuple

from store.logs.log import Page

LONGEST = 32 * 1024
"""Bytes; a longer line comes in pieces."""

SLACK = 64
"""Bytes by which a piece may be shorter, so that it ends between characters and colours."""

# Of what `sgr` takes for a colour, all but the end.
_BEGUN = re.compile(rb"\x1b(?:\[[0-9;:]{0,60})?")


class LogLine(NamedTuple):
    """A line, or a piece of a long one, without its end. `time` is in milliseconds, where it is known."""

    text: bytes
    time: int | None = None
    goes_on: bool = False
    """Whether another piece of it follows."""
    is_rest: bool = False
    """Whether another piece of it comes before."""


def cut(text: bytes, at: int) -> int:
    """The last place up to `at`, and less than `SLACK` before, that is not within a character or a colour."""
    if at >= len(text):
        return len(text)
    begun = text.rfind(b"\x1b", max(0, at - SLACK + 1), at)
    if begun >= 0 and _BEGUN.fullmatch(text, begun, at):
        return begun
    for place in range(at, max(0, at - 4), -1):
        if text[place] & 0xC0 != 0x80:  # the first byte of a character
            return place
    return at


def pieces(line: LogLine) -> Iterator[LogLine]:
    """A line in pieces that are not longer than `LONGEST`."""
    text, time, goes_on, is_rest = line
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
    """Pages that follow each other, in lines. What has no end yet is kept for the next page."""

    def __init__(self) -> None:
        self._kept = LogLine(b"")

    def lines(self, page: Page) -> Iterator[LogLine]:
        """The lines, and pieces of lines, that end in the next page."""
        text, _, _, is_rest = self._kept
        *whole, text = (text + page.data).split(b"\n")
        for number, each in enumerate(whole):
            yield from pieces(LogLine(each, page.times[number] if page.times else None, is_rest=is_rest))
            is_rest = False
        # What has no end yet may be the beginning of a line of any length.
        while len(text) > LONGEST:
            end = cut(text, LONGEST)
            yield LogLine(text[:end], goes_on=True, is_rest=is_rest)
            text, is_rest = text[end:], True
        self._kept = LogLine(text, is_rest=is_rest)

    def finish(self) -> Iterator[LogLine]:
        """What was kept, for nothing follows it."""
        kept, self._kept = self._kept, LogLine(b"")
        if kept.text:
            yield kept


async def lines(pages: AsyncIterator[Page]) -> AsyncIterator[LogLine]:
    """The lines of pages that follow each other."""
    splitter = Splitter()
    async for page in pages:
        for line in splitter.lines(page):
            yield line
    for line in splitter.finish():
        yield line
