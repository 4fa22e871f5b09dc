"""Notes about failures in the dashboard."""

from pathlib import Path

import pytest

from store import Error, ErrorKind
from tests.support.dashboard import Dashboard, cluster
from tests.support.logged_db import LoggedDB
from tests.support.rows import OOM, ago, ahead, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tui.terminal import new_files


async def test_a_note_is_typed_shown_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_files, "state_folder", lambda: tmp_path)
    async with Dashboard(cluster()).shown(width=120, height=30) as dashboard:
        await dashboard.press("e", "N")
        await dashboard.type("raise the memory, [/x] see OPS-12")
        await dashboard.press("enter")
        await dashboard.until(lambda: "note: raise the memory, [/x] see OPS-12 (0s ago)" in dashboard.text)
        await dashboard.press("N")
        assert "raise the memory" in dashboard.lines[-1]
        await dashboard.press("ctrl+u", "enter")
        await dashboard.until(lambda: "note removed" in dashboard.text)
        assert "raise the memory" not in dashboard.text


async def test_below_a_run_of_two_errors_a_note_names_its_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_files, "state_folder", lambda: tmp_path)
    async with Dashboard(LoggedDB()).shown(width=80, height=24) as dashboard:
        await dashboard.press("e")
        await dashboard.answer("N", "see OPS-12")
        await dashboard.press("escape", "escape")  # the message, the list
        assert dashboard.line("note:").strip() == "OOM error: note: see OPS-12 (0s ago)"


async def test_a_note_that_cannot_be_kept_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(new_files, "state_folder", lambda: tmp_path / "file" / "x")
    async with Dashboard(cluster()).shown(width=120, height=30) as dashboard:
        await dashboard.press("e", "N", "a", "enter")
        # In two lines if the path of the folder is long.
        await dashboard.until(lambda: "x/memory: Not a directory" in " ".join(dashboard.text.split()))
        assert "the note is kept only for this session:" in dashboard.text
        assert "note: a (0s ago)" in dashboard.text
        lost = dashboard.app.session.flush_files()
        assert isinstance(lost, NotADirectoryError)


async def test_a_full_disk_is_the_reason_that_a_note_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")  # names no file, as a failed write

    monkeypatch.setattr(new_files, "write_whole", fail)
    async with Dashboard(cluster()).shown(width=120, height=30) as dashboard:
        await dashboard.press("e", "N", "a", "enter")
        await dashboard.until(lambda: "kept only for this session: No space left on device" in dashboard.text)
        assert "(None)" not in dashboard.text


async def test_a_note_on_a_lost_run_is_shown_while_it_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(new_files, "state_folder", lambda: tmp_path)
    db = ScriptedDB(make_run(1, keepalive=ago(minutes=9)))
    async with Dashboard(db).shown(width=120, height=30) as dashboard:
        await dashboard.press("e", "N")
        assert "shown while this finding lasts" in dashboard.lines[-1]
        await dashboard.type("amy restarts it")
        await dashboard.press("enter")
        assert "note kept; it is shown while this finding lasts" in dashboard.text
        assert "note: amy restarts it (0s ago)" in dashboard.text


async def test_without_a_finding_there_is_nothing_to_note() -> None:
    async with Dashboard(ScriptedDB(make_run(1))).shown(width=120, height=30) as dashboard:
        await dashboard.answer("e", ":note text")
        assert "select a finding: notes are about findings" in dashboard.text


async def test_a_note_is_about_the_finding_for_which_it_was_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(new_files, "state_folder", lambda: tmp_path)
    retried = make_task(2, 1, end=ago(minutes=2), err=Error(ErrorKind.NET, "load"), ident="load")
    db = ScriptedDB(make_run(1), make_task(1, 1, end=ago(minutes=1), err=OOM), retried)
    async with Dashboard(db).shown(width=120, height=30) as top:
        await top.press("e", "j", "N")
        (asked, other) = reversed(top.app.session.findings)
        db.put(make_task(3, 1, start=ahead(seconds=1), attempt=1, ident="load", flow_id=retried.flow_id))
        top.now = db.now = ahead(seconds=5)
        top.app.poller.refresh_now()
        await top.settle()
        assert [each.id for each in top.app.session.findings] == [other.id], "the one asked about is resolved"
        await top.type("flaky mirror")
        await top.press("enter")
        await top.until(lambda: top.app.session.memory.note(asked.id))
        assert top.app.session.memory.note(other.id) is None
