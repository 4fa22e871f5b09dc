"""A text of a few lines that can be hidden."""

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from tui.text.safe import CUT
from tui.widgets.textual_private import measure_again


class Paragraph(Widget):
    """A text of a few lines that takes no room while it is empty, and ends in `…` if its height cuts it."""

    DEFAULT_CSS = "Paragraph { width: 1fr; height: auto; }"
    ALLOW_SELECT = False

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._shown = Content()
        self._has_room = True
        self.display = False

    def show(self, text: Content) -> None:
        """Show `text`."""
        if not text.is_same(self._shown):
            self._shown = text
            measure_again(self)
            self.display = bool(text) and self._has_room

    def limit(self, height: int) -> None:
        """Take at most `height` lines, with the border; none if no line of the text fits."""
        self._has_room = height > self.gutter.height
        self.styles.max_height = max(1, height)
        self.display = bool(self._shown) and self._has_room

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._shown.wrap(max(1, width)))

    def render(self) -> Content:
        width, height = self.content_size
        lines = self._shown.wrap(max(1, width))
        if 0 < height < len(lines):
            last = lines[height - 1].rstrip()
            lines = [*lines[: height - 1], last.truncate(max(1, width - len(CUT))) + CUT]
        return Content("\n").join(lines)
