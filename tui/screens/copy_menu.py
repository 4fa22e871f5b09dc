"""A menu of what can be copied."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tui.clipboard import visible
from tui.copyable import Copyable
from tui.widgets.text import content

_NAMES = 11  # cells
_LONGEST = 400
_DIGITS = "123456789"


class CopyMenu(ModalScreen[Copyable | None]):
    """Gives what is chosen, or None."""

    DEFAULT_CSS = """
    CopyMenu {
        align: center middle;
        & > OptionList, & > OptionList:focus {
            width: 110; max-width: 100%; height: auto; max-height: 100%;
            padding: 1 1; border: none; background: $panel; scrollbar-size-vertical: 1;
            text-wrap: nowrap; text-overflow: ellipsis;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,Y", "dismiss", "Close", show=False),
        Binding("j", "move('down')", show=False),
        Binding("k", "move('up')", show=False),
        *(Binding(digit, f"choose({place})", show=False) for place, digit in enumerate(_DIGITS)),
    ]

    def __init__(self, items: Sequence[Copyable]) -> None:
        super().__init__()
        self._items = items

    def compose(self) -> ComposeResult:
        """A line for each."""
        yield OptionList(*(Option(_line(place, item)) for place, item in enumerate(self._items)))

    def action_move(self, where: str) -> None:
        """Move the cursor."""
        menu = self.query_one(OptionList)
        if where == "down":
            menu.action_cursor_down()
        else:
            menu.action_cursor_up()

    def action_choose(self, place: int) -> None:
        """Choose by place."""
        if place < len(self._items):
            self.dismiss(self._items[place])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Choose what the cursor is on."""
        self.dismiss(self._items[event.option_index])


def _line(place: int, item: Copyable) -> Content:
    digit = _DIGITS[place] if place < len(_DIGITS) else " "
    return Content.assemble(
        (f"{digit} ", "bold $accent"),
        content(item.name.ljust(_NAMES), "$muted"),
        content(visible(item.text[:_LONGEST]), limit=_LONGEST),
    )
