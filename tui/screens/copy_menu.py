"""A menu of what can be copied."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen

from tui.export.copy_items import CopyItem
from tui.lists.columns import Cell, Column
from tui.widgets.table import Table

_LONGEST = 400  # cells
_DIGITS = "123456789"


class CopyMenu(ModalScreen[CopyItem | None]):
    """A menu of texts to copy; returns the chosen item, or None. Digits choose the first items."""

    DEFAULT_CSS = """
    CopyMenu {
        align: center middle;
        & > Table {
            width: 110; max-width: 100%; max-height: 100%; background: $panel;
            border-top: solid $border; border-bottom: solid $border;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,Y", "dismiss", "Close", show=False),
        # At once, before what is typed ahead: a table tells of it by a message.
        Binding("enter", "choose_selected", show=False, priority=True),
        *(Binding(digit, f"choose({place})", show=False) for place, digit in enumerate(_DIGITS)),
    ]

    def __init__(self, items: Sequence[CopyItem]) -> None:
        super().__init__()
        self._items = items

    def compose(self) -> ComposeResult:
        table = Table(_columns(self._items), lambda item: item.name, empty=Content())
        table.styles.height = 3 + len(self._items)  # with the title and the lines around
        table.set_rows(self._items)
        yield table

    def action_choose(self, place: int) -> None:
        """Choose by number."""
        if place < len(self._items):
            self.dismiss(self._items[place])

    def action_choose_selected(self) -> None:
        """Choose what the cursor is on."""
        self.dismiss(self.query_one(Table).cursor_row)

    def on_table_row_selected(self, event: Table.RowSelected[CopyItem]) -> None:
        """Choose a row that was clicked. Another click that arrives with it would close the screen below."""
        if self.is_active:
            self.dismiss(event.row)


def _columns(items: Sequence[CopyItem]) -> Sequence[Column[CopyItem]]:
    digits = {item.name: digit for item, digit in zip(items, _DIGITS, strict=False)}
    return [
        Column("key", "", 1, lambda item: Cell(digits.get(item.name, ""), "accent")),
        Column("name", "COPY", 9, lambda item: Cell(item.name, "strong")),
        Column("text", "", 20, lambda item: Cell(item.text[:_LONGEST]), flex=True, max_width=_LONGEST),
    ]
