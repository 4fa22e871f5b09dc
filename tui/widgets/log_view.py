"""The log view: lines drawn on demand, so that a million of them scroll like ten."""

from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from store.logs.runlog import Level
from tui.logs.levels import LineLevels, LineTone, detect_tone
from tui.logs.line_pens import LinePens
from tui.logs.line_store import LineStore
from tui.logs.line_text import plain
from tui.logs.row_index import AllLines, RowIndex
from tui.widgets.log_line import LineLayout, cell_of_hit, parts
from tui.widgets.table_line import CURSOR, RIGHT, THUMB, thumb

_LEFT = len(CURSOR)
_CACHED = 4000  # strips; a long wrapped line has hundreds
_WHEEL = 3  # lines


class LinePosition(NamedTuple):
    """A line of the screen: a row of the log, and which part of it if it is wrapped."""

    row: int
    part: int = 0


class LogView(Widget, can_focus=True):
    """The rows of a log from `top` on. Posts `Reached` when rows are needed that were not read yet."""

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--muted", "log--critical", "log--warning", "log--cursor"}
    """Times and debug lines, errors, warnings, and the match under the cursor."""

    DEFAULT_CSS = """
    LogView { width: 1fr; height: 1fr; }
    LogView > .log--muted { color: $text-muted; }
    LogView > .log--critical { color: $text-error; text-style: bold; }
    LogView > .log--warning { color: $text-warning; }
    LogView > .log--cursor { color: $text-accent; text-style: bold; }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j,enter", "move(1)", "Down", show=False, id="log.down"),
        Binding("up,k", "move(-1)", "Up", show=False, id="log.up"),
        Binding("pagedown,space,f,ctrl+f", "page(1)", "Page down", show=False, id="log.page_down"),
        Binding("pageup,b,ctrl+b", "page(-1)", "Page up", show=False, id="log.page_up"),
        Binding("ctrl+d,d", "page(0.5)", "Half a page down", show=False, id="log.half_page_down"),
        Binding("ctrl+u,u", "page(-0.5)", "Half a page up", show=False, id="log.half_page_up"),
        Binding("right,l", "shift(0.5)", "Right", show=False, id="log.right"),
        Binding("left,h", "shift(-0.5)", "Left", show=False, id="log.left"),
    ]

    class Reached(Message):
        """The first row or, with `end`, the last row is on screen."""

        def __init__(self, *, end: bool) -> None:
            super().__init__()
            self.end = end

    class Moved(Message):
        """Other rows are on screen; `by_hand` if the user moved there."""

        def __init__(self, *, by_hand: bool) -> None:
            super().__init__()
            self.by_hand = by_hand

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.look = LineLayout(width=80)
        self.leveled = False
        """Whether lines have levels, as in the log of a run."""
        self.detects_tones = False
        """Whether to tell errors and warnings by the words of a line."""
        self.cursor: int | None = None
        """The number of the line that was found, if any."""
        self._blocks = LineStore()
        self._rows: RowIndex = AllLines(self._blocks)
        self._levels, self._pens = LineLevels(self._blocks), LinePens(self._blocks)
        self._first = 0  # of the lines known when they were drawn
        self._top = LinePosition(0)
        self._top_cell = self._top, 0  # with its cell in the line, which wrapping keeps
        self._drawn: dict[int, list[Strip]] = {}
        self._strips = 0
        self._places: list[LinePosition] | None = None
        self._sticks = False  # at the end: the end stays in sight when the height changes

    def show(self, blocks: LineStore, rows: RowIndex, number: int | None = None) -> None:
        """Show the `rows` of `blocks` from line `number` on; without it, from the line at the top."""
        number = self.top_number if number is None else number
        same = blocks is self._blocks
        self._blocks, self._rows = blocks, rows
        if not same:
            self._levels, self._pens = LineLevels(blocks), LinePens(blocks)
            self._forget()
            self.cursor = None
        self._top, self._sticks = LinePosition(rows.row(number)), False
        self._top_cell = self._top, 0
        self.update()

    def clear(self) -> None:
        blocks = LineStore()
        self.show(blocks, AllLines(blocks), 0)

    def restyle(self, look: LineLayout) -> None:
        """Change how lines are drawn; what was at the top stays there. The view sets the width itself."""
        top, cell = self._top_cell
        if top != self._top:
            cell = self._top.part * self.look.room
        self.look = look
        self._forget()
        self._top = LinePosition(self._top.row, self._part_at(cell))
        self._top_cell = self._top, cell
        self.update()

    def reflow(self, look: LineLayout) -> None:
        """Change how lines are drawn if that changes their height. The match or the end stays in sight."""
        is_in_sight = self.cursor is not None and self._is_on_screen(self._rows.row(self.cursor))
        self.restyle(look)
        if self._sticks:
            self.go_to_end()
        elif self.cursor is not None and is_in_sight:
            self.go_to(self.cursor, cursor=True)

    def update(self) -> None:
        """Draw again: the rows have changed."""
        if self._blocks.first != self._first:
            # The first line may continue a line that was not known then.
            self._first = self._blocks.first
            self._forget()
        self._top = self._clamped(self._top)
        self._places = None
        self.refresh()

    @property
    def top_number(self) -> int:
        """The number of the line at the top; the number after the last if there is none."""
        return self._number(self._top.row)

    @property
    def last_number(self) -> int:
        """The number of the line at the bottom of the screen."""
        places = self._on_screen()
        return self._number(places[-1].row if places else self._top.row)

    @property
    def at_end(self) -> bool:
        """Whether the last row is on screen."""
        places = self._on_screen()
        return not places or places[-1].row >= self._rows.end - 1

    def go_to(self, number: int, *, cursor: bool = False) -> None:
        """Show line `number`, or the next one; as the current match if it is the `cursor`."""
        self._sticks = False
        if cursor:
            self.cursor = number
        row = self._rows.row(number)
        if not cursor or not self._is_on_screen(row):
            third = self._height // 3 if cursor else 0
            self._top = self._moved(LinePosition(row), -third)
        self.update()
        if cursor:
            self._reveal_hit(row)
        self.post_message(self.Moved(by_hand=False))

    def go_to_end(self) -> None:
        self._top, self._sticks = self._last_top(), True
        self.update()
        self.post_message(self.Moved(by_hand=False))

    def go_to_start(self) -> None:
        self._top, self._sticks = LinePosition(self._rows.first), False
        self.update()
        self.post_message(self.Moved(by_hand=False))

    def action_move(self, lines: int) -> None:
        self._top = self._moved(self._top, lines)
        self.update()
        self._sticks = self.at_end
        self.post_message(self.Moved(by_hand=True))
        if self._top.row <= self._rows.first:
            self.post_message(self.Reached(end=False))
        if self.at_end:
            self.post_message(self.Reached(end=True))

    def action_page(self, pages: float) -> None:
        self.action_move(int(pages * self._height))

    def action_shift(self, screens: float) -> None:
        """Scroll right by `screens`."""
        if not self.look.wrap:
            left = max(0, self.look.left + int(screens * self.look.room))
            self.restyle(replace(self.look, left=left))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_move(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_move(-_WHEEL)

    def on_resize(self, event: events.Resize) -> None:
        """Fit the lines into the new width."""
        self.restyle(replace(self.look, width=max(1, event.size.width - _LEFT - RIGHT)))
        if self._sticks:
            self.go_to_end()

    def render_line(self, y: int) -> Strip:
        places, width = self._on_screen(), self.size.width
        bar = thumb(self._height, self._rows.end - self._rows.first, self._top.row - self._rows.first)
        end = THUMB if y in bar else " "
        if y >= len(places):
            return Strip([Segment(" " * (width - 1), self.rich_style), Segment(end, self._style("muted"))])
        row, part = places[y]
        is_cursor = self.cursor is not None and self._number(row) == self.cursor
        mark = Segment(CURSOR if is_cursor else " " * _LEFT, self._style("cursor"))
        text = self._parts(row)[part].adjust_cell_length(max(0, width - _LEFT - 1), self.rich_style)
        return Strip([mark, *text, Segment(end, self._style("muted"))])

    def notify_style_update(self) -> None:
        """Drop cached strips: a theme has changed the styles."""
        super().notify_style_update()
        self._forget()

    @property
    def _height(self) -> int:
        return max(1, self.size.height)

    def _number(self, row: int) -> int:
        return self._rows.number(row) if self._rows.first <= row < self._rows.end else self._blocks.end

    def _parts(self, row: int) -> list[Strip]:
        number = self._rows.number(row)
        if (found := self._drawn.get(number)) is None:
            if self._strips >= _CACHED:
                self._forget()
            line = self._blocks.line(number)
            around = self._blocks.around(number, line)
            line = line._replace(pen=self._pens.pen(number))
            found = self._drawn[number] = parts(line, self.look, self._base(number), self._style("muted"), around)
            self._strips += len(found)
        return found

    def _part_at(self, cell: int) -> int:
        """Return which part of the line at the top has that cell."""
        row = self._top.row
        if not (cell and self.look.wrap and self._rows.first <= row < self._rows.end):
            return 0
        return min(cell // self.look.room, len(self._parts(row)) - 1)

    def _forget(self) -> None:
        self._drawn.clear()
        self._strips = 0

    def _reveal_hit(self, row: int) -> None:
        """Scroll right to the match if the line in `row` is wider than the screen."""
        if not self._rows.first <= row < self._rows.end:
            return
        number = self._rows.number(row)
        line = self._blocks.line(number)
        cell = cell_of_hit(line, self.look, self._blocks.around(number, line)) or 0
        room = self.look.room
        if self.look.wrap:
            place = LinePosition(row, min(cell // room, len(self._parts(row)) - 1))
            if place not in self._on_screen():
                self._top = self._moved(place, -(self._height // 3))
                self.update()
        elif not self.look.left <= cell < self.look.left + room:
            self.restyle(replace(self.look, left=0 if cell < room else cell - room // 3))

    def _base(self, number: int) -> Style:
        if self.leveled:
            match self._levels.level(number):
                case Level.ERROR:
                    return self._style("critical")
                case Level.DEBUG:
                    return self._style("muted")
        elif self.detects_tones:
            match detect_tone(plain(self._blocks.line(number).text)):
                case LineTone.ERROR:
                    return self._style("critical")
                case LineTone.WARNING:
                    return self._style("warning")
        return self.rich_style

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"log--{name}")

    def _on_screen(self) -> list[LinePosition]:
        if self._places is None:
            self._places = []
            for place in self._from(self._top):
                if len(self._places) >= self._height:
                    break
                self._places.append(place)
        return self._places

    def _is_on_screen(self, row: int) -> bool:
        return any(place.row == row for place in self._on_screen())

    def _from(self, top: LinePosition) -> Iterator[LinePosition]:
        row, part = top
        while row < self._rows.end:
            yield from (LinePosition(row, each) for each in range(part, len(self._parts(row))))
            row, part = row + 1, 0

    def _moved(self, top: LinePosition, lines: int) -> LinePosition:
        """Return the position so many screen lines below."""
        row, part = top
        if not self.look.wrap:
            return self._clamped(LinePosition(row + lines))
        while lines > 0 and row < self._rows.end:
            step = min(lines, len(self._parts(row)) - part)
            lines, part = lines - step, part + step
            if part >= len(self._parts(row)):
                row, part = row + 1, 0
        while lines < 0 and (row, part) > (self._rows.first, 0):
            if part == 0:
                row -= 1
                part = len(self._parts(row))
            step = min(-lines, part)
            lines, part = lines + step, part - step
        return self._clamped(LinePosition(row, part))

    def _clamped(self, top: LinePosition) -> LinePosition:
        return max(LinePosition(self._rows.first), min(top, self._last_top()))

    def _last_top(self) -> LinePosition:
        """Return the position from which the last rows fill the screen."""
        if not self.look.wrap:
            return LinePosition(max(self._rows.first, self._rows.end - self._height))
        row, left = self._rows.end, self._height
        while left > 0 and row > self._rows.first:
            row -= 1
            left -= len(self._parts(row))
        return LinePosition(row, max(0, -left))
