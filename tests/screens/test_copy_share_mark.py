"""Copy, share and watch on every screen."""

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.support.dashboard import Dashboard, cluster
from tests.support.headless import Written
from tests.support.rows import NOW, OOM, ahead, make_run, make_task, run_id, task_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui.export.incident import bundle as files
from tui.screens.actions import outcome
from tui.screens.base.base_screen import BaseScreen
from tui.screens.copy_menu import CopyMenu
from tui.screens.runs import RunsScreen
from tui.terminal import new_files
from tui.text import formats

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    return Written(monkeypatch)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The platform's state folder, which is not there yet. The working directory is another, empty one."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(new_files, "state_folder", lambda: tmp_path / "state")
    return tmp_path / "state"


def toasts(dashboard: Dashboard) -> list[tuple[str, str]]:
    """The severity and the text of each notification, the newest last."""
    found = dashboard.app._notifications
    return [(each.severity, f"{each.title}: {each.message}" if each.title else str(each.message)) for each in found]


def message(dashboard: Dashboard) -> str:
    """The text in place of the keys, without the breaks between its lines."""
    screen = dashboard.app.screen
    assert isinstance(screen, BaseScreen)
    region = screen.footer.region
    return " ".join(line.strip() for line in dashboard.lines[region.y : region.bottom])


def files_in(folder: Path) -> list[Path]:
    """The files in a folder, but what is remembered of failures in one below it."""
    return [path for path in folder.iterdir() if path.is_file()] if folder.exists() else []


async def idle(dashboard: Dashboard) -> None:
    """Wait for the workers of the app, but that which reads."""
    for worker in list(dashboard.app.workers):
        if worker.group in ("copy", "share"):
            await worker.wait()
    await dashboard.settle()


# Copying.


async def test_the_id_of_the_run_under_the_cursor(dashboard: Dashboard, written: Written) -> None:
    await dashboard.press("y")
    await idle(dashboard)
    assert written.clipboard == str(run_id(1))
    shown = f"{run_id(1)}"[:29]
    assert message(dashboard) == f"id sent to the terminal's clipboard (OSC 52): {shown}…"
    assert toasts(dashboard) == []


async def test_copy_takes_the_id_of_the_selected_or_open_task(dashboard: Dashboard, written: Written) -> None:
    await dashboard.press("enter", "y")
    await idle(dashboard)
    assert written.clipboard == str(task_id(1))
    await dashboard.press("escape", "escape", "enter", "j", "enter", "y")  # the first one clears the message
    await idle(dashboard)
    assert written.clipboard in {str(task_id(n)) for n in (2, 3, 4)}


async def test_copy_items_of_a_finding_a_pool_and_an_alloc(dashboard: Dashboard, written: Written) -> None:
    await dashboard.press("e", "y")
    await idle(dashboard)
    assert written.clipboard == str(run_id(1))
    await dashboard.press("Y")
    for words in (
        "run        sha256:0101",
        "finding    1 flow failed: OOM error in samtools.sort",
        "hosts      i-0abc r5.2xlarge",
    ):
        assert words in dashboard.text
    await dashboard.press("escape", "p", "y")
    await idle(dashboard)
    assert written.clipboard == "i-0abc"
    await dashboard.press("j", "y")
    await idle(dashboard)
    assert written.clipboard == "a1"
    await dashboard.press("Y")
    assert "pool       i-0abc" in dashboard.text


@pytest.mark.parametrize(("width", "height"), [(120, 36), (80, 24), (40, 10)])
async def test_a_menu_of_all_that_can_be_copied(width: int, height: int, written: Written) -> None:
    async with Dashboard(cluster()).shown(width, height) as dashboard:
        await dashboard.press("enter", "Y")
        assert isinstance(dashboard.app.screen, CopyMenu)
        assert f"1  id         {task_id(1)}"[: width - 5] in dashboard.text
        if height > 20:
            assert "error      exec samtools: OOM error: killed" in dashboard.text
            assert "host       i-0abc.example.com" in dashboard.text
            assert "reflowtop  reflowtop --table reflow-prod --region us-west-2 id:01010101" in dashboard.text
        await dashboard.press("2")
        await idle(dashboard)
        assert written.clipboard == "i-0abc.example.com"
        assert not isinstance(dashboard.app.screen, CopyMenu)


async def test_the_menu_is_moved_in_and_left(dashboard: Dashboard, written: Written) -> None:
    await dashboard.press("Y", "j", "j", "k", "enter")
    await idle(dashboard)
    assert written.clipboard == "amy@example.com"
    before = written.text
    for key in ("escape", "q", "Y", "9"):
        await dashboard.press("Y", key)
        await idle(dashboard)
        if key == "9":
            await dashboard.press("escape")
    assert isinstance(dashboard.app.screen, RunsScreen)
    assert written.text == before


async def test_the_command_that_shows_the_same(dashboard: Dashboard, written: Written) -> None:
    await dashboard.press("Y")
    (place,) = (at for at, item in enumerate(dashboard.app.screen._items) if item.name == "reflowtop")  # type: ignore[attr-defined]
    await dashboard.press(str(place + 1))
    await idle(dashboard)
    assert written.clipboard == "reflowtop --table reflow-prod --region us-west-2 id:01010101"


async def test_where_nothing_is_pointed_at(written: Written) -> None:
    async with Dashboard(ScriptedDB()).shown() as dashboard:
        for key, why in (
            ("y", "no row is selected"),
            ("Y", "no row is selected"),
            ("S", "no run is selected"),
            ("m", "no run is selected"),
        ):
            await dashboard.press(key)
            assert dashboard.lines[-1].strip() == why
        assert not written.text


async def test_hostile_texts_are_copied_and_shown_as_they_look(written: Written) -> None:
    db = cluster()
    db.put(make_run(1, user="a\n\x1b[201~rm [/x][@click=app.quit]x[/]"))
    async with Dashboard(db).shown() as dashboard:
        await dashboard.press("Y", "2")
        await idle(dashboard)
        assert written.clipboard == "a␊␛[201~rm [/x][@click=app.quit]x[/]"
        assert "a␊␛[201~rm [/x][@click=app.qu…" in message(dashboard)


async def test_without_a_clipboard_the_message_names_the_file(
    here: Path, monkeypatch: pytest.MonkeyPatch, written: Written
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(here))
    async with Dashboard(cluster(), clipboard="off").shown() as dashboard:
        await dashboard.press("y")
        await idle(dashboard)
        path = here / "reflowtop" / "copied.txt"
        assert "".join(f"id written to {path} (copying is off): ".split()) in "".join(message(dashboard).split())
        assert path.read_text() == f"{run_id(1)}\n"
        assert not written.text


async def test_a_failed_copy_is_reported(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Path.cwd()
    (cache / "reflowtop").write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    async with Dashboard(cluster(), clipboard="off").shown() as dashboard:
        await dashboard.press("y")
        await idle(dashboard)
        assert message(dashboard).startswith("id was not copied: ")


async def test_messages_are_notifications_on_the_help(dashboard: Dashboard) -> None:
    await dashboard.press("question_mark")
    outcome.report(dashboard.app, "copied [/x]")
    outcome.report(dashboard.app, "not copied", is_error=True)
    await dashboard.settle()
    assert toasts(dashboard) == [("information", "copied [/x]"), ("error", "not copied")]


async def test_any_key_clears_a_message_or_an_error(dashboard: Dashboard) -> None:
    for key, text in [("m", "is watched"), ("R", "sorted worst first")]:
        await dashboard.press(key)
        assert text in message(dashboard)
        await dashboard.press("j")
        assert message(dashboard).startswith("enter tasks")


async def test_escape_clears_messages_and_notifications_first(written: Written) -> None:
    db = ScriptedDB(make_run(1, keepalive=ahead(hours=1)))
    async with Dashboard(db).shown() as dashboard:
        await dashboard.press("m")
        db.put(make_run(1, keepalive=ahead(hours=1), end=ahead(seconds=1)))
        await dashboard.refresh(ahead(seconds=5))
        await dashboard.press("e")
        assert toasts(dashboard)
        await dashboard.press("R", "escape")
        assert toasts(dashboard) == []
        assert "sorted worst first" not in dashboard.text
        assert "failures" in dashboard.where
        await dashboard.press("R", "escape")
        assert "failures" in dashboard.where
        await dashboard.press("escape")
        assert "failures" not in dashboard.where


# Incident bundles.


def bundle(folder: Path) -> tuple[str, Any]:
    (text,), (data,) = folder.glob("*.md"), folder.glob("*.json")
    return text.read_text(), json.loads(data.read_text())


async def test_a_bundle_of_the_runs_that_are_shown(dashboard: Dashboard, here: Path) -> None:
    await dashboard.press("S", "enter")
    await idle(dashboard)
    text, data = bundle(here)
    assert "# Incident: 3 runs, 1 failing, 1 stale, 1 running" in text
    assert {run["id"] for run in data["runs"]} == {str(run_id(n)) for n in (1, 2, 3)}
    assert "Data as of 2026-11-01 12:03:41 UTC, 0s old then." in text
    size = formats.size(sum(file.stat().st_size for file in files_in(here)))
    told = f"incident bundle, {size}: {here}/reflowtop-runs-20261101T120341Z.md, its data in .json"
    assert "".join(message(dashboard).split()) == "".join(told.split())
    assert files_in(Path.cwd()) == []


async def test_share_asks_where_and_tells_the_size(here: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "night.json").symlink_to(tmp_path / "theirs")
    async with Dashboard(cluster()).shown(width=80, height=24) as dashboard:
        await dashboard.press("S")
        await idle(dashboard)
        assert "20261101T120341Z.md" in dashboard.lines[-1], "the end of the path is in sight"
        told, rest = dashboard.lines[-2].strip().removeprefix("write bundle to:  ").split(maxsplit=1)
        assert rest == "in .md and .json  enter writes, esc cancels"
        await dashboard.press("escape")
        assert files_in(here) == []
        await dashboard.type(f":share {tmp_path}/elsewhere/night")
        await dashboard.press("enter")
        assert f"{tmp_path}/elsewhere/night.jsonexistsalready" in "".join(dashboard.text.split())
        await dashboard.press("S", "ctrl+u")
        await dashboard.type(f"{tmp_path}/none/night")
        await dashboard.press("enter")
        assert f"nofolder{tmp_path}/none" in "".join(dashboard.text.split())
        await dashboard.press("ctrl+u")
        stem = "morning".ljust(len("reflowtop-runs-20261101T120341Z"), "-")  # the document names the other file
        await dashboard.type(f"{tmp_path}/elsewhere/{stem}.md")
        await dashboard.press("enter")
        await idle(dashboard)
        files = [tmp_path / "elsewhere" / f"{stem}.{suffix}" for suffix in ("md", "json")]
        assert [file.stat().st_mode & 0o777 for file in files] == [0o600, 0o600]
        assert f"`{stem}.json`" in files[0].read_text()
        assert f"incident bundle, {told}: " in message(dashboard)
        assert not (tmp_path / "theirs").exists()


async def test_share_writes_the_filtered_runs(dashboard: Dashboard, here: Path) -> None:
    await dashboard.type("/user:bob")
    await dashboard.press("enter", "S", "enter")
    await idle(dashboard)
    assert "# Incident: run 02020202, running" in bundle(here)[0]


@pytest.mark.parametrize("keys", [("enter",), ("enter", "enter"), ("t",), ("enter", "enter", "l")])
async def test_share_writes_the_open_run(dashboard: Dashboard, keys: tuple[str, ...], here: Path) -> None:
    await dashboard.press(*keys)
    await dashboard.press("S", "enter")
    await idle(dashboard)
    text, data = bundle(here)
    assert "# Incident: run 01010101, failing" in text
    assert len(data["runs"][0]["tasks"]) == 4


async def test_a_bundle_of_the_findings_that_are_shown(dashboard: Dashboard, here: Path) -> None:
    await dashboard.press("e")
    await dashboard.type("/state:stale")
    await dashboard.press("enter", "S", "enter")
    await idle(dashboard)
    text, data = bundle(here)
    assert [finding["kind"] for finding in data["findings"]] == ["stale run"]
    assert "# Incident: run 03030303, stale" in text


async def test_a_bundle_says_why_not_all_could_be_read(here: Path) -> None:
    db = cluster()
    async with Dashboard(db).shown() as dashboard:
        db.failure = THROTTLED
        await dashboard.refresh(NOW.replace(minute=5))
        await dashboard.press("S", "enter")
        await idle(dashboard)
        text, data = bundle(here)
        assert "Data as of 2026-11-01 12:03:41 UTC, 2m old then." in text
        assert "throttled" in text.lower()
        assert len(data["trouble"]) == 1


async def test_the_screen_is_live_while_a_bundle_is_written(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, go_on = files.render, threading.Event()

    def slow(*args: Any) -> files.RenderedBundle:
        assert go_on.wait(60)
        return real(*args)

    monkeypatch.setattr(files, "render", slow)
    async with Dashboard(cluster()).shown() as dashboard:
        dashboard.ahead("S", "enter", "enter")
        await dashboard.until_shown(lambda: "run 01010101" in dashboard.where)
        assert files_in(here) == []
        go_on.set()
        await idle(dashboard)
        assert "incident bundle" in message(dashboard)


async def test_a_failed_bundle_is_reported(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> files.Bundle:
        raise OSError("no bundle in [/x]: No space left on device")

    monkeypatch.setattr(files, "save", full)
    async with Dashboard(cluster()).shown() as dashboard:
        await dashboard.press("S", "enter")
        await idle(dashboard)
        assert message(dashboard) == "no bundle in [/x]: No space left on device"


# Marked runs.


async def test_a_mark_stays_with_its_run() -> None:
    async with Dashboard(cluster()).shown() as dashboard:
        await dashboard.press("j", "m")
        assert dashboard.line("◆").startswith("▸ 03030303 amy ◆ ")
        await dashboard.refresh(NOW.replace(second=50))
        await dashboard.press("enter", "escape")
        assert dashboard.line("◆").startswith("▸ 03030303 amy ◆ ")
        await dashboard.press("m")
        assert "◆" not in dashboard.text


async def test_changes_of_a_watched_run_are_notified(written: Written) -> None:
    db = ScriptedDB(
        make_run(1, labels={"Name": "align"}, keepalive=ahead(hours=1)), make_task(1, 1, keepalive=ahead(hours=1))
    )
    async with Dashboard(db).shown() as dashboard:
        await dashboard.press("m")
        assert message(dashboard).startswith("run 01010101 is watched: ")
        assert not written.text
        db.put(make_task(1, 1, keepalive=ahead(hours=1), end=ahead(seconds=1), err=OOM))
        await dashboard.refresh(ahead(seconds=5))
        failing = "align, amy@example.com, 1/1 tasks, 1 flow failed"
        assert toasts(dashboard)[-1] == ("error", f"run 01010101 is failing: {failing}")
        assert written.text == (
            f"\a\x1b]9;run 01010101 is failing: {failing}\a\x1b]777;notify;run 01010101 is failing;{failing}\a"
        )
        count = len(toasts(dashboard))
        await dashboard.refresh(ahead(seconds=10))
        assert len(toasts(dashboard)) == count
        db.put(make_run(1, labels={"Name": "align"}, keepalive=ahead(hours=1), end=ahead(seconds=11)))
        await dashboard.refresh(ahead(seconds=15))
        assert toasts(dashboard)[-1][1].startswith("run 01010101 has failed: ")


@pytest.mark.parametrize(("minutes", "words"), [(4, "is stale"), (9, "is lost")])
async def test_a_stale_watched_run_is_notified_on_any_screen(minutes: int, words: str, written: Written) -> None:
    db = ScriptedDB(make_run(1), make_run(2, keepalive=ahead(hours=1)))
    async with Dashboard(db).shown() as dashboard:
        await dashboard.press("g", *("j" if dashboard.ids[0] != 1 else ""), "m", "e", "question_mark")
        await dashboard.tick(ahead(minutes=minutes))
        dashboard.app.action_refresh_now()
        await dashboard.settle()
        assert f"run 01010101 {words}" in toasts(dashboard)[-1][1]
        assert f"777;notify;run 01010101 {words};" in written.text


async def test_unwatched_runs_and_progress_are_not_notified(written: Written) -> None:
    db = ScriptedDB(make_run(1), make_run(2, keepalive=ahead(hours=1)))
    async with Dashboard(db).shown() as dashboard:
        await dashboard.press("g", *("j" if dashboard.ids[0] != 2 else ""), "m")
        before = toasts(dashboard)
        await dashboard.refresh(ahead(minutes=9))
        assert toasts(dashboard) == before
        assert not written.text


async def test_notify_off_leaves_the_terminal_alone(written: Written) -> None:
    db = ScriptedDB(make_run(1, keepalive=ahead(hours=1)))
    async with Dashboard(db, notify=False).shown() as dashboard:
        await dashboard.press("m")
        db.put(make_run(1, keepalive=ahead(hours=1), end=ahead(seconds=1)))
        await dashboard.refresh(ahead(seconds=5))
        assert toasts(dashboard)[-1] == ("information", "run 01010101 has succeeded: amy@example.com, 0/0 tasks")
        assert not written.text


async def test_a_run_that_has_ended_is_not_waited_for(dashboard: Dashboard) -> None:
    await dashboard.press("a", "G", "m")
    assert dashboard.lines[-1].strip() == "run 04040404 has ended: nothing to watch"


async def test_hostile_names_in_news_do_nothing(written: Written) -> None:
    name = "a;b\x1b]0;x\x07[/x]\n"
    db = ScriptedDB(make_run(1, keepalive=ahead(hours=1), labels={"Name": name}))
    async with Dashboard(db).shown() as dashboard:
        await dashboard.press("m")
        db.put(make_run(1, keepalive=ahead(hours=1), end=ahead(seconds=1), labels={"Name": name}))
        await dashboard.refresh(ahead(seconds=5))
        assert "a;b␛]0;x␇[/x]" in dashboard.text
        assert written.text.count("\x1b") == 2
