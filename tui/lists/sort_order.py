"""The order of a list: the column that its rows are sorted by, and the direction."""

from collections.abc import Iterable, Sequence

from tui.lists.columns import Column, R

DEFAULT = "default"
"""In place of a column to sort by: the order of the list, worst first."""

SortOrder = tuple[str, bool]
"""The id of a column, and whether its largest value comes first."""


def parse_order(text: str, columns: Sequence[Column[R]]) -> SortOrder | None:
    """Return the order that `text` names: the title or id of one of `columns`, and `asc` or `desc` unless left out.

    None is the default order. Raises ValueError, with the possible words, for a column that cannot be sorted by.
    """
    wanted, direction = _split_direction(text.lower())
    if wanted == DEFAULT:
        return None
    sortable = [column for column in columns if column.sort_key]
    for column in sortable:
        if wanted in (column.id, column.title.lower()):
            return column.id, column.starts_descending if direction is None else direction == "desc"
    raise ValueError(f"no column {wanted!r} to sort by: use {', '.join(order_words(columns))}")


def order_words(columns: Iterable[Column[R]]) -> list[str]:
    """Return the words that `parse_order` takes, without a direction."""
    return [*(column.id for column in columns if column.sort_key), DEFAULT]


def step_order(columns: Sequence[Column[R]], current: SortOrder | None, step: int) -> SortOrder | None:
    """Return the order by the next one of `columns`, or with -1 by the one before; the default order after the last."""
    orders = [None, *((column.id, column.starts_descending) for column in columns if column.sort_key)]
    ids = [None if order is None else order[0] for order in orders]
    index = ids.index(current[0]) if current is not None and current[0] in ids else 0
    return orders[(index + step) % len(orders)]


def _split_direction(text: str) -> tuple[str, str | None]:
    """Return a column and `asc` or `desc`, from `failed desc`."""
    column, _, last = text.strip().rpartition(" ")
    return (column.strip(), last) if column and last in ("asc", "desc") else (text.strip(), None)
