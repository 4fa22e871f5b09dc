"""A table: rows under a header, with a cursor, sorting, and the mouse."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from string import ascii_uppercase
from typing import Any, ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message

from tui.lists.columns import GAP, Column, PlacedColumn, R, default_direction, sort_rows
from tui.widgets.drawn_table import DrawnTable
from tui.widgets.row_cursor import RowCursor
from tui.widgets.table_line import BLANK, TableLine, header_line, row_line, thumb

EventR = TypeVar("EventR")


class _RowMessage(Message, Generic[EventR]):
    def __init__(self, table: "Table[Any]", row: EventR) -> None:
        super().__init__()
        self.table = table
        self.row = row

    @property
    def control(self) -> "Table[Any]":
        return self.table


class Table(DrawnTable[R], can_focus=True, inherit_bindings=False):
    """Rows of type `R` under a header, with a cursor.

    The table stores nothing per row but the list it is given, so that 100,000 rows cost no more than those on screen.
    All cell texts go through `safe`.
    """

    MOVES: ClassVar[Sequence[BindingType]] = (
        Binding("down,j", "move(1)", "Next row", show=False, id="table.cursor_down"),
        Binding("up,k", "move(-1)", "Previous row", show=False, id="table.cursor_up"),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False, id="table.page_down"),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id="table.page_up"),
        Binding("ctrl+d", "page(0.5)", "Half a page down", show=False, id="table.half_page_down"),
        Binding("ctrl+u", "page(-0.5)", "Half a page up", show=False, id="table.half_page_up"),
        Binding("home,g", "first", "First row", show=False, id="table.first"),
        Binding("end,G", "last", "Last row", show=False, id="table.last"),
        Binding("enter", "select", "Open", show=False, id="table.select"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVES,
        *(Binding(letter, f"sort_by({letter!r})", "Sort by a column", show=False) for letter in ascii_uppercase),
    ]

    class RowHighlighted(_RowMessage[EventR | None]):
        """The cursor moved to another row; `row` is None if there are no rows any more."""

    class RowSelected(_RowMessage[EventR]):
        """A row was opened, by enter or by a click on the row under the cursor."""

    def __init__(
        self,
        columns: Sequence[Column[R]],
        key: Callable[[R], Hashable],
        *,
        empty: Content | None = None,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        """A table of `columns`. `key` identifies a row for as long as it exists; `empty` is shown while there are no
        rows.
        """
        super().__init__(columns, empty=empty or Content(), id=id, classes=classes)
        self._sort_keys = {column.id: column.sort_key for column in columns if column.sort_key}
        self._listing = RowCursor(key)
        self._given: Sequence[R] = ()
        self._sorted_by: tuple[str, bool] | None = None
        self._is_placed = False  # the cursor, by the user or the program

    def set_columns(self, columns: Sequence[Column[R]]) -> None:
        """Replace the columns, for the rows that are set next. The order is kept if its column is."""
        if [column.id for column in columns] != [column.id for column in self._columns]:
            self.refresh()
        self._columns = tuple(columns)
        self._places = (-1, ())
        self._sort_keys = {column.id: column.sort_key for column in columns if column.sort_key}
        if self._sorted_by is not None and self._sorted_by[0] not in self._sort_keys:
            self._sorted_by = None

    def set_rows(self, rows: Sequence[R]) -> None:
        """Show `rows` in their order, or sorted by a column. The table does not copy them: pass a new list.

        The cursor stays on its row (at its place, if the row is gone), and that row at its line on screen. Until the
        cursor is moved for the first time it stays on the first row.
        """
        self._given = rows
        self._show()

    def sort(self, column_id: str | None, reverse: bool = False) -> None:
        """Sort by a column; None restores the order of the rows.

        Raises KeyError for an unknown column, or one without a sort key.
        """
        if column_id is not None and column_id not in self._sort_keys:
            raise KeyError(column_id)
        self._sorted_by = None if column_id is None else (column_id, reverse)
        self._show()

    def sort_or_reverse(self, column_id: str) -> None:
        """Sort by a column in its own direction; if the rows are sorted by it already, reverse them.

        Raises KeyError as `sort` does.
        """
        if self._sorted_by is not None and self._sorted_by[0] == column_id:
            self.sort(column_id, not self._sorted_by[1])
        else:
            self.sort(column_id, default_direction(self._columns, column_id))

    @property
    def sorted_by(self) -> tuple[str, bool] | None:
        """The id of the column that the rows are sorted by, and whether in reverse."""
        return self._sorted_by

    @property
    def rows_shown(self) -> Sequence[R]:
        """All rows, in the order shown."""
        return self._listing.rows

    @property
    def cursor_row(self) -> R | None:
        """The row under the cursor; None without rows."""
        return self._listing.selected

    @property
    def cursor(self) -> int:
        """The index of the cursor in the rows shown."""
        return self._listing.cursor

    @property
    def is_placed(self) -> bool:
        """Whether the cursor was moved; before that it is on the first row, whichever that is."""
        return self._is_placed

    def move_to(self, key: Hashable) -> bool:
        """Move the cursor to the row with that key; return whether it exists."""
        index = self._listing.find(key, self._listing.cursor)
        if index is not None:
            self._move(index)
        return index is not None

    def _show(self) -> None:
        listing, top, selected = self._listing, self._top, self._listing.selected_key
        cursor_seen = self._on_screen(listing.cursor)
        held = listing.cursor if cursor_seen else min(top, len(listing.rows) - 1)
        rows = self._given
        if self._sorted_by is not None:
            column_id, reverse = self._sorted_by
            rows = sort_rows(rows, self._sort_keys[column_id], reverse=reverse)
        now_at = listing.replace(rows, held)
        if not self._is_placed:
            listing.move(0)
        self.virtual_size = Size(1, 1 + len(rows))
        # A list that is scrolled to the top stays there: rows that need attention appear at the top.
        if top:
            self._scroll(top + now_at - held)
        if cursor_seen:
            self._scroll_to_cursor()
        self.tick()
        if listing.selected_key != selected:
            self.post_message(self.RowHighlighted(self, listing.selected))

    def _lines(self, ys: Iterable[int], places: Sequence[PlacedColumn[R]]) -> Iterator[tuple[int, TableLine]]:
        rows, cursor, top = self._listing.rows, self._listing.cursor, self._top
        bar = thumb(self._page, len(rows), top)
        for y in ys:
            index = top + y - 1
            if y == 0:
                column_id, reverse = self.sorted_by or (None, False)
                yield y, header_line(places, column_id, reverse=reverse)
            elif index >= len(rows):
                yield y, BLANK
            else:
                yield y, row_line(places, rows[index], cursor=index == cursor, thumb=y - 1 in bar)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the letters that sort by no column."""
        return action != "sort_by" or (bool(self._sort_letters) and parameters[0] in self.sort_letters)

    def action_sort_by(self, letter: str) -> None:
        """Sort by the column whose title has `letter` underlined; again, in the other direction."""
        self.sort_or_reverse(self.sort_letters[letter])

    def action_move(self, rows: int) -> None:
        """Move the cursor down by `rows`."""
        self._move(self._listing.cursor + rows)

    def action_page(self, pages: float) -> None:
        """Scroll down by `pages`; the cursor stays at its line."""
        rows = int(pages * self._page)
        self._scroll(self._top + rows)
        self._move(self._listing.cursor + rows)

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self._move(0)

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self._move(len(self._listing.rows) - 1)

    def action_select(self) -> None:
        """Open the row under the cursor."""
        self._is_placed = True
        if (row := self._listing.selected) is not None:
            self.post_message(self.RowSelected(self, row))

    def on_click(self, event: events.Click) -> None:
        """Select the clicked row, or open it if it was selected; sort by the column whose title was clicked."""
        offset = event.get_content_offset(self)
        if offset is None or event.button != 1:
            return
        event.stop()
        index = self._top + offset.y - 1
        if offset.y == 0:
            self._sort_by_title(offset.x)
        elif index == self._listing.cursor:
            self.action_select()
        elif index < len(self._listing.rows):
            self._move(index)

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._scroll_to_cursor()

    def _sort_by_title(self, x: int) -> None:
        column = next(
            (column for column, start, width in self._places_in(self.size.width) if start <= x < start + width + GAP),
            None,
        )
        if column is None or column.sort_key is None:
            return
        # In one direction, then in the other, then unsorted.
        if self._sorted_by == (column.id, not column.starts_descending):
            self.sort(None)
        else:
            self.sort_or_reverse(column.id)

    def _move(self, index: int) -> None:
        self._is_placed = True
        before = self._listing.cursor
        if self._listing.move(index):
            for row in (before, self._listing.cursor):
                self._pending.pop(row - self._top + 1, None)
                self.refresh(Region(0, row - self._top + 1, self.size.width, 1))
            self._scroll_to_cursor()
            self.post_message(self.RowHighlighted(self, self._listing.selected))

    def _scroll_to_cursor(self) -> None:
        cursor = self._listing.cursor
        if not self._on_screen(cursor):
            self._scroll(cursor if cursor < self._top else cursor - self._page + 1)

    def _scroll(self, top: int) -> None:
        if self.size:
            self.scroll_to(y=top, animate=False, force=True)

    def _on_screen(self, index: int) -> bool:
        return self._top <= index < self._top + self._page

    @property
    def _top(self) -> int:
        return round(self.scroll_y)

    @property
    def _page(self) -> int:
        return max(1, self.size.height - 1)
