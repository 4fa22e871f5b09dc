"""Drawing of a table: only the lines on screen, and only those that changed."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import ClassVar, Generic

from rich.segment import Segment
from rich.style import Style
from textual.content import Content
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from tui.lists.columns import Column, PlacedColumn, R, layout
from tui.lists.sort_letters import SortLetter, assign_letters
from tui.widgets.table_line import BLANK, LEFT, RIGHT, Marks, TableLine, changed, no_marks, runs


class DrawnTable(ScrollView, Generic[R]):
    """The drawing half of `Table`. It remembers the lines drawn last, and so knows what changed."""

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--header",
        "table--cursor",
        "table--muted",
        "table--strong",
        "table--accent",
        "table--mark",
        "table--letter",
        "table--good",
        "table--warning",
        "table--critical",
    }
    """The header, the line of the cursor, marks, letters that sort, and each style of a `Cell`."""

    DEFAULT_CSS = """
    DrawnTable {
        width: 1fr;
        height: 1fr;
        overflow: hidden auto;
        scrollbar-size: 0 0;  /* Textual's would be written whole with every step. */

        & > .table--header { color: $text-muted; text-style: bold; }
        & > .table--letter { color: $text-muted; text-style: bold underline; }
        & > .table--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
            text-style: $block-cursor-blurred-text-style;
        }
        &:focus > .table--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }
        &.-stale:focus > .table--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
            text-style: $block-cursor-blurred-text-style;
        }
        &:nocolor > .table--cursor, &.-stale:nocolor > .table--cursor { text-style: reverse; }
        & > .table--muted { color: $text-muted; }
        & > .table--strong { text-style: bold; }
        & > .table--accent { color: $text-accent; }
        & > .table--mark { background: $accent 35%; text-style: bold; }
        &:nocolor > .table--mark { text-style: underline; }
        & > .table--good { color: $text-success; }
        & > .table--warning { color: $text-warning; }
        & > .table--critical { color: $text-error; }

        &.-stale {
            color: $text-muted;
            & > .table--accent, & > .table--good, & > .table--warning, & > .table--critical { color: $text-muted; }
        }
        &.-stale:nocolor, &.-stale:ansi {
            text-style: dim;
            & > .table--accent, & > .table--good, & > .table--warning, & > .table--critical { text-style: dim; }
        }
    }
    """

    stale = reactive(False, toggle_class="-stale")
    """Whether the data is old: then it is drawn without colours."""

    def __init__(self, columns: Sequence[Column[R]], *, empty: Content, id: str | None, classes: str | None) -> None:
        super().__init__(id=id, classes=classes)
        self._columns = tuple(columns)
        self._empty = empty
        self._places: tuple[int, tuple[PlacedColumn[R], ...]] = (-1, ())
        self._drawn: dict[int, TableLine] = {}
        self._pending: dict[int, TableLine] = {}  # the changed lines of the last tick, until they are drawn
        self._pending_size = Size()  # of the table then: the thumb of the scrollbar depends on the height
        self._styles: dict[str, Style] = {}
        self._empty_lines: tuple[int, Sequence[Strip]] | None = None  # for a width
        self._marks: Marks = no_marks
        self._keys_used: Collection[str] | None = None
        self._sort_letters: Mapping[str, SortLetter] = {}

    @property
    def marks(self) -> Marks:
        """The patterns to mark in the rows, by the id of the column."""
        return self._marks

    @marks.setter
    def marks(self, marks: Marks) -> None:
        if marks != self._marks:
            self._marks = marks
            self.refresh()

    def show_sort_letters(self, keys_used: Collection[str]) -> None:
        """Underline a letter in each title: with shift it sorts by that column. `keys_used` have another meaning."""
        self._keys_used = frozenset(keys_used)
        self._places = (-1, ())

    @property
    def sort_letters(self) -> Mapping[str, str]:
        """The ids of the columns on screen by the letter that sorts by them."""
        self._places_in(self.size.width)
        return {each.letter: id for id, each in self._sort_letters.items()}

    def _letter_mark(self, column_id: str) -> re.Pattern[str] | None:
        found = self._sort_letters.get(column_id)
        return None if found is None else re.compile(f"(?<=^.{{{found.position}}}).")

    @property
    def columns_shown(self) -> Sequence[Column[R]]:
        """The columns that fit into the width."""
        return [column for column, _, _ in self._places_in(self.size.width)]

    def place_of(self, column_id: str) -> tuple[int, int]:
        """Return where a column starts and its width in cells; 0 and 0 if it does not fit."""
        places = self._places_in(self.size.width)
        return next(((x, width) for column, x, width in places if column.id == column_id), (0, 0))

    @property
    def rows_shown(self) -> Sequence[R]:
        """All rows, in the order shown."""
        raise NotImplementedError

    def _lines(self, ys: Iterable[int], places: Sequence[PlacedColumn[R]]) -> Iterator[tuple[int, TableLine]]:
        """Yield the content of the lines `ys` of the screen."""
        raise NotImplementedError

    @property
    def empty(self) -> Content:
        """The text shown while there are no rows."""
        return self._empty

    @empty.setter
    def empty(self, content: Content) -> None:
        if not content.is_same(self._empty):
            self._empty, self._empty_lines = content, None
            if not self.rows_shown:
                self.refresh()

    def tick(self) -> None:
        """Draw the cells on screen whose text or style changed: ages, and rows changed in place."""
        width, height = self.size
        places = self._places_in(width)
        seen = [y for y in self._drawn if y < height]
        regions = []
        self._pending, self._pending_size = {}, self.size
        for y, now in self._lines(seen, places):
            if spans := self._changed(self._drawn[y], now, places, width):
                self._pending[y] = now
                regions += [Region(start, y, end - start, 1) for start, end in spans]
        if regions:
            self.refresh(*regions)

    def _changed(
        self, before: TableLine, now: TableLine, places: Sequence[PlacedColumn[R]], width: int
    ) -> Sequence[tuple[int, int]]:
        spans = changed(before, now, places, width)
        # A text that is marked differently than before has another style in parts.
        return [(0, width)] if spans and self._marks is not no_marks else spans

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y and not self.rows_shown:
            self._drawn[y] = BLANK
            return self._empty_line(y - 1, width)
        places = self._places_in(width)
        now = self._pending.pop(y, None)
        if now is None or self._pending_size != self.size:
            ((_, now),) = self._lines([y], places)
        self._drawn[y] = now
        marks, mark = (self._marks, "mark") if y else (self._letter_mark, "letter")
        return Strip(Segment(text, self._style(style)) for text, style in runs(now, places, width, marks, mark))

    def _empty_line(self, y: int, width: int) -> Strip:
        if self._empty_lines is None or self._empty_lines[0] != width:
            self._empty_lines = width, list(self._draw_empty(width))
        lines = self._empty_lines[1]
        return lines[min(y, len(lines) - 1)]

    def _draw_empty(self, width: int) -> Iterator[Strip]:
        """Yield the lines of the text that an empty table shows, and a blank one, which all below it share."""
        style = self.visual_style
        for text in (*Visual.to_strips(self, self._empty, max(1, width - LEFT), None, style), Strip([])):
            yield Strip([Segment(" " * LEFT, style.rich_style), *text]).adjust_cell_length(width, style.rich_style)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Draw what changed, where Textual would draw everything."""
        if round(old_value) != round(new_value):
            self.tick()

    def _places_in(self, width: int) -> tuple[PlacedColumn[R], ...]:
        if self._places[0] != width:
            self._places = width, layout(self._columns, LEFT, width - LEFT - RIGHT)
            if self._keys_used is not None:
                letters = assign_letters(self._places[1], self._keys_used)
                self._sort_letters = {each.column_id: each for each in letters}
        return self._places[1]

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            self._styles[name] = self._new_style(name)
        return self._styles[name]

    def _new_style(self, name: str) -> Style:
        line, _, state = name.partition("-")
        if not state:
            return self.get_component_rich_style(f"table--{name}") if name else self.rich_style
        cursor = self._style(line)
        # In reverse the colour would fill the cell, and the blanks after it. Old data has no colours.
        if cursor.reverse or self.stale:
            return cursor
        return cursor + Style(color=self._style(state).color)

    def watch_stale(self) -> None:
        """Draw in the other colours."""
        self._drop_styles()

    def notify_style_update(self) -> None:
        """Drop cached styles: a theme or a class has changed them."""
        super().notify_style_update()
        self._drop_styles()

    def _drop_styles(self) -> None:
        self._styles.clear()
        self._empty_lines = None
