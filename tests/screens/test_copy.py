"""Copying texts of rows on every screen, and the messages about it."""

from pathlib import Path

import pytest

from tests.support.dashboard import Dashboard, cluster
from tests.support.dashboard_texts import idle, message, toasts
from tests.support.headless import Written
from tests.support.rows import ahead, make_run, run_id, task_id
from tests.support.scripted_db import ScriptedDB
from tui.screens.actions import outcome
from tui.screens.copy_menu import CopyMenu
from tui.screens.runs import RunsScreen

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
        "finding    samtools.sort: OOM error in 1 flow",
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
