"""Lists as a table in Markdown, to paste into a ticket or a chat."""

import re
from collections.abc import Iterator

from tui.export.formats.sheet import R, Sheet, plain_cell, titled
from tui.text.safe import safe
from tui.text.safe_text import SafeText

_LONGEST = 1000  # cells of a text
# Characters of Markdown and HTML markup: most renderers accept both in a cell.
_MARKUP = re.compile(r"[\\|`*_\[\]<>&~]")


def markdown_lines(sheet: Sheet[R], *, headers: bool) -> Iterator[SafeText]:
    """Yield the lines. Markup in texts is escaped, and secrets are masked."""
    columns = titled(sheet.columns)
    if headers:
        yield _line([safe(column.title) for column in columns])
        yield _line([safe("---:" if column.align == "right" else "---") for column in columns])
    for row in sheet.rows:
        yield _line([_escape(plain_cell(column, row).text) for column in columns])


def _line(cells: list[SafeText]) -> SafeText:
    return SafeText(f"| {' | '.join(cells)} |")


def _escape(text: str) -> SafeText:
    return SafeText(_MARKUP.sub(lambda match: f"\\{match[0]}", safe(" ".join(text.split()), _LONGEST)))
