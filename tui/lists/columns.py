"""The columns of a table, and their layout in a given width."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import msgspec

R = TypeVar("R")

GAP = 2


class Cell(NamedTuple):
    """The content of a cell: any text, and one of the styles that `DrawnTable` draws.

    `parts` are the pieces of a text of our own, such as a bar, each with its style; empty for a text of one style.
    """

    text: str
    style: str = ""
    parts: tuple[tuple[str, str], ...] = ()


class Column(msgspec.Struct, Generic[R], frozen=True):
    """A column over rows of type `R`, `width` cells wide. A `flex` column takes spare room, up to `max_width`.

    `cell` is called for rows on screen only. A column without `sort_key` cannot be sorted by; rows whose sort key is
    None come last. `descends` is whether sorting starts with the largest value; None for the default, which is to do so
    for numbers and ages. `has_letter` is whether a letter of the title sorts by it. Without room for all, columns of
    the highest `priority` number are dropped first, from the right. A column becomes `comfort` cells wide before
    columns of a higher number are shown.

    `plain` returns the text of the cell for pipes and files, without bars and glyphs, for any width. Pipes and files
    omit columns without a title.
    """

    id: str
    title: str
    width: int
    cell: Callable[[R], Cell]
    sort_key: Callable[[R], Any] | None = None
    priority: int = 0
    align: Literal["left", "right"] = "left"
    flex: bool = False
    max_width: int = 60
    comfort: int = 0
    descends: bool | None = None
    has_letter: bool = True
    plain: Callable[[R], str] | None = None

    @property
    def starts_descending(self) -> bool:
        """Whether sorting by this column starts with the largest value. Right-aligned columns are numbers and ages."""
        return self.align == "right" if self.descends is None else self.descends


class PlacedColumn(NamedTuple, Generic[R]):
    """A column at its place in a line."""

    column: Column[R]
    x: int
    width: int


def layout(columns: Sequence[Column[R]], x: int, width: int) -> tuple[PlacedColumn[R], ...]:
    """Return the columns that fit into `width` cells from `x` on, `GAP` cells apart; at least one.

    More room brings comfortable columns, then more columns, then wider flex columns, never wider gaps.
    """
    kept = list(columns)
    while len(kept) > 1 and _needed(kept) > width:
        kept.remove(max(reversed(kept), key=lambda column: column.priority))
    widths = {column.id: max(1, min(column.width, width)) for column in kept}
    spare = max(0, width - GAP * (len(kept) - 1) - sum(widths.values()))
    for column in sorted(kept, key=lambda column: column.priority):
        more = min(spare, max(0, column.comfort - widths[column.id]))
        widths[column.id] += more
        spare -= more
    flexing = sum(column.flex for column in kept)
    places = []
    for column in kept:
        wide = widths[column.id]
        if column.flex:
            more = min(spare // flexing, max(0, column.max_width - wide))
            wide, spare, flexing = wide + more, spare - more, flexing - 1
        places.append(PlacedColumn(column, x, wide))
        x += wide + GAP
    return tuple(places)


def select_columns(columns: Sequence[Column[R]], ids: Sequence[str]) -> Sequence[Column[R]]:
    """Return the columns with these `ids`, in that order; all of them if `ids` is empty.

    Chosen columns are equally important: without room for all, the last ones are dropped.
    """
    by_id = {column.id: column for column in columns}
    chosen = [by_id[id] for id in ids if id in by_id]
    return [msgspec.structs.replace(column, priority=0) for column in chosen] or columns


def default_direction(columns: Sequence[Column[R]], column_id: str) -> bool:
    """Return whether sorting by a column starts in reverse."""
    return next((column.starts_descending for column in columns if column.id == column_id), False)


def _needed(columns: Sequence[Column[R]]) -> int:
    """Return the width that shows the columns, all but the least important ones comfortably."""
    least = max(column.priority for column in columns)
    widths = (column.width if column.priority == least else max(column.width, column.comfort) for column in columns)
    return sum(widths) + GAP * (len(columns) - 1)


def sort_rows(rows: Sequence[R], sort_key: Callable[[R], Any], *, reverse: bool) -> list[R]:
    """Return `rows` sorted by `sort_key`, stably; rows for which it is None come last."""
    # Two calls per row cost less than a tuple of key and row, which the garbage collector would have to visit.
    present = [row for row in rows if sort_key(row) is not None]
    present.sort(key=sort_key, reverse=reverse)
    if len(present) < len(rows):
        present += [row for row in rows if sort_key(row) is None]
    return present
