"""The lines of a log that are wanted, found a few at a time."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from typing import Protocol

from tui.logs.line_store import LineStore

Find = Callable[[range], Iterable[int]]
"""Of lines that are kept together, in the sense of `LineStore.span`, the numbers of those that are wanted, in order."""


class RowIndex(Protocol):
    """Some lines of a log, in rows from `first` up to `end`; a row keeps its number when others come before it."""

    @property
    def first(self) -> int:
        """The first row."""

    @property
    def end(self) -> int:
        """The row after the last."""

    def number(self, row: int) -> int:
        """The number of the line in a row."""

    def row(self, number: int) -> int:
        """The row of line `number`, else of the next one after it that has one, `end` if there is none."""


class AllLines:
    """All lines: their numbers are their rows."""

    def __init__(self, blocks: LineStore) -> None:
        self._blocks = blocks

    @property
    def first(self) -> int:
        """The first row."""
        return self._blocks.first

    @property
    def end(self) -> int:
        """The row after the last."""
        return self._blocks.end

    def number(self, row: int) -> int:
        """The number of the line in a row."""
        return row

    def row(self, number: int) -> int:
        """The row of line `number`."""
        return max(self.first, min(number, self.end))


class MatchIndex:
    """The numbers of lines that `find` finds, and of `context` lines around each.

    They are looked for from line `start` on, toward the end and then toward the beginning, among the lines that can be
    judged by now: `settled`, by default those of `blocks`. What is found from `start` on is in rows from 0 on, what is
    found before it in negative rows; a row keeps its number.
    """

    def __init__(
        self,
        blocks: LineStore,
        find: Find,
        start: int,
        context: int = 0,
        settled: Callable[[], range] | None = None,
    ) -> None:
        self._settled = settled or (lambda: blocks.settled)
        lines = self._settled()
        start = max(lines.start, min(start, lines.stop))
        self._blocks = blocks
        self._find = find
        self._context = context
        self._after, self._before = array("q"), array("q")  # the latter from `start` back
        self._low = self._high = start
        # The end of the context of what was found last, at either side. Around `start` it reaches over to the other.
        self._reach, self._reach_back = start, start - 1
        self.count = 0
        """How many were found, those that are only context left out."""

    @property
    def first(self) -> int:
        """The first row."""
        return -len(self._before)

    @property
    def end(self) -> int:
        """The row after the last."""
        return len(self._after)

    @property
    def is_done(self) -> bool:
        """Whether all lines that can be were looked at."""
        lines = self._settled()
        return self._low <= lines.start and self._high >= lines.stop

    def number(self, row: int) -> int:
        """The number of the line in a row."""
        return self._after[row] if row >= 0 else self._before[-row - 1]

    def row(self, number: int) -> int:
        """The row of line `number`, else the next one after it, `end` if there is none."""
        if self._before and number <= self._before[0]:
            return -bisect_right(self._before, -number, key=lambda found: -found)
        return bisect_left(self._after, number)

    def scan(self) -> bool:
        """Look at some more lines; says whether there were any."""
        lines = self._settled()
        if self._high < lines.stop:
            self._scan_on(min(self._blocks.span(self._high).stop, lines.stop))
        elif self._low > lines.start:
            self._scan_back(max(self._blocks.span(self._low - 1).start, lines.start))
        else:
            return False
        return True

    def _scan_on(self, end: int) -> None:
        found = self._after
        for number in self._find(range(self._high, end)):
            self.count += 1
            found.extend(range(max(self._last + 1, self._high), min(self._reach, number)))
            found.extend(range(max(number - self._context, self._last + 1), number + 1))
            self._reach = number + self._context + 1
            self._reach_back = min(self._reach_back, number - self._context - 1)
        found.extend(range(max(self._last + 1, self._high), min(self._reach, end)))
        self._high = end

    @property
    def _last(self) -> int:
        """The last line that was found, at either side."""
        if self._after:
            return self._after[-1]
        return self._before[0] if self._before else self._low - 1

    def _scan_back(self, start: int) -> None:
        found = self._before
        for number in reversed(list(self._find(range(start, self._low)))):
            self.count += 1
            found.extend(range(min(self._nearest, self._low) - 1, max(self._reach_back, number), -1))
            found.extend(range(min(number + self._context, self._nearest - 1), number - 1, -1))
            self._reach_back = number - self._context - 1
            self._reach = max(self._reach, number + self._context + 1)
        found.extend(range(min(self._nearest, self._low) - 1, max(self._reach_back, start - 1), -1))
        self._low = start

    @property
    def _nearest(self) -> int:
        """The first line that was found, at either side."""
        if self._before:
            return self._before[-1]
        return self._after[0] if self._after else self._high
