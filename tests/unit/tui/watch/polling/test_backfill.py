"""Histories and the backfill: they use the part of the budget that refreshes leave."""

from datetime import timedelta
from typing import Any

import pytest

from store import Error, ErrorKind, FailureReason, RunID, Snapshot
from tests.support.dashboard import Dashboard, cluster
from tests.support.rows import NOW, OOM, ago, ahead, make_run, make_task, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.watched import Watched
from tui.watch.model.states import State
from tui.watch.polling.backoff import JITTER
from tui.watch.polling.budget import Budget

DENIED = Error(ErrorKind.NOT_ALLOWED, "query", ("reflow-prod",), "not authorized")
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


def steps(watched: Watched) -> list[Any]:
    return watched.db.called("backfill")


async def test_a_run_lost_two_hours_ago_is_found() -> None:
    expired = make_run(1, keepalive=ago(hours=2), start=ago(hours=5))
    watched = Watched(
        ScriptedDB(expired, make_run(2), make_run(3, keepalive=ago(hours=2), end=ago(hours=2))), backfill=DAY
    )
    async with watched.running():
        await watched.db.clock.advance(60)
        assert watched.cluster.run_state(run_id(1)) is State.LOST
        assert {run.id for run in watched.cluster.runs} == {run_id(1), run_id(2)}
        progress = watched.poller.status.backfill
        assert progress is not None
        assert (progress.share, progress.reached) == (1.0, NOW - DAY)


async def test_runs_that_ended_in_the_last_hour_are_found_with_their_tasks() -> None:
    failed = make_run(1, keepalive=ago(minutes=40), end=ago(minutes=41), start=ago(hours=5))
    older = make_run(3, keepalive=ago(hours=2), end=ago(hours=2), start=ago(hours=5))
    task = make_task(1, 1, keepalive=ago(minutes=45), start=ago(hours=2), end=ago(minutes=45), err=OOM)
    watched = Watched(ScriptedDB(failed, make_run(2), older, task), backfill=DAY, keep_ended=HOUR)
    async with watched.running():
        await watched.db.clock.advance(60)
        watched.poller.refresh_now()
        await watched.db.clock.advance(60)
        assert {run.id for run in watched.cluster.runs} == {run_id(1), run_id(2)}
        assert watched.cluster.run_state(run_id(1)) is State.FAILED
        assert watched.cluster.has_all_tasks(run_id(1))
        watched.db.now = ahead(minutes=30)
        watched.poller.refresh_now()
        await watched.db.clock.advance(60)
        assert {run.id for run in watched.cluster.runs} == {run_id(2)}


async def test_the_steps_of_a_backfill_meet_and_grow_while_they_cost_little() -> None:
    watched = Watched(ScriptedDB(make_run(2)), backfill=DAY)
    async with watched.running():
        await watched.db.clock.advance(60)
    (_, first), *_ = steps(watched)
    assert first == ago(minutes=10) + SECOND
    assert [until for _, until in steps(watched)[1:]] == [since + SECOND for since, _ in steps(watched)[:-1]]
    spans = [until - SECOND - since for since, until in steps(watched)]
    assert spans[:5] == [timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 240)]
    assert steps(watched)[-1][0] == NOW - DAY


async def test_a_backfill_keeps_within_half_of_the_budget_and_reports_its_progress() -> None:
    watched = Watched(
        ScriptedDB(make_run(2)), backfill=DAY, interval=5 * SECOND, budget=Budget(10, 0.125), narrow=False
    )
    watched.db.cost = 600.0
    async with watched.running():
        assert len(steps(watched)) == 1
        progress = watched.poller.status.backfill
        assert progress is not None
        assert 0 < progress.share < 0.02
        await watched.db.clock.advance(119)
        assert watched.poller.status.every == 120 * SECOND
        assert len(watched.db.called("active")) == 2
        assert len(steps(watched)) == 1
        await watched.db.clock.advance(1)
        assert len(steps(watched)) == 2
        since, until = steps(watched)[1]
        assert until - SECOND - since == timedelta(minutes=7.5)


async def test_a_failed_step_is_reported_and_backed_off() -> None:
    watched = Watched(ScriptedDB(make_run(2)), backfill=DAY, interval=5 * SECOND)
    watched.db.failures["backfill"] = DENIED
    async with watched.running():
        assert len(steps(watched)) == 1
        assert watched.poller.status.background_error is DENIED
        assert watched.poller.status.error is None
        await watched.db.clock.advance(30 * (1 - JITTER) - 5)
        assert len(steps(watched)) == 1
        await watched.db.clock.advance(3600)
        assert 5 <= len(steps(watched)) <= 9
        assert len(set(steps(watched))) == 1
        watched.db.failures.clear()
        await watched.db.clock.advance(15 * 60 * (1 + JITTER) + 5)
        assert steps(watched)[-1][0] == NOW - DAY
        assert watched.poller.status.background_error is None


async def test_an_incomplete_step_is_shown_and_charged() -> None:
    expired = make_run(1, keepalive=ago(minutes=20), start=ago(hours=5))
    watched = Watched(ScriptedDB(make_run(2), expired), backfill=DAY, budget=Budget(1e6, 0.125))
    backfill = watched.db.active

    async def active(*args: Any, **options: Any) -> Snapshot:
        watched.db.row_errors = [THROTTLED] if options.get("open_only") else []
        return await backfill(*args, **options)

    watched.db.active = active  # type: ignore[method-assign]
    async with watched.running():
        assert len(steps(watched)) == 1
        assert any(run_id(1) in changes.added for changes in watched.changes)
        assert watched.poller.status.rate == pytest.approx(2 * watched.db.cost / 60)
        assert watched.poller.status.background_error is THROTTLED


async def test_while_a_step_waits_the_refreshes_have_all_of_the_budget() -> None:
    watched = Watched(
        ScriptedDB(make_run(2)), backfill=DAY, interval=5 * SECOND, budget=Budget(10, 0.125), narrow=False
    )
    watched.db.failures["backfill"] = THROTTLED
    watched.db.cost = 100.0
    async with watched.running():
        await watched.db.clock.advance(5)
        assert watched.poller.status.every == 10 * SECOND


async def test_histories_that_fail_wait_longer_each_time_and_go_with_their_run() -> None:
    watched = Watched(ScriptedDB(make_run(1, end=NOW)), interval=5 * SECOND)
    watched.db.failures["tasks"] = DENIED
    async with watched.running():
        await watched.db.clock.advance(550)
        assert 4 <= len(watched.db.called("tasks")) <= 6
        assert watched.poller.status.background_error is DENIED
        await watched.db.clock.advance(200)
        assert not watched.cluster.runs
        assert watched.poller.history_errors == {}
        assert watched.poller.status.background_error is None


async def test_failed_durations_are_reported_and_retried() -> None:
    watched = Watched(ScriptedDB(make_run(1), make_task(1, 1, start=ago(minutes=40))), interval=5 * SECOND)
    watched.db.failures["ident"] = DENIED
    async with watched.running():
        assert watched.poller.status.background_error is DENIED
        watched.db.failures.clear()
        await watched.db.clock.advance(200)
        assert len(watched.db.called("ident")) == 1
        await watched.db.clock.advance(200)
        assert len(watched.db.called("ident")) == 2
        assert watched.poller.status.background_error is None


LIVE: dict[str, Any] = {"start": ago(hours=1), "keepalive": ahead(hours=3)}
RUNS = [make_run(1, id=RunID.compute(f"{number}".encode()), **LIVE) for number in range(300)]
TASKS = [make_task(number, 1, ident=f"ident{number}", **LIVE) for number in range(300)]


@pytest.mark.parametrize(("refused", "rows"), [("tasks", RUNS), ("ident", [make_run(1, **LIVE), *TASKS])])
async def test_refused_reads_of_300_runs_or_idents_wait_for_one_another(refused: str, rows: list[Any]) -> None:
    watched = Watched(ScriptedDB(*rows), interval=30 * SECOND, budget=Budget(1e6, 0.125))
    watched.db.failures[refused] = DENIED
    async with watched.running():
        assert len(watched.db.called(refused)) == 1
        assert not watched.poller._background.is_busy
        await watched.db.clock.advance(3600)
        assert 5 <= len(watched.db.called(refused)) <= 9
        assert watched.poller.status.background_error is DENIED
        watched.db.failures.clear()
        await watched.db.clock.advance(15 * 60 * (1 + JITTER) + 30)
        assert len(set(watched.db.called(refused))) == 300
        assert not watched.poller.history_errors
        assert watched.poller.status.background_error is None


async def test_paused_nothing_is_read_in_the_background() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=ago(minutes=5))), backfill=DAY)
    watched.db.cost = 600.0
    async with watched.running():
        watched.poller.pause()
        await watched.db.clock.advance(3600)
        assert len(steps(watched)) == 1
        watched.poller.resume()
        await watched.db.clock.advance(1)
        assert len(steps(watched)) == 2


async def test_histories_are_read_within_the_budget() -> None:
    watched = Watched(ScriptedDB(*(make_run(n) for n in (1, 2, 3))), budget=Budget(10, 0.125))
    watched.db.history_cost = 50.0
    async with watched.running():
        assert len(watched.db.called("tasks")) == 1
        watched.poller.open_run(run_id(9))
        await watched.db.clock.advance(9)
        assert watched.db.called("tasks")[1:] == [run_id(9)]
        await watched.db.clock.advance(2)
        assert len(watched.db.called("tasks")) == 3


async def test_a_lost_run_is_found_before_the_histories_of_all_live_runs_are_read() -> None:
    expired = make_run(1, keepalive=ago(minutes=20), start=ago(hours=5))
    live = [make_run(number) for number in range(2, 12)]
    watched = Watched(ScriptedDB(expired, *live), backfill=DAY, budget=Budget(10, 0.125))
    watched.db.history_cost = 50.0
    async with watched.running():
        await watched.db.clock.advance(60)
        background = [name for name, *_ in watched.db.calls if name in ("tasks", "backfill")]
        assert background[:4] == ["tasks", "backfill", "backfill", "tasks"]  # a step costs 31 RCU
        assert watched.cluster.run_state(run_id(1)) is State.LOST
        assert len(watched.db.called("tasks")) < len(live)


async def test_unreadable_parts_of_a_history_are_reported() -> None:
    watched = Watched(ScriptedDB(make_run(1), make_task(1, 1)))
    malformed = Error(ErrorKind.INVALID, "parse time", ("x",), reason=FailureReason.UNREADABLE)
    watched.db.history_errors = [malformed]
    async with watched.running():
        assert watched.poller.status.unreadable == (malformed,)
        assert watched.cluster.has_all_tasks(run_id(1))
        assert not watched.poller.history_errors


async def test_allocs_of_a_history_are_looked_up() -> None:
    old: dict[str, Any] = {"end": ago(minutes=50), "keepalive": ago(minutes=50), "start": ago(minutes=55)}
    watched = Watched(ScriptedDB(make_run(1), make_task(1, 1, **old)), narrow=False)
    async with watched.running():
        assert watched.db.called("lookup") == [{make_task(1, 1).alloc_id}]
        watched.poller.refresh_now()
        await watched.db.clock.advance(0)
        assert len(watched.db.called("lookup")) == 1
        assert watched.cluster.as_of == NOW < ahead(seconds=1)


async def test_the_screen_shows_why_the_backfill_fails() -> None:
    db = cluster()
    db.failures["backfill"] = DENIED
    async with Dashboard(db).shown() as top:
        await top.refresh()
        assert "▲ Reading older rows failed: Access denied" in top.text
        assert "no data" not in top.text
