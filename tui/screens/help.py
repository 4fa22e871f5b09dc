"""The keys: all that can be done where one is."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widget import Widget

from tui.query.filter import KEYS
from tui.screens.base.command_registry import Command, displayed_keys
from tui.widgets.text_page import TextPage

_GAP = "  "


class HelpScreen(ModalScreen[None]):
    """The help of one screen: its keys and commands. Escape, q and ? close it."""

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        background: $background;  /* without colours what is behind would run into it */
        & > TextPage {
            width: 96; max-width: 100%; height: auto; max-height: 100%; padding: 1 2; background: $panel;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close", show=False),
        Binding("space,f", "page(1)", show=False),
        Binding("b", "page(-1)", show=False),
    ]

    def __init__(self, commands: Sequence[Command], moves: Sequence[BindingType]) -> None:
        """The help for `commands`, and for the bindings that move in the body of the screen."""
        super().__init__()
        self._commands = commands
        self._moves = [binding for binding in moves if isinstance(binding, Binding)]

    def compose(self) -> ComposeResult:
        """Keys, names and what they do."""
        with TextPage():
            yield _Entries(list(self._entries()))

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        self.query_one(TextPage).action_page(pages)

    def _entries(self) -> Iterable["_Entry | str"]:
        yield _Entry("KEY", ":NAME", "WHAT IT DOES", is_title=True)
        for command in self._commands:
            yield _Entry(" ".join(command.shown_keys), f"{command.name} {command.argument}".rstrip(), command.help)
        if self._moves:
            yield from ("", "Moving; a click selects or opens a row, or sorts by a title")
        for binding in self._moves:
            yield _Entry(" ".join(displayed_keys(binding.key)), "", binding.description)
        if any(command.argument == "FILTER" for command in self._commands):
            yield from ("", "In a filter")
            for key, text in KEYS.items():
                yield _Entry(f"{key}:", "", text)


class _Entry(NamedTuple):
    """A line of the help, in columns."""

    keys: str
    name: str
    text: str
    is_title: bool = False


class _Entries(Widget):
    """Lines in columns, and titles. What is too long for the last column goes on below its beginning."""

    DEFAULT_CSS = "_Entries { width: 1fr; height: auto; }"

    def __init__(self, entries: Sequence[_Entry | str]) -> None:
        super().__init__()
        self._entries = entries
        columns = [entry for entry in entries if isinstance(entry, _Entry)]
        self._keys = max(len(entry.keys) for entry in columns)
        self._names = max(len(entry.name) for entry in columns)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """As many lines as it takes."""
        return len(self._lines(width))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Content]:
        return [line for entry in self._entries for line in self._lines_of(entry, width)]

    def _lines_of(self, entry: _Entry | str, width: int) -> Iterable[Content]:
        if isinstance(entry, str):
            return Content.styled(entry, "bold $muted").wrap(width)
        keys, name, text = entry.keys.ljust(self._keys), entry.name.ljust(self._names), Content(entry.text)
        title = "bold $muted" if entry.is_title else ""
        left = Content.assemble((keys, title or "bold $accent"), _GAP, (name, title or "$muted"), _GAP)
        blank = " " * left.cell_length
        wrapped = text.stylize(title).wrap(max(1, width - left.cell_length))
        return [left + wrapped[0], *(blank + line for line in wrapped[1:])]
