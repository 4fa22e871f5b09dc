"""A pane of fixed height: a title, then lines of text and of logs, each drawn again only if it changed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Union

from rich.style import Style
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

from tui.widgets.content import assemble, content

if TYPE_CHECKING:
    from tui.logs.lines import LogLine

PreviewRow = Union[Content, "LogLine"]
"""A line of text that is safe, or one of a log, which is made so when it is drawn."""

_RULE = "─"
LEFT = 1
"""Cells before every line but the title, and after it."""


class Preview(Widget):
    """Shows a title in a rule, and as many rows as fit below it."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"preview--warning", "preview--critical"}
    DEFAULT_CSS = """
    Preview { width: 1fr; height: 8; }
    Preview > .preview--warning { color: $text-warning; }
    Preview > .preview--critical { color: $text-error; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = Content()
        self._rows: Sequence[PreviewRow] = ()
        self._base: Style | None = None
        self.display = False

    @property
    def rows_shown(self) -> Sequence[PreviewRow]:
        """The rows below the title."""
        return self._rows

    @property
    def height_shown(self) -> int:
        """The height in lines that was set last."""
        scalar = self.styles.height
        return 0 if scalar is None else int(scalar.value)

    def set_height(self, lines: int) -> None:
        """Show it with so many lines, the title among them; 0 hides it."""
        if lines and lines != self.height_shown:
            self.styles.height = lines
        self.display = lines > 0

    def show(self, title: Content, rows: Sequence[PreviewRow]) -> None:
        """Show these in place of others; only the lines that differ are drawn again."""
        before, self._rows = self._rows, rows
        changed = [
            y for y in range(1, max(len(before), len(rows)) + 1) if not _is_same(before[y - 1 : y], rows[y - 1 : y])
        ]
        if not title.is_same(self._title):
            self._title = title
            changed.insert(0, 0)
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self._base is None:
            self._base = self.rich_style  # takes longer than to draw a line
        base = self._base
        if y == 0:
            strip = self._strip(self._rule(width), width)
        elif y > len(self._rows):
            strip = Strip([])
        else:
            row = self._rows[y - 1]
            room = max(1, width - 2 * LEFT)
            if isinstance(row, Content):
                strip = self._strip(row.truncate(room, ellipsis=True), room)
            else:
                strip = self._log_strip(row, room, base)
            strip = Strip([*Strip.blank(LEFT, base), *strip])
        return strip.adjust_cell_length(width, base)

    def notify_style_update(self) -> None:
        """Drop the cached style: a theme or a class has changed it."""
        super().notify_style_update()
        self._base = None

    def _log_strip(self, line: "LogLine", room: int, base: Style) -> Strip:
        """Return a line of a log as its first row would be drawn in the view of logs."""
        from tui.widgets import log_line  # not needed for the first frame

        return log_line.parts(line, log_line.LineLayout(room), self._tone(line) or base, base)[0]

    def _tone(self, line: "LogLine") -> Style | None:
        """Return the style of a line that reports an error or a warning, as in the view of logs."""
        from tui.logs.levels import LineTone, detect_tone
        from tui.logs.line_text import plain

        match detect_tone(plain(line.text)):
            case LineTone.ERROR:
                return self.get_component_rich_style("preview--critical")
            case LineTone.WARNING:
                return self.get_component_rich_style("preview--warning")
        return None

    def _rule(self, width: int) -> Content:
        title = self._title.truncate(max(1, width - 6), ellipsis=True)
        rest = max(0, width - title.cell_length - 4)
        return assemble(content(f"{_RULE * 2} ", "$muted"), title, content(f" {_RULE * rest}", "$muted"))

    def _strip(self, text: Content, width: int) -> Strip:
        strips = Visual.to_strips(self, text, max(1, width), 1, self.visual_style)
        return strips[0] if strips else Strip([])


def _is_same(one: Sequence[PreviewRow], other: Sequence[PreviewRow]) -> bool:
    if not one or not other:
        return len(one) == len(other)
    left, right = one[0], other[0]
    if isinstance(left, Content):
        return isinstance(right, Content) and left.is_same(right)
    return left == right
