"""Printing of log lines: byte by byte into a pipe; on a terminal as safe text with its colours."""

import os
import sys
from collections.abc import Callable

from rich.color import ColorSystem
from rich.style import Style

from tui.logs import sgr
from tui.logs.lines import LogLine

Write = Callable[[LogLine], None]

_WIDEST = 10_000  # cells


def writer() -> Write:
    """Return the function that prints lines, whole ones with their line ends."""
    if not sys.stdout.isatty():
        return _write_raw
    return _write_plain if os.environ.get("NO_COLOR") else _write_colored


def _write_raw(line: LogLine) -> None:
    sys.stdout.buffer.write(line.text if line.goes_on else line.text + b"\n")


def _write_plain(line: LogLine) -> None:
    sys.stdout.write("".join(text for text, _ in _pieces(line)) + "\n")


def _write_colored(line: LogLine) -> None:
    sys.stdout.write("".join(_colored(text, style) for text, style in _pieces(line)) + "\n")


def _pieces(line: LogLine) -> list[sgr.Piece]:
    return list(sgr.pieces(line.text.decode("utf-8", "replace").removesuffix("\r"), _WIDEST))


def _colored(text: str, style: Style) -> str:
    return style.render(text, color_system=ColorSystem.TRUECOLOR) if style else text
