"""The rows of the log view: all lines, or those that match, found a few at a time."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from typing import Protocol

from tui.logs.line_store import LineStore

Find = Callable[[range], Iterable[int]]
"""Returns the numbers of the matching lines in one block (as in `LineStore.span`), in order."""


class RowIndex(Protocol):
    """Some lines of a log as rows from `first` up to `end`; a row keeps its number when others come before it."""

    @property
    def first(self) -> int:
        pass

    @property
    def end(self) -> int:
        pass

    def number(self, row: int) -> int:
        """Return the number of the line in a row."""

    def row(self, number: int) -> int:
        """Return the row of line `number`, else of the next line that has one; `end` if there is none."""


class AllLines:
    """All lines: row and line numbers are the same."""

    def __init__(self, blocks: LineStore) -> None:
        self._blocks = blocks

    @property
    def first(self) -> int:
        return self._blocks.first

    @property
    def end(self) -> int:
        return self._blocks.end

    def number(self, row: int) -> int:
        return row

    def row(self, number: int) -> int:
        return max(self.first, min(number, self.end))


class MatchIndex:
    """The lines that `find` finds, and `context` lines around each.

    The search goes from line `start` to the end and then to the beginning, over the lines that have been read:
    `settled`, by default those of `blocks`. Matches from `start` on are rows from 0 on, matches before it are negative
    rows; a row keeps its number.
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
        self._after, self._before = array("q"), array("q")  # the second from `start` backward
        self._low = self._high = start
        # The end of the context of the last match, on either side. Around `start` it reaches over to the other side.
        self._reach, self._reach_back = start, start - 1
        self.count = 0
        """How many were found, those that are only context left out."""

    @property
    def first(self) -> int:
        return -len(self._before)

    @property
    def end(self) -> int:
        return len(self._after)

    @property
    def is_done(self) -> bool:
        """Whether every line that can be matched was searched."""
        lines = self._settled()
        return self._low <= lines.start and self._high >= lines.stop

    def number(self, row: int) -> int:
        return self._after[row] if row >= 0 else self._before[-row - 1]

    def row(self, number: int) -> int:
        if self._before and number <= self._before[0]:
            return -bisect_right(self._before, -number, key=lambda found: -found)
        return bisect_left(self._after, number)

    def scan(self) -> bool:
        """Search some more lines; return whether there were any."""
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
        """The last match, on either side."""
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
        """The first match, on either side."""
        if self._before:
            return self._before[-1]
        return self._after[0] if self._after else self._high
