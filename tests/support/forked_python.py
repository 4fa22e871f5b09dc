"""Python in processes forked from one that has imported all modules, for tests of the dashboard in a terminal.

Starting the dashboard takes 0.5 s of CPU, most of it for imports. A forked process is a child of this process, as one
that `subprocess` starts, and ends as Python does: it waits for threads and prints tracebacks. Tests of starting, and of
variables that Python or Textual reads when it starts, start Python itself.
"""

import ctypes
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.forked_program import ROOT, import_all

_SET_CHILD_SUBREAPER = 36  # of prctl(2): orphans become children of this process

CAN_FORK = sys.platform == "linux"


class ForkedProcess:
    """A child of this process, with the methods of `subprocess.Popen` that a terminal needs."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, or None if the process runs."""
        return self._wait(os.WNOHANG)

    def kill(self) -> None:
        """Send SIGKILL unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Wait until the process ends, and return its exit status."""
        code = self._wait(0)
        assert code is not None
        return code

    def _wait(self, options: int) -> int | None:
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, options)
            self.returncode = os.waitstatus_to_exitcode(status) if pid else None
        return self.returncode


def fork_in_terminal(
    args: Sequence[str], environ: Mapping[str, str], terminal: int, files: Mapping[int, int], on_hangup: int
) -> ForkedProcess:
    """Run `-c CODE` or `-m tui`, with more arguments, in a session that the terminal with this descriptor controls.

    `files` maps descriptors of the process to those of files here; `on_hangup` is its handler of SIGHUP.
    """
    server = _server()
    request = json.dumps([args, dict(environ), list(files), on_hangup]).encode()
    prctl = ctypes.CDLL(None).prctl
    prctl(_SET_CHILD_SUBREAPER, 1)
    try:
        socket.send_fds(server, [len(request).to_bytes(4, "big")], [terminal, *files.values()])
        server.sendall(request)
        return ForkedProcess(int.from_bytes(server.recv(4), "big"))
    finally:
        prctl(_SET_CHILD_SUBREAPER, 0)


@functools.cache
def _server() -> socket.socket:
    """Start the server, which ends with this process."""
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-m", "tests.support.forked_python", str(theirs.fileno())]
        server = subprocess.Popen(command, cwd=ROOT, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    server.returncode = 0  # it is not waited for
    return ours


def _serve(connection: socket.socket) -> None:
    """Fork a process for each request, until the other side ends. Returns in the forked processes, too."""
    reading, writing = os.pipe()
    while True:
        size, descriptors, _, _ = socket.recv_fds(connection, 4, 3)
        if not size:
            return
        request = json.loads(connection.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))
        parent = os.fork()
        if parent == 0:
            if child := os.fork():
                os.write(writing, child.to_bytes(4, "big"))
                os._exit(0)
            for descriptor in (reading, writing):
                os.close(descriptor)
            connection.close()
            _become_python(descriptors, *request)
            return
        for descriptor in descriptors:
            os.close(descriptor)  # or the terminal would stay open
        os.waitpid(parent, 0)  # the child is an orphan now
        connection.sendall(os.read(reading, 4))


def _become_python(
    descriptors: list[int], args: list[str], environ: dict[str, str], files: list[int], on_hangup: int
) -> None:
    os.login_tty(descriptors[0])
    for number, descriptor in zip(files, descriptors[1:], strict=True):
        os.dup2(descriptor, number)
        os.close(descriptor)
    signal.signal(signal.SIGHUP, signal.Handlers(on_hangup))
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    sys.stdin = sys.__stdin__ = os.fdopen(0, encoding="utf-8")  # type: ignore[misc]
    sys.stdout = sys.__stdout__ = os.fdopen(1, "w", encoding="utf-8")  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = os.fdopen(2, "w", encoding="utf-8", buffering=1, errors="backslashreplace")  # type: ignore[misc]
    sys.argv = [args[0], *args[2:]]
    if args[0] == "-c":
        names: dict[str, Any] = {"__name__": "__main__"}
        exec(compile(args[1], "<string>", "exec"), names)
    else:
        assert args[:2] == ["-m", "tui"], args
        from tui.__main__ import main

        main()


if __name__ == "__main__":
    import_all()
    _serve(socket.socket(fileno=int(sys.argv[1])))
