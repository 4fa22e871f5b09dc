"""A text in pages as high as the widget."""

from bisect import bisect_right
from collections.abc import Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

_LEAST = 4  # lines

Section = Sequence[Content]
"""The lines of a part of a text. The first line is its title."""


def paginate(sections: Sequence[Section], height: int) -> list[tuple[float, list[Content]]]:
    """Split `sections` into pages of at most `height` lines, with an empty line between two sections.

    A section that does not fit goes on on the next page, where it has its title again; it begins there if fewer than
    `_LEAST` of its lines fit. Each page comes with the place where it begins: the number of the section, and as a
    fraction the part of it on the pages before.
    """
    pages: list[tuple[float, list[Content]]] = [(0.0, [])]
    for number, (title, *lines) in enumerate(sections):
        start = 0
        while start < len(lines):
            _, page = pages[-1]
            gap = [Content()] if page else []
            room = height - len(page) - len(gap) - 1
            if page and room < min(_LEAST, len(lines) - start):
                pages.append((number + start / len(lines), []))
                continue
            end = start + max(1, room)
            page += [*gap, title, *lines[start:end]]
            start = end
            if start < len(lines):
                pages.append((number + start / len(lines), []))
    return pages


class Pages(Widget):
    """The sections of a text, a page at a time."""

    DEFAULT_CSS = "Pages { width: 1fr; padding: 0 1; }"

    def __init__(self) -> None:
        super().__init__()
        self._pages: list[list[Content]] = [[]]
        self._index = 0
        self._begins = [0.0]
        self._place = 0.0  # where the page begins that the user turned to

    @property
    def index(self) -> int:
        """The number of the page shown, from 0."""
        return self._index

    @property
    def count(self) -> int:
        """The number of pages."""
        return len(self._pages)

    def show(self, sections: Sequence[Section], height: int, *, keeps_place: bool = False) -> None:
        """Show `sections` in pages of `height` lines: the first page, or the one with the text shown before."""
        place, pages = self._place if keeps_place else 0.0, paginate(sections, height)
        self._begins, self._pages = [begin for begin, _ in pages], [lines for _, lines in pages]
        self.styles.height = max(map(len, self._pages))
        self.turn_to(bisect_right(self._begins, place) - 1)
        self._place = place

    def turn_to(self, index: int) -> None:
        """Show a page; the first or the last one for an index beyond it."""
        self._index = max(0, min(index, self.count - 1))
        self._place = self._begins[self._index]
        self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return max(map(len, self._pages))

    def render(self) -> Content:
        return Content("\n").join(self._pages[self._index])
