"""The requests of a refresh, the interval, and the cost."""

from datetime import timedelta

import pytest

from tests.support.clock import settle
from tests.support.rows import NOW, ago, ahead, make_run, make_task, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.watched import Watched
from tui.watch.model.states import State
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import FULL_EVERY, MAX_DELAY

SECOND = timedelta(seconds=1)
INTERVAL = 5 * SECOND


async def test_after_a_full_sweep_come_those_for_changes() -> None:
    watched = Watched(ScriptedDB(make_run(1, keepalive=ahead(hours=1))))
    for number in range(2 * FULL_EVERY + 1):
        await watched.refresh(NOW + number * INTERVAL)
    full = [number for number, since in enumerate(watched.db.changed_since) if since is None]
    assert full == [0, FULL_EVERY, 2 * FULL_EVERY]
    assert watched.db.changed_since[3] == NOW + 2 * INTERVAL - 15 * SECOND
    assert watched.db.called("active")[3] == NOW + 2 * INTERVAL - 75 * SECOND


async def test_a_sweep_with_gaps_counts_for_nothing() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    watched.db.row_errors = [THROTTLED]
    await watched.refresh()
    watched.db.row_errors = []
    await watched.refresh(NOW + INTERVAL)
    assert watched.db.changed_since == [None, None]


async def test_a_longer_window_is_scanned_once() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    await watched.refresh()
    watched.poller._since = lambda now: now - timedelta(days=1)
    for number in range(1, FULL_EVERY + 2):
        await watched.refresh(NOW + number * INTERVAL)
    assert watched.db.changed_since[1:] == [None, *watched.db.changed_since[2:-1], None]
    assert watched.db.called("active")[1] == NOW + INTERVAL - timedelta(days=1)
    assert watched.db.called("active")[-1] == NOW + (FULL_EVERY + 1) * INTERVAL - timedelta(minutes=10)


async def test_rows_without_changes_keep_their_state() -> None:
    watched = Watched(ScriptedDB(make_run(1), make_task(1, 1)))
    await watched.refresh()
    await watched.refresh(ahead(seconds=60))
    assert watched.cluster.tally(run_id(1)).total == 1
    assert watched.cluster.run_state(run_id(1)) is State.RUNNING


async def test_a_row_is_looked_up_before_it_is_stale() -> None:
    watched = Watched(ScriptedDB(make_run(1), make_run(2), make_run(3)))
    await watched.refresh()
    # By clocks that are behind: a sweep for changes brings neither.
    watched.db.put(make_run(1, end=ago(minutes=1)), make_run(2, keepalive=ahead(seconds=104)))
    await watched.refresh(ahead(seconds=161))
    assert watched.db.called("lookup") == [{run_id(1), run_id(2), run_id(3)}]
    states = [watched.cluster.run_state(run_id(n)) for n in (1, 2, 3)]
    assert states == [State.SUCCEEDED, State.RUNNING, State.STALE]
    await watched.refresh(ahead(seconds=170))
    assert len(watched.db.called("lookup")) == 1


async def test_rows_without_a_lookup_keep_their_state() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    await watched.refresh()
    watched.db.failures["lookup"] = THROTTLED
    await watched.refresh(ahead(minutes=9))
    assert watched.cluster.run_state(run_id(1)) is State.RUNNING
    assert (watched.poller.status.error, watched.poller.status.as_of) == (THROTTLED, NOW)
    watched.db.failures.clear()
    await watched.refresh(ahead(minutes=9))
    assert watched.cluster.run_state(run_id(1)) is State.LOST


async def test_a_missing_run_is_derived_from_its_tasks() -> None:
    watched = Watched(ScriptedDB(make_task(1, 1), make_task(2, 1, keepalive=ahead(seconds=99), start=ago(minutes=3))))
    await watched.refresh()
    (run,) = watched.cluster.runs
    assert (run.id, run.start, run.keepalive, run.end) == (run_id(1), ago(minutes=3), ahead(seconds=99), None)
    assert watched.cluster.run_state(run_id(1)) is State.RUNNING
    assert not watched.cluster.has_all_tasks(run_id(1))
    watched.db.put(make_task(1, 1, end=NOW), make_task(2, 1, end=ahead(seconds=3)))
    await watched.refresh(NOW + INTERVAL)
    assert watched.cluster.run_state(run_id(1)) is State.SUCCEEDED
    watched.db.put(make_run(1, start=NOW, user="bob"))
    await watched.refresh(NOW + 2 * INTERVAL)
    (run,) = watched.cluster.runs
    assert (run.user, run.end) == ("bob", None)


# How often


async def test_the_interval_is_stretched_to_stay_within_the_budget() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=NOW)), interval=INTERVAL, budget=Budget(limit=10, price=0.125))
    watched.db.cost = 1000.0
    await watched.refresh()
    # The first one was asked for, whatever it costs.
    assert watched.poller.status.every == INTERVAL
    for cost, seconds in ((40.0, 5), (160.0, 10), (1000.0, 40)):
        watched.db.cost = cost
        await watched.refresh()
        assert watched.poller.status.every == watched.poller.delay == seconds * SECOND


async def test_over_time_reading_costs_no_more_than_the_budget() -> None:
    db = ScriptedDB(make_run(1, start=NOW, keepalive=ahead(days=1)))
    watched = Watched(db, interval=INTERVAL, budget=Budget(10, 0.125))
    watched.db.cost = 130.0
    async with watched.running():
        await watched.db.clock.advance(5 + 1300)
    assert len(watched.db.called("active")) == 1 + 101


async def test_cost_of_reading() -> None:
    watched = Watched(ScriptedDB(make_run(1)), budget=Budget(100, price=0.25))
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


async def test_an_absent_user_slows_polling_and_a_return_refreshes() -> None:
    watched = Watched(ScriptedDB(make_run(1, keepalive=ahead(days=1))), interval=INTERVAL)
    async with watched.running():
        watched.poller.attention(focused=False, idle=timedelta())
        assert watched.poller.delay == 30 * SECOND
        watched.poller.attention(focused=True, idle=timedelta(minutes=5))
        assert watched.poller.delay == 30 * SECOND
        await watched.db.clock.advance(100)
        before = len(watched.db.called("active"))
        assert before == 5  # the first, the one that was due in 5 s, and three more
        watched.poller.attention(focused=True, idle=timedelta())
        await settle()
        assert len(watched.db.called("active")) == before + 1
        watched.poller.attention(focused=True, idle=SECOND)
        await settle()
        assert len(watched.db.called("active")) == before + 1


async def test_attention_does_not_end_a_pause() -> None:
    watched = Watched(ScriptedDB(make_run(1)), interval=INTERVAL)
    async with watched.running():
        watched.poller.pause()
        watched.poller.attention(focused=False, idle=timedelta())
        watched.poller.attention(focused=True, idle=timedelta())
        await watched.db.clock.advance(600)
        assert len(watched.db.called("active")) == 1


# The clock


async def test_leases_are_measured_by_the_services_clock() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    watched.db.clock_offset = 240.0  # ours is four minutes behind
    await watched.refresh()
    status = watched.poller.status
    assert (status.as_of, status.clock_offset, status.is_clock_off()) == (NOW, 240 * SECOND, True)
    assert watched.cluster.as_of == status.seen_at(NOW) == ahead(minutes=4)
    assert watched.cluster.run_state(run_id(1)) is State.STALE
    await watched.refresh(NOW + INTERVAL)
    assert watched.db.called("active")[-1] == NOW + 240 * SECOND - 75 * SECOND


async def test_small_clock_offsets_are_ignored() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    for offset, seen in ((1.5, 0), (3.0, 3), (4.4, 3), (2.0, 3), (None, 3), (-3.0, -3), (-5.5, -5.5)):
        watched.db.clock_offset = offset
        await watched.refresh()
        assert watched.poller.status.clock_offset == seen * SECOND
        assert watched.poller.status.is_clock_off() is (seen == -5.5)


async def test_our_own_clock_makes_nothing_stale_before_the_first_complete_sweep() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    watched.db.clock_offset = -300.0  # ours is ahead
    watched.db.row_errors = [THROTTLED]
    await watched.refresh()
    assert watched.cluster.run_state(run_id(1)) is State.RUNNING
    assert watched.cluster.as_of == NOW - 300 * SECOND
