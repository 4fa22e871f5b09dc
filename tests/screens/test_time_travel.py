"""Going back in the last half hour, in the dashboard."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.support.dashboard import Dashboard, cluster
from tests.support.rows import NOW, OOM, ahead, make_run, make_task
from tests.support.scripted_db import ScriptedDB

SECONDS = timedelta(seconds=5)


@pytest.fixture
def db() -> ScriptedDB:
    return cluster()


@pytest.fixture
async def dashboard(db: ScriptedDB) -> AsyncIterator[Dashboard]:
    """A dashboard after three refreshes: a run started, then a task of it failed."""
    async with Dashboard(db).shown() as dashboard:
        db.put(make_run(5, start=ahead(seconds=5)), make_task(51, 5, start=ahead(seconds=5)))
        await dashboard.refresh(NOW + SECONDS)
        db.put(make_task(51, 5, start=ahead(seconds=5), end=ahead(seconds=8), err=OOM))
        await dashboard.refresh(NOW + 2 * SECONDS)
        yield dashboard


def heading(dashboard: Dashboard) -> str:
    return " ".join(dashboard.lines[0].split())


def row(dashboard: Dashboard, word: str) -> str:
    return next(line for line in dashboard.lines[3:] if word in line)


async def test_a_step_back_shows_the_earlier_refresh(dashboard: Dashboard) -> None:
    assert set(dashboard.ids) == {1, 2, 3, 5}
    assert "failing" in row(dashboard, "05050505")
    await dashboard.press("comma")
    assert "❮❮ 12:03:46, 5s ago · stopped · L live" in heading(dashboard)
    assert "12:03:46 UTC" in heading(dashboard)
    assert "running" in row(dashboard, "05050505")
    await dashboard.press("comma")
    assert set(dashboard.ids) == {1, 2, 3}
    await dashboard.press("comma")  # there is nothing before it
    assert "12:03:41, 10s ago" in heading(dashboard)
    await dashboard.press("full_stop")
    assert set(dashboard.ids) == {1, 2, 3, 5}
    await dashboard.press("full_stop", "full_stop")
    assert "❮❮" not in dashboard.text
    assert "failing" in row(dashboard, "05050505")


async def test_refreshes_continue_while_the_past_is_shown(dashboard: Dashboard, db: ScriptedDB) -> None:
    await dashboard.press("comma", "comma")
    db.put(make_run(6, start=ahead(seconds=11)))
    await dashboard.refresh(NOW + 4 * SECONDS)
    dashboard.app.poller.refresh_now()
    await dashboard.settle()
    assert len(dashboard.app.poller.cluster.runs) == 6
    assert set(dashboard.ids) == {1, 2, 3}
    assert "12:03:41, 20s ago" in heading(dashboard)
    await dashboard.press("L")
    assert set(dashboard.ids) == {1, 2, 3, 5, 6}
    assert "❮❮" not in dashboard.text


async def test_the_screens_of_a_run_go_back_too(dashboard: Dashboard) -> None:
    await dashboard.type("/id:0505")
    await dashboard.press("enter", "enter")
    assert "failed" in row(dashboard, "OOM error: killed")
    await dashboard.press("comma")
    assert "OOM error" not in dashboard.text
    assert "running" in row(dashboard, "samtools.sort")
    await dashboard.press("enter", "t")
    assert "❮❮" in heading(dashboard)
    await dashboard.press("L")
    assert "failed" in dashboard.text


async def test_at_goes_to_a_time(dashboard: Dashboard) -> None:
    await dashboard.answer("T", "12:03:48")
    assert "❮❮ 12:03:48, 3s ago" in heading(dashboard)
    assert "running" in row(dashboard, "05050505")
    await dashboard.press("T")
    await dashboard.type("7s ago")  # of now, not of the time on screen
    await dashboard.press("enter")
    assert "❮❮ 12:03:44, 7s ago" in heading(dashboard)
    await dashboard.answer("T", "02:10")
    assert "❮❮ as of 2026-11-01 02:10 UTC" in dashboard.where, "the history does not reach back so far: from the table"
    await dashboard.type(":at 00:00")
    await dashboard.press("enter")
    assert "❮❮ as of 2026-11-01 00:00 UTC" in dashboard.where
    await dashboard.press("comma")
    assert "this snapshot is from the table; T goes to another time" in dashboard.text
    await dashboard.type(":at 12:03:46")
    await dashboard.press("enter")
    assert "❮❮ 12:03:46, 5s ago" in heading(dashboard)


async def test_the_session_history_is_played(dashboard: Dashboard) -> None:
    await dashboard.press("comma", "comma", "space", "plus")
    assert "❮❮ 12:03:41, 10s ago · ×2" in heading(dashboard)
    await dashboard.tick(NOW + 2.8 * SECONDS)
    assert "❮❮ 12:03:49, 6s ago · ×2" in heading(dashboard)
    await dashboard.press("minus", "space")
    assert "running" in row(dashboard, "05050505")
    await dashboard.tick(NOW + 4 * SECONDS)
    assert "12:03:49, 12s ago · stopped" in heading(dashboard)
    assert not dashboard.app.poller.is_paused
    await dashboard.press("full_stop", "space")
    assert "❮❮" not in dashboard.text


async def test_window_returns_to_the_current_state(dashboard: Dashboard) -> None:
    await dashboard.press("comma", "w")
    await dashboard.type("24h")
    await dashboard.press("enter")
    assert "❮❮" not in dashboard.text
    assert "in the last 24h" in dashboard.text


async def test_an_empty_history_is_reported(db: ScriptedDB) -> None:
    async with Dashboard(db).shown() as dashboard:
        await dashboard.press("comma")
        assert "the session history has no earlier refresh yet" in dashboard.text
        await dashboard.press("full_stop")
        assert "showing current state" in dashboard.text
        await dashboard.press("plus")
        assert "showing current state" in dashboard.text
        await dashboard.press("L")
        assert "❮❮" not in dashboard.text
