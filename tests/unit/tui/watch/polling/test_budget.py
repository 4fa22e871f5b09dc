"""The read budget and the interval that it allows."""

import pytest

from tests.support.rows import NOW, ahead, make_run
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.watched import INTERVAL, SECOND, Watched
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import MAX_DELAY


async def test_the_interval_is_stretched_to_stay_within_the_budget() -> None:
    watched = Watched(
        ScriptedDB(make_run(1, start=NOW)), interval=INTERVAL, budget=Budget(limit=10, price=0.125), narrow=False
    )
    watched.db.cost = 1000.0
    await watched.refresh()
    # The first one was asked for, whatever it costs.
    assert watched.poller.status.every == INTERVAL
    for cost, seconds in ((40.0, 5), (160.0, 10), (1000.0, 40)):
        watched.db.cost = cost
        await watched.refresh()
        assert watched.poller.status.every == watched.poller.delay == seconds * SECOND
        assert watched.poller.is_slowed_by_budget is (seconds > 5)


async def test_over_time_reading_costs_no_more_than_the_budget() -> None:
    db = ScriptedDB(make_run(1, start=NOW, keepalive=ahead(days=1)))
    watched = Watched(db, interval=INTERVAL, budget=Budget(10, 0.125), narrow=False)
    watched.db.cost = 130.0
    async with watched.running():
        await watched.db.clock.advance(5 + 1300)
    assert len(watched.db.called("active")) == 1 + 101


async def test_cost_of_reading() -> None:
    watched = Watched(ScriptedDB(make_run(1)), budget=Budget(100, price=0.25), narrow=False)
    watched.db.cost = 600.0
    await watched.refresh()
    await watched.refresh(NOW + INTERVAL)
    status = watched.poller.status
    assert (status.consumed, status.rate) == (600.0, 20.0)
    assert status.dollars_per_hour == pytest.approx(20 * 3600 * 0.25 / 1e6)
    watched.db.cost = 0.0
    await watched.refresh(ahead(minutes=2))
    assert watched.poller.status.rate == 0


async def test_throttling_lengthens_the_interval() -> None:
    watched = Watched(ScriptedDB(make_run(1)), interval=INTERVAL)
    watched.db.failure = THROTTLED
    for _ in range(20):
        await watched.refresh()
    assert watched.poller.delay > MAX_DELAY / 2
    assert watched.poller.status.error is THROTTLED
