"""Every command on a hostile world, with a pty for its standard output and error."""

import asyncio
import contextlib
import importlib
import io
import os
import pkgutil
import pty
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

import tui.commands
from store import Run, Task, TaskDB
from tests.hostile import files, hostile_aws
from tests.hostile.checks import PRINTED, PRINTING, find_events, find_unsafe
from tests.hostile.commands import COMMANDS, Line, Scene, wrong_lines
from tests.hostile.world import HostileDB, Text, failure
from tests.support.rows import NOW, ago, run_id, task_id
from tui import app, cli, connect, exit_status
from tui.commands import completion, export, record
from tui.exit_status import ExitCode

_TURNS = 60  # turns of the event loop after which a command that polls is ended
_TABLE = ["--table", "reflow-prod", "--region", "us-west-2"]


class PtyOutput:
    """The standard output and error of this process as a pty; `text` is what was written to it."""

    def __init__(self) -> None:
        self._data = bytearray()

    @property
    def text(self) -> str:
        return self._data.decode("utf-8", "surrogateescape")

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Take the output of the block."""
        self._data.clear()
        master, slave = pty.openpty()
        reader = threading.Thread(target=self._read, args=(master,))
        reader.start()
        terminal = io.TextIOWrapper(os.fdopen(slave, "wb", buffering=0), encoding="utf-8", write_through=True)
        try:
            with contextlib.redirect_stdout(terminal), contextlib.redirect_stderr(terminal):
                yield
        finally:
            terminal.close()
            reader.join()
            os.close(master)

    def _read(self, master: int) -> None:
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            while chunk := os.read(master, 65536):
                self._data += chunk


@contextlib.contextmanager
def on(db: TaskDB) -> Iterator[None]:
    """Let commands read `db`, at the time `NOW`; those that poll end after some turns of the event loop."""
    ending: list[asyncio.Future[None]] = []

    @asynccontextmanager
    async def open_db(*_: Any) -> AsyncIterator[TaskDB]:
        yield db

    async def sleep(_: float) -> None:
        for _turn in range(_TURNS):
            await asyncio.sleep(0)

    def stop_on(*_: Any) -> asyncio.Event:
        stop = asyncio.Event()

        async def end() -> None:
            await sleep(0)
            stop.set()

        ending.append(asyncio.ensure_future(end()))
        return stop

    names = [each.name for each in pkgutil.iter_modules(tui.commands.__path__)]
    modules = [importlib.import_module(f"tui.commands.{name}") for name in names]
    replaced: Mapping[str, Any] = {
        "open_db": open_db,
        "utc_now": lambda: NOW,
        "require_terminal": lambda *_: None,
        "stop_on": stop_on,
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(completion, "_start_refresh", lambda *_: None)  # another process
        patch.setattr(app, "run", lambda *_, **__: ExitCode.OK)  # the dashboard has tests of its own
        for function in (record.record, export.export):
            defaults = {**(function.__kwdefaults__ or {}), "clock": lambda: NOW, "sleep": sleep}
            patch.setattr(function, "__kwdefaults__", defaults)
        for module in [connect, *modules]:
            for name, replacement in replaced.items():
                if hasattr(module, name):
                    patch.setattr(module, name, replacement)
        yield


def run(line: Line, output: PtyOutput, *, works: bool = False) -> list[str]:
    """Run a command; return what is wrong with its output. One that `works` must not refuse its arguments."""
    with output.taken():
        code = exit_status.run_command(cli.reflowtop, line)
    text = output.text
    problems = [*find_unsafe(text, PRINTED), *find_events(text, PRINTING)]
    is_refused = code == ExitCode.USAGE and "The service refuses" not in text
    if "this is a bug" in text or (works and is_refused):
        problems.append(f"exit {code}: {text[-300:]!r}")
    return [f"{' '.join(line)[:60]!r}: {problem}" for problem in problems]


def complete(shell: str, words: str, output: PtyOutput) -> list[str]:
    """Complete a command line as a shell does; return the failures."""
    count = str(words.count(" "))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMP_WORDS", words)
        patch.setenv("COMP_CWORD", words.rpartition(" ")[2] if shell == "fish" else count)
        with output.taken():
            completion.answer(cli.reflowtop, f"{shell}_complete")
    return [f"completion in {shell} of {words!r}: {problem}" for problem in find_unsafe(output.text, PRINTED)]


def with_table(line: Line) -> Line:
    """Return a line about the table of the world; the flags come after the name of the command."""
    has_table = line[0] in COMMANDS and any(each.name == "table" for each in cli.reflowtop.commands[line[0]].params)
    return [line[0], *_TABLE, *line[1:]] if has_table and line[0] != "setup" else line


def end_run(db: HostileDB, number: int) -> None:
    """End the run `number`, so that no command waits for it, and add an earlier one of its program that succeeded."""
    row, task = db.rows[run_id(number)], db.rows[task_id(3 * number)]
    assert isinstance(row, Run)
    assert isinstance(task, Task)
    db.put(
        msgspec.structs.replace(row, end=ago(seconds=1)),
        msgspec.structs.replace(row, id=run_id(number + 1), start=ago(days=1), keepalive=None, end=ago(hours=20)),
        msgspec.structs.replace(
            task, id=task_id(900), run_id=run_id(number + 1), start=ago(hours=22), end=ago(hours=21), err=None
        ),
    )


def walk(db: HostileDB, text: Text, folder: Path, number: int = 1) -> tuple[int, list[str]]:
    """Run all commands on the rows of the run `number`, which is ended; return their number and the failures."""
    end_run(db, number)
    output, problems, count = PtyOutput(), list[str](), 0
    with files.environment(folder), hostile_aws.serving(text) as url, on(db):
        recording = asyncio.run(files.write_recording(folder / "recording", db, text))
        asyncio.run(files.write_home(folder, db, text))
        scene = Scene(db=db, folder=folder, number=number, text=text, recording=recording, url=url)
        lines = [with_table(line) for lines_of in COMMANDS.values() for line in lines_of(scene)]
        for line in lines:
            problems += run(line, output, works=True)
        refused = [with_table(line) for line in wrong_lines(scene)]
        for line in refused:
            problems += run(line, output)
        for shell in ("bash", "zsh", "fish"):
            for words in (f"reflowtop wait {' '.join(_TABLE)} ", f"reflowtop ps {' '.join(_TABLE)} --user ",
                          "reflowtop ps --cluster "):  # fmt: skip
                problems += complete(shell, words, output)
                count += 1
        count += len(lines) + len(refused)
        count += _run_on_failures(db, scene, output, problems)
    return count, problems


def _run_on_failures(db: HostileDB, scene: Scene, output: PtyOutput, problems: list[str]) -> int:
    """Run the reading commands while all reads fail with hostile errors, then while single rows fail."""
    db.failure = db.objects.failure = failure(scene.text)
    all_fail: list[Line] = [
        *(["ps"], ["tasks", "-o", "json"], ["describe", scene.run], ["logs", scene.run], ["inspect", scene.task]),
        *(["failures"], ["pools"], ["watch", scene.run], ["wait", scene.run], ["share", scene.run], ["handoff"]),
        *(["compare", scene.run], ["record", str(scene.folder / "failing")], ["export", "--listen", "127.0.0.1:0"]),
        *(["refresh-completions"], ["prices", "update"], ["cat", scene.task]),
    ]
    for line in all_fail:
        problems += run(with_table(line), output)
    db.failure, db.row_errors = None, [failure(scene.text)]
    some_fail: list[Line] = [
        ["ps"],
        ["logs", scene.run],
        ["inspect", scene.task],
        ["record", str(scene.folder / "rows")],
    ]
    for line in some_fail:
        problems += run(with_table(line), output)
    db.objects.failure, db.row_errors = None, []
    files.wrong_reflow_file(scene.folder, scene.text)
    problems += run(["ps"], output)
    return len(all_fail) + len(some_fail) + 1
