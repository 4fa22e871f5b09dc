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


async def test_the_id_of_the_run_under_the_cursor(top: Dashboard, written: Written) -> None:
    await top.press("y")
    await idle(top)
    assert written.clipboard == str(run_id(1))
    shown = f"{run_id(1)}"[:29]
    assert message(top) == f"id sent to the terminal's clipboard (OSC 52): {shown}…"
    assert toasts(top) == []


async def test_copy_takes_the_id_of_the_selected_or_open_task(top: Dashboard, written: Written) -> None:
    await top.press("enter", "y")
    await idle(top)
    assert written.clipboard == str(task_id(1))
    await top.press("escape", "escape", "enter", "j", "enter", "y")  # the first one clears the message
    await idle(top)
    assert written.clipboard in {str(task_id(n)) for n in (2, 3, 4)}


async def test_copy_items_of_a_finding_a_pool_and_an_alloc(top: Dashboard, written: Written) -> None:
    await top.press("e", "y")
    await idle(top)
    assert written.clipboard == str(run_id(1))
    await top.press("Y")
    for words in (
        "run        sha256:0101",
        "finding    samtools.sort: OOM error in 1 flow",
        "hosts      i-0abc r5.2xlarge",
    ):
        assert words in top.text
    await top.press("escape", "p", "y")
    await idle(top)
    assert written.clipboard == "i-0abc"
    await top.press("j", "y")
    await idle(top)
    assert written.clipboard == "a1"
    await top.press("Y")
    assert "pool       i-0abc" in top.text


@pytest.mark.parametrize(("width", "height"), [(120, 36), (80, 24), (40, 10)])
async def test_a_menu_of_all_that_can_be_copied(width: int, height: int, written: Written) -> None:
    async with Dashboard(cluster()).shown(width, height) as top:
        await top.press("enter", "Y")
        assert isinstance(top.app.screen, CopyMenu)
        assert f"1  id         {task_id(1)}"[: width - 5] in top.text
        if height > 20:
            assert "error      exec samtools: OOM error: killed" in top.text
            assert "host       i-0abc.example.com" in top.text
            assert "reflowtop  reflowtop --table reflow-prod --region us-west-2 id:01010101" in top.text
        await top.press("2")
        await idle(top)
        assert written.clipboard == "i-0abc.example.com"
        assert not isinstance(top.app.screen, CopyMenu)


async def test_the_menu_is_moved_in_and_left(top: Dashboard, written: Written) -> None:
    await top.press("Y", "j", "j", "k", "enter")
    await idle(top)
    assert written.clipboard == "amy@example.com"
    before = written.text
    for key in ("escape", "q", "Y", "9"):
        await top.press("Y", key)
        await idle(top)
        if key == "9":
            await top.press("escape")
    assert isinstance(top.app.screen, RunsScreen)
    assert written.text == before


async def test_the_command_that_shows_the_same(top: Dashboard, written: Written) -> None:
    await top.press("Y")
    (place,) = (at for at, item in enumerate(top.app.screen._items) if item.name == "reflowtop")  # type: ignore[attr-defined]
    await top.press(str(place + 1))
    await idle(top)
    assert written.clipboard == "reflowtop --table reflow-prod --region us-west-2 id:01010101"


async def test_keys_that_need_a_row_say_so_on_an_empty_list(written: Written) -> None:
    async with Dashboard(ScriptedDB()).shown() as top:
        for key, why in (
            ("y", "no row is selected"),
            ("Y", "no row is selected"),
            ("S", "no run is selected"),
            ("m", "no run is selected"),
        ):
            await top.press(key)
            assert top.lines[-1].strip() == why
        assert not written.text


async def test_hostile_texts_are_copied_and_shown_as_they_look(written: Written) -> None:
    db = cluster()
    db.put(make_run(1, user="a\n\x1b[201~rm [/x][@click=app.quit]x[/]"))
    async with Dashboard(db).shown() as top:
        await top.press("Y", "2")
        await idle(top)
        assert written.clipboard == "a␊␛[201~rm [/x][@click=app.quit]x[/]"
        assert "a␊␛[201~rm [/x][@click=app.qu…" in message(top)


async def test_without_a_clipboard_the_message_names_the_file(
    here: Path, monkeypatch: pytest.MonkeyPatch, written: Written
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(here))
    async with Dashboard(cluster(), clipboard="off").shown() as top:
        await top.press("y")
        await idle(top)
        path = here / "reflowtop" / "copied.txt"
        assert "".join(f"id written to {path} (copying is off): ".split()) in "".join(message(top).split())
        assert path.read_text() == f"{run_id(1)}\n"
        assert not written.text


async def test_a_failed_copy_is_reported(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = Path.cwd()
    (cache / "reflowtop").write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    async with Dashboard(cluster(), clipboard="off").shown() as top:
        await top.press("y")
        await idle(top)
        assert message(top).startswith("id was not copied: ")
        assert "Errno" not in message(top)


async def test_messages_are_notifications_on_the_help(top: Dashboard) -> None:
    await top.press("question_mark")
    outcome.report(top.app, "copied [/x]")
    outcome.report(top.app, "not copied", is_error=True)
    await top.settle()
    assert toasts(top) == [("information", "copied [/x]"), ("error", "not copied")]


async def test_any_key_clears_a_message_or_an_error(top: Dashboard) -> None:
    for key, text in [("m", "is watched"), ("R", "sorted worst first")]:
        await top.press(key)
        assert text in message(top)
        await top.press("j")
        assert message(top).startswith("enter tasks")


async def test_escape_clears_messages_and_notifications_first(written: Written) -> None:
    db = ScriptedDB(make_run(1, keepalive=ahead(hours=1)))
    async with Dashboard(db).shown() as top:
        await top.press("m")
        db.put(make_run(1, keepalive=ahead(hours=1), end=ahead(seconds=1)))
        await top.refresh(ahead(seconds=5))
        await top.press("e")
        assert toasts(top)
        await top.press("R", "escape")
        assert toasts(top) == []
        assert "sorted worst first" not in top.text
        assert "failures" in top.where
        await top.press("R", "escape")
        assert "failures" in top.where
        await top.press("escape")
        assert "failures" not in top.where
