"""The command line as a whole."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import store
from store import DynamoTaskDB, RunID
from tests.support.command_line import run, stderr_line
from tests.support.servers import Server
from tui import cli, exit_status
from tui.commands import ps as ps_command
from tui.commands.listing import ListOptions
from tui.exit_status import ExitCode
from tui.settings import Settings

pytestmark = pytest.mark.usefixtures("empty_home")

Captured = pytest.CaptureFixture[str]

HEAVY = {"textual", "rich", "botocore", "aiobotocore", "boto3", "aiohttp", "yaml", "store"}
BEFORE_FIRST_FRAME = {"dashboard", "flags", "lazy_commands"}
TABLE = "pipes"
ROOT = Path(__file__).parents[3]


@pytest.fixture
async def served(ministack: Server) -> AsyncIterator[tuple[DynamoTaskDB, Server]]:
    """A TaskDB with a bucket, and its server."""
    url, region = ministack.endpoint_url, "us-west-2"
    await asyncio.to_thread(store.setup, TABLE, TABLE, region=region, endpoint_url=url)
    async with DynamoTaskDB.open(TABLE, TABLE, region=region, endpoint_url=url) as db:
        yield db, ministack


def python(*args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
    return subprocess.run([sys.executable, *args], env=env, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "args",
    [
        ["--version"],
        ["--help"],
        ["ps", "--help"],
        ["tasks", "-h"],
        ["pools", "-h"],
        ["failures", "-h"],
        ["describe", "-h"],
        ["setup", "-h"],
        ["demo", "-h"],
        ["logs", "-h"],
    ],
)
def test_help_and_version_import_no_heavy_libraries(args: list[str]) -> None:
    code = (
        "import sys; from tui import cli; from tui import exit_status\n"
        f"assert exit_status.run_command(cli.reflowtop, {args!r}) == 0\n"
        f"heavy = {HEAVY!r} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    done = python("-c", code)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


def test_python_m_tui_runs_reflowtop() -> None:
    done = python("-m", "tui", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: reflowtop [OPTIONS] [COMMAND [ARGS]... | FILTER]")
    assert "\b" not in done.stdout


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        *(
            (f"tui.commands.{name}", {"textual", "botocore"})
            for name in ("ps", "tasks", "pools", "failures", "describe")
        ),
        ("tui.app", {"botocore", "aiobotocore", "aiohttp", "boto3", "yaml"}),
    ],
)
def test_first_frame_imports_no_aws_libraries(module: str, absent: set[str]) -> None:
    done = python("-c", f"import sys, {module}; print({absent!r} & set(sys.modules))")
    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_few_modules_are_imported_before_the_first_frame() -> None:
    done = python("-c", "import sys, tui.cli, tui.app, tui.screens.runs; print(*sys.modules)")
    imported = set(done.stdout.split())
    late = ("store.aws", "store.dynamo", "store.logs", "tui.cost.", "tui.logs", "tui.watch.recording", "tui.commands.")
    # A credential process that is waited for is named from the first frame on.
    aws = {"store.aws", "store.aws.helper_process"}
    needed = {*aws, *(f"tui.commands.{name}" for name in BEFORE_FIRST_FRAME)}
    assert {name for name in imported if name.startswith(late)} == needed
    assert "click.shell_completion" not in imported
    # Their patterns take 20 ms to compile.
    assert not any(name.startswith("tui.text.secrets") for name in imported)
    # Each takes about 0.25 ms of CPU: import a new one where it is first used.
    assert len([name for name in imported if name.partition(".")[0] in ("store", "tui")]) <= 112


def test_help_shows_the_summary_of_each_command_whole(capsys: Captured) -> None:
    assert exit_status.run_command(cli.reflowtop, ["--help"]) == 0
    _, _, rest = capsys.readouterr().out.partition("\nCommands:\n")
    summaries = rest.partition("\n\n")[0].splitlines()
    assert len(summaries) == len([each for each in cli.reflowtop.commands.values() if not each.hidden])
    assert all(summary.endswith(".") and not summary.endswith("...") for summary in summaries)


def test_shell_completion_lists_commands() -> None:
    done = python("-m", "tui", _REFLOWTOP_COMPLETE="bash_complete", COMP_WORDS="reflowtop wa", COMP_CWORD="1")
    assert (done.returncode, done.stdout) == (0, "plain,wait\nplain,watch\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--tabel", "x"], "No such option '--tabel'."),
        (["pss"], "No such command 'pss'."),
        (["--table", "reflow-prod", "stat:x"], "filter: no key 'stat'; there are state user"),
        (["ps", "-o", "xml"], "'csv', 'markdown'; see reflowtop ps --help"),
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
def test_usage_errors_name_the_mistake_and_the_remedy(args: list[str], message: str, capsys: Captured) -> None:
    assert run(*args) == ExitCode.USAGE
    line = stderr_line(capsys)
    assert message in line
    assert line.isprintable()


def test_flags_are_accepted_before_and_after_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Settings, ListOptions]] = []

    def take(settings: Settings, options: ListOptions) -> ExitCode:
        asked.append((settings, options))
        return ExitCode.OK

    monkeypatch.setattr(ps_command, "run", take)
    monkeypatch.setenv("REFLOWTOP_USER", "carol")
    assert run("--table", "one", "--since", "1h", "ps", "--table", "two", "-i", "-o", "json") == 0
    settings, options = asked.pop()
    assert (settings.table, settings.since.text, settings.user) == ("two", "1h", "carol")
    assert (options.output, options.ended) == ("json", True)
    assert run("--table", "one", "ps", "-a") == 0
    assert asked.pop()[0].user is None
    assert run("-u", "amy", "--table", "one", "ps") == 0
    assert asked.pop()[0].user == "amy"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ("--until 5m share 77aa01ff", "--until cannot be used with the command share"),
        ("--until 5m describe 77aa01ff", "--until cannot be used with the command describe"),
        ("--until 5m handoff", "--until cannot be used with the command handoff"),
        ("-u amy describe 77aa01ff", "--user cannot be used with the command describe"),
        ("--since 1h compare 77aa01ff", "--since cannot be used with the command compare"),
        ("--since 1h logs 77aa01ff", "--since goes after the command: `reflowtop logs --since ...`"),
        ("--until 5m watch 77aa01ff", "--until goes after the command: `reflowtop watch --until ...`"),
        ("--until 2020-01-01 failures --follow", "--follow and --until cannot be used together"),
        ("-u amy ps -a", "--all and --user cannot be used together"),
        ("-u amy watch 77aa01ff", "RUN and --user cannot be used together; --all watches all runs of a user"),
        ("--since 1h share 77aa01ff", "RUN and --since cannot be used together"),
        ("-u amy tasks 77aa01ff", "RUN and --user cannot be used together"),
    ],
)
def test_flags_before_a_command_that_cannot_honour_them(args: str, message: str, capsys: Captured) -> None:
    assert run("--table", "reflow-prod", *args.split()) == ExitCode.USAGE
    assert stderr_line(capsys).startswith(f"{message}; see reflowtop ")


def test_settings_of_table_display_and_reads_hold_for_all_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Settings, ListOptions]] = []
    monkeypatch.setattr(ps_command, "run", lambda *args: asked.append(args))
    for name in ("USER", "SINCE", "UNTIL"):
        monkeypatch.setenv(f"REFLOWTOP_{name}", "5m")
    flags = ["--table", "one", "--region", "us-west-2", "--ascii", "--theme", "nord", "--keep-failed", "6h"]
    assert run(*flags, "--read-budget", "50", "ps") == 0
    assert (asked[0][0].ascii, asked[0][0].read_budget) == (True, 50)
    assert run(*flags, "help", "ps") == 0


@pytest.mark.parametrize("args", ["--help", "help ps", "settings", "completion bash", "--version"])
def test_closed_pipe_prints_no_error(args: str) -> None:
    done = into_closed_pipe(*args.split())
    assert (done.returncode, done.stderr) == (ExitCode.PIPE, "")


async def test_lists_and_logs_print_no_error_into_a_closed_pipe(served: tuple[DynamoTaskDB, Server]) -> None:
    db, server = served
    digest = await db.repository.put(b"x" * 100)
    id = RunID.new()
    await db.create_run(id, "amy@example.com")
    flags = ("--table", TABLE, "--bucket", TABLE, "--region", "us-west-2", "--endpoint-url", server.endpoint_url)
    for command in ("ps", "ps -o json", f"cat {digest}", f"watch {id}"):
        done = await asyncio.to_thread(into_closed_pipe, *command.split(), *flags)
        assert (command, done.returncode, done.stderr) == (command, ExitCode.PIPE, "")


def into_closed_pipe(*args: str) -> subprocess.CompletedProcess[str]:
    """Run reflowtop with a pipe for standard output whose reader has gone, as after `| head`."""
    read, write = os.pipe()
    os.close(read)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with os.fdopen(write) as pipe:
        return subprocess.run(
            [sys.executable, "-m", "tui", *args],
            env=env,
            stdout=pipe,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.mark.parametrize("command", ["ps", "logs 01010101", "settings"])
def test_closed_standard_output_is_reported(command: str) -> None:
    line = f"exec {sys.executable} -m tui {command} --table reflow-prod >&-"
    ended = subprocess.run(["sh", "-c", line], cwd=ROOT, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (ExitCode.FAILED, "reflowtop: standard output is closed\n")


@pytest.mark.parametrize(
    ("flag", "code", "text"),
    [
        ("--help", ExitCode.OK, "Usage: reflowtop [OPTIONS] [COMMAND [ARGS]... | FILTER]\n"),
        ("--nosuch", ExitCode.USAGE, "reflowtop: No such option '--nosuch'"),
    ],
)
def test_a_filter_has_the_help_of_the_dashboard(
    flag: str, code: ExitCode, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_status.run_command(cli.reflowtop, ["state:failing", flag]) == code
    printed = "".join(capsys.readouterr())
    assert printed.startswith(text)
    assert "state:failing --help" not in printed


@pytest.mark.parametrize(("closed", "out"), [("<&-", ""), ("2>&-", "out"), ("<&- 2>&-", "out")])
def test_the_dashboard_needs_a_terminal_also_with_closed_streams(closed: str, out: str) -> None:
    line = f"exec {sys.executable} -m tui --table reflow-prod --endpoint-url http://127.0.0.1:1 {closed}"
    ended = subprocess.run(["sh", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False)
    said = "reflowtop: the dashboard needs a terminal; use `reflowtop ps` in scripts; see reflowtop --help\n"
    assert (ended.returncode, ended.stdout or ended.stderr) == (ExitCode.USAGE, said)
    assert bool(ended.stdout) is bool(out)
