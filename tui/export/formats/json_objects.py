"""Lists as JSON: one document, or one object per line (NDJSON). Everything is ASCII."""

import json
from collections.abc import Iterator

from tui.export.formats.sheet import R, Sheet


def json_pieces(sheet: Sheet[R]) -> Iterator[str]:
    """Yield the pieces of a document: `{"as_of": …, "runs": [`, each row, `]}`."""
    head = json.dumps(dict(sheet.head))[:-1]
    yield f"{head}{', ' if sheet.head else ''}{json.dumps(sheet.name)}: ["
    between = "\n"
    for row in sheet.rows:
        yield between
        yield from _pieces(sheet, row)
        between = ",\n"
    yield "\n]}\n" if sheet.rows else "]}\n"


def ndjson_pieces(sheet: Sheet[R]) -> Iterator[str]:
    """Yield the pieces of a line for each row."""
    for row in sheet.rows:
        yield from _pieces(sheet, row)
        yield "\n"


def _pieces(sheet: Sheet[R], row: R) -> Iterator[str]:
    """Yield the pieces of a row. A run can have too many tasks for one text."""
    text = json.dumps(sheet.values(row))
    if sheet.nested is None:
        yield text
        return
    name, records = sheet.nested
    yield f"{text[:-1]}{', ' if sheet.fields else ''}{json.dumps(name)}: ["
    between = ""
    for record in records(row):
        yield between + json.dumps(record)
        between = ", "
    yield "]}"
