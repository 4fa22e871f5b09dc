"""A text that may be longer than the screen, and the keys that move in it."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll


class Page(VerticalScroll, can_focus=True, inherit_bindings=False):
    """A text that may be longer than the screen."""

    DEFAULT_CSS = "Page { padding: 0 1; scrollbar-size-vertical: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_down", "A line down", show=False, id="page.down"),
        Binding("up,k", "scroll_up", "A line up", show=False, id="page.up"),
        Binding("pagedown", "page_down", "A page down", show=False, id="page.page_down"),
        Binding("pageup", "page_up", "A page up", show=False, id="page.page_up"),
        Binding("ctrl+d", "half(1)", "Half a page down", show=False, id="page.half_page_down"),
        Binding("ctrl+u", "half(-1)", "Half a page up", show=False, id="page.half_page_up"),
        Binding("home,g", "scroll_home", "The beginning", show=False, id="page.first"),
        Binding("end,G", "scroll_end", "The end", show=False, id="page.last"),
    ]

    def action_half(self, direction: int) -> None:
        """Move down by half of what is in sight, or up."""
        self.scroll_relative(y=direction * (self.size.height // 2))
