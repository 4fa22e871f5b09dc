"""The time window of the lists, and windows of the past."""

from datetime import timedelta

import pytest

from tests.support.dashboard import Dashboard, cluster
from tests.support.rows import NOW, OOM, ago, make_run, make_task
from tui.commands.cluster_read import read_past
from tui.query.time_expressions import Moment
from tui.settings import Settings

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_looking_further_back() -> None:
    db = cluster()
    db.put(make_run(5, start=ago(hours=3), end=ago(hours=2), keepalive=ago(hours=2)))
    async with Dashboard(db).shown() as top:
        await top.press("a")
        assert top.ids == [1, 3, 2, 4]
        await top.press("w", "ctrl+u")
        await top.type("soon")
        await top.press("enter")
        assert "'soon' is not a time" in top.lines[-2]
        await top.answer("ctrl+u", "5h")
        assert "in the last 5h" in top.where
        assert top.ids == [1, 3, 2, 4, 5]


async def test_a_time_before_the_session_is_read_from_the_table() -> None:
    db = cluster()
    then = NOW.replace(hour=2, minute=10, second=0)
    alive = {"start": then - timedelta(minutes=30), "keepalive": then + timedelta(minutes=20)}
    db.put(
        make_run(5, **alive, end=then + timedelta(minutes=19)),
        make_run(6, **{**alive, "start": then + timedelta(minutes=5)}, end=then + timedelta(minutes=19)),
        make_task(9, 5, **alive, end=then + timedelta(minutes=18), err=OOM),
    )
    async with Dashboard(db).shown() as top:
        await top.answer("T", "02:10")
        await top.until_past_is_read()
        assert "❮❮ as of 2026-11-01 02:10 UTC" in top.where
        assert top.ids == [5]
        assert "● running ✗ failed -" in top.line("▸")  # then, later, and the lease, which is not known
        assert "LATER" in top.text
        await top.press("enter")
        assert top.ids == [9]
        assert "● running ✗ failed" in top.line("▸")
        await top.press("enter")
        assert "✗ failed at 2026-11-01 02:28:00 UTC" in top.line("failed")
        await top.answer("T", "2026-11-01T02:10..2026-11-01T02:20")
        await top.settle()
        assert "as of 2026-11-01 02:20 UTC, 20% read ran since 2026-11-01 02:10 L live" in top.where
        assert sorted(top.ids) == [5, 6]
        settings = Settings(table="reflow-prod", since=Moment("02:10", time=then), read_budget=1e9)
        listing = await read_past(db, settings, then + timedelta(minutes=10), NOW)
        assert [row.run.id[0] for row in listing.run_rows()] == top.ids  # `ps` says the same
        await top.answer("T", "02:20..02:10")
        assert "ends before it begins" in top.lines[-2]
        await top.answer("ctrl+u", "20m ago")
        await top.settle()
        assert "as of 2026-11-01 11:43:41 UTC" in top.where
        assert 5 not in top.ids
        await top.press("L")
        assert top.ids == [1, 3, 2]


async def test_the_window_reaches_until_now(top: Dashboard) -> None:
    await top.answer("w", "02:10")
    assert "since 2026-11-01 02:10 UTC" in top.where
    assert top.app.session.past is None
    await top.answer("w", "02:10..02:20")
    assert "a window always ends now, like 02:10; `:at 02:10..02:20` goes to the past" in top.text


async def test_an_empty_past_window(top: Dashboard) -> None:
    await top.answer("T", "2026-10-01")
    await top.until(lambda: "ran since 2026-10-01 00:00" in top.where)
