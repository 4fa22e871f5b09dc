"""`reflowtop replay-rules`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.recorded import Recording, recorded
from tests.support.rows import ago, make_run
from tests.support.scripted_db import ScriptedDB
from tui import cli, exit_status
from tui.commands import replay_rules
from tui.exit_status import ExitCode
from tui.export.formats.output_formats import TableStyle

Invoke = Callable[..., tuple[int, str, str]]


@pytest.fixture
def invoke(capsys: pytest.CaptureFixture[str]) -> Invoke:
    """Run the command, and return its exit status, output and messages."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = exit_status.run_command(cli.reflowtop, ["replay-rules", "--replay", *arguments])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
async def recording(tmp_path: Path) -> Path:
    path = tmp_path / "night.rec"
    (await recorded()).write(path)
    return path


def test_findings_are_printed_with_their_time(recording: Path, invoke: Invoke) -> None:
    code, out, err = invoke(str(recording))
    assert code == 0
    header, *lines = out.splitlines()
    assert header.split() == ["RAISED", "LASTED", "KIND", "PEAK", "RUN", "WHY"]
    assert any(line.split()[2] == "failing" for line in lines)
    assert err.startswith(f"reflowtop: {len(lines)} findings in 6 refreshes over")
    assert invoke(str(recording), "--quiet") == (0, out, "")


def test_a_table_on_a_terminal_ends_in_the_summary(
    recording: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay_rules, "table_style", lambda *_: TableStyle(width=120))
    _, out, err = invoke(str(recording))
    _, *lines, last = out.splitlines()
    assert last.startswith(f"{len(lines)} findings in 6 refreshes over")
    assert err == ""


def test_one_recording_is_named(recording: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codes = [
        exit_status.run_command(cli.reflowtop, ["replay-rules", *arguments])
        for arguments in ((str(recording),), (), ("--replay", str(recording), str(recording)))
    ]
    assert codes == [0, ExitCode.USAGE, ExitCode.USAGE]
    assert capsys.readouterr().err.count("name one recording: --replay FILE") == 2


def test_records_have_times_and_ids(recording: Path, invoke: Invoke) -> None:
    _, out, err = invoke(str(recording), "-o", "json")
    found = json.loads(out)
    assert found["refreshes"] == 6
    (failing,) = (each for each in found["findings"] if each["kind"] == "failing")
    assert failing["raised"] >= found["from"]
    assert failing["severity"] == "critical"
    assert failing["is_older"] is False
    assert len(failing["run_ids"]) == 1
    assert err == ""


async def test_findings_older_than_the_recording_are_marked(tmp_path: Path, invoke: Invoke) -> None:
    recording = Recording(ScriptedDB(make_run(1), make_run(2, start=ago(hours=2), keepalive=ago(minutes=8))))
    await recording.refresh()
    recording.write(tmp_path / "night.rec")
    out = invoke(str(tmp_path / "night.rec"))[1]
    assert out.splitlines()[1].split()[:3] == ["<12:03", "0s+", "lost_run"]
    assert json.loads(invoke(str(tmp_path / "night.rec"), "-o", "ndjson")[1])["is_older"]


def test_a_damaged_recording_fails_with_a_line(recording: Path, invoke: Invoke) -> None:
    data = recording.read_bytes()
    middle = len(data) * 2 // 3
    recording.write_bytes(data[:middle] + b"\0" * 100 + data[middle + 100 :])
    code, out, err = invoke(str(recording), "-o", "csv", "--no-headers")
    assert code == 1
    assert "damaged" in err
    assert out


def test_a_file_that_is_no_recording_is_refused(tmp_path: Path, invoke: Invoke) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("not a recording")
    code, out, err = invoke(str(other))
    assert (code, out) == (1, "")
    assert "is not a recording of reflowtop" in err
    assert invoke(str(tmp_path / "missing"))[0] == 1
