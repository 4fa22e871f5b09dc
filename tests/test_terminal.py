"""The dashboard in a real terminal: how it leaves it."""

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tui.failures import ExitCode

ROOT = Path(__file__).parents[1]
PATIENCE = 30.0  # seconds
# The pty becomes the terminal of a new session, as sshd does it.
START = """
import os, signal, sys
os.login_tty(0)
signal.signal(signal.SIGHUP, signal.SIG_{on_hangup})
args = ["-m", "tui", "--table", "reflow-prod", "--endpoint-url", "http://127.0.0.1:1"]
os.execv(sys.executable, [sys.executable, *args])
"""
SHOW_CURSOR, LEAVE_SCREEN = b"\x1b[?25h", b"\x1b[?1049l"


class Terminal:
    """A dashboard, on a service that does not answer, in a pty of its own."""

    def __init__(self, *, ignore_hangup: bool = False, **environ: str) -> None:
        self.output = b""
        self.master, self.slave = pty.openpty()
        self.modes = termios.tcgetattr(self.slave)
        termios.tcsetwinsize(self.slave, (24, 80))
        self.process = subprocess.Popen(
            [sys.executable, "-c", START.format(on_hangup="IGN" if ignore_hangup else "DFL")],
            cwd=ROOT,
            env={**os.environ, "TERM": "xterm-256color", **environ},
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
        )
        self.closed = False

    def wait_for(self, text: bytes) -> None:
        deadline = time.monotonic() + PATIENCE
        while text not in self.output:
            assert time.monotonic() < deadline, self.output[-2000:]
            self._read(0.1)

    def exit_code(self) -> int:
        """Wait for the end of the process; its output is read meanwhile, or it would wait for us."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self._read(0.05)
            code = self.process.poll()
            if code is not None:
                self._read(0)
                return code
        raise AssertionError("it did not end")

    def hang_up(self) -> None:
        for fd in (self.slave, self.master):
            os.close(fd)
        self.closed = True

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        if not self.closed:
            self.hang_up()

    def _read(self, timeout: float) -> None:
        while not self.closed and select.select([self.master], [], [], timeout)[0]:
            with contextlib.suppress(OSError):
                self.output += os.read(self.master, 65536)
            timeout = 0


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    terminal = Terminal(**getattr(request, "param", {}))
    try:
        terminal.wait_for(b"no data")
        yield terminal
    finally:
        terminal.end()


def assert_clean(terminal: Terminal) -> None:
    assert terminal.output.rindex(SHOW_CURSOR) > terminal.output.rindex(LEAVE_SCREEN)
    assert termios.tcgetattr(terminal.slave) == terminal.modes


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_a_clean_terminal(terminal: Terminal, number: signal.Signals) -> None:
    os.kill(terminal.process.pid, number)
    assert terminal.exit_code() == 128 + number
    assert_clean(terminal)


def test_quitting_leaves_the_reason_why_nothing_was_shown(terminal: Terminal) -> None:
    os.write(terminal.master, b"q")
    assert terminal.exit_code() == ExitCode.SERVICE
    assert_clean(terminal)
    after = terminal.output[terminal.output.rindex(LEAVE_SCREEN) :]
    assert b"reflowtop: dynamodb.Query reflow-prod Date-Keepalive-index: network error" in after
    assert b"Traceback" not in terminal.output


@pytest.mark.parametrize("terminal", [{}, {"ignore_hangup": True}], indirect=True)
def test_a_terminal_that_goes_away_takes_it_along(terminal: Terminal) -> None:
    terminal.hang_up()
    assert terminal.exit_code() == 128 + signal.SIGHUP


@pytest.mark.parametrize(("terminal", "colored"), [({}, True), ({"NO_COLOR": "1"}, False)], indirect=["terminal"])
def test_no_colour_where_none_is_wanted(terminal: Terminal, colored: bool) -> None:
    styles = re.findall(rb"\x1b\[([0-9;]+)m", terminal.output)
    assert any(b"38;" in style or b"48;" in style for style in styles) is colored
