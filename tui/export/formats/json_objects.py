"""Lists as JSON: one document, or one object per line (NDJSON). Everything is ASCII."""

from collections.abc import Iterator

from tui.export.formats.sheet import R, Sheet
from tui.text.json_text import json_text
from tui.text.safe_text import SafeText


def json_pieces(sheet: Sheet[R]) -> Iterator[SafeText]:
    """Yield the pieces of a document: `{"as_of": …, "runs": [`, each row, `]}`."""
    head = json_text(dict(sheet.head))[:-1]
    yield SafeText(f"{head}{', ' if sheet.head else ''}{json_text(sheet.name)}: [")
    between = SafeText("\n")
    for row in sheet.rows:
        yield between
        yield from _pieces(sheet, row)
        between = SafeText(",\n")
    yield SafeText("\n]}\n" if sheet.rows else "]}\n")


def ndjson_pieces(sheet: Sheet[R]) -> Iterator[SafeText]:
    """Yield the pieces of a line for each row."""
    for row in sheet.rows:
        yield from _pieces(sheet, row)
        yield SafeText("\n")


def _pieces(sheet: Sheet[R], row: R) -> Iterator[SafeText]:
    """Yield the pieces of a row. A run can have too many tasks for one text."""
    text = json_text(sheet.values(row))
    if sheet.nested is None:
        yield text
        return
    name = sheet.nested[0]
    yield SafeText(f"{text[:-1]}{', ' if sheet.fields else ''}{json_text(name)}: [")
    between = ""
    for record in sheet.nested_records(row):
        yield SafeText(between + json_text(record))
        between = ", "
    yield SafeText("]}")
