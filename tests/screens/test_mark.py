"""Runs that the user watches: marks, and notifications of changes."""

from typing import Any

import pytest

from tests.support.dashboard import Dashboard, cluster
from tests.support.dashboard_texts import message, toasts
from tests.support.headless import Written
from tests.support.rows import NOW, OOM, ago, ahead, make_run, make_task
from tests.support.scripted_db import ScriptedDB

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_mark_stays_with_its_run() -> None:
    async with Dashboard(cluster()).shown() as top:
        await top.press("j", "m")
        assert top.line("◆").startswith("▸ 03030303 amy ◆ ")
        await top.refresh(NOW.replace(second=50))
        await top.press("enter", "escape")
        assert top.line("◆").startswith("▸ 03030303 amy ◆ ")
        await top.press("m")
        assert "◆" not in top.text


async def test_changes_of_a_watched_run_are_notified(written: Written) -> None:
    db = ScriptedDB(
        make_run(1, labels={"Name": "align"}, keepalive=ahead(hours=1)), make_task(1, 1, keepalive=ahead(hours=1))
    )
    async with Dashboard(db).shown() as top:
        await top.press("m")
        assert message(top).startswith("run 01010101 is watched: ")
        assert not written.text
        db.put(make_task(1, 1, keepalive=ahead(hours=1), end=ahead(seconds=1), err=OOM))
        await top.refresh(ahead(seconds=5))
        failing = "align, amy@example.com, 1/1 tasks, 1 flow failed"
        assert toasts(top)[-1] == ("error", f"run 01010101 is failing: {failing}")
        assert written.text == (
            f"\a\x1b]9;run 01010101 is failing: {failing}\a\x1b]777;notify;run 01010101 is failing;{failing}\a"
        )
        count = len(toasts(top))
        await top.refresh(ahead(seconds=10))
        assert len(toasts(top)) == count
        db.put(make_run(1, labels={"Name": "align"}, keepalive=ahead(hours=1), end=ahead(seconds=11)))
        await top.refresh(ahead(seconds=15))
        assert toasts(top)[-1][1].startswith("run 01010101 has failed: ")


@pytest.mark.parametrize(("minutes", "words"), [(4, "is stale"), (9, "is lost")])
async def test_a_stale_watched_run_is_notified_on_any_screen(minutes: int, words: str, written: Written) -> None:
    db = ScriptedDB(make_run(1), make_run(2, keepalive=ahead(hours=1)))
    async with Dashboard(db).shown() as top:
        await top.press("g", *("j" if top.ids[0] != 1 else ""), "m", "e", "question_mark")
        await top.tick(ahead(minutes=minutes))
        top.app.action_refresh_now()
        await top.settle()
        assert f"run 01010101 {words}" in toasts(top)[-1][1]
        assert f"777;notify;run 01010101 {words};" in written.text


async def test_unwatched_runs_and_progress_are_not_notified(written: Written) -> None:
    db = ScriptedDB(make_run(1), make_run(2, keepalive=ahead(hours=1)))
    async with Dashboard(db).shown() as top:
        await top.press("g", *("j" if top.ids[0] != 2 else ""), "m")
        before = toasts(top)
        await top.refresh(ahead(minutes=9))
        assert toasts(top) == before
        assert not written.text


async def test_notify_off_leaves_the_terminal_alone(written: Written) -> None:
    db = ScriptedDB(make_run(1, keepalive=ahead(hours=1)))
    async with Dashboard(db, notify=False).shown() as top:
        await top.press("m")
        db.put(make_run(1, keepalive=ahead(hours=1), end=ahead(seconds=1)))
        await top.refresh(ahead(seconds=5))
        assert toasts(top)[-1] == ("information", "run 01010101 has succeeded: amy@example.com, 0/0 tasks")
        assert not written.text


async def test_a_run_that_has_ended_is_not_waited_for(top: Dashboard) -> None:
    await top.press("a", "G", "m")
    assert top.lines[-1].strip() == "run 04040404 has ended: nothing to watch"


async def test_a_run_of_the_past_that_is_not_loaded_now_cannot_be_watched() -> None:
    then: dict[str, Any] = {"start": ago(hours=5), "keepalive": ago(hours=3), "end": ago(hours=3)}
    async with Dashboard(ScriptedDB(make_run(1, **then), make_task(1, 1, **then))).shown() as top:
        await top.answer("T", "08:30")
        await top.until(lambda: top.ids == [1])
        await top.press("m")
        assert "run 01010101 is not in the current window: nothing to watch" in top.text


async def test_hostile_names_in_news_do_nothing(written: Written) -> None:
    name = "a;b\x1b]0;x\x07[/x]\n"
    db = ScriptedDB(make_run(1, keepalive=ahead(hours=1), labels={"Name": name}))
    async with Dashboard(db).shown() as top:
        await top.press("m")
        db.put(make_run(1, keepalive=ahead(hours=1), end=ahead(seconds=1), labels={"Name": name}))
        await top.refresh(ahead(seconds=5))
        assert "a;b␛]0;x␇[/x]" in top.text
        assert written.text.count("\x1b") == 2
