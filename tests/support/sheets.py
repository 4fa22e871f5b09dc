"""Small lists to print."""

from typing import Any

from tui.export.formats.sheet import Sheet
from tui.lists.columns import Cell, Column

Row = dict[str, Any]


def column(id: str, **facts: Any) -> Column[Row]:
    """Return a column of the values of rows under `id`."""
    return Column(id, facts.pop("title", id.upper()), facts.pop("width", 6), lambda row: Cell(row[id]), **facts)


def sheet(*rows: Row, columns: list[Column[Row]] | None = None, **facts: Any) -> Sheet[Row]:
    """Return a list of rows that are their own records."""
    names = list(rows[0]) if rows else []
    return Sheet(
        name=facts.pop("name", "runs"),
        rows=rows,
        columns=[column(name) for name in names] if columns is None else columns,
        id=lambda row: str(row["id"]),
        record=lambda row: row,
        fields=facts.pop("fields", names),
        **facts,
    )
