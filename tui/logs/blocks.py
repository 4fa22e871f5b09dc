"""The lines of a log that were read so far, in a file: a million of them cost no more memory than those looked at."""

import os
import tempfile
import weakref
from array import array
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from store.pages import Page
from tui.logs.lines import LONGEST, Line

_BLOCK = 128 * 1024  # bytes
_CACHED = 32  # blocks


class _Block(NamedTuple):
    """Where some lines are in the file: their texts, each with an end, then their times if they have any."""

    offset: int
    size: int
    lines: int
    timed: bool
    pieces: frozenset[int]  # those that go on


class Blocks:
    """Lines by number, from `first` up to `end`. What is put before them gets lower numbers, the others keep theirs.

    A line without an end is kept back until there is one, or until `finish` says that nothing more comes; of a long
    one the pieces are lines of their own.
    """

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(dir=_folder())  # noqa: SIM115 - closed with its last user
        self._close = weakref.finalize(self, self._file.close)
        self._after, self._before = _Side(), _Side()
        self._tail = b""
        self._head: bytes | None = None  # None until there is a line that may have begun before
        self._head_goes_on = False
        self._cache: OrderedDict[int, list[Line]] = OrderedDict()

    @property
    def first(self) -> int:
        """The number of the first line."""
        return -self._before.lines

    @property
    def end(self) -> int:
        """The number after that of the last line."""
        return self._after.lines

    def append(self, page: Page) -> None:
        """Add a page that follows what there is."""
        *whole, self._tail = (self._tail + page.data).split(b"\n")
        found = [piece for line in _lines(whole, page.times) for piece in _pieces(line)]
        while len(self._tail) > LONGEST:
            found.append(Line(self._tail[:LONGEST], goes_on=True))
            self._tail = self._tail[LONGEST:]
        for block in _cut(found):
            self._after.add(self._write(block))

    def prepend(self, page: Page) -> None:
        """Add a page that what there is follows; of the last page of a log the last line may be without an end."""
        if not page.data:
            return
        is_last = self._head is None
        texts = (page.data + (self._head or b"")).split(b"\n")
        if (page.times or is_last) and not texts[-1]:
            texts.pop()
        # Pages with times have whole lines. Of others the first line may have begun before.
        self._head = None if page.times else texts.pop(0)
        found = [piece for line in _lines(texts, page.times) for piece in _pieces(line)]
        if found and self._head_goes_on:
            found[-1] = found[-1]._replace(goes_on=True)
            self._head_goes_on = False
        self._put_before(found)
        while self._head is not None and len(self._head) > LONGEST:
            self._put_before([Line(self._head[-LONGEST:], goes_on=self._head_goes_on)])
            self._head, self._head_goes_on = self._head[:-LONGEST], True

    def finish(self, *, head: bool = False, tail: bool = False) -> None:
        """Take what was kept back for a line: the log begins, or ends, there."""
        if head and self._head is not None:
            self._put_before([Line(self._head, goes_on=self._head_goes_on)])
            self._head = None
        if tail and self._tail:
            self._after.add(self._write([Line(self._tail)]))
            self._tail = b""

    def line(self, number: int) -> Line:
        """The line of a number from `first` up to `end`; raises IndexError for another."""
        block, index = self._find(number)
        return self._read(block)[index]

    def lines(self, start: int, end: int) -> Iterator[tuple[int, Line]]:
        """The lines from `start` up to `end` that there are, with their numbers."""
        number, end = max(start, self.first), min(end, self.end)
        while number < end:
            block, index = self._find(number)
            found = self._read(block)[index : index + end - number]
            yield from enumerate(found, number)
            number += len(found)

    def at(self, time: int) -> int:
        """The number of the first line of `time` (milliseconds) or later, `end` if there is none."""
        numbers = range(self.first, self.end)
        return self.first + bisect_left(numbers, time, key=lambda number: self.line(number).time or 0)

    def close(self) -> None:
        """Give the file back."""
        self._close()

    def _find(self, number: int) -> tuple[_Block, int]:
        if number >= 0:
            return self._after.find(number)
        block, index = self._before.find(-number - 1)
        return block, block.lines - 1 - index

    def _put_before(self, found: list[Line]) -> None:
        for block in reversed(list(_cut(found))):
            self._before.add(self._write(block))

    def _write(self, lines: Sequence[Line]) -> _Block:
        offset = self._file.seek(0, 2)
        timed = lines[0].time is not None
        size = self._file.write(b"".join(line.text + b"\n" for line in lines))
        if timed:
            self._file.write(array("q", [line.time or 0 for line in lines]).tobytes())
        pieces = frozenset(number for number, line in enumerate(lines) if line.goes_on)
        return _Block(offset, size, len(lines), timed, pieces)

    def _read(self, block: _Block) -> list[Line]:
        if (found := self._cache.get(block.offset)) is not None:
            self._cache.move_to_end(block.offset)
            return found
        self._file.seek(block.offset)
        texts = self._file.read(block.size)[:-1].split(b"\n")
        times: Iterable[int | None] = [None] * block.lines
        if block.timed:
            times = array("q", self._file.read(8 * block.lines))
        found = [
            Line(text, time, goes_on=number in block.pieces)
            for number, (text, time) in enumerate(zip(texts, times, strict=True))
        ]
        self._cache[block.offset] = found
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        return found


def _folder() -> str | None:
    # The usual one is often in memory, and the next one is not.
    is_usual = "TMPDIR" not in os.environ and os.access("/var/tmp", os.W_OK)  # noqa: S108
    return "/var/tmp" if is_usual else None  # noqa: S108


class _Side:
    """The blocks at one side of where reading began, from there outward."""

    def __init__(self) -> None:
        self.lines = 0
        self._blocks: list[_Block] = []
        self._starts: list[int] = []  # how many lines are nearer

    def add(self, block: _Block) -> None:
        self._starts.append(self.lines)
        self._blocks.append(block)
        self.lines += block.lines

    def find(self, number: int) -> tuple[_Block, int]:
        """The block of the line that has `number` lines nearer, and how many of these are in it."""
        if number >= self.lines:
            raise IndexError(number)
        place = bisect_right(self._starts, number) - 1
        return self._blocks[place], number - self._starts[place]


def _lines(texts: Sequence[bytes], times: Sequence[int]) -> Iterator[Line]:
    return map(Line, texts, times) if times else map(Line, texts)


def _pieces(line: Line) -> Iterator[Line]:
    text = line.text
    for start in range(0, max(1, len(text)), LONGEST):
        yield Line(text[start : start + LONGEST], line.time, goes_on=start + LONGEST < len(text))


def _cut(lines: Sequence[Line]) -> Iterator[Sequence[Line]]:
    """The lines in blocks of about `_BLOCK` bytes."""
    start, size = 0, 0
    for number, line in enumerate(lines):
        size += len(line.text)
        if size >= _BLOCK:
            yield lines[start : number + 1]
            start, size = number + 1, 0
    if start < len(lines):
        yield lines[start:]
