"""The output formats of lists, by name."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from tui.export.formats.csv_rows import csv_lines
from tui.export.formats.drawn_lines import plain_lines, terminal_lines, wide_lines
from tui.export.formats.json_objects import json_pieces, ndjson_pieces
from tui.export.formats.markdown_table import markdown_lines
from tui.export.formats.sheet import R, Sheet
from tui.text.ascii import to_ascii
from tui.text.safe import safe
from tui.text.safe_text import EMPTY, SafeText, join


class OutputFormat(enum.StrEnum):
    """The format that a list is printed in."""

    TABLE = "table"
    WIDE = "wide"
    NAME = "name"
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"
    MARKDOWN = "markdown"

    @property
    def has_fields(self) -> bool:
        """Whether the format prints fields of records rather than columns."""
        return self in (OutputFormat.JSON, OutputFormat.NDJSON, OutputFormat.CSV)


@dataclass(frozen=True, kw_only=True)
class TableStyle:
    """The style of tables. `width` is that of the terminal in cells, None where there is none."""

    width: int | None = None
    headers: bool = True
    color: bool = False
    ascii: bool = False


def pieces(sheet: Sheet[R], form: OutputFormat, style: TableStyle) -> Iterator[SafeText]:
    """Yield the pieces of text to print, including newlines."""
    match form:
        case OutputFormat.JSON:
            yield from json_pieces(sheet)
        case OutputFormat.NDJSON:
            yield from ndjson_pieces(sheet)
        case OutputFormat.CSV:
            yield from csv_lines(sheet, headers=style.headers)
        case _:
            for line in _lines(sheet, form, style):
                yield join("\n", [to_ascii(line) if style.ascii else line, EMPTY])


def _lines(sheet: Sheet[R], form: OutputFormat, style: TableStyle) -> Iterator[SafeText]:
    headers, color = style.headers, style.color
    match form:
        case OutputFormat.NAME:
            return (safe(sheet.id(row)) for row in sheet.rows)
        case OutputFormat.MARKDOWN:
            return markdown_lines(sheet, headers=headers)
        case OutputFormat.WIDE if style.width is not None:
            return wide_lines(sheet, headers=headers, color=color)
        case _ if style.width is not None:
            return terminal_lines(sheet, style.width, headers=headers, color=color)
        case _:
            return plain_lines(sheet, wide=form is OutputFormat.WIDE, headers=headers, color=color)
