"""Drawing of a line of a log: its time, its own colours, and search matches."""

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rich.cells import cell_len, get_character_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.logs import line_text
from tui.logs import timestamps as times
from tui.logs.lines import LONGEST, LogLine
from tui.logs.timestamps import TimestampStyle
from tui.text.safe import CUT

GOES_ON = "↵"
_HIT = Style(reverse=True)
_ALONE = b"", b""


@dataclass(frozen=True)
class LineLayout:
    """The layout of lines: `width` cells of text, wrapped or from cell `left` on; `raw` with control characters."""

    width: int
    left: int = 0
    wrap: bool = False
    times: TimestampStyle = TimestampStyle.OFF
    begin: int = 0
    pattern: re.Pattern[str] | None = None
    raw: bool = False

    @property
    def room(self) -> int:
        """The cells left for the text."""
        return max(1, self.width - (0 if self.times is TimestampStyle.OFF else times.WIDTH))


Around = tuple[bytes, bytes]
"""The neighbours of a piece in the same line."""


def parts(line: LogLine, look: LineLayout, base: Style, muted: Style, around: Around = _ALONE) -> list[Strip]:
    """Return a line as one strip, or as many as it takes to show all of it; none is wider than `look.width`.

    A line that is not wrapped has one cell more if it goes on: the sign that it is cut.
    """
    segments = [
        Segment(text, base + style + _HIT if is_hit else base + style)
        for text, style, is_hit in _marked(line, look, around)
    ]
    if line.goes_on:
        segments.append(Segment(GOES_ON, base))
    time = times.text(line.time, look.times, look.begin)
    if not look.wrap:
        text, right = Strip(segments), look.left + look.room
        shown = text.crop(look.left, right)
        return [_joined(time, muted, Strip([*shown, Segment(CUT, muted)]) if text.cell_length > right else shown)]
    return [
        _joined(" " * len(time) if number else time, muted, Strip(row))
        for number, row in enumerate(_wrapped(segments, look.room))
    ]


def cell_of_hit(line: LogLine, look: LineLayout, around: Around = _ALONE) -> int | None:
    """Return the number of cells before the first match in the line; None without a match."""
    cells = 0
    for text, _, is_hit in _marked(line, replace(look, wrap=True), around):
        if is_hit:
            return cells
        cells += cell_len(text)
    return None


def _wrapped(segments: Iterable[Segment], room: int) -> list[list[Segment]]:
    """The segments in rows of up to `room` cells. There may be hundreds, for which Textual's own wrapping takes too
    long.
    """
    rows: list[list[Segment]] = [[]]
    left = room
    for text, style, _ in segments:
        start = 0
        while start < len(text):
            end = _fitting(text, start, left)
            if end > start:
                rows[-1].append(Segment(text[start:end], style))
                left -= end - start if text.isascii() else cell_len(text[start:end])
                start = end
            elif left < room:
                rows.append([])
                left = room
            else:  # a character wider than a row
                rows[-1].append(Segment(CUT, style))
                left, start = room - 1, start + 1
    return rows


def _fitting(text: str, start: int, cells: int) -> int:
    """Return the end of the part of `text` from `start` on that fits into so many cells."""
    if text.isascii():
        return min(start + cells, len(text))
    for place in range(start, len(text)):
        cells -= get_character_cell_size(text[place])
        if cells < 0:
            return place
    return len(text)


def _marked(line: LogLine, look: LineLayout, around: Around) -> Iterable[tuple[str, Style, bool]]:
    """The safe text of a line, its style, and whether it matches."""
    limit = LONGEST if look.wrap else look.left + look.room + 1
    pieces = line_text.pieces(line.text, limit, line.pen, raw=look.raw)
    if look.pattern is None:
        return ((*piece, False) for piece in pieces)
    before, after = ("".join(text for text, _ in line_text.pieces(each, LONGEST, raw=look.raw)) for each in around)
    return _with_hits(list(pieces), look.pattern, before, after)


def _with_hits(
    pieces: list[line_text.Piece], pattern: re.Pattern[str], before: str, after: str
) -> Iterator[tuple[str, Style, bool]]:
    whole = "".join((before, *(text for text, _ in pieces), after))
    hits = [found.span() for found in pattern.finditer(whole) if found.group()]
    starts, marks = [start for start, _ in hits], sorted({place for hit in hits for place in hit})
    start = len(before)
    for text, style in pieces:
        end = start + len(text)
        cuts = [start, *marks[bisect_right(marks, start) : bisect_left(marks, end)], end]
        for left, right in itertools.pairwise(cuts):
            last = bisect_right(starts, left) - 1
            yield whole[left:right], style, last >= 0 and left < hits[last][1]
        start = end


def _joined(time: str, muted: Style, text: Strip) -> Strip:
    return Strip([Segment(time, muted), *text], cell_len(time) + text.cell_length) if time else text
