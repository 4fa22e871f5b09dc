"""Which lines of a log are shown, and where what is searched for is: worked out a few lines at a time."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from store.runlog import Level, head
from tui.logs import sgr
from tui.logs.document import Document
from tui.logs.levels import level_of
from tui.logs.matches import Every, Matches, Rows

_STEP = 10_000  # lines: some milliseconds


def compiled(text: str) -> re.Pattern[str]:
    """What to look for: a regular expression, or, where that is malformed, the text itself.

    Only a text with an upper-case letter tells the cases apart.
    """
    flags = re.NOFLAG if any(char.isupper() for char in text) else re.IGNORECASE
    try:
        return re.compile(text, flags)
    except re.error:
        return re.compile(re.escape(text), flags)


def plain(text: bytes) -> str:
    """A line as it is looked at: without colours."""
    line = text.decode("utf-8", "replace")
    return sgr.plain(line) if b"\x1b" in text else line


@dataclass(frozen=True)
class Filter:
    """The lines that are shown: those with `pattern`, or without it, of `level` or worse, and `context` around each."""

    pattern: re.Pattern[str] | None = None
    without: bool = False
    level: Level | None = None
    context: int = 0

    def __bool__(self) -> bool:
        return self.pattern is not None or self.level is not None


class Reading:
    """A document, the rows shown of it, and the lines that were searched for. `changed` is called as more is found."""

    def __init__(self, document: Document, changed: Callable[[], None] = lambda: None) -> None:
        self.document = document
        self.filter = Filter()
        self.pattern: re.Pattern[str] | None = None
        self.hits: Matches | None = None
        """The lines with `pattern`, of those that are shown."""
        self._changed = changed
        self._chosen: Matches | None = None
        self._every = Every(document.blocks)

    @property
    def rows(self) -> Rows:
        """What is shown."""
        return self._chosen or self._every

    @property
    def is_done(self) -> bool:
        """Whether all that was read was looked at."""
        return all(each is None or each.is_done for each in (self._chosen, self.hits))

    def begin(self, start: int) -> None:
        """Look for everything anew, from line `start` on: the document, or what is asked of it, is another."""
        blocks = self.document.blocks
        self._every = Every(blocks)
        self._chosen = Matches(blocks, self._is_shown, start, self.filter.context) if self.filter else None
        self.hits = Matches(blocks, self._is_hit, start) if self.pattern is not None else None

    def choose(self, chosen: Filter, start: int) -> None:
        """Show what `chosen` says."""
        self.filter = chosen
        self.begin(start)

    def search(self, pattern: re.Pattern[str] | None, start: int) -> None:
        """Look for `pattern`; None for nothing."""
        self.pattern = pattern
        self.hits = None if pattern is None else Matches(self.document.blocks, self._is_hit, start)

    async def work(self) -> None:
        """Look at all that was read and not looked at yet."""
        while self._scan():
            self._changed()
            await asyncio.sleep(0)

    async def next_hit(self, number: int, *, forward: bool) -> int | None:
        """The line with `pattern` next to line `number`, reading on for it if need be; None if there is none.

        Raises what reading does.
        """
        while (hits := self.hits) is not None:
            await self.work()
            if (found := _next(hits, number, forward=forward)) is not None:
                return found
            read = self.document.read_later if forward else self.document.read_earlier
            if not await read():
                return None
            self._changed()
        return None

    async def at(self, time: datetime) -> int | None:
        """The first line of `time` or later, reading on for it if need be; None if there is none.

        Lines without a time of their own are asked for the one that lines of a run's log begin with.
        """
        document, number = self.document, self.document.blocks.first
        milliseconds = round(time.timestamp() * 1000)
        while True:
            while number < document.blocks.end:
                line = document.blocks.line(number)
                begun = head(line.text) if line.time is None else None
                if (line.time or 0) >= milliseconds or (begun is not None and begun.time >= time):
                    return number
                number += 1
                if number % _STEP == 0:
                    await asyncio.sleep(0)
            if not await document.read_later():
                return None

    def _scan(self) -> bool:
        chosen = self._chosen is not None and self._chosen.scan()
        return (self.hits is not None and self.hits.scan()) or chosen

    def _is_shown(self, number: int, text: bytes) -> bool:
        wanted = self.filter
        if wanted.pattern is not None and (wanted.pattern.search(plain(text)) is None) != wanted.without:
            return False
        return wanted.level is None or level_of(self.document.blocks, number) <= wanted.level

    def _is_hit(self, number: int, text: bytes) -> bool:
        found = self.pattern is not None and self.pattern.search(plain(text)) is not None
        return found and (not self.filter or self._is_shown(number, text))


def _next(hits: Matches, number: int, *, forward: bool) -> int | None:
    row = hits.row(number + 1) if forward else hits.row(number) - 1
    return hits.number(row) if hits.first <= row < hits.end else None
