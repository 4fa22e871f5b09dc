"""Status lines: texts on the left and on the right, of which the less important ones are dropped first."""

from collections.abc import Sequence
from typing import NamedTuple

from textual.content import Content
from textual.geometry import Region
from textual.widget import Widget

_GAP = Content("  ")


class Part(NamedTuple):
    """A text of a status line. Without room for all, parts with the highest `priority` number are dropped first."""

    content: Content
    priority: int = 0


class StatusLine(Widget):
    """One line, drawn again only where it changed."""

    DEFAULT_CSS = """
    StatusLine { height: 1; width: 1fr; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._left: Sequence[Part] = ()
        self._right: Sequence[Part] = ()
        self._drawn = Content()

    def show(self, left: Sequence[Part], right: Sequence[Part] = ()) -> None:
        """Show these parts, two cells apart."""
        self._left, self._right = left, right
        self._redraw()

    def render(self) -> Content:
        self._drawn = self._line()
        return self._drawn

    def _line(self) -> Content:
        width = self.size.width
        left, right = list(self._left), list(self._right)
        while left or right:
            start, end = _joined(left), _joined(right)
            blank = width - start.cell_length - end.cell_length
            if blank >= (len(_GAP) if left and right else 0):
                return start + " " * blank + end
            last = max((*left, *right), key=lambda part: part.priority)
            if len(left) + len(right) == 1:
                return last.content.truncate(width, ellipsis=True)
            (left if last in left else right).remove(last)
        return Content()

    def _redraw(self) -> None:
        now, before = self._line(), self._drawn
        if now.is_same(before):
            return
        new, old = now.plain, before.plain
        cell_by_cell = now.cell_length == len(new) == before.cell_length == len(old)
        if now.spans != before.spans or not cell_by_cell:
            self.refresh()
            return
        differing = [x for x, (one, other) in enumerate(zip(new, old, strict=True)) if one != other]
        first, last = differing[0], differing[-1]
        self.refresh(Region(first, 0, last - first + 1, 1))


def _joined(parts: Sequence[Part]) -> Content:
    return _GAP.join(part.content for part in parts)
