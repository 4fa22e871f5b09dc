"""Wrapping of lines for terminals."""

import textwrap

from tui.text.safe_text import SafeText

LEAST_WIDTH = 50
"""The least width of a terminal, in columns, for which lines are wrapped: a narrower one wraps them itself."""
_LEAST_TEXT = 24  # beside an indent


def wrap(text: SafeText, width: int | None, indent: int = 0) -> list[SafeText]:
    """Return a safe text as lines that fit beside `indent` cells into a terminal of `width` columns.

    Lines break at blanks. A long word, such as an id or an address, stays whole, so that it can be copied in one piece.
    With None, for a pipe, and in a narrow terminal, there is one line.
    """
    if width is None or width < LEAST_WIDTH:
        return [text]
    room = max(width - indent, _LEAST_TEXT)
    lines = textwrap.wrap(text, room, break_on_hyphens=False, break_long_words=False)
    return [SafeText(line) for line in lines] or [text]
