"""The levels of lines: those of a run log by line number, and those that the words of any other line tell."""

import enum
import re
from collections import OrderedDict

from store.logs.runlog import Level, head
from tui.logs.line_store import LineStore
from tui.logs.line_text import start_of

_CACHED = 32  # blocks

# `0 errors`, `no error` and `failed: 0` report success.
ERRORS = re.compile(
    r"(?<!\bno )(?<!\b0 )(?:\b(?:errors?|errno|fatal|fail(?:ed|ures?)?|exceptions?|traceback|panic(?:ked)?|killed"
    r"|aborted|segmentation fault|out of memory|core dumped)\b|(?<=\w)(?:Error|Exception)\b)(?!\s*[:=]\s*0\b)",
    re.IGNORECASE,
)
"""Words that tell that a line reports an error."""
_WARNINGS = re.compile(r"\bwarn(?:ing)?s?\b(?!\s*[:=]\s*0\b)", re.IGNORECASE)


class LineTone(enum.Enum):
    """The tone of a line, which its words tell."""

    ERROR = "error"
    WARNING = "warning"
    NEUTRAL = ""


def detect_tone(line: str) -> LineTone:
    """Return what a line of any log reports, by its words."""
    if ERRORS.search(line):
        return LineTone.ERROR
    return LineTone.WARNING if _WARNINGS.search(line) else LineTone.NEUTRAL


class LineLevels:
    """The level of each line; a continuation line has the level of the line that it continues.

    One level per block is kept. The levels of single lines are worked out when asked for.
    """

    def __init__(self, blocks: LineStore) -> None:
        self._blocks = blocks
        self._last: dict[
            int, Level | None
        ] = {}  # the level at the end of each block, by its first line; None: as at its start
        self._begun: dict[int, Level] = {}  # the level at the start of each block
        self._cache: OrderedDict[int, list[Level | None]] = OrderedDict()

    def level(self, number: int) -> Level | None:
        """Return the level of line `number`; None if the line that it continues was not read yet."""
        span = self._blocks.span(number)
        return self._within(span)[number - span.start] or self._before(span)

    def span_levels(self, span: range) -> list[Level | None]:
        """Return the levels of the lines of one block, as in `LineStore.span`."""
        whole = self._blocks.span(span.start)
        levels = self._within(whole)[span.start - whole.start : span.stop - whole.start]
        if None in levels:
            begun = self._before(whole)
            levels = [begun if level is None else level for level in levels]
        return levels

    @property
    def first_known(self) -> int:
        """Return the first line whose level is known; `blocks.end` if there is none."""
        number, end = self._blocks.first, self._blocks.end
        while number < end:
            span = self._blocks.span(number)
            if self._last_of(span) is not None:
                return next(n for n, level in enumerate(self._within(span), span.start) if level is not None)
            number = span.stop
        return end

    def _before(self, span: range) -> Level | None:
        """Return the level at the start of the block at `span`."""
        passed: list[int] = []
        level: Level | None = None
        while level is None and span.start > self._blocks.first:
            if (level := self._begun.get(span.start)) is None:
                passed.append(span.start)
                span = self._blocks.span(span.start - 1)
                level = self._last_of(span)
        if level is not None:
            self._begun.update(dict.fromkeys(passed, level))
        return level

    def _last_of(self, span: range) -> Level | None:
        if span.start not in self._last:
            self._within(span)
        return self._last[span.start]

    def _within(self, span: range) -> list[Level | None]:
        """Return the levels of the lines of a block; None before the first line with a level of its own."""
        if (found := self._cache.get(span.start)) is not None:
            self._cache.move_to_end(span.start)
            return found
        level: Level | None = None
        found = []
        for _, line in self._blocks.lines(span.start, span.stop):
            if not line.is_rest and (begun := head(start_of(line.text))) is not None:
                level = begun.level
            found.append(level)
        self._last[span.start] = level
        self._cache[span.start] = found
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        return found
