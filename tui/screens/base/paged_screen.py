"""The base of screens that show a text in pages, on top of the screen that opened them."""

from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import MouseScrollDown, MouseScrollUp
from textual.screen import ModalScreen
from textual.widget import Widget

from tui.widgets.content import content, key_text
from tui.widgets.pages import Pages, Section
from tui.widgets.status_line import Part, StatusLine

_FRAME = 2  # lines: the title and the keys
_PADDING = 2  # cells


class KeyHint(NamedTuple):
    """A key in the last line, its label, and the Textual action that a click on it runs."""

    key: str
    label: str
    action: str


_TURNS = (KeyHint("space", "next page", "screen.page(1)"), KeyHint("b", "previous page", "screen.page(-1)"))


class PagedScreen(ModalScreen[None]):
    """A text in pages, between a title and a line of keys."""

    DEFAULT_CSS = """
    PagedScreen {
        align: center middle;
        background: $background;  /* without colours what is behind would run into it */
        & > Vertical { max-width: 100%; height: auto; max-height: 100%; background: $panel; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,f,j,down,pagedown,right,ctrl+d,ctrl+f", "page(1)", show=False),
        Binding("b,k,up,pageup,left,ctrl+u,ctrl+b", "page(-1)", show=False),
        Binding("g,home", "page(-1000)", show=False),
        Binding("G,end", "page(1000)", show=False),
    ]
    WIDTH: ClassVar[int]
    """The largest width of the text and its padding, in cells."""

    def __init__(self) -> None:
        super().__init__()
        self._pages = Pages()

    # What a subclass defines

    def text_sections(self, width: int) -> Sequence[Section]:
        """Return the text, in lines of at most `width` cells."""
        raise NotImplementedError

    def title_parts(self) -> Sequence[Part]:
        """Return the parts of the first line, on the left of the page number."""
        raise NotImplementedError

    def key_hints(self) -> Sequence[KeyHint]:
        """Return the keys in the last line, besides those that turn pages."""
        raise NotImplementedError

    def note_parts(self) -> Sequence[Part]:
        """Return the parts on the right of the keys."""
        return ()

    def compose_below(self) -> Iterable[Widget]:
        """Yield the widgets below the keys."""
        return ()

    # Showing it

    def compose(self) -> ComposeResult:
        with Vertical() as frame:
            frame.styles.width = self.WIDTH
            yield StatusLine(id="title")
            yield self._pages
            yield StatusLine(id="page-keys")
            yield from self.compose_below()

    def on_resize(self) -> None:
        """Split the text into pages for the new size, and stay where the user reads."""
        self._show(keeps_place=True)

    def show(self) -> None:
        """Show the first page of the current text."""
        self._show(keeps_place=False)

    def _show(self, *, keeps_place: bool) -> None:
        width = min(self.WIDTH, self.size.width) - _PADDING
        self._pages.show(self.text_sections(width), max(1, self.size.height - _FRAME), keeps_place=keeps_place)
        self._show_frame()

    def action_page(self, pages: int) -> None:
        """Go forward by `pages`, or back."""
        self._pages.turn_to(self._pages.index + pages)
        self._show_frame()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Go to the next page."""
        event.stop()
        self.action_page(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Go to the page before."""
        event.stop()
        self.action_page(-1)

    def _show_frame(self) -> None:
        pages = self._pages
        number = [Part(content(f"page {pages.index + 1} of {pages.count}"), 1)] if pages.count > 1 else []
        self.query_one("#title", StatusLine).show(self.title_parts(), number)
        hints = [*(_TURNS if pages.count > 1 else ()), *self.key_hints()]
        self.query_one("#page-keys", StatusLine).show(
            [Part(key_text(hint.key, hint.label), priority, hint.action) for priority, hint in enumerate(hints)],
            self.note_parts(),
        )
