"""Colours in lines that commands print."""

import click

from tui.text.safe_text import SafeText


def paint(text: SafeText, *, color: str | None = None, bold: bool | None = None, dim: bool | None = None) -> SafeText:
    """Return `text` in a colour by its name of click's, bold or dim, with a reset after it."""
    return SafeText(click.style(text, fg=color, bold=bold, dim=dim))
