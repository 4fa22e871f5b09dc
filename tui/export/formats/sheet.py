"""A list to print: its rows, their columns for tables and their records for JSON and CSV."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from tui.lists.columns import Cell, Column
from tui.text.json_text import is_masking
from tui.text.redaction import redact, redact_values
from tui.text.safe import NONE

R = TypeVar("R")

LONGEST = 100_000
"""The most cells of a text in a table; longer ones are cut."""
# Characters of a text that are searched for secrets: more than are shown, as part of a secret may match no pattern.
_MOST_SEARCHED = 2 * LONGEST

# The columns with texts from users, engines and programs. Only in these secrets are masked, so that ids stay whole.
_FREE_TEXTS = frozenset(("name", "args", "error", "why", "user", "users", "ident", "type", "image", "host", "cluster"))
# The same of fields: those of these columns, and those whose columns have another name or are missing. Searching all
# fields of 100,000 tasks for secrets takes 30 s.
_FREE_FIELDS = _FREE_TEXTS | {
    *("id", "labels", "err", "uri", "reason", "explanation", "idents", "hosts", "pool_type", "pool_types"),
    *("cluster_name", "reflow_version"),
}


@dataclass(frozen=True, kw_only=True)
class Sheet(Generic[R]):
    """The rows of a list and how to print them. Printing reads nothing from the table.

    `name` is the key of the rows in JSON, `head` the keys before it. `record` returns the JSON record of a row, of
    which `fields` are printed, in that order. `nested` is the key of nested rows, if there are any. `columns` are the
    columns of tables; with `is_chosen` the user has chosen them, and all are printed. `zone` is the abbreviation of the
    time zone of times in tables. Values and records are whole: what prints them masks secrets.
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

    def nested_records(self, row: R) -> Iterable[Mapping[str, object]]:
        """Yield the records of the rows nested in `row`."""
        return () if self.nested is None else self.nested[1](row)


def mask_record(record: Mapping[str, object]) -> dict[str, object]:
    """Return a record with secrets masked in the fields that may have some, and in all with `--redact`."""
    is_whole = is_masking()
    return {
        name: redact_values(value, name if is_whole else "") if is_whole or name in _FREE_FIELDS else value
        for name, value in record.items()
    }


def shown_cell(column: Column[Any], row: object) -> Cell:
    """Return a cell as lists show it, with secrets masked. Its text is not yet safe to show."""
    cell = column.cell(row)
    return cell._replace(text=redact(cell.text[:_MOST_SEARCHED])) if column.id in _FREE_TEXTS else cell


def plain_cell(column: Column[Any], row: object) -> Cell:
    """Return a cell for pipes and files: without bars and glyphs, `-` if empty, secrets masked. Not yet safe."""
    cell = column.cell(row)
    text = (cell.text if column.plain is None else column.plain(row))[:_MOST_SEARCHED]
    return Cell((redact(text) if column.id in _FREE_TEXTS else text) or NONE, cell.style)


def titled(columns: Sequence[Column[R]]) -> list[Column[R]]:
    """Return the columns with a title. The others only draw glyphs."""
    return [column for column in columns if column.title]
