"""Runs that the user watches: marks, and notifications of changes."""

import pytest

from tests.support.dashboard import Dashboard, cluster
from tests.support.dashboard_texts import message, toasts
from tests.support.headless import Written
from tests.support.rows import NOW, OOM, ahead, make_run, make_task
from tests.support.scripted_db import ScriptedDB

pytestmark = pytest.mark.asyncio(loop_scope="module")


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
