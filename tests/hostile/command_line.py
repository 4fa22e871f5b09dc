"""Every command on a hostile world, with a pty for its standard output and error."""

import contextlib
import importlib
import io
import os
import pkgutil
import pty
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

import tui.commands
from store import Run, TaskDB
from tests.hostile.checks import PRINTED, PRINTING, find_events, find_unsafe
from tests.hostile.texts import to_bytes
from tests.hostile.world import HostileDB, Text, failure
from tests.support.rows import NOW, ago, digest, run_id, task_id
from tui import cli, connect, exit_status
from tui.exit_status import ExitCode
from tui.export.formats.output_formats import OutputFormat

_LISTS = ("ps", "tasks", "pools", "failures")


def command_lines(db: HostileDB, folder: Path, number: int) -> Iterator[list[str]]:
    """Yield the commands about the rows of the run `number`."""
    run, task = run_id(number).hex, task_id(3 * number).hex
    row = db.rows[task_id(3 * number)]
    for name in _LISTS:
        for form in OutputFormat:
            yield [name, "-o", form.value]
    yield ["failures", "--explain"]
    yield ["ps", "--color", "always"]
    for id in (run, task, digest(f"pool {number}").hex, digest(f"alloc {number}").hex):
        yield ["describe", id]
        yield ["describe", id, "-o", "json"]
    for kind in ("--stdout", "--stderr"):
        yield ["logs", task, kind]
    yield ["logs", run]
    yield ["logs", task, "--grep", "a|b"]
    yield ["inspect", task]
    yield ["inspect", task, "-o", "json"]
    yield ["cat", str(row.stderr)]  # type: ignore[union-attr]
    yield ["watch", run, "--notify"]
    yield ["watch", run, "-o", "json"]
    yield ["wait", run]
    yield ["share", run, "--output", str(folder)]
    yield ["refresh-completions"]
    yield ["prices"]
    yield ["settings"]
    yield ["settings", "-o", "json"]


def wrong_lines(hostile: Text) -> Iterator[list[str]]:
    """Yield commands with hostile arguments, which are refused with a quotation."""

    def text(place: str) -> str:
        # A system passes on arguments in bytes, up to the first NUL.
        return to_bytes(hostile(place)).replace(b"\0", b"").decode("utf-8", "surrogateescape")

    yield ["ps", text("argument filter")]
    yield ["ps", f"user:{text('argument user')}"]
    yield ["ps", f"~({text('argument pattern')}"]
    yield [text("argument command")]
    for flag in ("--sort", "--columns", "--fields", "--tz", "--theme", "--since", "--until", "--limit", "--user", "-o"):
        yield ["ps", flag, text(f"argument {flag}")]
    yield ["describe", text("argument id")]
    yield ["logs", text("argument id")]
    yield ["cat", text("argument digest")]
    yield ["help", text("argument topic")]
    yield ["--replay", text("argument recording")]
    yield ["--config", text("argument file"), "ps"]
    yield ["--cluster", text("argument cluster"), "ps"]
    yield ["settings", "--endpoint-url", f"http://{text('argument address')}/"]
    yield ["settings", "--profile", text("argument profile"), "--region", text("argument region")]
    yield ["prices", "import", text("argument price file")]


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
    """Let commands read `db`, at the time `NOW`."""

    @asynccontextmanager
    async def open_db(*_: Any) -> AsyncIterator[TaskDB]:
        yield db

    names = [each.name for each in pkgutil.iter_modules(tui.commands.__path__)]
    modules = [importlib.import_module(f"tui.commands.{name}") for name in names]
    with contextlib.ExitStack() as stack:
        for module in [connect, *modules]:
            for name, replacement in (("open_db", open_db), ("utc_now", lambda: NOW)):
                if hasattr(module, name):
                    stack.callback(setattr, module, name, getattr(module, name))
                    setattr(module, name, replacement)
        yield


def run(line: list[str], output: PtyOutput, *, works: bool = False) -> list[str]:
    """Run a command; return what is wrong with its output. One that `works` must not refuse its arguments."""
    with output.taken():
        code = exit_status.run_command(cli.reflowtop, line)
    text = output.text
    problems = [*find_unsafe(text, PRINTED), *find_events(text, PRINTING)]
    if "this is a bug" in text or (works and code not in (ExitCode.OK, ExitCode.FAILED)):
        problems.append(f"exit {code}: {text[-300:]!r}")
    return [f"{' '.join(line)[:60]!r}: {problem}" for problem in problems]


def walk(db: HostileDB, text: Text, folder: Path, number: int = 1) -> tuple[int, list[str]]:
    """Run all commands on the rows of the run `number`; return how many there were, and what is wrong."""
    row = db.rows[run_id(number)]
    assert isinstance(row, Run)
    db.put(msgspec.structs.replace(row, end=ago(seconds=1)))
    output, problems, count = PtyOutput(), list[str](), 0
    base = ["--table", "reflow-prod", "--region", "us-west-2"]
    with on(db):
        for line in command_lines(db, folder, number):
            problems += run([line[0], *base, *line[1:]], output, works=True)
            count += 1
        for line in wrong_lines(text):
            problems += run([line[0], *base, *line[1:]] if line[0].isalpha() and line[0] != "help" else line, output)
            count += 1
        db.failure = failure(text)
        db.objects.failure = failure(text)
        for line in (["ps"], ["tasks", "-o", "json"], ["describe", run_id(number).hex], ["logs", run_id(number).hex]):
            problems += run([line[0], *base, *line[1:]], output)
            count += 1
        db.failure, db.row_errors = None, [failure(text)]
        for line in (["ps"], ["logs", run_id(number).hex], ["inspect", task_id(3 * number).hex]):
            problems += run([line[0], *base, *line[1:]], output)
            count += 1
        db.objects.failure, db.row_errors = None, []
    return count, problems
