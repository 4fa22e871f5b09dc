import asyncio
import os
import pty
import signal
import threading
from collections.abc import Callable

import pytest

from tui.terminal.signals import is_hung_up, limit_redraws_over_ssh, on_leave


class Timer:
    """A timer that never fires."""

    started: "list[Timer]"

    def __init__(self, seconds: float, function: Callable[..., object], args: tuple[object, ...]) -> None:
        self.seconds, self.function, self.args = seconds, function, args
        self.daemon = False

    def start(self) -> None:
        self.started.append(self)


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[Timer]:
    Timer.started = []
    monkeypatch.setattr(threading, "Timer", Timer)
    return Timer.started


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
async def test_a_signal_leaves_with_its_exit_code(number: signal.Signals, timers: list[Timer]) -> None:
    left: asyncio.Queue[int] = asyncio.Queue()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup
    try:
        on_leave(left.put_nowait)
        os.kill(os.getpid(), number)
        assert await left.get() == 128 + number
    finally:
        for each in (signal.SIGHUP, signal.SIGTERM):
            asyncio.get_running_loop().remove_signal_handler(each)
    # If leaving hangs, for the terminal is gone, the process ends all the same.
    (last_resort,) = timers
    assert (last_resort.seconds, last_resort.daemon) == (10, True)
    assert (last_resort.function, last_resort.args) == (os._exit, (128 + number,))


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
