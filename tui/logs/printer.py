"""Printing of log lines: byte by byte into a pipe; on a terminal as safe text with its colours."""

import os
import sys
from collections.abc import Callable
from functools import partial

from rich.color import ColorSystem
from rich.style import Style

from tui.logs.line_text import pieces
from tui.logs.lines import LogLine
from tui.terminal import output
from tui.text.safe_text import SafeText, join

Write = Callable[[LogLine], None]

_WIDEST = 10_000  # cells


def writer(*, raw: bool = False) -> Write:
    """Return the function that prints lines, whole ones with their line ends; with `raw`, control characters, too."""
    if not sys.stdout.isatty():
        return _write_raw
    return partial(_write_plain if os.environ.get("NO_COLOR") else _write_colored, raw=raw)


def _write_raw(line: LogLine) -> None:
    output.write_bytes(line.text if line.goes_on else line.text + b"\n")


def _write_plain(line: LogLine, *, raw: bool) -> None:
    output.write_line(join("", (text for text, _ in pieces(line.text, _WIDEST, raw=raw))))


def _write_colored(line: LogLine, *, raw: bool) -> None:
    shown = pieces(line.text, _WIDEST, line.pen, raw=raw)
    output.write_line(join("", (_colored(text, style) for text, style in shown)))


def _colored(text: SafeText, style: Style) -> SafeText:
    return SafeText(style.render(text, color_system=ColorSystem.TRUECOLOR)) if style else text
