"""Narration of commands on stderr: notes, and a progress line on a terminal. Data goes to stdout, errors to stderr.

`be_quiet` turns both off, for `--quiet`.
"""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable

from store.aws.helper_process import NAMED_AFTER, describe_wait
from tui.text.safe import safe
from tui.text.safe_text import EMPTY, SafeText, join
from tui.text.terminal_abilities import can_erase_line

_PROGRAM = "reflowtop"
_CLEAR = SafeText("\r\x1b[K")  # erases the line
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
    """Print a line on stderr after the program's name, without secrets and control characters; nothing if quiet."""
    if not _narrator.is_quiet:
        erase()
        text = " ".join(_mask(line).split())
        _write(join("\n", [safe(f"{_PROGRAM}: {text}"), EMPTY]))


def show_progress(line: str) -> None:
    """Show `line` on the terminal in place of the previous one; nothing in a pipe, or if quiet."""
    if has_progress():
        _write(join("", [_CLEAR, safe(f"{_PROGRAM}: {_mask(line)}", _width())]))
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
    """Show the text `reading` with the elapsed seconds, from one second after the start until the block ends.

    While a credential process runs for over 3 seconds, show that instead.
    """
    if not has_progress():
        yield
        return

    def show(seconds: int) -> None:
        wait = describe_wait(patience=NAMED_AFTER)
        show_progress(f"waiting for {_mask(wait)}" if wait else f"{reading}, {seconds}s")

    try:
        async with _each_second(show, sleep):
            yield
    finally:
        erase()


@contextlib.asynccontextmanager
async def waits_noted(*, sleep: Sleep = asyncio.sleep) -> AsyncIterator[None]:
    """Print a note for each credential process that runs for over 3 seconds in the block, unless progress is shown."""
    noted = ""

    def note_wait(_: int) -> None:
        nonlocal noted
        wait = describe_wait(patience=NAMED_AFTER)
        helper = wait.rpartition(", ")[0]
        if wait and helper != noted and not _narrator.is_shown:
            note(f"waiting for {_mask(wait)}")
        noted = helper

    async with _each_second(note_wait, sleep):
        yield


@contextlib.asynccontextmanager
async def _each_second(call: Callable[[int], None], sleep: Sleep) -> AsyncIterator[None]:
    """Call `call` with the elapsed seconds until the block ends."""

    async def run() -> None:
        seconds = 0
        while True:
            await sleep(_PATIENCE)
            seconds += 1
            call(seconds)

    running = asyncio.ensure_future(run())
    try:
        yield
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


def _mask(line: str) -> str:
    from tui.text.redaction import redact  # its patterns take 25 ms to compile: not for a command without narration

    return redact(line)


def _write(text: SafeText) -> None:
    if sys.stderr is not None:
        # The disk is full, the terminal was closed, or the reader of the pipe has ended: the data matters more.
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()


def _width() -> int:
    try:
        return max(20, os.get_terminal_size(sys.stderr.fileno()).columns - 1)
    except (OSError, ValueError):
        return 79
