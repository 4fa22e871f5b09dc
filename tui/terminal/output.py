"""The output of commands: the only module that prints. It takes only `SafeText`, and bytes for pipes and files."""

import contextlib
import os
import shutil
import sys
from collections.abc import MutableMapping
from typing import TextIO

import click

from tui.text.safe_text import EMPTY, SafeText


def find_terminal() -> TextIO | None:
    """Return the stream of the terminal to draw on and to notify: stderr, else stdout, else None.

    Stderr comes first, for stdout may be a file or a pipe that takes the data of a command.
    """
    return next((stream for stream in (sys.stderr, sys.stdout) if stream is not None and stream.isatty()), None)


def terminal_size(stream: TextIO) -> os.terminal_size:
    """Return the columns and rows of the terminal behind `stream`; those of COLUMNS and LINES only where it has none.

    `shutil.get_terminal_size` prefers the variables: a shell that exports them freezes the size it had then.
    """
    return _own_size(stream) or shutil.get_terminal_size()


def forget_exported_size(environ: MutableMapping[str, str]) -> None:
    """Remove COLUMNS and LINES from `environ` if stdout is a terminal of known size: libraries prefer the variables."""
    if sys.stdout is not None and _own_size(sys.stdout) is not None:
        environ.pop("COLUMNS", None)
        environ.pop("LINES", None)


def _own_size(stream: TextIO) -> os.terminal_size | None:
    """Return the size that the terminal behind `stream` tells; None without a terminal, and on a serial line."""
    try:
        size = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return None
    return size if size.columns > 0 and size.lines > 0 else None


def print_line(text: SafeText = EMPTY, *, is_error: bool = False) -> None:
    """Print a line on stdout, or on stderr, at once: a pipe gets each line when it is printed."""
    # Name stderr: click looks for a stream below it, which Textual's capture of it lacks, and the line would be lost.
    click.echo(text, file=sys.stderr if is_error else None, color=True)


def print_piece(text: SafeText) -> None:
    """Print a text on stdout without a newline after it."""
    click.echo(text, nl=False, color=True)


def print_pages(text: SafeText) -> None:
    """Show a text in the pager of the user."""
    click.echo_via_pager(f"{text}\n")


def write_redirected(text: SafeText) -> None:
    """Write a line to the process's own stderr, which Textual replaces; do nothing if it is a terminal or closed."""
    stream = sys.__stderr__
    if stream is not None and not stream.isatty():
        with contextlib.suppress(OSError, ValueError):  # the disk is full, or the reader of the pipe has ended
            stream.write(f"{text}\n")
            stream.flush()


def write_line(text: SafeText) -> None:
    """Write one of many lines to stdout. Lines in a buffer are written when it is full."""
    sys.stdout.write(f"{text}\n")


def write_sequence(stream: TextIO, sequence: SafeText) -> None:
    """Write control sequences to the terminal behind `stream` at once."""
    stream.write(sequence)
    stream.flush()


def write_bytes(data: bytes) -> None:
    """Write bytes as they are to stdout, which must be no terminal. Raises ValueError if it is one."""
    if sys.stdout.isatty():
        raise ValueError("bytes of others are not written to a terminal")
    sys.stdout.buffer.write(data)
