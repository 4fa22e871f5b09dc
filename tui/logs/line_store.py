"""The lines of a log that were read so far, kept in a temporary file: memory holds only those on screen."""

import os
import tempfile
import weakref
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from store.logs.log import Page
from tui.logs.boundary_matches import REACH, beginning_of, end_of
from tui.logs.lines import LONGEST, SLACK, LogLine, Splitter, cut, pieces

# The limits of a block, whichever is reached first.
_BLOCK = 128 * 1024  # bytes
_MOST_LINES = 4096
_CACHED = 32  # blocks


class _Block(NamedTuple):
    """The place of some lines in the file: their texts, each with its line end, then their times if they have any."""

    offset: int
    size: int
    lines: int
    timed: bool
    pieces: frozenset[int]  # lines that the next piece continues
    rests: frozenset[int]  # lines that continue the piece before


class LineStore:
    """Lines by number, from `first` up to `end`. Lines that are prepended get lower numbers; the others keep theirs.

    A line without a line end is held back until it is complete, or until `finish`. The pieces of a long line are lines
    of their own.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(dir=_folder())  # noqa: SIM115 - closed with its last user
        self._close = weakref.finalize(self, self._file.close)
        self._after, self._before = _Side(), _Side()
        self._splitter = Splitter()
        self._head: bytes | None = None  # None until a line may have started before the first page
        self._head_goes_on = False
        self._cache: OrderedDict[int, list[LogLine]] = OrderedDict()

    @property
    def first(self) -> int:
        """The number of the first line."""
        return -self._before.lines

    @property
    def end(self) -> int:
        """The number after the last line."""
        return self._after.lines

    @property
    def settled(self) -> range:
        """The lines that can be matched: a piece at either end is incomplete until its neighbour was read."""
        first, end = self.first, self.end
        if first < end and self.line(first).is_rest:
            first += 1
        if first < end and self.line(end - 1).goes_on:
            end -= 1
        return range(first, end)

    def append(self, page: Page) -> None:
        """Add the page after the last line."""
        self._put_after(self._splitter.lines(page))

    def prepend(self, page: Page) -> None:
        """Add the page before the first line; the last page of a log may lack its line end."""
        if not page.data:
            return
        is_last = self._head is None
        texts = (page.data + (self._head or b"")).split(b"\n")
        if (page.times or is_last) and not texts[-1]:
            texts.pop()
        # Pages with times hold whole lines. In others the first line may have started on the page before.
        self._head = None if page.times else texts.pop(0)
        self._put_before(_whole(texts, page.times, goes_on=self._head_goes_on))
        self._head_goes_on = self._head_goes_on and not texts
        while self._head is not None and len(self._head) > LONGEST:
            start = cut(self._head, len(self._head) - LONGEST + SLACK)
            self._put_before([LogLine(self._head[start:], goes_on=self._head_goes_on, is_rest=True)])
            self._head, self._head_goes_on = self._head[:start], True

    def finish(self, *, head: bool = False, tail: bool = False) -> None:
        """Add the line that was held back: the log starts, or ends, here."""
        if head and self._head is not None:
            self._put_before([LogLine(self._head, goes_on=self._head_goes_on)])
            self._head = None
        if tail:
            self._put_after(self._splitter.finish())

    def line(self, number: int) -> LogLine:
        """Return line `number`. Raises IndexError outside of `first` to `end`."""
        block, index = self._find(number)
        return self._read(block)[index]

    def lines(self, start: int, end: int) -> Iterator[tuple[int, LogLine]]:
        """Yield the lines from `start` up to `end`, with their numbers."""
        number, end = max(start, self.first), min(end, self.end)
        while number < end:
            block, index = self._find(number)
            found = self._read(block)[index : index + end - number]
            yield from enumerate(found, number)
            number += len(found)

    def span(self, number: int) -> range:
        """Return the numbers of the lines in the block of line `number`: a few thousand at most."""
        if number >= 0:
            start, lines = self._after.span(number)
            return range(start, start + lines)
        start, lines = self._before.span(-number - 1)
        return range(-start - lines, -start)

    def text(self, number: int) -> bytes:
        """Return the text of the block of line `number`, to search it at once."""
        block, _ = self._find(number)
        self._file.seek(block.offset)
        return self._file.read(block.size)[:-1]

    def pieces(self, number: int) -> list[int]:
        """Return the lines in the block of line `number` that are pieces of longer lines."""
        block, _ = self._find(number)
        start = self.span(number).start
        return sorted(start + each for each in block.pieces | block.rests)

    def around(self, number: int, line: LogLine) -> tuple[bytes, bytes]:
        """Return the neighbours of a piece in the same line, as far as they can matter to a match."""
        before, after = b"", b""
        at, each = number, line
        while each.is_rest and len(before) < REACH and at > self.first:
            at -= 1
            each = self.line(at)
            before = each.text + before
        at, each = number, line
        while each.goes_on and len(after) < REACH and at < self.end - 1:
            at += 1
            each = self.line(at)
            after += each.text
        return end_of(before), beginning_of(after)

    def at(self, time: int) -> int:
        """Return the first line logged at `time` (milliseconds) or later; `end` if there is none."""
        numbers = range(self.first, self.end)
        return self.first + bisect_left(numbers, time, key=lambda number: self.line(number).time or 0)

    def close(self) -> None:
        """Delete the file."""
        self._close()

    def _find(self, number: int) -> tuple[_Block, int]:
        if number >= 0:
            return self._after.find(number)
        block, index = self._before.find(-number - 1)
        return block, block.lines - 1 - index

    def _put_before(self, found: Iterable[LogLine]) -> None:
        for block in reversed([self._write(lines) for lines in _cut(found)]):
            self._before.add(block)

    def _put_after(self, found: Iterable[LogLine]) -> None:
        for lines in _cut(found):
            self._after.add(self._write(lines))

    def _write(self, lines: Sequence[LogLine]) -> _Block:
        offset = self._file.seek(0, 2)
        timed = lines[0].time is not None
        size = self._file.write(b"".join(line.text + b"\n" for line in lines))
        if timed:
            self._file.write(array("q", [line.time or 0 for line in lines]).tobytes())
        pieces = frozenset(number for number, line in enumerate(lines) if line.goes_on)
        rests = frozenset(number for number, line in enumerate(lines) if line.is_rest)
        return _Block(offset, size, len(lines), timed, pieces, rests)

    def _read(self, block: _Block) -> list[LogLine]:
        if (found := self._cache.get(block.offset)) is not None:
            self._cache.move_to_end(block.offset)
            return found
        self._file.seek(block.offset)
        texts = self._file.read(block.size)[:-1].split(b"\n")
        times: Iterable[int | None] = [None] * block.lines
        if block.timed:
            times = array("q", self._file.read(8 * block.lines))
        found = [
            LogLine(text, time, goes_on=number in block.pieces, is_rest=number in block.rests)
            for number, (text, time) in enumerate(zip(texts, times, strict=True))
        ]
        self._cache[block.offset] = found
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        return found


def _folder() -> str | None:
    # The default temporary folder is often in memory; this one is not.
    is_usual = "TMPDIR" not in os.environ and os.access("/var/tmp", os.W_OK)  # noqa: S108
    return "/var/tmp" if is_usual else None  # noqa: S108


class _Side:
    """The blocks on one side of where reading began, from there outward."""

    def __init__(self) -> None:
        self.lines = 0
        self._blocks: list[_Block] = []
        self._starts: list[int] = []  # the number of lines nearer to where reading began

    def add(self, block: _Block) -> None:
        self._starts.append(self.lines)
        self._blocks.append(block)
        self.lines += block.lines

    def find(self, number: int) -> tuple[_Block, int]:
        """Return the block of the line with `number` lines nearer, and how many of these it holds."""
        place = self._place(number)
        return self._blocks[place], number - self._starts[place]

    def span(self, number: int) -> tuple[int, int]:
        """Return how many lines are nearer than the block of that line, and how many it holds."""
        place = self._place(number)
        return self._starts[place], self._blocks[place].lines

    def _place(self, number: int) -> int:
        if number >= self.lines:
            raise IndexError(number)
        return bisect_right(self._starts, number) - 1


def _whole(texts: Sequence[bytes], times: Sequence[int], *, goes_on: bool) -> Iterator[LogLine]:
    """Whole lines from start to end, in pieces; the last one may continue (`goes_on`)."""
    last = len(texts) - 1
    for number, text in enumerate(texts):
        time = times[number] if times else None
        yield from pieces(LogLine(text, time, goes_on=goes_on and number == last))


def _cut(lines: Iterable[LogLine]) -> Iterator[list[LogLine]]:
    """The lines in blocks."""
    block: list[LogLine] = []
    size = 0
    for line in lines:
        block.append(line)
        size += len(line.text)
        if size >= _BLOCK or len(block) >= _MOST_LINES:
            yield block
            block, size = [], 0
    if block:
        yield block
