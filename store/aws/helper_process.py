"""Processes that print credentials (`credential_process`): each with a time limit, bounded output and a sure end."""

import asyncio
import atexit
import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import Any, NamedTuple

TIMEOUT = 300.0  # seconds: time enough for a login in a browser
NAMED_AFTER = 3.0
"""Seconds until users are told which helper they wait for."""

_MAX_OUTPUT = 1 << 16  # bytes; credentials with the longest session tokens have 4 KB
_MAX_WORDS = 1 << 12  # bytes of its standard error that are kept: the first and the last half
_CHUNK = 1 << 16
_END = 2.0  # seconds for a killed process to end


class HelperOutput(NamedTuple):
    """The end of a helper: its exit status (negative: the signal), its output, and what it wrote to standard error."""

    status: int
    output: bytes
    words: bytes


class HelperError(Exception):
    """A helper did not end in time, or its output has no end; the text says so."""


class _RunningHelper(NamedTuple):
    command: str
    began: float
    group: int


_running: dict[int, _RunningHelper] = {}  # by process
_starting: set[str] = set()  # commands
_pending: list[int] = []  # signals that arrived meanwhile


def describe_wait(patience: float) -> str:
    """Return the helper that has run for `patience` seconds or longer, as `corp-login, 12s`; empty if there is none."""
    now = time.monotonic()
    waits = [each for each in list(_running.values()) if now - each.began >= patience]
    if not waits:
        return ""
    oldest = min(waits, key=lambda each: each.began)
    return f"{oldest.command}, {now - oldest.began:.0f}s"


async def run_helper(arguments: Sequence[str], command: str, timeout: float | None = None) -> HelperOutput:  # noqa: ASYNC109
    """Run a program without terminal and input until it ends, and return what it printed.

    `command` names it for `describe_wait`. Raises HelperError after `timeout` seconds (default: TIMEOUT), or when it
    has printed over 64 KB; OSError if it cannot be started. Its process group is then killed, as it is when this call
    is cancelled and when the interpreter exits. A child that it leaves behind on purpose is not waited for, even if
    that child still holds the output open.
    """
    limit = TIMEOUT if timeout is None else timeout
    with contextlib.ExitStack() as stack:
        stack.enter_context(_killed_by_signals())
        output, errors = _Pipe(stack, _MAX_OUTPUT), _Pipe(stack, _MAX_WORDS, keeps_end=True)
        process = await _start(arguments, command, output, errors)
        try:
            async with asyncio.timeout(limit):
                await _wait(process, output)
            with contextlib.suppress(BlockingIOError):
                output.drain()
            with contextlib.suppress(BlockingIOError):
                errors.drain()
        except TimeoutError as error:
            raise HelperError(f"did not end within {limit:g} s") from error
        finally:
            _running.pop(process.pid, None)
            if process.returncode is None:
                _kill(process.pid)
                await _reap(process)
        return HelperOutput(process.returncode or 0, output.data(), errors.data())


async def _start(
    arguments: Sequence[str], command: str, output: "_Pipe", errors: "_Pipe"
) -> asyncio.subprocess.Process:
    _starting.add(command)
    try:
        starting = asyncio.ensure_future(
            asyncio.create_subprocess_exec(
                *arguments,
                stdin=subprocess.DEVNULL,
                stdout=output.writer,
                stderr=errors.writer,
                start_new_session=True,  # no /dev/tty either, and a process group of its own
            )
        )
        try:
            process = await asyncio.shield(starting)
        except asyncio.CancelledError:  # asyncio would kill the process, but not its children
            process = await starting
            _kill(process.pid)
            await _reap(process)
            raise
        _running[process.pid] = _RunningHelper(command, time.monotonic(), process.pid)
    finally:
        _starting.discard(command)
    output.close_writer()
    errors.close_writer()
    if _pending:
        _end_by_signal(_pending.pop())
    return process


async def _wait(process: asyncio.subprocess.Process, output: "_Pipe") -> None:
    ending: asyncio.Future[int] = asyncio.ensure_future(process.wait())
    events: set[asyncio.Future[Any]] = {ending, output.overflow}
    try:
        await asyncio.wait(events, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ending.cancel()
    if output.overflow.done():
        raise HelperError(f"printed over {_MAX_OUTPUT >> 10} KB")


async def _reap(process: asyncio.subprocess.Process) -> None:
    """Wait for the end of a killed process, but not for long: a file system that hangs may delay it."""
    waiting = asyncio.ensure_future(process.wait())
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.wait({waiting}, timeout=_END)
    waiting.cancel()


@contextlib.contextmanager
def _killed_by_signals() -> Iterator[None]:
    """Kill all helpers when SIGTERM or SIGHUP ends this process in the block.

    By default they end it at once. If the program handles them itself, it ends its event loop, which cancels helpers.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, _: FrameType | None) -> None:
        if _starting:  # its process is not known yet
            _pending.append(number)
        else:
            _end_by_signal(number)

    ours = [each for each in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(each) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ours:
            if signal.getsignal(number) is end:
                signal.signal(number, signal.SIG_DFL)


def _end_by_signal(number: int) -> None:
    kill_all()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


class _Pipe:
    """A pipe that the event loop empties. At most `limit` bytes of it are kept.

    `overflow` is done once there are more, unless `keeps_end`: then the middle is dropped.
    """

    def __init__(self, stack: contextlib.ExitStack, limit: int, *, keeps_end: bool = False) -> None:
        self._loop = asyncio.get_running_loop()
        self._reader, self.writer = os.pipe()  # not inherited by other programs
        stack.callback(self._close)
        os.set_blocking(self._reader, False)
        self._limit, self._keeps_end = limit, keeps_end
        self._start, self._end, self._has_dropped = bytearray(), bytearray(), False
        self.overflow: asyncio.Future[None] = self._loop.create_future()
        self._loop.add_reader(self._reader, self._read_once)

    def _close(self) -> None:
        self._loop.remove_reader(self._reader)
        os.close(self._reader)
        self.close_writer()

    def close_writer(self) -> None:
        """Leave the writing end to the program."""
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1

    def _read_once(self) -> None:
        with contextlib.suppress(BlockingIOError):
            if not self._read():
                self._loop.remove_reader(self._reader)

    def drain(self) -> None:
        """Read what the ended program has left in the pipe; a child of it may write on without an end."""
        for _ in range(32):
            if not self._read():
                return

    def _read(self) -> bool:
        """Read a part; return whether there may be more. Raises BlockingIOError if there is none yet."""
        chunk = os.read(self._reader, _CHUNK)
        room = self._limit - len(self._start) if not self._keeps_end else self._limit // 2 - len(self._start)
        self._start += chunk[:room]
        rest = chunk[room:]
        if rest and self._keeps_end:
            kept = self._limit // 2
            self._end += rest
            self._has_dropped = self._has_dropped or len(self._end) > kept
            del self._end[:-kept]
        elif rest and not self.overflow.done():
            self.overflow.set_result(None)
        return bool(chunk)

    def data(self) -> bytes:
        return bytes(self._start + (" … ".encode() if self._has_dropped else b"") + self._end)


def _kill(group: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def kill_all() -> None:
    """Kill all helpers that run, with their process groups."""
    for helper in list(_running.values()):
        _kill(helper.group)


atexit.register(kill_all)
