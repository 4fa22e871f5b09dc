"""Lists as CSV (RFC 4180): a line of field names, then a line for each row."""

import csv
import io
import json
from collections.abc import Iterator

from tui.export.formats.sheet import R, Sheet
from tui.text.redaction import redact_values
from tui.text.safe import safe

_CELLS_PER_CHAR = 2
# The fields with texts that users, engines and programs wrote. To search 100,000 tasks for secrets takes 30 s.
_FREE_TEXTS = ("id", "name", "labels", "args", "err", "uri", "reason")


def csv_lines(sheet: Sheet[R], *, headers: bool) -> Iterator[str]:
    """Yield the lines, each with its CR LF: objects and arrays as JSON, null as an empty cell.

    Texts are made safe for terminals, so that a row is one line, and secrets in them are masked.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    if headers:
        writer.writerow(sheet.fields)
        yield _take(buffer)
    for row in sheet.rows:
        writer.writerow([_cell(_masked(name, value)) for name, value in sheet.values(row).items()])
        yield _take(buffer)


def _masked(name: str, value: object) -> object:
    return redact_values(value) if name in _FREE_TEXTS else value


def _take(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return safe(value, _CELLS_PER_CHAR * len(value) + 1)
        case bool():
            return str(value).lower()
        case dict() | list():
            return json.dumps(value)
        case _:
            return str(value)
