"""A list to print: its rows, its columns for eyes, and its records for programs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from tui.lists.columns import Cell, Column
from tui.text.redaction import redact
from tui.text.safe import NONE

R = TypeVar("R")

# The columns with texts that users, engines and programs wrote. Secrets in them are masked; ids are none.
_FREE_TEXTS = ("name", "args", "error", "why")


@dataclass(frozen=True, kw_only=True)
class Sheet(Generic[R]):
    """The rows of a list and how to show them; all fields are final, nothing is read while it is printed.

    `name` is the key of the rows in JSON, and `head` what comes before them. `record` returns a row for programs, of
    which `fields` are printed, in that order. `nested` names a key for rows inside of each row, if there are any.
    `columns` are those of tables; `is_chosen` is whether the user has chosen them, so that all are printed. `zone` is
    the abbreviation of the time zone of the times in them.
    """

    name: str
    rows: Sequence[R]
    columns: Sequence[Column[R]]
    id: Callable[[R], str]
    record: Callable[[R], Mapping[str, object]]
    fields: Sequence[str]
    head: Mapping[str, object] = field(default_factory=dict)
    nested: tuple[str, Callable[[R], Iterable[Mapping[str, object]]]] | None = None
    zone: str = ""
    is_chosen: bool = False

    def values(self, row: R) -> dict[str, object]:
        """Return the chosen fields of a row."""
        record = self.record(row)
        return {name: record[name] for name in self.fields}


def shown_cell(column: Column[Any], row: object) -> Cell:
    """Return a cell as lists show it, with secrets masked. Its text is not yet safe to show."""
    cell = column.cell(row)
    return cell._replace(text=redact(cell.text)) if column.id in _FREE_TEXTS else cell


def plain_cell(column: Column[Any], row: object) -> Cell:
    """Return a cell for programs and files: no bars and glyphs, `-` if it is empty, secrets masked; not yet safe."""
    cell = column.cell(row)
    text = cell.text if column.plain is None else column.plain(row)
    return Cell((redact(text) if column.id in _FREE_TEXTS else text) or NONE, cell.style)


def titled(columns: Sequence[Column[R]]) -> list[Column[R]]:
    """Return the columns that have a text: one without a title is only drawn."""
    return [column for column in columns if column.title]
