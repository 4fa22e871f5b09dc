"""`reflowtop share`."""

import json
from pathlib import Path
from typing import Any

import pytest

from store import Error
from tests.support.dashboard import cluster
from tests.support.rows import NOW, ago, make_run, make_task, run_id, task_id
from tests.support.scripted_db import THROTTLED
from tui import cli, exit_status
from tui.commands import share as share_command
from tui.commands.share import share
from tui.exit_status import ExitCode
from tui.settings import Settings

SETTINGS = Settings(table="reflow-prod", region="us-west-2")
Captured = pytest.CaptureFixture[str]


def read(printed: str) -> tuple[str, Any]:
    """The bundle whose files were printed."""
    text, data = map(Path, printed.splitlines())
    return text.read_text(), json.loads(data.read_text())


def is_empty(folder: Path) -> bool:
    return not list(folder.iterdir())


async def test_bundle_of_all_active_runs(tmp_path: Path, capsys: Captured) -> None:
    assert await share(cluster(), SETTINGS, (), tmp_path, NOW) == ExitCode.OK
    text, data = read(capsys.readouterr().out)
    assert "# Incident: 3 runs, 1 failing, 1 stale, 1 running" in text
    assert "critical: failing: " in text
    assert {run["id"] for run in data["runs"]} == {str(run_id(n)) for n in (1, 2, 3)}


async def test_bundle_of_a_run_that_has_ended(tmp_path: Path, capsys: Captured) -> None:
    db = cluster()
    db.put(
        make_run(7, start=ago(days=3), keepalive=ago(days=2), end=ago(days=2)),
        make_task(70, 7, start=ago(days=3), keepalive=ago(days=2), end=ago(days=2)),
    )
    assert await share(db, SETTINGS, (run_id(7).hex,), tmp_path, NOW) == ExitCode.OK
    text, data = read(capsys.readouterr().out)
    assert "# Incident: run 07070707, succeeded" in text
    assert [task["id"] for run in data["runs"] for task in run["tasks"]] == [str(task_id(70))]
    assert not db.called("active")  # it costs what these runs cost


async def test_failed_reads_are_in_the_bundle_and_on_stderr(tmp_path: Path, capsys: Captured) -> None:
    db = cluster()
    db.history_errors = [THROTTLED]
    assert await share(db, SETTINGS, (run_id(1).hex,), tmp_path, NOW) == ExitCode.FAILED
    printed = capsys.readouterr()
    assert "Some data could not be read:" in read(printed.out)[0]
    assert "throttled" in printed.err


async def test_nothing_is_written_if_nothing_can_be_read(tmp_path: Path) -> None:
    db = cluster()
    db.failure = THROTTLED
    with pytest.raises(Error):
        await share(db, SETTINGS, (), tmp_path, NOW)
    assert is_empty(tmp_path)


def test_flags_reach_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments: list[Any] = []

    def run(*args: Any) -> ExitCode:
        arguments.extend(args)
        return ExitCode.OK

    monkeypatch.setattr(share_command, "run", run)
    assert (
        exit_status.run_command(cli.reflowtop, ["--table", "reflow-prod", "share", "77aa01ff", "--output", "x"])
        == ExitCode.OK
    )
    assert arguments[1:] == [("77aa01ff",), Path("x")]


def test_a_blank_folder_is_refused(capsys: Captured) -> None:
    for line in (["share"], ["handoff"], ["handoff", "--replay", "x.rec"]):
        assert exit_status.run_command(cli.reflowtop, ["--table", "reflow-prod", *line, "--output", " "]) == 2
        message = f"reflowtop: --output is empty; give it a value or remove it; see reflowtop {line[0]} --help\n"
        assert capsys.readouterr() == ("", message)


def test_unwritable_folder_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def run(*_: object) -> ExitCode:
        raise OSError("no bundle in /x: Permission denied")

    monkeypatch.setattr(share_command, "run", run)
    assert exit_status.run_command(cli.reflowtop, ["--table", "reflow-prod", "share"]) == ExitCode.FAILED
    assert capsys.readouterr().err == "reflowtop: no bundle in /x: Permission denied\n"
