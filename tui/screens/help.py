"""The keys: all that can be done where one is."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.filter import KEYS
from tui.screens.commands import Command, shown

_KEYS, _NAME = 10, 16  # cells


class HelpScreen(ModalScreen[None]):
    """What can be done on one screen. Goes with any of escape, q and ?."""

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & > VerticalScroll {
            width: 96; max-width: 100%; height: auto; max-height: 100%;
            padding: 1 2; background: $panel; scrollbar-size-vertical: 1;
        }
        Static { width: 1fr; height: auto; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close", show=False),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def __init__(self, commands: Sequence[Command], moves: Sequence[BindingType]) -> None:
        """What `commands` do on the screen, and the bindings that move in its body."""
        super().__init__()
        self._commands = commands
        self._moves = [binding for binding in moves if isinstance(binding, Binding)]

    def compose(self) -> ComposeResult:
        """Keys, names and what they do."""
        with VerticalScroll():
            yield Static(Content("\n").join(self._lines()))

    def action_scroll(self, lines: int) -> None:
        """Show more of it."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def _lines(self) -> Iterable[Content]:
        yield Content.styled("KEY".ljust(_KEYS) + ":NAME".ljust(_NAME) + "WHAT IT DOES", "bold $muted")
        for command in self._commands:
            takes = f" {command.takes}" if command.takes else ""
            yield _line(" ".join(command.shown_keys), f"{command.name}{takes}", command.help)
        if self._moves:
            yield Content()
            yield Content.styled("Moving; in lists a click selects or opens a row, or sorts by a title", "bold $muted")
        for binding in self._moves:
            yield _line(" ".join(shown(binding.key)), "", binding.description)
        if any(command.takes == "FILTER" for command in self._commands):
            yield Content()
            yield Content.styled("In a filter", "bold $muted")
            for key, text in KEYS.items():
                yield _line(f"{key}:", "", text)


def _line(keys: str, name: str, text: str) -> Content:
    left = Content.styled(f"{keys} ".ljust(_KEYS), "bold $accent")
    return Content.assemble(left, (f"{name} ".ljust(_NAME), "$muted"), text)
