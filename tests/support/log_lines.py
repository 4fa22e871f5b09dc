"""Rows and logs for tests of log texts."""

from rich.style import Style

PLAIN = Style.null()
