"""A terminal for benchmarks: runs an app, presses keys, and measures until the app is done. Linux only."""

import contextlib
import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

COLUMNS, LINES = 200, 50
# An app is done when for so many seconds it has written nothing and used next to no CPU. That is not part of the reply.
_QUIET, _AT_REST = 0.15, 0.002
_PATIENCE = 300.0


class Reply(NamedTuple):
    """The result of a key: seconds to the last byte, bytes, and seconds of CPU."""

    seconds: float
    written: int
    cpu: float


class Terminal:
    """An app of `tests.bench`, in a terminal of its own, that knows all colours."""

    def __init__(self, master: int, process: int) -> None:
        self.process = process
        self._master = master
        self._tasks = Path(f"/proc/{process}/task")

    @classmethod
    @contextlib.contextmanager
    def running(cls, *arguments: str, module: str = "tests.bench.table_app") -> Iterator[Self]:
        """Start the app that `arguments` tell `module` to run, and wait until it is drawn. It ends with the context."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        environment = {
            name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")
        }
        environment |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        command = [sys.executable, "-m", module, *arguments]
        with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment) as process:
            os.close(slave)
            terminal = cls(master, process.pid)
            try:
                terminal._until_done()
                yield terminal
            finally:
                process.kill()
                os.close(master)

    def press(self, keys: str) -> Reply:
        """Press keys and wait until the app is done."""
        cpu = self._cpu()
        os.write(self._master, keys.encode())
        return self._until_done(cpu)

    def idle(self, seconds: float) -> Reply:
        """Wait, and see what the app does of its own accord."""
        cpu, end, written = self._cpu(), time.perf_counter() + seconds, 0
        while (left := end - time.perf_counter()) > 0:
            written += self._read(left)
        return Reply(seconds, written, self._cpu() - cpu)

    def _until_done(self, cpu: float = 0.0) -> Reply:
        start = last = time.perf_counter()
        written, used = 0, -1.0
        while time.perf_counter() - start < _PATIENCE:
            if count := self._read(_QUIET):
                written += count
                last = time.perf_counter()
            else:
                before, used = used, self._cpu()
                if used - before < _AT_REST and not self._is_running():
                    return Reply(last - start, written, used - cpu)
        raise TimeoutError(f"not done after {_PATIENCE:.0f} s")

    def _read(self, patience: float) -> int:
        ready, _, _ = select.select([self._master], [], [], patience)
        return len(os.read(self._master, 1 << 16)) if ready else 0

    def _cpu(self) -> float:
        return sum(int(path.read_text().split()[0]) for path in self._tasks.glob("*/schedstat")) / 1e9

    def _is_running(self) -> bool:
        # The state comes after the name, which is in parentheses.
        return any(path.read_text().rpartition(") ")[2].startswith("R") for path in self._tasks.glob("*/stat"))
