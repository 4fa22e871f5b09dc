"""The keys."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

_KEYS = (
    ("enter", "open a run: its tasks, failures first"),
    ("escape", "back"),
    ("a", "active runs, or all in the window"),
    ("j k ↓ ↑", "down, up"),
    ("ctrl+d ctrl+u", "half a page down, up"),
    ("g G", "first, last"),
    ("click", "a title sorts by it"),
    ("r", "refresh now"),
    ("space", "pause, go on"),
    ("?", "these keys"),
    ("q", "quit"),
)


class HelpScreen(ModalScreen[None]):
    """All keys; goes with any of escape, q and ?."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "dismiss", "Close", show=False)]

    def compose(self) -> ComposeResult:
        """The keys and what they do."""
        width = max(len(key) for key, _ in _KEYS)
        lines = (Content.assemble((key.ljust(width), "bold $accent"), f"  {text}") for key, text in _KEYS)
        yield Static(Content("\n").join(lines))
