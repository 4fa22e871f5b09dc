"""The program in processes forked from one that has imported all modules, for tests of many commands.

Starting `python -m tui` on a service takes 0.4 s of CPU, nearly all of it for imports. Here a small script stands for
`reflowtop`: it hands its arguments, environment, working directory and streams to a server that forks, passes signals
on, and ends as the command does. Tests of starting, of imports and of terminals start the program itself.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_SCRIPT = """#!{python} -IS
import json, os, signal, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    request = json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]).encode()
    socket.send_fds(server, [len(request).to_bytes(4, "big")], [0, 1, 2])
    server.sendall(request)
    replies = server.makefile("rb")
    process = int(replies.readline())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, frame: os.kill(process, number))
    for file in (0, 1, 2):
        os.close(file)
    code = int(replies.readline())
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


@contextmanager
def forked_program(folder: Path) -> Iterator[Path]:
    """Write the script `reflowtop` into `folder`, for as long as the block runs, and yield its path."""
    address, script = folder / "server", folder / "reflowtop"
    script.write_text(_SCRIPT.format(python=sys.executable, address=str(address)))
    script.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(address))
        listener.listen(8)
        command = [sys.executable, "-m", "tests.support.forked_program", str(listener.fileno())]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, pass_fds=[listener.fileno()]) as server:
            try:
                yield script
            finally:
                server.terminate()


def _serve(listener: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, _reap)  # not SIG_IGN, with which the CPU time of children is not counted
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the script was killed
                _run(connection)
            os._exit(0)
        connection.close()


def _reap(*_: object) -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _run(connection: socket.socket) -> None:
    size, streams, _, _ = socket.recv_fds(connection, 4, 3)
    request = connection.makefile("rb").read(int.from_bytes(size, "big"))
    process = os.fork()
    if process == 0:
        connection.close()
        _become_program(streams, *json.loads(request))
    for stream in streams:
        os.close(stream)  # or a reader of a pipe would wait for this process
    connection.sendall(b"%d\n" % process)
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    connection.sendall(b"%d\n" % code)


def _become_program(streams: list[int], arguments: list[str], environment: dict[str, str], folder: str) -> None:
    from tui.__main__ import main

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.argv = ["reflowtop", *arguments]
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, errors="backslashreplace")
    code: Any = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    except BaseException:  # as the interpreter does
        sys.excepthook(*sys.exc_info())
        code = 1
    if isinstance(code, str):
        sys.stderr.write(f"{code}\n")
        code = 1
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    os._exit(code or 0)


def import_all() -> None:
    """Import what commands import, and read what AWS's libraries read, with a session that sends nothing."""
    import asyncio
    import gc
    import importlib
    import pkgutil

    import tui.commands
    from store import DynamoTaskDB

    for module in pkgutil.iter_modules(tui.commands.__path__):
        importlib.import_module(f"tui.commands.{module.name}")

    async def open_once() -> None:
        async with DynamoTaskDB.open("t", "b", endpoint_url="http://127.0.0.1:1", region="us-west-2"):
            pass

    asyncio.run(open_once())
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    import_all()
    _serve(socket.socket(fileno=int(sys.argv[1])))
