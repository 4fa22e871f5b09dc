"""A line of a log as it is drawn: its time, its own colours, and what was searched for in it."""

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.logs import sgr, times
from tui.logs.lines import LONGEST, Line
from tui.logs.times import Times

GOES_ON = "↵"
_HIT = Style(reverse=True)


@dataclass(frozen=True)
class Look:
    """How lines are drawn: `width` cells of their text, wrapped or from cell `left` on."""

    width: int
    left: int = 0
    wrap: bool = False
    times: Times = Times.OFF
    begin: int = 0
    pattern: re.Pattern[str] | None = None

    @property
    def room(self) -> int:
        """The cells that are left for the text."""
        return max(1, self.width - (0 if self.times is Times.OFF else times.WIDTH))


def parts(line: Line, look: Look, base: Style, muted: Style) -> list[Strip]:
    """What is drawn of a line: one strip, or as many as it takes to show all of it; none wider than `look.width`."""
    shown = _text(line, look, base)
    time = times.text(line.time, look.times, look.begin)
    room = look.room
    if not look.wrap:
        return [_joined(time, muted, shown.crop(look.left, look.left + room))]
    starts = range(0, max(1, shown.cell_length), room)
    return [_joined(time if not start else " " * len(time), muted, shown.crop(start, start + room)) for start in starts]


def _text(line: Line, look: Look, base: Style) -> Strip:
    text = line.text.decode("utf-8", "replace").removesuffix("\r")
    limit = LONGEST if look.wrap else look.left + look.room + 1
    pieces: Iterable[sgr.Piece] = sgr.pieces(text, limit)
    if look.pattern is not None:
        pieces = _with_hits(list(pieces), look.pattern)
    segments = [Segment(text, base + style) for text, style in pieces]
    if line.goes_on:
        segments.append(Segment(GOES_ON, base))
    return Strip(segments)


def _with_hits(pieces: list[sgr.Piece], pattern: re.Pattern[str]) -> Iterator[sgr.Piece]:
    whole = "".join(text for text, _ in pieces)
    hits = [found.span() for found in pattern.finditer(whole) if found.group()]
    starts, marks = [start for start, _ in hits], sorted({place for hit in hits for place in hit})
    start = 0
    for text, style in pieces:
        end = start + len(text)
        cuts = [start, *marks[bisect_right(marks, start) : bisect_left(marks, end)], end]
        for left, right in itertools.pairwise(cuts):
            last = bisect_right(starts, left) - 1
            is_hit = last >= 0 and left < hits[last][1]
            yield sgr.Piece(whole[left:right], style + _HIT if is_hit else style)
        start = end


def _joined(time: str, muted: Style, text: Strip) -> Strip:
    return Strip([Segment(time, muted), *text], cell_len(time) + text.cell_length) if time else text
