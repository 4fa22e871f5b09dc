"""A line of a table: its cells, how it is drawn, and how it differs from what was drawn before."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size

from tui.lists.columns import Cell, PlacedColumn, R
from tui.text.safe import safe

CURSOR = "▸ "
THUMB = "▐"
# The cells beside the columns: the mark of the cursor on the left, the scrollbar on the right.
LEFT = len(CURSOR)
RIGHT = 2
CURSOR_STYLE = "cursor"
STATES = ("good", "warning", "critical")
"""The styles that keep their colour under the cursor."""
# Moving the terminal's cursor costs as many bytes as drawing over this many cells.
_MOVE = 8


class TableLine(NamedTuple):
    """The content of one line. A `style` applies to the whole line, but for the colours of states under the cursor."""

    cells: tuple[Cell, ...] = ()
    style: str = ""
    thumb: bool = False


BLANK = TableLine()

Marks = Callable[[str], re.Pattern[str] | None]
"""The pattern to mark in a column, by its id."""


def no_marks(column_id: str) -> None:
    """Return no patterns."""


def thumb(lines: int, rows: int, top: int) -> range:
    """Return the lines that the scrollbar's thumb covers: `lines` lines show the `rows` from `top` on."""
    if rows <= lines:
        return range(0)
    size = max(1, lines * lines // rows)
    start = top * (lines - size) // (rows - lines)
    return range(start, start + size)


def arrow(*, reverse: bool) -> str:
    """Return the sign of an order in a title."""
    return "↓" if reverse else "↑"


def header_line(places: Sequence[PlacedColumn[R]], sorted_by: str | None, *, reverse: bool) -> TableLine:
    """Return the titles; an arrow marks the column that the rows are sorted by.

    The arrow may stand in the gap beside the column, so that a title as wide as its column stays whole.
    """
    sign = arrow(reverse=reverse)
    titles = (safe(column.title, width) + (sign if column.id == sorted_by else "") for column, _, width in places)
    return TableLine(tuple(map(Cell, titles)), "header")


def row_line(places: Sequence[PlacedColumn[R]], row: R, *, cursor: bool, thumb: bool) -> TableLine:
    """Return the cells of `row` at `places`."""
    cells = ((column.cell(row), width) for column, _, width in places)
    return TableLine(tuple(_fitted(*each) for each in cells), CURSOR_STYLE if cursor else "", thumb)


def _fitted(cell: Cell, width: int) -> Cell:
    text = safe(cell.text, width)
    return Cell(text, cell.style, cell.parts if text == cell.text else ())


def runs(
    line: TableLine, places: Sequence[PlacedColumn[R]], width: int, marks: Marks = no_marks, mark: str = "mark"
) -> Iterator[tuple[str, str]]:
    """Yield the line as texts with their styles, `width` cells in all; marks have the style `mark`.

    As few texts as possible, since each costs 20 to 40 bytes: blanks look the same in any style and join the text
    before; only a mark shows on them. A text with characters that are not one cell wide ends there: see
    `CompactUpdate`.
    """
    texts: list[str] = []
    style: str | None = None
    for text, its_style, wide in _pieces(line, places, width, marks, mark):
        wanted = its_style
        if wanted is None:
            wanted = line.style if style == mark else style
        if texts and wanted != style and (style is not None or wanted == mark):
            yield "".join(texts), style or line.style
            texts.clear()
        style = wanted
        texts.append(text)
        if wide != len(text):
            yield "".join(texts), style or ""
            texts.clear()
            style = None
    yield "".join(texts), style or line.style


def _pieces(
    line: TableLine, places: Sequence[PlacedColumn[R]], width: int, marks: Marks, mark: str
) -> Iterator[tuple[str, str | None, int]]:
    """Texts with their styles (None for blanks) and widths."""
    yield (CURSOR, line.style, LEFT) if line.style == CURSOR_STYLE else (" " * LEFT, None, LEFT)
    x = LEFT
    for (column, start, room), cell in zip(places, line.cells, strict=False):
        wide = cell_len(cell.text)
        before = start - x + (room - wide if column.align == "right" else 0)
        yield " " * before, None, before
        wanted = marks(column.id)
        if cell.text and wanted is None:
            for text, its_style in cell.parts or ((cell.text, cell.style),):
                yield text, _look(line, its_style), wide if text == cell.text else cell_len(text)
        elif wanted is not None:
            for text, is_marked in split(cell.text, wanted):
                yield text, mark if is_marked else _look(line, cell.style), cell_len(text)
        x += before + wide
    blank = max(0, width - 1 - x)
    yield " " * blank, None, blank
    yield (THUMB, line.style or "muted", 1) if line.thumb else (" ", None, 1)


def _look(line: TableLine, style: str) -> str:
    """Return the style of a text in `line`: states keep their colour under the cursor."""
    if line.style == CURSOR_STYLE and style in STATES:
        return f"{CURSOR_STYLE}-{style}"
    return line.style or style


def split(text: str, marks: re.Pattern[str]) -> Iterator[tuple[str, bool]]:
    """Yield `text` in pieces, and whether `marks` matches them."""
    end = 0
    for match in marks.finditer(text):
        if match.end() > match.start():
            if match.start() > end:
                yield text[end : match.start()], False
            yield match.group(), True
            end = match.end()
    if end < len(text):
        yield text[end:], False


def changed(before: TableLine, now: TableLine, places: Sequence[PlacedColumn[R]], width: int) -> list[tuple[int, int]]:
    """Return the spans to draw again, as first cell and end; none if nothing changed."""
    if before == now:
        return []
    if before.style != now.style or len(before.cells) != len(now.cells):
        return [(0, width)]
    spans: list[tuple[int, int]] = []
    for (column, x, wide), old, new in zip(places, before.cells, now.cells, strict=True):
        if old != new:
            used = max(cell_len(old.text), cell_len(new.text))
            left = x + wide - used if column.align == "right" else x
            same_left, same_right = _same(old, new)
            start, end = left + same_left, left + used - same_right
            if spans and start - spans[-1][1] <= _MOVE:
                start, _ = spans.pop()
            spans.append((start, end))
    if before.thumb != now.thumb:
        spans.append((width - 1, width))
    return spans


def _same(old: Cell, new: Cell) -> tuple[int, int]:
    """Return the number of cells that two texts of one length have in common on the left and on the right."""
    if old.style != new.style or old.parts or new.parts or len(old.text) != len(new.text):
        return 0, 0
    if not (_is_plain(old.text) and _is_plain(new.text)):
        return 0, 0
    differing = [x for x, (was, now) in enumerate(zip(old.text, new.text, strict=True)) if was != now]
    return differing[0], len(new.text) - 1 - differing[-1]


def _is_plain(text: str) -> bool:
    return text.isascii() or all(get_character_cell_size(char) == 1 for char in text)
