"""Filtering and searching of a log, a few lines at a time."""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic

from store.logs.runlog import Level, head
from tui.logs import boundary_matches as across
from tui.logs.document import Document
from tui.logs.levels import LineLevels
from tui.logs.line_text import plain, plain_lines, start_of
from tui.logs.row_index import AllLines, Find, MatchIndex, RowIndex
from tui.logs.run_log_zone import zone_offset
from tui.query.regex import RegexError, compile_regex, compile_text

_REPORT_EVERY = 0.1  # seconds
_UTC = timedelta()


def compiled(text: str) -> re.Pattern[str]:
    """Return the pattern to search for: a regular expression of RE2, or the text itself if it is malformed.

    A text without upper-case letters ignores case. Raises RegexError, a ValueError, for lookaround and backreferences,
    which RE2 does not have.
    """
    ignore_case = not any(char.isupper() for char in text)
    try:
        return compile_regex(text, ignore_case=ignore_case)
    except RegexError as error:
        if error.is_unsupported:
            raise
        return compile_text(text, ignore_case=ignore_case)


@dataclass(frozen=True)
class LogFilter:
    """The lines to show: those that match `pattern`, or do not (`without`), of `level` or worse, and `context` around
    each.
    """

    pattern: re.Pattern[str] | None = None
    without: bool = False
    level: Level | None = None
    context: int = 0

    def __bool__(self) -> bool:
        return self.pattern is not None or self.level is not None


class LogSearch:
    """A document with its filtered rows and search matches. `changed` is called as more is found."""

    def __init__(self, document: Document, changed: Callable[[], None] = lambda: None) -> None:
        self.document = document
        self.filter = LogFilter()
        self.pattern: re.Pattern[str] | None = None
        self.is_raw = False
        """Whether to match control sequences, too."""
        self.hits: MatchIndex | None = None
        """The lines with `pattern`, of those that are shown."""
        self._changed = changed
        self._chosen: MatchIndex | None = None
        self._every = AllLines(document.blocks)
        self._levels = LineLevels(document.blocks)

    @property
    def rows(self) -> RowIndex:
        """The rows that pass the filter."""
        return self._chosen or self._every

    @property
    def is_done(self) -> bool:
        """Whether everything that was read was searched."""
        return all(each is None or each.is_done for each in (self._chosen, self.hits))

    def begin(self, start: int) -> None:
        """Start over from line `start`: the document or the filter has changed."""
        blocks = self.document.blocks
        self._every, self._levels = AllLines(blocks), LineLevels(blocks)
        self._chosen = self._matches(self._shown, start, self.filter.context) if self.filter else None
        self.hits = self._matches(self._hit, start) if self.pattern is not None else None

    def choose(self, chosen: LogFilter, start: int) -> None:
        """Set which lines are shown."""
        self.filter = chosen
        self.begin(start)

    def search(self, pattern: re.Pattern[str] | None, start: int) -> None:
        """Set the pattern to search for; None for none."""
        self.pattern = pattern
        self.hits = None if pattern is None else self._matches(self._hit, start)

    async def work(self) -> None:
        """Search everything that was read and not searched yet."""
        reported = monotonic()
        while self.scan():
            if (now := monotonic()) - reported > _REPORT_EVERY:
                self._changed()
                reported = now
            await asyncio.sleep(0)

    async def next_hit(self, number: int, *, forward: bool) -> int | None:
        """Return the match next to line `number`, reading on if necessary; None if there is none.

        Raises what reading raises.
        """
        document = self.document
        while (hits := self.hits) is not None:
            await self.work()
            lines = self._settled()
            # Whether the nearest lines match may depend on lines at the other end that were not read yet.
            is_open = number + 1 < lines.start if forward else number > lines.stop
            if not is_open and (found := _next(hits, number, forward=forward)) is not None:
                return found
            if not await (document.read_later() if forward is not is_open else document.read_earlier()):
                return None
            self._changed()
        return None

    async def at(self, time: datetime, run_start: datetime | None = None) -> int | None:
        """Return the first line of `time` or later, reading on if necessary; None if there is none.

        In a log without times, those that lines of a run log start with are used; `run_start` tells their zone.
        """
        document, number = self.document, self.document.blocks.first
        zone: timedelta | None = None
        milliseconds = round(time.timestamp() * 1000)
        while True:
            while number < document.blocks.end:
                span = document.blocks.span(number)
                for each, line in document.blocks.lines(number, span.stop):
                    begun = head(start_of(line.text)) if line.time is None and not line.is_rest else None
                    if begun is not None and zone is None:
                        zone = zone_offset(begun.time, run_start)
                    if (line.time or 0) >= milliseconds or (begun and begun.time - (zone or _UTC) >= time):
                        return each
                number = span.stop
                await asyncio.sleep(0)
            if not await document.read_later():
                return None

    def scan(self) -> bool:
        """Search some more lines; return whether there were any."""
        chosen = self._chosen is not None and self._chosen.scan()
        return (self.hits is not None and self.hits.scan()) or chosen

    def _matches(self, find: Find, start: int, context: int = 0) -> MatchIndex:
        return MatchIndex(self.document.blocks, find, start, context, self._settled)

    def _settled(self) -> range:
        """Return the lines that can be matched: continuation lines of a line that was not read yet have no level."""
        lines = self.document.blocks.settled
        if self.filter.level is None or self.document.has_head:
            return lines
        return range(max(lines.start, min(self._levels.first_known, lines.stop)), lines.stop)

    def _shown(self, span: range) -> Iterable[int]:
        wanted = self.filter
        found: Iterable[int] = span
        if wanted.pattern is not None:
            found = self._having(wanted.pattern, span)
            if wanted.without:
                having = set(found)
                found = [number for number in span if number not in having]
        if wanted.level is not None:
            levels = self._levels.span_levels(span)
            found = [number for number in found if (levels[number - span.start] or Level.INFO) <= wanted.level]
        return found

    def _hit(self, span: range) -> Iterable[int]:
        if self.pattern is None:
            return ()
        found = self._having(self.pattern, span)
        if not (found and self.filter):
            return found
        shown = set(self._shown(span))
        return [number for number in found if number in shown]

    def _having(self, pattern: re.Pattern[str], span: range) -> list[int]:
        blocks = self.document.blocks
        start = blocks.span(span.start).start
        lines = plain_lines(blocks.text(span.start), raw=self.is_raw)
        texts = lines[span.start - start : span.stop - start]
        search = pattern.search
        found = [number for number, text in enumerate(texts, span.start) if search(text)]
        if pieces := [number for number in blocks.pieces(span.start) if number in span]:
            others = set(found).difference(pieces)
            found = sorted(others.union(number for number in pieces if self._has(pattern, number)))
        return found

    def _has(self, pattern: re.Pattern[str], number: int) -> bool:
        """Whether a match begins in a piece."""
        line = self.document.blocks.line(number)
        before, after = self.document.blocks.around(number, line)
        return across.begins_in(pattern, before, line.text, after, partial(plain, raw=self.is_raw))


def _next(hits: MatchIndex, number: int, *, forward: bool) -> int | None:
    row = hits.row(number + 1) if forward else hits.row(number) - 1
    return hits.number(row) if hits.first <= row < hits.end else None
