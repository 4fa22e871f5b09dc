"""Lists on a terminal: the table of the dashboard in the width of the terminal, or all columns in full."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from rich.cells import cell_len

from tui.export.formats.sheet import LONGEST, R, Sheet, plain_cell, shown_cell, titled
from tui.lists.columns import GAP, Cell, Column, layout
from tui.text.paint import paint
from tui.text.safe import NONE, safe
from tui.text.safe_text import SafeText

_COLORS = {"good": "green", "warning": "yellow", "critical": "red", "muted": "bright_black"}
_PIPED_WIDTH = 200  # cells of a table in a pipe, for any width of the terminal
_BLANKS = str.maketrans({" ": "_"})


def terminal_lines(sheet: Sheet[R], width: int, *, headers: bool, color: bool) -> Iterator[SafeText]:
    """Yield the lines of a table as the dashboard draws it, in `width` cells."""
    columns = [_with_zone(column, sheet.zone) if column.id == "started" else column for column in sheet.columns]
    visible = layout(columns, 0, width)
    if headers:
        yield _line([(Cell(column.title), column, wide) for column, _, wide in visible], color=False)
    for row in sheet.rows:
        yield _line([(shown_cell(column, row), column, wide) for column, _, wide in visible], color=color)


def plain_lines(sheet: Sheet[R], *, wide: bool, headers: bool, color: bool) -> Iterator[SafeText]:
    """Yield the lines of a table that awk can split: the ids of the columns, then one uncut word in each column.

    Blanks in a text become `_`. Without `wide`, columns that do not fit into 200 cells are omitted, the same ones for
    any rows. Columns chosen by the user are always printed.
    """
    is_whole = wide or sheet.is_chosen
    columns = titled(sheet.columns if is_whole else [column for column, _, _ in layout(sheet.columns, 0, _PIPED_WIDTH)])
    lines = [[_word(plain_cell(column, row)) for column in columns] for row in sheet.rows]
    titles = [Cell(column.id.upper()) for column in columns]
    every = [titles, *lines] if headers else lines
    widths = [max((cell_len(cell.text) for cell in cells), default=0) for cells in zip(*every, strict=True)]
    for cells in every:
        yield _line(list(zip(cells, columns, widths, strict=True)), color=color and cells is not titles)


def wide_lines(sheet: Sheet[R], *, headers: bool, color: bool) -> Iterator[SafeText]:
    """Yield the lines of a table with all columns, uncut: lines may be longer than the terminal is wide."""
    columns = [_with_zone(column, sheet.zone) if column.id == "started" else column for column in sheet.columns]
    lines = [[_whole(shown_cell(column, row)) for column in columns] for row in sheet.rows]
    titles = [Cell(column.title) for column in columns]
    every = [titles, *lines] if headers else lines
    widths = [max((cell_len(cell.text) for cell in cells), default=0) for cells in zip(*every, strict=True)]
    for cells in every:
        yield _line(list(zip(cells, columns, widths, strict=True)), color=color and cells is not titles)


def _with_zone(column: Column[R], zone: str) -> Column[R]:
    """Return a column of times whose title names their zone."""
    if not zone:
        return column
    return msgspec.structs.replace(column, title=f"{column.title} {zone}", width=column.width + 1 + len(zone))


def _word(cell: Cell) -> Cell:
    return Cell(safe(cell.text, LONGEST).strip().translate(_BLANKS) or NONE, cell.style)


def _whole(cell: Cell) -> Cell:
    return Cell(safe(cell.text, LONGEST), cell.style)


def _line(cells: Sequence[tuple[Cell, Column[Any], int]], *, color: bool) -> SafeText:
    texts = (_padded(cell, column.align, width, color=color) for cell, column, width in cells)
    return SafeText((" " * GAP).join(texts).rstrip())


def _padded(cell: Cell, align: str, width: int, *, color: bool) -> SafeText:
    text = safe(cell.text, max(1, width))
    blank = " " * (width - cell_len(text))
    shown = paint(text, color=_COLORS[cell.style]) if color and text and cell.style in _COLORS else text
    return SafeText(blank + shown if align == "right" else shown + blank)
