"""A dashboard in a real terminal: a pty that controls a new session, as sshd makes it."""

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
from pathlib import Path
from typing import IO

from tests.support.forked_python import CAN_FORK, ForkedProcess, fork_in_terminal

ROOT = Path(__file__).parents[2]
# Nothing waits so long but what never comes: on a busy machine all of this takes its time.
PATIENCE = 120.0  # seconds
DASHBOARD = ("-m", "tui", "--table", "reflow-prod", "--endpoint-url", "http://127.0.0.1:1")
_START = """
import os, signal, sys
os.login_tty(0)
for number, file in {files}.items():
    os.dup2(file, number)
signal.signal(signal.SIGHUP, signal.{on_hangup})
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
SHOW_CURSOR, LEAVE_SCREEN = b"\x1b[?25h", b"\x1b[?1049l"
ENTER_SCREEN, MOUSE_OFF = b"\x1b[?1049h", b"\x1b[?1000l"

# Without the size of the terminal that the tests run in, and with buffers, as users have them.
_NOT_INHERITED = ("COLUMNS", "LINES", "PYTHONUNBUFFERED")
_ENVIRON = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}


class Terminal:
    """Python with `args` in a pty of its own; by default a dashboard on a service that does not answer."""

    def __init__(
        self,
        *args: str,
        forked: bool = False,
        ignore_hangup: bool = False,
        size: tuple[int, int] = (80, 24),
        stdout: IO[bytes] | None = None,
        stderr: IO[bytes] | None = None,
        **environ: str,
    ) -> None:
        """`stdout` and `stderr` are files in place of the terminal.

        `forked` is for tests that are not about how Python or the dashboard starts: it takes half the CPU time.
        """
        self.output = b""
        self.master, self.slave = pty.openpty()
        self.modes = termios.tcgetattr(self.slave)
        termios.tcsetwinsize(self.slave, (size[1], size[0]))
        files = {number: file.fileno() for number, file in ((1, stdout), (2, stderr)) if file is not None}
        on_hangup = signal.SIG_IGN if ignore_hangup else signal.SIG_DFL
        environ = {**_ENVIRON, "TERM": "xterm-256color", **environ}
        self.process: ForkedProcess | subprocess.Popen[bytes]
        if forked and CAN_FORK:
            self.process = fork_in_terminal(args or DASHBOARD, environ, self.slave, files, on_hangup)
        else:
            self.process = self._start(args or DASHBOARD, environ, files, on_hangup)
        self.closed = False

    def _start(
        self, args: tuple[str, ...], environ: dict[str, str], files: dict[int, int], on_hangup: signal.Handlers
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-IS", "-c", _START.format(files=files, on_hangup=on_hangup.name), *args],
            cwd=ROOT,
            env=environ,
            stdin=self.slave,
            stdout=self.slave,
            stderr=self.slave,
            pass_fds=files.values(),
        )

    def wait_for(self, text: bytes, after: int = 0) -> None:
        """Wait until `text` has been written, in one piece, after so many bytes."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.output[after:]:
            assert time.monotonic() < deadline, self.output[-2000:]
            assert self.process.poll() is None, self.output[-2000:]
            self._read(0.1)

    def press(self, keys: str) -> None:
        """Type `keys`."""
        os.write(self.master, keys.encode())

    def wait_until_stopped(self) -> None:
        """Wait until the process has been stopped, as a shell does."""
        deadline = time.monotonic() + PATIENCE
        while os.waitpid(self.process.pid, os.WNOHANG | os.WUNTRACED)[0] == 0:
            assert time.monotonic() < deadline, self.output[-2000:]
            self._read(0.05)
        self._read(0)

    def wait_until_idle(self) -> None:
        """Wait until all threads but those that compute have nothing left to do: they wait for input or a lock.

        Signals have arrived then: the kernel merges a signal with an equal one that is pending.
        """
        deadline = time.monotonic() + PATIENCE
        process = Path(f"/proc/{self.process.pid}")
        while time.monotonic() < deadline and self.process.poll() is None:
            tasks = [*(process / "task").iterdir()]
            states = [(task / "stat").read_text().rpartition(")")[2].split()[0] for task in tasks]
            pending = re.findall(r"^(?:SigPnd|ShdPnd):\t(\w+)$", (process / "status").read_text(), re.MULTILINE)
            if states.count("R") <= 1 and not any(int(mask, 16) for mask in pending):
                return
            self._read(0.05)

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

    @property
    def left_behind(self) -> bytes:
        """Return what was written after the screen of the dashboard was left."""
        return self.output[self.output.rindex(LEAVE_SCREEN) :]

    def assert_clean(self) -> None:
        """The terminal is as it was: the cursor is there, and the modes are those from before."""
        assert self.output.rindex(SHOW_CURSOR) > self.output.rindex(LEAVE_SCREEN)
        assert termios.tcgetattr(self.slave) == self.modes

    def hang_up(self) -> None:
        """Take the terminal away."""
        for fd in (self.slave, self.master):
            os.close(fd)
        self.closed = True

    def end(self) -> None:
        """End the process and close the terminal."""
        self.process.kill()
        self.process.wait()
        if not self.closed:
            self.hang_up()

    def _read(self, timeout: float) -> None:
        while not self.closed and select.select([self.master], [], [], timeout)[0]:
            with contextlib.suppress(OSError):
                self.output += os.read(self.master, 65536)
            timeout = 0
