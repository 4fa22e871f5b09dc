"""A text that may be longer than the screen, with keys to scroll it."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll


class TextPage(VerticalScroll, can_focus=True, inherit_bindings=False):
    """A text that may be longer than the screen."""

    DEFAULT_CSS = "TextPage { padding: 0 1; scrollbar-size-vertical: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "A line down", show=False, id="page.down"),
        Binding("up,k", "move(-1)", "A line up", show=False, id="page.up"),
        Binding("pagedown,ctrl+f", "page(1)", "A page down", show=False, id="page.page_down"),
        Binding("pageup,ctrl+b", "page(-1)", "A page up", show=False, id="page.page_up"),
        Binding("ctrl+d", "page(0.5)", "Half a page down", show=False, id="page.half_page_down"),
        Binding("ctrl+u", "page(-0.5)", "Half a page up", show=False, id="page.half_page_up"),
        Binding("home,g", "first", "The beginning", show=False, id="page.first"),
        Binding("end,G", "last", "The end", show=False, id="page.last"),
    ]

    def action_move(self, lines: int) -> None:
        """Scroll down by `lines`; at once, since an animation takes too long over a slow line."""
        self.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: float) -> None:
        self.action_move(int(pages * self.size.height))

    def action_first(self) -> None:
        self.scroll_home(animate=False)

    def action_last(self) -> None:
        self.scroll_end(animate=False)
