import asyncio
import json
import os
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

import store
from store import DynamoTaskDB, Error, ErrorKind, FailureReason, RunID, StringDigest, Task, TaskID
from store.times import utc_now
from tests.support.servers import Server
from tui import app, cli, exit_status
from tui.commands import dashboard
from tui.commands import ps as plain
from tui.exit_status import ExitCode
from tui.settings import Settings
from tui.terminal import signals as terminal

Captured = pytest.CaptureFixture[str]

HEAVY = {"textual", "rich", "botocore", "aiobotocore", "boto3", "aiohttp", "yaml", "store"}
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def _no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)


def run(*args: str) -> int:
    return exit_status.run_command(cli.reflowtop, args)


def complaint(capsys: Captured) -> str:
    """The one line on stderr."""
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    assert line.startswith("reflowtop: ")
    return line.removeprefix("reflowtop: ")


def python(*args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
    return subprocess.run([sys.executable, *args], env=env, capture_output=True, text=True, timeout=60, check=False)


# Help and version


@pytest.mark.parametrize(
    "args", [["--version"], ["--help"], ["ps", "--help"], ["setup", "-h"], ["demo", "-h"], ["logs", "-h"]]
)
def test_telling_about_itself_imports_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys; from tui import cli; from tui import exit_status\n"
        f"assert exit_status.run_command(cli.reflowtop, {args!r}) == 0\n"
        f"heavy = {HEAVY!r} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = python("-c", code)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_python_m_tui_is_the_same() -> None:
    done = python("-m", "tui", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: reflowtop [OPTIONS] [COMMAND [ARGS]... | FILTER]")
    assert "\b" not in done.stdout


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("tui.commands.ps", {"textual", "botocore"}),
        ("tui.app", {"botocore", "aiobotocore", "aiohttp", "boto3", "yaml"}),
    ],
)
def test_what_comes_first_imports_nothing_that_can_wait(module: str, absent: set[str]) -> None:
    done = python("-c", f"import sys, {module}; print({absent!r} & set(sys.modules))")
    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_completion() -> None:
    done = python("-m", "tui", _REFLOWTOP_COMPLETE="bash_complete", COMP_WORDS="reflowtop p", COMP_CWORD="1")
    assert (done.returncode, done.stdout) == (0, "plain,ps\n")


# A filter in place of a command


@pytest.mark.parametrize(
    "args",
    [
        ["state:failing user:amy", "--table", "reflow-prod", "--no-mouse"],
        ["--table", "reflow-prod", "--no-mouse", "state:failing user:amy"],
    ],
)
def test_a_filter_for_the_dashboard(args: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    watched: list[Settings] = []

    def watch(found: Settings) -> int:
        watched.append(found)
        return 0

    monkeypatch.setattr(dashboard, "require_terminal", lambda *_: None)
    monkeypatch.setattr(app, "run", watch)
    assert run(*args) == 0
    (found,) = watched
    assert (found.table, found.filter.text, found.mouse) == ("reflow-prod", "state:failing user:amy", False)


def test_less_is_drawn_over_ssh() -> None:
    environ = {"SSH_CONNECTION": "x", "TEXTUAL_FPS": "30"}
    terminal.spare_the_line(environ)
    assert environ == {"SSH_CONNECTION": "x", "TEXTUAL_FPS": "30", "TEXTUAL_ANIMATIONS": "none"}
    here: dict[str, str] = {}
    terminal.spare_the_line(here)
    assert not here


# What is wrong with the command line


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--tabel", "x"], "No such option '--tabel'."),
        (["pss"], "No such command 'pss'."),
        (["--table", "reflow-prod", "stat:x"], "filter: no key 'stat'; there are user state"),
        (["ps", "-o", "csv"], "'csv' is not one of 'table', 'json', 'ndjson'; see reflowtop ps --help"),
        (["ps", "-a", "-u", "amy"], "--all and --user cannot be used together; see reflowtop ps --help"),
        (["setup", "reflow-prod"], "Missing argument 'BUCKET'; see reflowtop setup --help"),
        (["ps"], "no table given; use --table NAME, set REFLOWTOP_TABLE"),
        ([], "no table given; use --table NAME, set REFLOWTOP_TABLE"),
        (["--table", "reflow-prod"], "the dashboard needs a terminal; use `reflowtop ps` in scripts"),
        (["demo"], "the dashboard needs a terminal; use --headless"),
        (["ps", "--table", "a\x1b[31m\nb"], r"--table: 'a\x1b[31m\nb' is not a table name"),
        (["ps", "--table", "reflow-prod", "--since", "soon"], "--since: 'soon' is not a time; write it like 10m"),
    ],
)
def test_one_line_names_the_mistake_and_the_remedy(args: list[str], message: str, capsys: Captured) -> None:
    assert run(*args) == ExitCode.USAGE
    line = complaint(capsys)
    assert message in line
    assert line.isprintable()


def test_flags_stand_before_or_after_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Settings, plain.OutputFormat, bool]] = []

    def take(settings: Settings, form: plain.OutputFormat, *, ended: bool) -> ExitCode:
        asked.append((settings, form, ended))
        return ExitCode.OK

    monkeypatch.setattr(plain, "run", take)
    monkeypatch.setenv("REFLOWTOP_USER", "carol")
    assert run("--table", "one", "--since", "1h", "ps", "--table", "two", "-i", "-o", "json") == 0
    settings, form, ended = asked.pop()
    assert (settings.table, settings.since.text, settings.user, form, ended) == ("two", "1h", "carol", "json", True)
    assert run("--table", "one", "ps", "-a") == 0
    assert asked.pop()[0].user is None
    assert run("-u", "amy", "--table", "one", "ps") == 0
    assert asked.pop()[0].user == "amy"


# Failures of the rest


@pytest.mark.parametrize(
    ("failure", "code", "message"),
    [
        (
            Error(ErrorKind.NOT_ALLOWED, "open session", (), "none; log in first", FailureReason.NO_CREDENTIALS),
            3,
            "There are no credentials (none)",
        ),
        (Error(ErrorKind.NET, "dynamodb.Query", ("t",), "refused"), 3, "cannot be reached (refused): check"),
        (Error(ErrorKind.TIMEOUT), 3, "does not answer in time (timeout)"),
        (Error(ErrorKind.INVALID, "open session", (), "no region"), 2, "open session: invalid: no region"),
        (Error(ErrorKind.NOT_EXIST, "dynamodb.Query", ("t",), "no such table\x1b"), 1, "no such table␛"),
        (KeyboardInterrupt(), 130, None),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (KeyError("x"), 1, "KeyError: 'x'; this is a bug in reflowtop, the traceback is in "),
        (ExceptionGroup("g", [ExceptionGroup("h", [KeyError("x")])]), 1, "KeyError: 'x'; this is a bug"),
    ],
)
def test_a_failure_is_one_line_and_an_exit_code(
    failure: BaseException, code: int, message: str | None, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> ExitCode:
        raise failure

    monkeypatch.setattr(plain, "run", fail)
    assert run("ps", "--table", "reflow-prod") == code
    if message is None:
        assert capsys.readouterr() == ("", "\n")  # after the ^C of the terminal
    else:
        assert message in complaint(capsys)


def test_a_report_says_where_a_mistake_was_made(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> ExitCode:
        secret = "value"
        raise KeyError(len(secret) * "x\x1b")

    monkeypatch.setattr(plain, "run", fail)
    assert run("ps", "--table", "reflow-prod") == 1
    (report,) = tmp_path.rglob("crash-*")
    assert complaint(capsys).endswith(f"the traceback is in {report}")
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    text = report.read_text()
    assert 'raise KeyError(len(secret) * "x' in text
    assert "value" not in text.replace('secret = "value"', "")


def test_a_mistake_where_no_report_can_be_written(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> ExitCode:
        raise KeyError("x")

    monkeypatch.setenv("HOME", os.devnull)
    monkeypatch.setattr(plain, "run", fail)
    assert run("ps", "--table", "reflow-prod") == 1
    assert complaint(capsys).endswith("this is a bug in reflowtop, set REFLOWTOP_DEBUG=1 for a traceback")


def test_debugging_shows_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "run", lambda: None)
    monkeypatch.setenv("REFLOWTOP_DEBUG", "1")
    with pytest.raises(TypeError):
        run("ps", "--table", "reflow-prod")


def test_many_partial_failures_are_told_in_a_few_lines(capsys: Captured) -> None:
    errors = [Error(ErrorKind.INVALID, "decode row", (str(n // 2),)) for n in range(100)]
    assert exit_status.report_errors(errors) is ExitCode.FAILED
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 21
    assert lines[-1] == "reflowtop: ... and 30 more"
    assert exit_status.report_errors([]) is ExitCode.OK


# Against a service


def test_setup_then_ps(ministack: Server, capsys: Captured) -> None:
    service = ("--endpoint-url", ministack.endpoint_url, "--region", "us-west-2")
    for _ in range(2):
        assert run("setup", "cli-table", "cli-bucket", *service) == 0
        assert capsys.readouterr().out.endswith("Ready. To watch it: reflowtop --table cli-table --bucket cli-bucket\n")
    run_id = RunID.new()

    async def write() -> None:
        async with DynamoTaskDB.open(
            "cli-table", "cli-bucket", endpoint_url=ministack.endpoint_url, region="us-west-2", labels={"Name": "align"}
        ) as db:
            await db.create_run(run_id, "amy@example.com")
            await db.keep_run_alive(run_id, utc_now() + timedelta(minutes=2))
            await db.start_pool(store.Pool(pool_id=StringDigest("i-0abc"), pool_type="r5.2xlarge"))
            await db.start_alloc(StringDigest("a1"), StringDigest("i-0abc").digest, store.Resources())
            task = Task(id=TaskID.new(), run_id=run_id, alloc_id=StringDigest("a1").digest, ident="sort")
            await db.create_task(task)
            await db.set_task_complete(task.id, Error(ErrorKind.OOM, "exec", (), "killed"))

    asyncio.run(write())
    assert run("ps", "--table", "cli-table", *service, "-o", "json") == 0
    (found,) = json.loads(capsys.readouterr().out)["runs"]
    assert (found["id"], found["state"], found["labels"]) == (str(run_id), "failing", {"Name": "align"})
    (task,) = found["tasks"]
    assert (task["state"], task["err_kind"], task["alloc"]["pool"]["pool_type"]) == ("failed", "OOM", "r5.2xlarge")
    assert run("ps", "--table", "cli-table", *service, "-u", "bob", "-o", "ndjson") == 0
    assert capsys.readouterr() == ("", "")


def test_a_missing_table(ministack: Server, capsys: Captured) -> None:
    service = ("--endpoint-url", ministack.endpoint_url, "--region", "us-west-2")
    assert run("ps", "--table", "no-such-table", *service) == ExitCode.FAILED
    line = complaint(capsys)
    assert "no-such-table" in line
    assert "check its name, the region and the account" in line


@pytest.mark.parametrize(
    ("flags", "lacking", "code", "message"),
    [
        (["--profile", "nosuch"], (), 2, "The config profile (nosuch) could not be found"),
        ([], ("AWS_REGION", "AWS_DEFAULT_REGION"), 2, "specify a region"),
        ([], ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), 3, "Unable to locate credentials"),
    ],
)
def test_what_aws_lacks(
    flags: list[str],
    lacking: tuple[str, ...],
    code: int,
    message: str,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in lacking:
        monkeypatch.delenv(name, raising=False)
    assert run("ps", "--table", "reflow-prod", *flags) == code
    assert message in complaint(capsys)


def test_nobody_there(capsys: Captured) -> None:
    assert run("ps", "--table", "reflow-prod", "--endpoint-url", "http://127.0.0.1:1", "--region", "us-west-2") == 3
    assert "The service cannot be reached" in complaint(capsys)


def test_a_reader_that_goes_away_is_no_news(ministack: Server, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with os.fdopen(write) as pipe:
        done = subprocess.run(
            [sys.executable, "-m", "tui", "--help"], env=env, stdout=pipe, stderr=subprocess.PIPE, check=False
        )
    assert done.stderr == b""
    assert done.returncode == ExitCode.FAILED


@pytest.mark.parametrize("command", ["ps", "logs 01010101", "settings"])
def test_standard_output_that_is_closed(command: str) -> None:
    line = f"exec {sys.executable} -m tui {command} --table reflow-prod >&-"
    ended = subprocess.run(["sh", "-c", line], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (ExitCode.FAILED, "reflowtop: standard output is closed\n")
