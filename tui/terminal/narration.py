"""Narration of commands on stderr: notes, and a progress line on a terminal. Data goes to stdout, errors to stderr.

`be_quiet` turns both off, for `--quiet`.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

from tui.text.safe import safe
from tui.text.terminal_abilities import can_erase_line

_PROGRAM = "reflowtop"
_CLEAR = "\r\x1b[K"  # erases the line
_PATIENCE = 1.0  # seconds until a progress line appears, and between its updates

Sleep = Callable[[float], Awaitable[None]]


class _Narrator:
    """The narration of this process: whether it is quiet, and whether a progress line is on the screen."""

    def __init__(self) -> None:
        self.is_quiet = False
        self.is_shown = False


_narrator = _Narrator()


def be_quiet(quiet: bool = True) -> None:
    """Turn notes and progress off, or on again."""
    _narrator.is_quiet = quiet


def note(line: str) -> None:
    """Print a line on stderr after the program's name, with control characters replaced; nothing if quiet."""
    if not _narrator.is_quiet:
        erase()
        text = " ".join(line.split())
        _write(f"{safe(f'{_PROGRAM}: {text}')}\n")


def show_progress(line: str) -> None:
    """Show `line` on the terminal in place of the previous one; nothing in a pipe, or if quiet."""
    if has_progress():
        _write(f"{_CLEAR}{safe(f'{_PROGRAM}: {line}', _width())}")
        _narrator.is_shown = True


def erase() -> None:
    """Erase the progress line. Call this before anything else is written to the terminal."""
    if _narrator.is_shown:
        _narrator.is_shown = False
        _write(_CLEAR)


def has_progress() -> bool:
    """Return whether progress lines are shown: stderr is a terminal that can erase a line, and not quiet."""
    return not _narrator.is_quiet and sys.stderr is not None and sys.stderr.isatty() and can_erase_line(os.environ)


@contextlib.asynccontextmanager
async def progress_of(reading: str, *, sleep: Sleep = asyncio.sleep) -> AsyncIterator[None]:
    """Show the text `reading` with the elapsed seconds, from one second after the start until the block ends."""
    if not has_progress():
        yield
        return

    async def show() -> None:
        seconds = 0
        while True:
            await sleep(_PATIENCE)
            seconds += 1
            show_progress(f"{reading}, {seconds}s")

    showing = asyncio.ensure_future(show())
    try:
        yield
    finally:
        showing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await showing
        erase()


def _write(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text)
        sys.stderr.flush()


def _width() -> int:
    try:
        return max(20, os.get_terminal_size(sys.stderr.fileno()).columns - 1)
    except (OSError, ValueError):
        return 79
