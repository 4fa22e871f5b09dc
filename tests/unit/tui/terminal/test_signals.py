import asyncio
import contextlib
import os
import pty
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tui.terminal import signals
from tui.terminal.signals import ExitGuard, is_hung_up, limit_redraws_over_ssh, on_leave

LEAVING = (signal.SIGHUP, signal.SIGTERM, signal.SIGINT)


class Timer:
    """A timer that never fires by itself."""

    started: "queue.Queue[Timer]"

    def __init__(self, seconds: float, function: Callable[..., object], args: tuple[object, ...]) -> None:
        self.seconds, self.function, self.args = seconds, function, args
        self.daemon = False

    def start(self) -> None:
        self.started.put(self)


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> "queue.Queue[Timer]":
    Timer.started = queue.Queue()
    monkeypatch.setattr(threading, "Timer", Timer)
    return Timer.started


@contextlib.contextmanager
def guarded(left: "asyncio.Queue[int]", **options: Any) -> Iterator[ExitGuard]:
    """The signals of this process, as the dashboard handles them."""
    before = {number: signal.getsignal(number) for number in LEAVING}
    guard = on_leave(left.put_nowait, **options)
    try:
        yield guard
    finally:
        for number in LEAVING:
            asyncio.get_running_loop().remove_signal_handler(number)
            signal.signal(number, before[number])
        guard.close()


@pytest.mark.parametrize("number", LEAVING)
async def test_a_signal_leaves_with_its_exit_code(number: signal.Signals, timers: "queue.Queue[Timer]") -> None:
    left: asyncio.Queue[int] = asyncio.Queue()
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup
    try:
        with guarded(left):
            os.kill(os.getpid(), number)
            assert await left.get() == 128 + number
    finally:
        signal.signal(signal.SIGHUP, before)
    # If leaving hangs, for the terminal is gone, the process ends all the same.
    last_resort = timers.get_nowait()
    assert (last_resort.seconds, last_resort.daemon, last_resort.args) == (10, True, (128 + number,))


async def test_a_second_signal_ends_a_process_whose_event_loop_is_blocked(
    timers: "queue.Queue[Timer]", monkeypatch: pytest.MonkeyPatch
) -> None:
    done: queue.Queue[object] = queue.Queue()
    monkeypatch.setattr(os, "_exit", done.put)
    with guarded(asyncio.Queue(), restore=partial(done.put, "restored")):
        # The loop does not run between the signals.
        os.kill(os.getpid(), signal.SIGTERM)
        assert timers.get().seconds == 10
        os.kill(os.getpid(), signal.SIGTERM)
        second = timers.get()
        assert second.seconds == 0.5
        second.function(*second.args)
    assert (done.get(), done.get()) == ("restored", 143)


async def test_work_in_threads_is_not_awaited_for_long(timers: "queue.Queue[Timer]") -> None:
    with guarded(asyncio.Queue()) as guard:
        guard.leave(130)
        guard.closing(130)
        assert [timers.get().seconds, timers.get().seconds] == [10, 1]


async def test_a_terminal_that_takes_nothing_does_not_keep_the_process(
    timers: "queue.Queue[Timer]", monkeypatch: pytest.MonkeyPatch
) -> None:
    done: queue.Queue[object] = queue.Queue()
    monkeypatch.setattr(os, "_exit", done.put)
    monkeypatch.setattr(signals, "_RESTORING", 0.0)
    never = threading.Event()
    with guarded(asyncio.Queue(), restore=never.wait) as guard:
        guard.leave(130)
        timer = timers.get()
        timer.function(*timer.args)
        assert done.get() == 130
        never.set()


async def test_an_interrupt_is_not_for_the_dashboard_while_a_pager_has_the_terminal(
    timers: "queue.Queue[Timer]",
) -> None:
    left: asyncio.Queue[int] = asyncio.Queue()
    with guarded(left, has_terminal=lambda: False):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        assert await left.get() == 143
    assert left.empty()
    assert timers.get().args == (143,)
    assert timers.empty()


@pytest.mark.parametrize(
    ("environ", "after"),
    [
        ({}, {}),
        ({"SSH_CONNECTION": "x"}, {"SSH_CONNECTION": "x", "TEXTUAL_FPS": "15", "TEXTUAL_ANIMATIONS": "none"}),
        (
            {"SSH_CONNECTION": "x", "TEXTUAL_FPS": "60"},
            {"SSH_CONNECTION": "x", "TEXTUAL_FPS": "60", "TEXTUAL_ANIMATIONS": "none"},
        ),
    ],
)
def test_drawing_is_reduced_over_ssh_only(environ: dict[str, str], after: dict[str, str]) -> None:
    limit_redraws_over_ssh(environ)
    assert environ == after


def test_a_terminal_hangs_up_when_its_other_end_closes() -> None:
    ours, theirs = pty.openpty()
    try:
        assert not is_hung_up(theirs)
        os.write(ours, b"typed ahead\n")
        assert not is_hung_up(theirs)
        os.close(ours)
        assert is_hung_up(theirs)
    finally:
        os.close(theirs)


def test_a_closed_descriptor_is_gone() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    os.close(reading)
    assert is_hung_up(reading)
