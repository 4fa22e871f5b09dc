"""Lists as CSV (RFC 4180): a line of field names, then a line for each row."""

import csv
import io
from collections.abc import Iterator

from tui.export.formats.sheet import R, Sheet, mask_record
from tui.text.json_text import encoded
from tui.text.safe import safe
from tui.text.safe_text import EMPTY, SafeText, join

_CELLS_PER_CHAR = 2
# Spreadsheets run a cell that begins so: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@")
_QUOTE = SafeText("'")


def csv_lines(sheet: Sheet[R], *, headers: bool) -> Iterator[SafeText]:
    """Yield the lines, each ending in CR LF. A cell holds objects and arrays as JSON, and null as an empty text.

    Makes texts safe for terminals, so that each row is one line, and for spreadsheets: a text that looks like a formula
    has a quote before it. Secrets are masked.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    if headers:
        writer.writerow(sheet.fields)
        yield _take(buffer)
    for row in sheet.rows:
        writer.writerow(list(map(_cell, mask_record(sheet.values(row)).values())))
        yield _take(buffer)


def _take(buffer: io.StringIO) -> SafeText:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return SafeText(text)


def _cell(value: object) -> SafeText:
    match value:
        case None:
            return EMPTY
        case str():
            text = safe(value, _CELLS_PER_CHAR * len(value) + 1)
            return join("", [_QUOTE, text]) if text.lstrip().startswith(_FORMULA) else text
        case bool():
            return safe(str(value).lower())
        case dict() | list():
            return encoded(value)
        case _:
            return safe(str(value))
