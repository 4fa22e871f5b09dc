"""A watchdog for debugging: it logs calls that block the event loop for over 50 ms.

The loop updates a heartbeat. While the heartbeat is overdue, a thread samples the stack of the loop's thread. It does
not log the samples, because the blocked loop may hold the lock of the log: the loop logs them when it runs again. A
block of over 5 s may never end, so the thread writes that one itself, without taking the lock.
"""

import asyncio
import asyncio.base_events
import asyncio.events
import contextlib
import logging
import selectors
import sys
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

LONGEST = 0.05
"""Seconds; longer blocks of the event loop are logged."""
_BEAT = 0.005  # seconds between heartbeats and between samples: the error of a measured length
_ENDLESS = 5.0  # seconds after which a block is logged before it has ended
_MOST_FRAMES = 30
_MOST_STACKS = 1_000  # of a block
# The frames of the event loop are the same in every stack.
_LOOP_FILES = (asyncio.base_events.__file__, asyncio.events.__file__, selectors.__file__)

_log = logging.getLogger(__name__)

Stack = tuple[tuple[str, int, str], ...]
"""File, line and function of each frame, the innermost first."""


class LoopWatchdog:
    """Watches the event loop of the thread that creates it, from `start` to `stop`."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = time.thread_time,
        write_past_locks: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`clock` returns seconds, and `cpu_clock` the seconds of CPU time of the thread that calls it.

        `write_past_locks` writes a line without taking a lock that the loop's thread may hold.
        """
        self._clock = clock
        self._cpu_clock = cpu_clock
        self._write_past_locks = write_past_locks
        self._watched = threading.get_ident()
        self._stopped = threading.Event()
        self._last_beat = 0.0
        self._cpu_at_beat = 0.0
        self._stacks: list[Stack] = []
        self._timer: asyncio.TimerHandle | None = None
        self._thread = threading.Thread(target=self._sample, name="loop watchdog", daemon=True)

    @property
    def samples(self) -> int:
        """The number of stacks taken since the loop was last free."""
        return len(self._stacks)

    def start(self) -> None:
        """Start watching. Call it in the event loop."""
        self._expect()
        self._thread.start()

    def stop(self) -> None:
        """End the thread, and log a block that lasts until now."""
        self._report()
        if self._timer is not None:
            self._timer.cancel()
        self._stopped.set()
        self._thread.join()

    def _expect(self) -> None:
        self._last_beat, self._cpu_at_beat = self._clock(), self._cpu_clock()
        self._timer = asyncio.get_running_loop().call_later(_BEAT, self._beat)

    def _beat(self) -> None:
        self._report()
        self._expect()

    def _report(self) -> None:
        blocked = self._clock() - self._last_beat
        stacks, self._stacks = self._stacks, []
        if blocked > LONGEST:
            used = self._cpu_clock() - self._cpu_at_beat
            _log.warning("%s", describe(blocked, stacks, f", {used * 1000:.0f} ms of them on a CPU"))

    def _sample(self) -> None:
        written = -1.0  # the last heartbeat before a block that was logged before its end
        while not self._stopped.wait(_BEAT):
            last_beat, stacks = self._last_beat, self._stacks
            blocked = self._clock() - last_beat
            if blocked < 2 * _BEAT:
                continue
            if len(stacks) < _MOST_STACKS:
                stacks.append(_stack_of(self._watched))
            if blocked > _ENDLESS and written != last_beat:
                written = last_beat
                self._write_past_locks(f"{describe(blocked, stacks)}; still blocked")


def _stack_of(thread: int) -> Stack:
    """Return the frames of a thread up to the event loop. Does not read source files, which may block."""
    found: list[tuple[str, int, str]] = []
    frame = sys._current_frames().get(thread)  # noqa: SLF001 - public but for its name
    while frame is not None and len(found) < _MOST_FRAMES and frame.f_code.co_filename not in _LOOP_FILES:
        found.append((frame.f_code.co_filename, frame.f_lineno or 0, frame.f_code.co_name))
        frame = frame.f_back
    return tuple(found)


def describe(blocked: float, stacks: list[Stack], more: str = "") -> str:
    """Return a log line about a block of `blocked` seconds, with the call in which most of it passed."""
    length = f"the event loop was blocked for {blocked * 1000:.0f} ms{more}"
    if not stacks:
        return f"{length}; no stack: the process was suspended, or a call held the GIL"
    depth, shared = _shared_frames(stacks)
    if not depth:
        return f"{length}, in {len(stacks)} samples with no call in common, such as {_places(stacks[0])}"
    common = _places(shared[0][-depth:][:1])
    return f"{length}, in {len(shared)} of {len(stacks)} samples under {common}, such as {_places(shared[0])}"


def _shared_frames(stacks: list[Stack]) -> tuple[int, list[Stack]]:
    """Return the number of outer calls that more than half of `stacks` share, and those stacks.

    The inner calls differ in nearly every sample: the slow function is the innermost shared caller.
    """
    depth, most = 0, stacks
    while True:
        by_call = Counter(_call(stack, depth + 1) for stack in most if len(stack) > depth)
        call, count = by_call.most_common(1)[0] if by_call else (None, 0)
        if 2 * count <= len(stacks):
            return depth, most
        depth, most = depth + 1, [stack for stack in most if len(stack) > depth and _call(stack, depth + 1) == call]


def _call(stack: Stack, depth: int) -> tuple[str, str]:
    file, _, name = stack[-depth]
    return file, name


def _places(stack: Stack) -> str:
    places = (f"{'/'.join(Path(file).parts[-3:])}:{line} {name}" for file, line, name in stack)
    return " < ".join(places) or "nothing: the process waited for a CPU"


@contextlib.asynccontextmanager
async def when_debugging() -> AsyncIterator[LoopWatchdog | None]:
    """Watch the running event loop during the `async with` block, if debug logging is on (`--log-file`)."""
    if not _log.isEnabledFor(logging.DEBUG):
        yield None
        return
    from tui.terminal import log_file

    watchdog = LoopWatchdog(write_past_locks=log_file.write_past_locks)
    watchdog.start()
    try:
        yield watchdog
    finally:
        watchdog.stop()


async def watch() -> None:
    """Watch the running event loop until cancelled, if debug logging is on."""
    async with when_debugging():
        await asyncio.Event().wait()
