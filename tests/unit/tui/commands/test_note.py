"""`reflowtop note`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.recorded import recorded
from tui import cli, exit_status
from tui.terminal import new_files

Invoke = Callable[..., tuple[int, str, str]]
ID = "0123456789abcdef"


@pytest.fixture
def invoke(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Invoke:
    """Run a command on a table with a state folder of its own; return its exit status, output and messages."""
    monkeypatch.setattr(new_files, "state_folder", lambda: tmp_path / "state")

    def run(*arguments: str) -> tuple[int, str, str]:
        code = exit_status.run_command(cli.reflowtop, ["--table", "reflow-prod", *arguments])
        return code, *capsys.readouterr()

    return run


def test_a_note_is_kept_printed_exported_and_deleted(invoke: Invoke) -> None:
    assert invoke("note") == (0, "", "reflowtop: No notes found\n")
    kept = "reflowtop: note kept; it is shown with the finding, and for an error whenever it returns\n"
    unknown = (
        f"reflowtop: no error seen on this machine has the id {ID}; "
        "`reflowtop failures --explain --table reflow-prod` prints the ids of all findings\n"
    )
    assert invoke("note", ID, "raise", "memory") == (0, "", unknown + kept)
    assert invoke("note", ID, "raise", "the", "memory") == (0, "", kept)
    assert invoke("note", ID[:6])[1].endswith("ago  raise the memory\n")
    (exported,) = json.loads(invoke("note", "-o", "json")[1])["notes"]
    assert (exported["id"], exported["text"]) == (ID, "raise the memory")
    assert invoke("note", ID, "--delete") == (0, "", "reflowtop: note deleted\n")
    assert invoke("note", ID, "--delete") == (1, "", f"reflowtop: {ID} has no note\n")


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_a_blank_text_deletes_the_note_and_says_so(invoke: Invoke, blank: str) -> None:
    invoke("note", ID, "raise the memory")
    assert invoke("note", ID, blank) == (0, "", "reflowtop: note deleted\n")
    assert invoke("note", ID, blank) == (1, "", f"reflowtop: {ID} has no note\n")


def test_a_note_that_is_cut_is_announced(invoke: Invoke) -> None:
    invoke("note", ID, "x")
    code, _, err = invoke("note", ID, "y" * 501)
    assert (code, err.splitlines()[0]) == (0, "reflowtop: the note has 501 characters: only the first 500 are kept")
    (exported,) = json.loads(invoke("note", "-o", "json")[1])["notes"]
    assert exported["text"] == "y" * 500
    assert "only" not in invoke("note", ID, "y" * 500)[2]


def test_an_unknown_or_ambiguous_id_is_refused(invoke: Invoke) -> None:
    code, _, err = invoke("note", "ffff", "text")
    assert (code, err) == (
        1,
        "reflowtop: no failure has the id ffff; `reflowtop failures --explain --table reflow-prod` prints ids\n",
    )
    invoke("note", "00" + ID[2:], "one")
    invoke("note", "01" + "0" * 14, "two")
    code, _, err = invoke("note", "0", "text")
    assert code == 2
    assert "reflowtop: the id prefix '0' is ambiguous; give more digits of one of these 2 findings:\n" in err


@pytest.mark.parametrize("arguments", [["--delete"], [ID, "text", "--delete"], [ID, "text", "-o", "json"]])
def test_contradictions_are_usage_errors(invoke: Invoke, arguments: list[str]) -> None:
    assert invoke("note", *arguments)[0] == 2


async def test_a_recording_is_remembered(invoke: Invoke, tmp_path: Path) -> None:
    path = tmp_path / "night.rec"
    (await recorded()).write(path)
    assert invoke("replay-rules", "--replay", str(path), "--remember", "-o", "csv")[0] == 0
    (file,) = (tmp_path / "state" / "memory").iterdir()
    (sightings,) = json.loads(file.read_bytes())["seen"].values()
    assert [each["run"][:15] for each in sightings] == ["sha256:01010101"]
    (id,) = json.loads(file.read_bytes())["seen"]
    region = ("--region", "us-west-2")
    reason = "samtools.sort: OOM error in 1 flow on r5.2xlarge, killed"
    code, _, err = invoke("note", id[:6], "raise the memory", *region)
    assert (code, "no failure seen" in err) == (0, False)
    assert invoke("note", *region)[1].endswith(f"ago  raise the memory  about: {reason}\n")
    assert json.loads(invoke("note", id, "-o", "json", *region)[1])["notes"][0]["about"] == reason
