"""`reflowtop record`."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from store import Error, ErrorKind, LocalRepository, Repository, Run, Task
from tests.support.clock import settle
from tests.support.recording_files import at
from tests.support.rows import NOW, OOM, make_run, make_task, run_id, task_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.terminal_streams import use_screen
from tui import cli, exit_status
from tui.commands import dashboard
from tui.commands import record as record_command
from tui.commands.record import make_header, open_writer, record
from tui.exit_status import ExitCode
from tui.settings import Settings
from tui.terminal import narration
from tui.watch.model.cluster import Cluster
from tui.watch.polling.status import Status
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.file_writer import RecordingWriter
from tui.watch.recording.header import End
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.rotation import Rotation

SETTINGS = Settings(table="reflow-prod", region="us-west-2", interval=timedelta(seconds=5))
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "night.reflowtop"


@pytest.fixture
def db() -> ScriptedDB:
    return ScriptedDB(make_run(1), make_task(1, 1))


async def recorded_for(
    db: ScriptedDB,
    path: Path,
    seconds: float,
    span: timedelta | None = None,
    more: Callable[[], None] = lambda: None,
    *,
    logs: bool = True,
    texts: int = 0,
) -> ExitCode | Error:
    """Record for `seconds`, call `more` halfway, then stop, but not before the texts of so many tasks are recorded."""
    stop = asyncio.Event()
    with RecordingWriter(path, make_header(SETTINGS, logs=logs)) as writer:
        command = record(db, SETTINGS, writer, span, stop, logs=logs, clock=db.clock.now, sleep=db.clock.sleep)
        task = asyncio.create_task(command)
        await settle()
        await db.clock.advance(seconds / 2)
        more()
        await db.clock.advance(seconds / 2)
        await settle()
        async with asyncio.timeout(60):
            while writer.texts < texts:  # threads redact them
                await db.clock.advance(1)
                await settle()
        stop.set()
        await asyncio.wait([task])
        error = task.exception()
        return error if isinstance(error, Error) else task.result()


async def test_refreshes_are_recorded_until_stopped(db: ScriptedDB, path: Path, capsys: Captured) -> None:
    assert (
        await recorded_for(db, path, 22, more=lambda: db.put(make_run(2, start=db.now, keepalive=db.now)))
        is ExitCode.OK
    )
    with closing(RecordingFile(path)) as history:
        assert history.header == make_header(SETTINGS)
        assert history.last >= 4
        assert {run.id for run in at(history, history.first).runs} == {run_id(1)}
        assert {run.id for run in at(history, history.last).runs} == {run_id(1), run_id(2)}
    captured = capsys.readouterr()
    assert captured.err == ""
    (line,) = captured.out.splitlines()
    assert line.startswith(f"{path}: {history.last + 1} refreshes of 2 runs in 22s, ")
    assert line.endswith(f"; to view it: reflowtop --replay {path}")


async def test_progress_is_one_line_that_fits_and_is_erased(
    db: ScriptedDB, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = use_screen(monkeypatch)
    path = tmp_path / f"{'n' * 100}.reflowtop"
    assert await recorded_for(db, path, 22) is ExitCode.OK
    shown = screen.getvalue().split("\r\x1b[K")
    assert (shown[0], shown[-1]) == ("", "")
    assert all(line.startswith("reflowtop: ") and len(line) < 80 for line in shown[1:-1])
    assert "2 refreshes of 1 run in 5s, " in shown[2]
    assert capsys.readouterr().out.startswith(f"{path}: ")


async def test_no_progress_if_quiet_without_stderr_or_on_a_terminal_that_cannot_erase(
    db: ScriptedDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = use_screen(monkeypatch)
    narration.be_quiet()
    try:
        assert await recorded_for(db, tmp_path / "quiet", 22) is ExitCode.OK
    finally:
        narration.be_quiet(False)
    monkeypatch.setenv("TERM", "dumb")
    assert await recorded_for(db, tmp_path / "dumb", 22) is ExitCode.OK
    assert screen.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", None)
    assert await recorded_for(db, tmp_path / "closed", 22) is ExitCode.OK


async def test_recording_ends_after_the_given_span(db: ScriptedDB, path: Path) -> None:
    assert await recorded_for(db, path, 3600, timedelta(seconds=12)) is ExitCode.OK
    with closing(RecordingFile(path)) as history:
        assert history.time(history.last) - history.time(0) <= timedelta(seconds=12)


async def test_failing_reads_are_reported_once_and_recorded(db: ScriptedDB, path: Path, capsys: Captured) -> None:
    db.failure = THROTTLED

    def mend() -> None:
        db.failure = None

    assert await recorded_for(db, path, 240, more=mend) is ExitCode.OK  # backing off may take over a minute
    lines = capsys.readouterr().err.splitlines()
    assert "AWS throttles the reads" in lines[0]
    assert lines[1] == "reflowtop: reads succeed again"
    assert len(lines) == 2
    with closing(RecordingFile(path)) as history:
        assert history.read(0).status.error == THROTTLED
        assert history.read(history.last).status.error is None


async def test_a_row_that_cannot_be_recorded_is_reported_once(path: Path, capsys: Captured) -> None:
    db = ScriptedDB(make_run(1), make_task(1, 1, attempt=10**30))
    assert await recorded_for(db, path, 30) is ExitCode.OK
    reports = [line for line in capsys.readouterr().err.splitlines() if "not recorded" in line]
    assert reports == [f"reflowtop: row {task_id(1).short} is not recorded: its attempt has 100 bits"]
    with closing(RecordingFile(path)) as history:
        assert {run.id for run in at(history, history.last).runs} == {run_id(1)}
        assert "its attempt has 100 bits" in str(history.read(0).status.unreadable[0])


def test_recorded_rows_are_masked(path: Path) -> None:
    settings = msgspec.structs.replace(SETTINGS, endpoint_url="http://amy:hunter2x@localhost:8000/")
    delta = Cluster(NOW).delta()
    delta.rows.append(make_run(1, labels={"api_key": "hunter2x"}, args=("--password", "hunter2x")))
    with open_writer(path, make_header(settings)) as writer:
        writer.add(Refresh(time=NOW, status=Status(as_of=NOW), delta=delta))
    with closing(RecordingFile(path)) as history:
        assert history.header.endpoint == "localhost:8000"
        assert "hunter2x" not in repr(history.read(0))


async def test_recording_fails_if_no_read_succeeds(db: ScriptedDB, path: Path) -> None:
    db.failure = THROTTLED
    assert await recorded_for(db, path, 60) == THROTTLED


async def test_recording_a_service_that_hangs_fails(db: ScriptedDB, path: Path) -> None:
    db.gate.clear()
    error = await recorded_for(db, path, 8, span=timedelta(seconds=4))
    assert isinstance(error, Error)
    assert error.kind is ErrorKind.TIMEOUT
    assert exit_status.report_error(error) is ExitCode.SERVICE


async def test_full_disk_ends_the_recording(db: ScriptedDB, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def add(self: RecordingWriter, refresh: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RecordingWriter, "add", add)
    with pytest.raises(ExceptionGroup) as raised:
        await recorded_for(db, path, 60)
    assert exit_status.report_error(raised.value) is ExitCode.FAILED


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["record", "{dir}", "--table", "reflow-prod"], ExitCode.FAILED, "is a folder; name a file in it"),
        (["record", "{dir}/a", "--table", "reflow-prod", "--for", "soon"], ExitCode.USAGE, "'soon' is not a time span"),
        (["record", "{dir}/text", "--table", "reflow-prod"], ExitCode.FAILED, "is not a recording of reflowtop"),
        (["record"], ExitCode.USAGE, "FILE"),
        (["record", "--share", "{dir}/none/a", "--table", "reflow-prod"], ExitCode.FAILED, "there is no folder"),
        (["record", "{dir}/a", "--table", "reflow-prod", "--keep", "2"], ExitCode.USAGE, "need --share"),
        (["record", "--share", "{dir}/a", "--rotate-size", "1.5M"], ExitCode.USAGE, "'1.5M' is not a size"),
        (["record", "--share", "{dir}/a", "--rotate-age", "x"], ExitCode.USAGE, "'x' is not a time span"),
        (["--replay", "{dir}/text"], ExitCode.FAILED, "is not a recording of reflowtop"),
        (["--replay", "{dir}/none"], ExitCode.FAILED, "none: No such file or directory"),
        (["--replay", "{dir}/text", "ps"], ExitCode.USAGE, "--replay cannot be used with the command ps"),
    ],
)
def test_errors_are_one_line(
    args: list[str],
    code: ExitCode,
    words: str,
    tmp_path: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dashboard, "require_terminal", lambda context, instead: None)
    (tmp_path / "text").write_text("a text\n")
    assert exit_status.run_command(cli.reflowtop, [arg.format(dir=tmp_path) for arg in args]) == code
    (line,) = capsys.readouterr().err.splitlines()
    assert words in line
    assert (tmp_path / "text").read_text() == "a text\n"


def test_unreachable_service_is_reported(path: Path, capsys: Captured) -> None:
    args = ["record", str(path), "--table", "reflow-prod", "--endpoint-url", "http://127.0.0.1:1", "--for", "2s"]
    assert exit_status.run_command(cli.reflowtop, args) == ExitCode.SERVICE
    assert "127.0.0.1:1" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("rotation", ["None", "Rotation(size=1)"])
def test_signal_ends_the_recording_with_a_complete_file(path: Path, number: signal.Signals, rotation: str) -> None:
    """The whole command, on a table of two rows."""
    code = f"""
import asyncio, os, signal
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from store.times import utc_now
from tests.support.scripted_db import ScriptedDB
from tests.support.rows import make_run
from tui.commands import record as record_module
from tui.settings import Settings
from tui.terminal import narration

class DB(ScriptedDB):
    async def active(self, *args, **kwargs):
        if len(self.called("active")) == 1:
            os.kill(os.getpid(), {number.value})
        return await super().active(*args, **kwargs)

@asynccontextmanager
async def open_for_command(settings):
    yield DB(make_run(1, start=utc_now(), keepalive=utc_now() + timedelta(minutes=2)))

record_module.open_for_command = open_for_command
from tui.watch.recording.rotation import Rotation
settings = Settings(table="reflow-prod", interval=timedelta(seconds=0.01))
raise SystemExit(record_module.run(settings, Path({str(path)!r}), None, rotation={rotation}))
"""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[4])}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, timeout=60, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "of 1 run in " in done.stdout
    with closing(RecordingFile(path)) as history:
        assert len(at(history, history.last).runs) == 1
        assert (history.end_mark, history.is_growing) == (End(), rotation != "None")
        assert history.header.host


class LoggedDB(ScriptedDB):
    """A table with a repository."""

    def __init__(self, repository: Repository, *rows: Run | Task) -> None:
        super().__init__(*rows)
        self._repository = repository

    @property
    def repository(self) -> Repository:
        return self._repository


@pytest.fixture
async def logged(tmp_path: Path) -> LoggedDB:
    """A run with a task that fails later, and one that failed before."""
    repository = LocalRepository(tmp_path / "objects")
    db = LoggedDB(repository, make_run(1), make_task(1, 1))
    stderr, inspect = await repository.put(b"token=abcdefgh\nKilled\n"), await repository.put(b'{"Status": "failed"}')
    db.put(make_task(2, 1, end=db.now, err=OOM, stderr=stderr, inspect=inspect))
    return db


async def test_the_texts_of_failed_tasks_are_recorded(logged: LoggedDB, path: Path, capsys: Captured) -> None:
    def fail() -> None:
        (one,) = [task for task in logged.rows.values() if task.id == task_id(2)]
        assert isinstance(one, Task)
        logged.put(make_task(1, 1, end=logged.now, err=OOM, stderr=one.stderr, inspect=one.inspect))

    assert await recorded_for(logged, path, 22, more=fail, texts=2) is ExitCode.OK
    assert ", logs of 2 failed tasks, " in capsys.readouterr().out
    with closing(RecordingFile(path)) as history:
        for number in (1, 2):
            texts = history.texts(task_id(number))
            assert texts is not None
            assert texts.stderr == b"token=[redacted]\nKilled\n"
            assert texts.inspect == b'{"Status": "failed"}'
    assert await recorded_for(logged, path, 22) is ExitCode.OK
    assert "logs of" not in capsys.readouterr().err  # they are in the file already


async def test_the_flag_no_logs_leaves_texts_out(logged: LoggedDB, path: Path, capsys: Captured) -> None:
    assert await recorded_for(logged, path, 22, logs=False) is ExitCode.OK
    assert "logs of" not in capsys.readouterr().err
    with closing(RecordingFile(path)) as history:
        assert history.texts(task_id(2)) is None
        assert not history.has_texts


@pytest.mark.parametrize(("flags", "logs"), [([], True), (["--no-logs"], False)])
def test_flag_for_logs_reaches_the_command(flags: list[str], logs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[object] = []

    def run(*_: object, **options: object) -> ExitCode:
        given.append(options)
        return ExitCode.OK

    monkeypatch.setattr(record_command, "run", run)
    assert exit_status.run_command(cli.reflowtop, ["record", "x", "--table", "reflow-prod", *flags]) == ExitCode.OK
    assert given == [{"logs": logs, "rotation": None}]


@pytest.mark.parametrize(
    ("flags", "rotation"),
    [
        ([], Rotation()),
        (
            ["--rotate-size", "64M", "--rotate-age", "1h30m", "--keep", "3"],
            Rotation(size=64 << 20, age=timedelta(minutes=90), kept=3),
        ),
        (["--rotate-size", "1000"], Rotation(size=1000)),
    ],
)
def test_flags_for_sharing_reach_the_command(
    flags: list[str], rotation: Rotation, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Rotation] = []

    def run(*_: object, logs: bool, rotation: Rotation) -> ExitCode:
        given.append(rotation)
        return ExitCode.OK

    monkeypatch.setattr(record_command, "run", run)
    args = ["record", "--share", "x", "--table", "reflow-prod", *flags]
    assert exit_status.run_command(cli.reflowtop, args) == ExitCode.OK
    assert given == [rotation]
