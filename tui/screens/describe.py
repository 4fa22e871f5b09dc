"""The description of a row, in pages."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from tui.lists.descriptions import FieldGroup
from tui.text.safe import safe_lines
from tui.widgets.content import content
from tui.widgets.pages import Pages
from tui.widgets.status_line import Part, StatusLine

_NAME = 11  # cells
_LONGEST = 4000
_LINES = 200
_FRAME = 2  # lines: the title and the keys


class DescribeScreen(ModalScreen[None]):
    """The description of a row as it was when the screen opened. Escape, q and d close it."""

    DEFAULT_CSS = """
    DescribeScreen {
        align: center middle;
        background: $background;
        & > Vertical { width: 110; max-width: 100%; height: auto; max-height: 100%; background: $panel; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,d,enter", "dismiss", "Close", show=False),
        Binding("space,f,j,down,pagedown,right,ctrl+d,ctrl+f", "page(1)", show=False),
        Binding("b,k,up,pageup,left,ctrl+u,ctrl+b", "page(-1)", show=False),
        Binding("g,home", "page(-1000)", show=False),
        Binding("G,end", "page(1000)", show=False),
    ]

    def __init__(self, parts: Sequence[FieldGroup]) -> None:
        super().__init__()
        self._parts = parts
        self._pages = Pages()

    def compose(self) -> ComposeResult:
        with Vertical():
            yield StatusLine(id="title")
            yield self._pages
            yield StatusLine(id="describe-keys")

    def on_resize(self) -> None:
        """Split the description into pages for the new size."""
        width = min(110, self.size.width) - 2
        self._pages.show([list(_section(part, width)) for part in self._parts], max(1, self.size.height - _FRAME))
        self._show_frame()

    def action_page(self, pages: int) -> None:
        """Turn pages."""
        self._pages.turn_to(self._pages.index + pages)
        self._show_frame()

    def _show_frame(self) -> None:
        pages = self._pages
        right = [Part(content(f"page {pages.index + 1} of {pages.count}"), 1)] if pages.count > 1 else []
        self.query_one("#title", StatusLine).show([Part(content("Description", "bold"))], right)
        turns = [("space", "next page", "screen.page(1)"), ("b", "page before", "screen.page(-1)")]
        keys = [*(turns if pages.count > 1 else []), ("esc", "close", "screen.dismiss")]
        self.query_one("#describe-keys", StatusLine).show(
            [
                Part(Content.assemble(content(key, "bold $accent"), " ", content(text, "$muted")), place, action)
                for place, (key, text, action) in enumerate(keys)
            ]
        )


def _section(part: FieldGroup, width: int) -> Iterator[Content]:
    yield content(part.title, "bold $accent", limit=width)
    indent = _NAME + 1 if any(name for name, _ in part.fields) else 0
    for name, text in part.fields:
        lines = [
            row
            for line in safe_lines(text[: _LINES * _LONGEST], _LONGEST)[:_LINES]
            for row in content(line, limit=_LONGEST).wrap(max(1, width - indent))
        ]
        for number, line in enumerate(lines):
            shown = content(name if number == 0 else "", "$muted", _NAME)
            yield shown + " " * (indent - shown.cell_length) + line
