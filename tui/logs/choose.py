"""What of a log is wanted: the lines of a level, those that match, those since a time, the last ones."""

import re
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import datetime

from store.pages import END, HEAD, Cursor, Log, Page, forward
from store.runlog import Level, Levels, head
from tui.logs import across
from tui.logs.lines import LONGEST, Line, lines


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Lines of `level` or worse, that match `grep`, logged `since` then, and of those the `last` so many.

    None is no condition. Pieces of a line that is longer than `LONGEST` count as lines.
    """

    level: Level | None = None
    grep: re.Pattern[bytes] | None = None
    since: datetime | None = None
    last: int | None = None

    @property
    def is_all(self) -> bool:
        """Whether any line will do."""
        return self.level is None and self.grep is None and self.since is None


class Choice:
    """Reads what is wanted of a log, and may go on doing so: `after` is where."""

    def __init__(self, log: Log, wanted: Wanted) -> None:
        self.after: Cursor | None = None
        self._log = log
        self._wanted = wanted
        self._levels, self._level = Levels(), Level.INFO
        # A log with times is read from there; in others lines may tell theirs.
        self._since = None if log.timed else wanted.since

    def start(self) -> Cursor:
        """Where to begin."""
        return HEAD if self._wanted.since is None or not self._log.timed else Cursor.at(self._wanted.since)

    async def so_far(self) -> AsyncIterator[Line]:
        """What is wanted of what there is now."""
        if self._wanted.last is None:
            async for line in self.of(self._to_end()):
                yield line
            return
        found = lines(_each(await self._tail(self._wanted.last))) if self._wanted.is_all else self.of(self._to_end())
        kept: deque[Line] = deque(maxlen=self._wanted.last)
        async for line in found:
            kept.append(line)
        for line in kept:
            yield line

    async def of(self, pages: AsyncIterator[Page]) -> AsyncIterator[Line]:
        """The wanted lines of pages that follow what was read so far."""
        held: Line | None = None
        async for before, line, after in across.with_neighbours(lines(pages)):
            is_wanted = self._is_wanted(before, line, after)
            if held is not None:
                # A piece without the one that follows it ends there.
                yield held if is_wanted else held._replace(goes_on=False)
                held = None
            if is_wanted and line.goes_on:
                held = line
            elif is_wanted:
                yield line
        if held is not None:
            yield held

    def _is_wanted(self, before: bytes, line: Line, after: bytes) -> bool:
        if not line.is_rest:
            self._level = self._levels.of(line.text)
        if self._since is not None:
            begun = None if line.is_rest else head(line.text)
            if begun is None or begun.time < self._since:
                return False
            self._since = None
        wanted = self._wanted
        return (wanted.level is None or self._level <= wanted.level) and (
            wanted.grep is None or across.begins_in(wanted.grep, before, line.text, after)
        )

    async def _to_end(self) -> AsyncIterator[Page]:
        self.after = self.start()
        async for page in forward(self._log, self.after):
            self.after = page.after
            yield page

    async def _tail(self, count: int) -> list[Page]:
        """The last pages of the log, with at least so many lines in them if there are."""
        pages = [await self._log.read(END)]
        self.after = pages[0].after
        found = _count(pages[0])
        while found <= count and (before := pages[0].before) is not None:
            pages.insert(0, await self._log.read(before))
            found += _count(pages[0])
        return pages


def _count(page: Page) -> int:
    return max(page.data.count(b"\n"), len(page.data) // LONGEST)


async def _each(pages: Iterable[Page]) -> AsyncIterator[Page]:
    for page in pages:
        yield page
