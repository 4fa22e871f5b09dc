"""A past window on every screen: limited to that time, and labelled as the past."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from store import Resources, TaskDB
from tests.support.dashboard import Dashboard
from tests.support.rows import NOW, OOM, ago, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui.export.incident.markdown import markdown
from tui.query.time_expressions import parse
from tui.screens.actions import share
from tui.screens.actions.copy_row import command_items
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.subject import Subject
from tui.screens.runs import RunsScreen
from tui.watch.polling.poller import Poller

HOUR = timedelta(hours=1)
EIGHT, FOUR = Resources({"cpu": 8, "mem": 32 << 30}), Resources({"cpu": 4, "mem": 16 << 30})


def cluster() -> ScriptedDB:
    """A run that ended half an hour ago, an ended pool and a live one; `then` is an hour ago."""
    over: dict[str, Any] = {"start": ago(hours=3), "keepalive": ago(minutes=30), "end": ago(minutes=30)}
    early: dict[str, Any] = {"start": ago(hours=3), "keepalive": ago(hours=2), "end": ago(hours=2)}
    late: dict[str, Any] = {"start": ago(minutes=20)}
    return ScriptedDB(
        make_run(1, **over),
        make_task(1, 1, **over, err=OOM, resources=FOUR),
        make_task(2, 1, **early, resources=FOUR),
        make_task(3, 1, **{**over, "start": ago(minutes=40)}, resources=FOUR),
        make_alloc(**over, resources=EIGHT),
        make_alloc("a2", **early, resources=EIGHT),
        make_alloc("a3", **late, resources=EIGHT),
        make_pool(**{**over, "end": None, "keepalive": NOW + HOUR}, resources=Resources({"cpu": 16, "mem": 64 << 30})),
        make_pool("i-0early", **early),
        make_pool("i-0late", **late),
    )


async def look_at(top: Dashboard, window: str) -> None:
    await top.answer("T", window)
    await top.until_past_is_read()


async def test_lost_tasks_of_a_past_time_are_those_in_that_state() -> None:
    lost, live = make_task(1, 1, start=ago(hours=4), keepalive=ago(hours=2)), make_task(2, 1, start=ago(hours=4))
    async with Dashboard(ScriptedDB(make_run(1, start=ago(hours=5)), lost, live)).shown(width=160) as top:
        await look_at(top, "11:03")
        assert "1 lost task" in top.where
        assert "0/2 0 1 0" in top.line("▸ 01010101")
        await top.press("enter")
        assert top.where.endswith("0/2 tasks 0 failed 1 lost")
        assert top.line("▸ 00000000").startswith("▸ 00000000 samtools.sort 1 ✗ lost ✗ lost")


async def test_hosts_and_their_resources_at_a_past_time() -> None:
    async with Dashboard(cluster()).shown() as top:
        await look_at(top, "11:03")
        await top.press("p")
        assert "❮❮ as of 2026-11-01 11:03 UTC" in top.where
        assert "1 pool 0 stale or lost" in top.where
        assert "active" not in top.where
        assert "1 0 █▒· 4/16 █▒· 16/64G 50%" in top.line("▸ i-0abc")
        assert "1 0 █▌· 4/8 █▌· 16/32G" in top.line("└ a1")
        assert "i-0late" not in top.text
        assert "└ a2" not in top.text
        assert "1 task of amy's run 01010101: samtools.sort" in top.text
        await top.press("enter")
        assert top.ids == [1]


async def test_runs_that_had_just_failed_are_shown_as_in_the_current_view() -> None:
    db = cluster()
    failed: dict[str, Any] = {"start": ago(hours=3), "keepalive": ago(minutes=70), "end": ago(minutes=70)}
    db.put(make_run(7, **failed), make_task(71, 7, **failed, err=OOM))
    db.put(make_run(8, **failed), make_task(81, 8, **failed))
    async with Dashboard(db).shown() as top:
        await look_at(top, "11:03")
        assert sorted(top.ids) == [1, 7]
        assert any("07070707" in line and "✗ failed" in line for line in top.lines)
        assert top.line("last hour").endswith("1 last hour")
        await look_at(top, "10:43")
        assert sorted(top.ids) == [1, 7, 8]


async def test_a_failed_refresh_is_not_shown_as_the_last_one() -> None:
    db = cluster()
    async with Dashboard(db).shown() as top:
        await look_at(top, "11:03")
        db.failure = THROTTLED
        await top.refresh()
        assert "✗ The current state cannot be read: AWS throttles the reads (throttled)" in " ".join(top.text.split())
        assert "The last refresh is shown" not in top.text


async def test_hosts_in_a_window() -> None:
    async with Dashboard(cluster()).shown() as top:
        await look_at(top, "2026-11-01T09:30..2026-11-01T11:30")
        await top.press("p")
        assert "2 pools" in top.where
        assert "└ a2" in top.text
        assert "3 0 █▌· 8/16" in top.line("▸ i-0abc")  # ran there, and was given at the end


async def test_past_findings_have_no_idle_pools() -> None:
    async with Dashboard(cluster()).shown() as top:
        await top.press("e")
        assert "1 pool without a live alloc" in top.text
        await top.press("escape")
        await look_at(top, "2026-11-01T11:03..2026-11-01T11:40")
        await top.press("e")
        assert "samtools.sort: OOM error in 1 flow" in top.text
        assert "without a live alloc" not in top.text


async def test_every_screen_says_that_it_is_the_past() -> None:
    async with Dashboard(cluster()).shown(200, 36) as top:
        for keys in ([], ["enter"], ["enter", "b"], ["enter", "enter"], ["e"], ["p"], ["p", "enter"], ["t"]):
            await look_at(top, "11:03")
            await top.press(*keys)
            assert "❮❮ as of 2026-11-01 11:03 UTC" in top.where, keys
            await top.press("1")
            await top.press("L")
            assert "❮❮" not in top.text, keys
            assert isinstance(top.app.screen, RunsScreen)
            top.app.session.views.clear()


async def test_empty_texts_of_past_and_present_differ() -> None:
    db = cluster()
    db.put(make_run(2, start=ago(hours=2)))
    async with Dashboard(db).shown() as top:
        await look_at(top, "11:03")
        await top.press("slash")
        await top.type("id:02")
        await top.press("enter", "enter")
        assert "No task of this run ran then." in top.text
        await top.press("1", "escape")
        await look_at(top, "01:00")
        await top.press("p")
        assert "No pool was alive then." in top.text


async def test_the_activity_line_counts_up_to_the_time_shown() -> None:
    async with Dashboard(cluster()).shown() as top:
        await look_at(top, "2026-11-01T10:43..2026-11-01T11:24")
        assert "2 (peak 2)" in top.line("last hour")


async def test_a_narrow_pane_shows_that_it_is_the_past() -> None:
    async with Dashboard(cluster()).shown(80, 24) as top:
        await look_at(top, "11:03")
        assert "❮❮ as of 2026-11-01 11:03 UTC" in top.where
        assert "✗ failed" in top.line("▸")  # later
        await top.press("enter", "t")
        assert "❮❮ as of 2026-11-01 11:03 UTC" in top.where


async def test_opening_rows_of_the_past_reads_nothing_live() -> None:
    async with Dashboard(cluster(), read_budget=1e9).shown() as top:
        live = top.app.session.live
        assert isinstance(live, Poller)
        await top.until(lambda: "loading history" not in top.text)
        await look_at(top, "11:03")
        known, spent = len(live.cluster.runs), live.status.consumed
        for _ in range(3):  # its tasks, one of them, its timeline
            await top.press("enter")
        await top.press("t")
        assert len(top.app.screen_stack) > 2
        assert (len(live.cluster.runs), live.status.consumed) == (known, spent)
        await top.press("1", "w", "enter")
        assert top.app.session.past is None


@pytest.mark.parametrize("back", [("L",), ("enter", "t", "L"), ("w", "enter")])
async def test_live_leaves_the_past_and_stops_its_reads(back: tuple[str, ...]) -> None:
    async with Dashboard(cluster()).shown() as top:
        await top.answer("T", "2026-10-01")
        past = top.app.session.past
        assert past is not None
        assert past.progress.share < 1
        (reading,) = (worker for worker in top.app.workers if worker.group == "past")
        await top.press(*back)
        assert reading.is_cancelled
        assert top.app.session.past is None
        assert "user all in the last 10m" in top.where


async def test_no_page_shows_a_lease_from_after_the_time_shown() -> None:
    db = cluster()
    db.put(make_run(2, start=ago(hours=3), keepalive=NOW + HOUR))
    async with Dashboard(db).shown(120, 36) as top:
        await look_at(top, "11:03")
        await top.press("slash")
        await top.type("id:02")
        await top.press("enter", "d")
        assert "lease" in top.text
        assert "left" not in top.text
        await top.press("escape", "p")
        assert "lease -" in top.text
        assert "left" not in top.text


async def test_the_dashboard_opens_in_the_past() -> None:
    until = parse("11:03", NOW)
    async with Dashboard(cluster(), until=until).shown() as top:
        await top.until(lambda: top.app.session.past is not None and top.app.session.past.progress.share == 1)
        assert "❮❮ as of 2026-11-01 11:03 UTC" in top.where
        assert top.ids == [1]
        await top.press("L")
        assert "❮❮" not in top.where


class SlowStart(Dashboard):
    """A dashboard whose table opens when `connected` is set."""

    def __init__(self, db: ScriptedDB, **settings: Any) -> None:
        super().__init__(db, **settings)
        self.connected = asyncio.Event()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[TaskDB]:
        await self.connected.wait()
        yield self.db


@pytest.mark.parametrize("key", ["question_mark", "f12", "slash", "e"])
async def test_the_dashboard_opens_in_the_past_whatever_the_user_opens_before(key: str) -> None:
    top = SlowStart(cluster(), until=parse("11:03", NOW))
    async with top.shown():
        await top.press(key)
        opened = top.app.screen
        top.connected.set()
        await top.until(lambda: top.app.session.past is not None and top.app.session.past.progress.share == 1)
        assert top.app.screen is opened, "keys typed ahead are for this screen"
        await top.press(*["escape"] * 2)
        assert "❮❮ as of 2026-11-01 11:03 UTC" in top.where
        assert top.ids == [1]


async def test_commands_to_copy_show_the_same_time_again() -> None:
    async with Dashboard(cluster()).shown() as top:
        await look_at(top, "11:03")
        assert "id:01010101" in copied(top)
        assert "--until 2026-11-01T11:03:00Z" in copied(top)
        assert "--since" not in copied(top)
        await look_at(top, "10:50..11:03")
        assert "--since 2026-11-01T10:50:00Z --until 2026-11-01T11:03:00Z" in copied(top)
        incident = share.collect(top.app.session, subject(top).incident)
        assert "--until 2026-11-01T11:03:00Z" in "\n".join(markdown(incident, "x.json"))
        await top.press("L")
        assert top.app.session.window is None


def subject(top: Dashboard) -> Subject:
    screen = top.app.screen
    assert isinstance(screen, BaseScreen)
    return screen.subject()


def copied(top: Dashboard) -> str:
    """The command of the dashboard in the menu of texts to copy."""
    return next(item.text for item in command_items(top.app.session, subject(top)) if item.name == "reflowtop")


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_the_way_back_is_on_every_screen_of_the_past_however_narrow(size: tuple[int, int]) -> None:
    async with Dashboard(cluster()).shown(*size) as top:
        await look_at(top, "11:03..11:50")
        for key in ("home", "enter", "enter", "t"):  # the runs, tasks of one, one of them, its timeline
            await top.press(key)
            assert "❮❮ as of 2026-11-01 11:50 UTC" in top.where, key
            assert "L live" in top.where, key
        await top.press("L")
        assert "❮❮" not in top.text
