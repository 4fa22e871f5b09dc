"""`reflowtop handoff`."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.full_disk import fill_disk
from tests.support.recorded import recorded
from tests.support.rows import NOW, OOM, ago, make_run, make_task
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui import cli, exit_status
from tui.commands.handoff import handoff
from tui.exit_status import ExitCode
from tui.query.time_expressions import Moment
from tui.settings import Settings
from tui.settings.origin import Origin

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


async def test_the_page_is_read_from_the_table(capsys: Captured) -> None:
    db = ScriptedDB(make_run(1), make_task(1, 1, start=ago(minutes=9), end=ago(minutes=5), err=OOM))
    assert await handoff(db, Settings(table="reflow-prod", region="us-west-2"), NOW) is ExitCode.OK
    out = capsys.readouterr().out
    assert "* Read from the table reflow-prod in us-west-2." in out
    assert "failing: samtools.sort: OOM error in 1 flow" in out


async def test_missing_data_is_told_on_the_page(capsys: Captured) -> None:
    db = ScriptedDB(make_run(1, start=ago(hours=9)))
    db.failures["tasks"] = THROTTLED
    assert await handoff(db, Settings(table="reflow-prod"), NOW) is ExitCode.FAILED
    assert "* Some data could not be read: " in capsys.readouterr().out


async def test_the_page_is_read_from_a_recording(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "night.rec"
    (await recorded()).write(path)
    assert exit_status.run_command(cli.reflowtop, ["handoff", "--replay", str(path)]) == 0
    out = capsys.readouterr().out
    assert "* From the recording night.rec of the table reflow-prod in us-west-2." in out
    assert "## Resolved findings" in out
    assert (
        exit_status.run_command(cli.reflowtop, ["handoff", "--replay", str(path), "--since", "10s", "-u", "nobody"])
        == 0
    )
    assert "* Runs: 0 ended" in capsys.readouterr().out


async def test_missing_prices_are_reported_with_the_remedy(capsys: Captured, tmp_path: Path) -> None:
    await handoff(ScriptedDB(make_run(1)), Settings(table="reflow-prod"), NOW)
    line = (
        "* The cost of failed attempts is unknown because no host has a price: "
        "`reflowtop prices update --table reflow-prod` or `reflowtop prices import FILE` sets them."
    )
    assert line in capsys.readouterr().out.splitlines()
    path = tmp_path / "night.rec"
    (await recorded()).write(path)
    assert exit_status.run_command(cli.reflowtop, ["handoff", "--replay", str(path)]) == 0
    assert "`reflowtop prices update --table reflow-prod --region us-west-2` or" in capsys.readouterr().out


def test_help_names_the_default_of_since(capsys: Captured) -> None:
    assert exit_status.run_command(cli.reflowtop, ["handoff", "--help"]) == 0
    assert "[default: 8h; with --replay:" in capsys.readouterr().out


async def test_a_run_that_was_lost_before_the_shift_is_open(capsys: Captured) -> None:
    lost = make_run(1, start=ago(hours=20), keepalive=ago(hours=12))
    since: dict[str, Any] = {"since": Moment("8h", age=timedelta(hours=8)), "sources": {"since": Origin("--since")}}
    assert await handoff(ScriptedDB(lost), Settings(table="reflow-prod", **since), NOW) is ExitCode.OK
    out = capsys.readouterr().out
    assert "\nopen          critical  lost run: run 01010101 is lost" in out
    assert "\n01010101  lost " in out


async def test_a_page_is_written_to_a_new_file(tmp_path: Path, capsys: Captured) -> None:
    recording, page = tmp_path / "night.rec", tmp_path / "shift.md"
    (await recorded()).write(recording)
    line = ["handoff", "--replay", str(recording)]
    assert exit_status.run_command(cli.reflowtop, line) == 0
    printed = capsys.readouterr().out
    assert exit_status.run_command(cli.reflowtop, [*line, "--output", str(page)]) == 0
    assert capsys.readouterr().out == f"{page}\n"
    assert page.read_text("utf-8") == printed
    assert page.stat().st_mode & 0o777 == 0o600
    assert exit_status.run_command(cli.reflowtop, [*line, "--output", str(page)]) == 2
    assert f"--output: {page} exists already" in capsys.readouterr().err
    assert exit_status.run_command(cli.reflowtop, [*line, "--output", str(tmp_path)]) == 0
    written = Path(capsys.readouterr().out.strip())
    assert written.parent == tmp_path
    assert written.name.startswith("reflowtop-handoff-")


async def test_damage_of_a_recording_is_told_on_stderr(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "night.rec"
    (await recorded()).write(path)
    data = path.read_bytes()
    middle = len(data) * 2 // 3
    path.write_bytes(data[:middle] + b"\0" * 100 + data[middle + 100 :])
    assert exit_status.run_command(cli.reflowtop, ["handoff", "--replay", str(path)]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("# Handoff: ")
    (line,) = captured.err.splitlines()
    assert line.startswith(f"reflowtop: {path} is damaged")


async def test_a_page_that_cannot_be_written_leaves_no_file(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording, page = tmp_path / "night.rec", tmp_path / "shift.md"
    (await recorded()).write(recording)
    line = ["handoff", "--replay", str(recording), "--output", str(page)]
    with monkeypatch.context() as full:
        fill_disk(full)
        assert exit_status.run_command(cli.reflowtop, line) == 1
    assert capsys.readouterr() == ("", f"reflowtop: {page}: No space left on device\n")
    assert exit_status.run_command(cli.reflowtop, line) == 0


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["handoff", "night.rec"], "unexpected extra argument (night.rec)"),
        (["--replay", "night.rec", "handoff"], "--replay goes after the command: `reflowtop handoff --replay FILE`"),
    ],
)
def test_a_recording_is_named_by_its_option(args: list[str], words: str, capsys: Captured) -> None:
    assert exit_status.run_command(cli.reflowtop, args) == 2
    assert words in capsys.readouterr().err
