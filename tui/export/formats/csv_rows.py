"""Lists as CSV (RFC 4180): a line of field names, then a line for each row."""

import csv
import io
import json
from collections.abc import Iterator

from tui.export.formats.sheet import R, Sheet
from tui.text.redaction import redact_values
from tui.text.safe import safe

_CELLS_PER_CHAR = 2
# The fields with texts from users, engines and programs. Searching all fields of 100,000 tasks for secrets takes 30 s.
_FREE_TEXTS = ("id", "name", "labels", "args", "err", "uri", "reason")


def csv_lines(sheet: Sheet[R], *, headers: bool) -> Iterator[str]:
    """Yield the lines, each ending in CR LF. A cell holds objects and arrays as JSON, and null as an empty text.

    Makes texts safe for terminals, so that each row is one line, and masks secrets in them.
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
