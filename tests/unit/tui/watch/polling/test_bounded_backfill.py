"""The backfill of commands."""

import asyncio
from datetime import timedelta
from typing import Any

from tests.support.rows import NOW, ago, make_pool, make_run, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui.watch.model.cluster import Cluster
from tui.watch.polling.bounded_backfill import BoundedBackfill
from tui.watch.polling.budget import Budget

HOUR = timedelta(hours=1)


def lost(run: int, **span: float) -> Any:
    return make_run(run, start=ago(days=9), keepalive=ago(**span))


def ended(run: int, **span: float) -> Any:
    return make_run(run, start=ago(days=9), keepalive=ago(**span), end=ago(**span))


def backfill_over(db: ScriptedDB, budget: float = 100) -> tuple[BoundedBackfill, Cluster]:
    """Return a backfill from ten minutes ago, and its cluster."""
    cluster = Cluster(NOW)
    cluster.finish_refresh(NOW, ago(minutes=10), cluster.add([]))
    return BoundedBackfill(cluster, Budget(budget, 0.125), HOUR, clock=db.clock.now, sleep=db.clock.sleep), cluster


async def test_rows_lost_within_a_day_and_runs_ended_within_an_hour_are_found() -> None:
    db = ScriptedDB(
        lost(1, minutes=20), lost(2, hours=23), lost(3, hours=25), ended(4, minutes=30), ended(5, hours=3), make_pool()
    )
    backfill, cluster = backfill_over(db)
    await backfill.search(db)
    assert {run.id for run in cluster.runs} == {run_id(n) for n in (1, 2, 4)}
    assert (backfill.outcome.reached, backfill.outcome.is_cut) == (ago(days=1), False)
    assert backfill.outcome.consumed == db.cost * len(db.called("backfill"))
    assert db.now == NOW, "a search that costs less than five seconds of the budget does not wait"


async def test_a_costly_search_waits_and_ends_within_twenty_seconds_of_the_budget() -> None:
    db = ScriptedDB()
    db.cost = 90.0
    backfill, _ = backfill_over(db, budget=10)
    searching = asyncio.create_task(backfill.search(db))
    await db.clock.advance(60)
    await searching
    assert backfill.outcome.is_cut
    assert backfill.outcome.consumed == 270.0
    assert ago(days=1) < backfill.outcome.reached < ago(minutes=30)
    assert backfill._slept == timedelta(seconds=13), "18 s of the budget, less the 5 s that are free"
    assert not await backfill.may_go_on()


async def test_an_error_ends_the_search() -> None:
    db = ScriptedDB(lost(1, minutes=20))
    db.failures["backfill"] = THROTTLED
    backfill, cluster = backfill_over(db)
    await backfill.search(db)
    assert backfill.outcome.errors == [THROTTLED]
    assert backfill.outcome.reached == ago(minutes=10)
    assert list(cluster.runs) == []
