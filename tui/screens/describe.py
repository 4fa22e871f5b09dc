"""The description of a row, in pages."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from tui.lists.descriptions import FieldGroup
from tui.screens.base.paged_screen import KeyHint, PagedScreen
from tui.text import durations
from tui.text.safe import safe_lines
from tui.widgets.content import content
from tui.widgets.pages import Section
from tui.widgets.status_line import Part

_NAME = 11  # cells
_LONGEST = 4000
_LINES = 200


class DescribeScreen(PagedScreen):
    """The description of a row as it was when the screen opened, and the time of that. Escape, q and d close it."""

    WIDTH = 110
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,d,enter", "dismiss", "Close", show=False)]

    def __init__(self, groups: Sequence[FieldGroup], as_of: datetime) -> None:
        super().__init__()
        self._groups = groups
        self._as_of = as_of

    def replace(self, groups: Sequence[FieldGroup], as_of: datetime) -> None:
        """Show these parts in place of others, on the same page; a screen that is not mounted yet will show them."""
        page = self._pages.index
        self._groups, self._as_of = groups, as_of
        if self.is_mounted:
            self.show()
            self.action_page(page)

    def text_sections(self, width: int) -> Sequence[Section]:
        return [list(_section_lines(group, width)) for group in self._groups]

    def title_parts(self) -> Sequence[Part]:
        return [
            Part(content("Description", "bold")),
            Part(content(f"as of {durations.moment(self._as_of)}", "$muted"), 2),
        ]

    def key_hints(self) -> Sequence[KeyHint]:
        return [KeyHint("esc", "close", "screen.dismiss")]


def _section_lines(group: FieldGroup, width: int) -> Iterator[Content]:
    yield content(group.title, "bold $accent", limit=width)
    indent = _NAME + 1 if any(name for name, _ in group.fields) else 0
    for name, text in group.fields:
        lines = [
            row
            for line in safe_lines(text[: _LINES * _LONGEST], _LONGEST)[:_LINES]
            for row in content(line, limit=_LONGEST).wrap(max(1, width - indent))
        ]
        for number, line in enumerate(lines):
            shown = content(name if number == 0 else "", "$muted", _NAME)
            yield shown + " " * (indent - shown.cell_length) + line
