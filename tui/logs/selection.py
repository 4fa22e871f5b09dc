"""The selection of log lines for `logs`: of a level, matching, since a time, the last ones."""

import re
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from store.logs.log import END, HEAD, Cursor, Log, Page, forward
from store.logs.runlog import Level, Levels, head
from tui.logs import boundary_matches as across
from tui.logs.line_text import plain, start_of
from tui.logs.lines import LogLine, lines, with_pens
from tui.logs.run_log_zone import zone_offset

_MOST_KEPT = 16 * 1024 * 1024  # bytes of last lines kept; more are read again


@dataclass(frozen=True, kw_only=True)
class LogSelection:
    """Lines of `level` or worse that match `grep` and were logged since `since`; of those the `last` so many.

    None is no condition. Of a line longer than `lines.LONGEST` only the pieces that match `grep` are selected. `grep`
    is matched with lines as they are drawn, or with all control characters if `raw`.
    """

    level: Level | None = None
    grep: re.Pattern[str] | None = None
    since: datetime | None = None
    last: int | None = None
    raw: bool = False

    @property
    def is_all(self) -> bool:
        """Whether every line is selected."""
        return self.level is None and self.grep is None and self.since is None


class SelectionReader:
    """Reads the selected lines of a log, now and as it grows; `after` is where to continue."""

    def __init__(self, log: Log, wanted: LogSelection, run_start: datetime | None = None) -> None:
        """`run_start` is for the log of a run, whose times are compared with it: the log does not name its zone."""
        self.after: Cursor | None = None
        self.zone: timedelta | None = None
        """The offset from UTC of the times of the lines; None before the first one is read."""
        self._log = log
        self._wanted = wanted
        self._run_start = run_start
        self._begin()

    def _begin(self) -> None:
        self._levels, self._level = Levels(), Level.INFO
        # A log with times is read from there on; in other logs the lines may tell their times.
        self._since = None if self._log.timed else self._wanted.since

    def start(self) -> Cursor:
        """Return where to start."""
        return HEAD if self._wanted.since is None or not self._log.timed else Cursor.at(self._wanted.since)

    async def so_far(self) -> AsyncIterator[LogLine]:
        """Yield the selected lines up to the current end."""
        if self._wanted.last is None:
            async for line in self.select(self._to_end()):
                yield line
            return
        if self._wanted.is_all:
            async for line in with_pens(lines(self._tail(self._wanted.last))):
                yield line
            return
        kept = _Last(self._wanted.last)
        async for line in self.select(self._to_end()):
            kept.add(line)
        if kept.is_whole:
            for line in kept.pieces:
                yield line
            return
        left_out = kept.lines - self._wanted.last
        self._begin()
        async for line in self.select(self._to_end()):
            if left_out <= 0:
                yield line
            left_out -= not line.goes_on

    async def select(self, pages: AsyncIterator[Page]) -> AsyncIterator[LogLine]:
        """Yield the selected lines of pages that follow what was read so far."""
        held: LogLine | None = None
        async for before, line, after in across.with_neighbours(with_pens(lines(pages))):
            is_wanted = self._is_wanted(before, line, after)
            if held is not None:
                # A piece without the next piece ends here.
                yield held if is_wanted else held._replace(goes_on=False)
                held = None
            if is_wanted and line.goes_on:
                held = line
            elif is_wanted:
                yield line
        if held is not None:
            yield held

    def _is_wanted(self, before: bytes, line: LogLine, after: bytes) -> bool:
        if not line.is_rest:
            self._level = self._levels.classify(start_of(line.text))
        if self._since is not None:
            begun = None if line.is_rest else head(start_of(line.text))
            if begun is None:
                return False
            if self.zone is None:
                self.zone = zone_offset(begun.time, self._run_start)
            if begun.time < self._since + self.zone:
                return False
            self._since = None
        wanted = self._wanted
        return (wanted.level is None or self._level <= wanted.level) and (
            wanted.grep is None
            or across.begins_in(wanted.grep, before, line.text, after, partial(plain, raw=wanted.raw))
        )

    async def _to_end(self) -> AsyncIterator[Page]:
        self.after = self.start()
        async for page in forward(self._log, self.after):
            self.after = page.after
            yield page

    async def _tail(self, count: int) -> AsyncIterator[Page]:
        """The last `count` lines up to the current end. On the way back to where they start no page is kept."""
        page = await self._log.read(END)
        ends = count + page.data.endswith(b"\n")  # line ends, counted from the end: the lines start before these
        while (start := _after_last(page.data, ends)) is None and page.before is not None:
            ends -= page.data.count(b"\n")
            page = await self._log.read(page.before)
        self.after = page.after
        yield _cut(page, start or 0)
        if page.after is not None:
            async for more in forward(self._log, page.after):
                self.after = more.after
                yield more


class _Last:
    """The last `count` lines added, in pieces. Lines that are too large are only counted: not `is_whole`."""

    def __init__(self, count: int) -> None:
        self.lines = 0
        self.is_whole = True
        self.pieces: deque[LogLine] = deque()
        self._count = count
        self._kept = 0
        self._size = 0

    def add(self, line: LogLine) -> None:
        self.lines += not line.goes_on
        if not self.is_whole:
            return
        self.pieces.append(line)
        self._kept += not line.goes_on
        self._size += len(line.text)
        while self._kept > self._count:
            first = self.pieces.popleft()
            self._kept -= not first.goes_on
            self._size -= len(first.text)
        if self._size > _MOST_KEPT:
            self.is_whole = False
            self.pieces.clear()


def _after_last(data: bytes, ends: int) -> int | None:
    """The place after the line end with `ends` - 1 others after it; None if there are fewer."""
    if data.count(b"\n") < ends:
        return None
    place = len(data)
    for _ in range(ends):
        place = data.rfind(b"\n", 0, place)
    return place + 1 if ends else place


def _cut(page: Page, start: int) -> Page:
    """Return a page without the lines before `start`, where a line starts."""
    return page._replace(data=page.data[start:], times=page.times[page.data.count(b"\n", 0, start) :])
