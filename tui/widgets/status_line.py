"""Status lines: texts on the left and on the right. The less important ones give way where not all fit."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from textual.content import Content
from textual.events import Click
from textual.geometry import Region
from textual.widget import Widget

_GAP = 2  # cells


class Part(NamedTuple):
    """A text of a status line. Without room for all, parts with the highest `priority` number are dropped first.

    A click on the part runs `action`, a Textual action such as `app.pause`; `run_action` of the command registry makes
    one for a command of the screen. Text of a row goes into it only as a quoted argument: Textual parses and calls it.
    """

    content: Content
    priority: int = 0
    action: str = ""


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

    async def on_click(self, event: Click) -> None:
        """Run the action of the part under the mouse, unless the click before has closed the screen.

        Textual would run the action `screen.dismiss` of a line of a closed screen on the one that is now on top.
        """
        offset = event.get_content_offset(self)
        if offset is None or not self.screen.is_active:
            return
        for x, part in self._placed():
            if part.action and x <= offset.x < x + _width(part):
                await self.screen.run_action(part.action)
                return

    def _line(self) -> Content:
        line, length = Content(), 0
        for x, part in self._placed():
            line = line + " " * (x - length) + part.content
            length = x + _width(part)
        # To the end, so that what changes in a line of the same length can be drawn alone.
        return line + " " * (self.size.width - length) if length else line

    def _placed(self) -> Iterator[tuple[int, Part]]:
        """Yield the parts that fit, each after its x coordinate."""
        width = self.size.width
        left, right = self._fitting(width)
        x = 0
        for part in left:
            yield x, part
            x += _width(part) + _GAP
        x = max(0, width - total_width(right))
        for part in right:
            yield x, part
            x += _width(part) + _GAP

    def _fitting(self, width: int) -> tuple[Sequence[Part], Sequence[Part]]:
        """Return the parts on the left and on the right that have room."""
        left, right = list(self._left), list(self._right)
        while left or right:
            if total_width(left) + total_width(right) + (_GAP if left and right else 0) <= width:
                break
            last = max((*left, *right), key=lambda part: part.priority)
            if len(left) + len(right) == 1:
                return [last._replace(content=last.content.truncate(width, ellipsis=True))], ()
            (left if last in left else right).remove(last)
        return left, right

    def _redraw(self) -> None:
        if not self.size.width:
            # Not only before the first layout: a line that is hidden keeps what was drawn, and shows that again.
            self.refresh()
            return
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


def _width(part: Part) -> int:
    return part.content.cell_length


def total_width(parts: Sequence[Part]) -> int:
    """Return the cells that all these parts take."""
    return sum(map(_width, parts)) + _GAP * max(0, len(parts) - 1)
