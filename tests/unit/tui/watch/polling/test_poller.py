import asyncio
from datetime import datetime, timedelta
from typing import Any

from store import Error, ErrorKind, FailureReason
from tests.support.clock import settle
from tests.support.rows import (
    NOW,
    ago,
    ahead,
    digest,
    make_alloc,
    make_pool,
    make_run,
    make_task,
    run_id,
    task_id,
)
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.watched import INTERVAL, LONG, SECOND, Watched
from tui.watch.model.states import State
from tui.watch.polling.backoff import JITTER
from tui.watch.polling.poller import MAX_DELAY

RECENT = ago(minutes=5)


async def test_a_refresh_reads_the_window_once() -> None:
    watched = Watched(ScriptedDB(make_run(1), make_task(1, 1), make_alloc(), make_pool()))
    await watched.refresh()
    assert watched.db.calls == [("active", ago(minutes=10))]
    status = watched.poller.status
    assert (status.as_of, status.error, status.consumed) == (NOW, None, 31.0)
    assert watched.changes[-1].added == {run_id(1), task_id(1), make_alloc().id, make_pool().id}


async def test_rows_that_others_name_are_fetched_once() -> None:
    old: dict[str, Any] = {"keepalive": ago(hours=1)}
    db = ScriptedDB(make_run(1, **old), make_task(1, 1), make_alloc(**old), make_pool(**old))
    db.put(make_alloc("a2", "i-2"), make_pool("i-2", **old), make_task(2, 2, alloc_id=digest("gone")))
    watched = Watched(db, narrow=False)
    await watched.refresh()
    assert db.called("lookup") == [
        {run_id(1), run_id(2), digest("a1"), digest("gone"), digest("i-2")},
        {digest("i-0abc")},
    ]
    assert watched.cluster.pool_of(make_task(1, 1)) == make_pool(**old)
    db.calls.clear()
    await watched.refresh(ahead(seconds=5))
    # Missing rows are not asked for again, and expired ones were looked up just now.
    assert db.calls == [("active", ago(seconds=75))]
    db.calls.clear()
    await watched.refresh(ahead(minutes=1))
    assert db.calls[1:] == [("lookup", {run_id(1), digest("a1"), digest("i-0abc"), digest("i-2")})]


async def test_the_loop_runs_while_much_is_merged() -> None:
    watched = Watched(ScriptedDB(make_run(1), *(make_task(number, 1) for number in range(5000))))
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await watched.refresh()
    counting.cancel()
    assert watched.cluster.tally(run_id(1)).total == 5000
    assert turns >= 5


async def test_a_failed_refresh_keeps_the_model_and_the_reason() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    await watched.refresh()
    watched.db.failure = THROTTLED
    await watched.refresh(ahead(minutes=9))
    assert (watched.poller.status.error, watched.poller.status.as_of) == (THROTTLED, NOW)
    assert watched.cluster.run_state(run_id(1)) is State.RUNNING
    assert watched.poller.status.seen_at(ahead(minutes=9)) == NOW
    watched.db.failure = None
    await watched.refresh(ahead(minutes=10))
    assert watched.poller.status.seen_at(ahead(minutes=10)) == ahead(minutes=10)
    assert watched.cluster.run_state(run_id(1)) is State.LOST


async def test_a_refresh_with_gaps_moves_no_state() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    await watched.refresh()
    watched.db.row_errors = [THROTTLED]
    watched.db.put(make_run(2, start=ahead(minutes=8)))
    await watched.refresh(ahead(minutes=9))
    assert (watched.poller.status.error, watched.poller.status.as_of) == (THROTTLED, NOW)
    assert watched.cluster.run_state(run_id(1)) is State.RUNNING
    assert watched.cluster.run(run_id(2))


async def test_a_refresh_with_gaps_empties_nothing() -> None:
    watched = Watched(ScriptedDB(make_run(1, end=NOW)))
    await watched.refresh()
    watched.db.row_errors = [THROTTLED]
    await watched.refresh(ahead(hours=1))
    assert watched.cluster.run(run_id(1))
    watched.db.row_errors = []
    await watched.refresh(ahead(hours=1))
    assert watched.cluster.run(run_id(1)) is None


async def test_unreadable_rows_are_no_gap() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    malformed = Error(ErrorKind.INVALID, "parse time", ("x",), reason=FailureReason.UNREADABLE)
    watched.db.row_errors = [malformed]
    await watched.refresh()
    assert (watched.poller.status.error, watched.poller.status.unreadable) == (None, (malformed,))
    assert watched.poller.status.as_of == NOW


async def test_a_failed_lookup_is_reported_and_retried() -> None:
    watched = Watched(ScriptedDB(make_run(1), make_task(1, 1), make_alloc(keepalive=ago(hours=1))))
    watched.db.failures["lookup"] = THROTTLED
    await watched.refresh()
    assert watched.poller.status.error is THROTTLED
    watched.db.failures.clear()
    await watched.refresh()
    assert watched.cluster.alloc(digest("a1"))


async def test_after_an_outage_the_refresh_reaches_back_to_the_last_one() -> None:
    watched = Watched(ScriptedDB(make_run(1)), narrow=False)
    await watched.refresh()
    watched.db.put(make_run(1, keepalive=ahead(minutes=3), end=ahead(minutes=2)))
    await watched.refresh(ahead(hours=1))
    assert watched.db.called("active")[-1] == ago(seconds=75)
    # Long over: it was seen to end, and is out of the window.
    assert not watched.cluster.runs


async def test_an_expired_run_is_looked_up_and_found_ended() -> None:
    watched = Watched(ScriptedDB(make_run(1)), narrow=False)
    await watched.refresh()
    await watched.refresh(ahead(hours=1))
    assert watched.cluster.run_state(run_id(1)) is State.LOST
    watched.db.put(make_run(1, end=ahead(minutes=59)))
    await watched.refresh(ahead(hours=1, seconds=5))
    assert watched.cluster.run_state(run_id(1)) is State.LOST
    await watched.refresh(ahead(hours=1, minutes=1))
    assert watched.cluster.run_state(run_id(1)) is State.SUCCEEDED


async def test_delays_grow_with_failures_and_are_not_the_same_for_all() -> None:
    watched = Watched(ScriptedDB(), interval=timedelta(seconds=5))
    watched.db.failure = THROTTLED
    assert watched.poller.delay == timedelta(seconds=5)
    longest = []
    for _ in range(20):
        await watched.refresh()
        delays = {watched.poller.delay for _ in range(50)}
        assert len(delays) > 1
        longest.append(max(delays))
    assert timedelta(seconds=10) < longest[0] <= timedelta(seconds=10) * (1 + JITTER)
    assert max(longest) <= MAX_DELAY * (1 + JITTER)
    watched.db.failure = None
    await watched.refresh()
    assert watched.poller.delay == timedelta(seconds=5)


async def test_runs_that_began_before_the_window_get_their_history_read_once() -> None:
    old_task = make_task(1, 1, end=ago(minutes=50), keepalive=ago(minutes=50), start=ago(minutes=55))
    watched = Watched(ScriptedDB(make_run(1), make_run(2, start=RECENT), old_task))
    async with watched.running():
        assert watched.db.called("tasks") == [run_id(1)]
        assert watched.cluster.tally(run_id(1)).total == 1
        assert watched.cluster.has_all_tasks(run_id(1))
        watched.poller.refresh_now()
        await settle()
        assert watched.db.called("tasks") == [run_id(1)]


async def test_opening_a_run_reads_its_tasks_at_once_and_refreshing_reads_them_again() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=RECENT), make_task(1, 1)))
    async with watched.running():
        watched.poller.pause()
        watched.poller.open_run(run_id(1))
        await settle()
        assert watched.db.called("tasks") == [run_id(1)]
        watched.poller.refresh_now()
        await settle()
        assert watched.db.called("tasks") == [run_id(1)] * 2
        watched.poller.close_run(run_id(1))
        watched.poller.refresh_now()
        await settle()
        assert watched.db.called("tasks") == [run_id(1)] * 2


async def test_an_open_run_is_not_forgotten() -> None:
    watched = Watched(ScriptedDB(make_run(1, end=ago(minutes=1))))
    await watched.refresh()
    watched.poller.open_run(run_id(1))
    await watched.refresh(ahead(hours=1))
    assert watched.cluster.run(run_id(1))
    watched.poller.close_run(run_id(1))
    await watched.refresh()
    assert watched.cluster.run(run_id(1)) is None


async def test_a_run_opened_twice_is_kept_until_it_is_closed_twice() -> None:
    watched = Watched(ScriptedDB(make_run(1, end=ago(minutes=1))))
    await watched.refresh()
    watched.poller.open_run(run_id(1))
    watched.poller.open_run(run_id(1))
    watched.poller.close_run(run_id(1))
    await watched.refresh(ahead(hours=1))
    assert watched.cluster.run(run_id(1))
    watched.poller.close_run(run_id(1))
    await watched.refresh()
    assert watched.cluster.run(run_id(1)) is None


async def test_a_failed_history_is_reported_and_retried() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    watched.db.failures["tasks"] = THROTTLED
    async with watched.running():
        assert watched.poller.history_errors == {run_id(1): THROTTLED}
        assert watched.changes[-1].runs == {run_id(1)}
        watched.db.failures.clear()
        watched.poller.refresh_now()
        await settle()
        assert watched.db.called("tasks") == [run_id(1)]
        watched.db.now = ahead(minutes=1)
        watched.poller.refresh_now()
        await settle()
        assert watched.db.called("tasks") == [run_id(1)] * 2
        assert watched.poller.history_errors == {}


async def test_there_are_never_two_refreshes_at_once() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    watched.db.gate.clear()
    async with watched.running():
        for _ in range(3):
            watched.poller.refresh_now()
            await settle()
        assert len(watched.db.called("active")) == 1
        watched.db.gate.set()
        await settle()
        assert len(watched.db.called("active")) == 2


async def test_refreshes_follow_each_other() -> None:
    watched = Watched(ScriptedDB(make_run(1)), interval=timedelta(seconds=5), narrow=False)
    async with watched.running():
        await watched.db.clock.advance(24)
        assert len(watched.db.called("active")) == 5


async def test_paused_it_reads_only_on_demand() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=RECENT)), interval=timedelta())
    watched.poller.pause()
    async with watched.running():
        assert len(watched.db.called("active")) == 1
        assert watched.poller.status.paused
        assert watched.poller.status.seen_at(ahead(hours=1)) == NOW
        watched.poller.refresh_now()
        await settle()
        assert len(watched.db.called("active")) == 2
        watched.poller.interval = LONG
        watched.poller.resume()
        await settle()
        assert len(watched.db.called("active")) == 4
        assert not watched.poller.status.paused


async def test_the_time_of_the_next_attempt_is_that_of_the_wait() -> None:
    watched = Watched(ScriptedDB(make_run(1)), interval=timedelta(seconds=10))
    poller, db = watched.poller, watched.db
    db.failure = THROTTLED

    def next_at() -> datetime | None:
        return poller.status.next_at

    async with watched.running():
        first = next_at()
        assert first is not None
        assert timedelta(seconds=10) <= first - NOW <= timedelta(seconds=20) * (1 + JITTER)
        await db.clock.advance((first - NOW).total_seconds() - 0.5)
        assert len(db.called("active")) == 1
        db.gate.clear()
        await db.clock.advance(0.5)
        assert len(db.called("active")) == 2
        assert next_at() is None  # a refresh is under way
        db.gate.set()
        await settle()
        assert next_at() is not None
        poller.pause()
        assert next_at() is None
        poller.resume()
        await settle()
        assert next_at() is not None


async def test_cancelling_stops_a_refresh_that_hangs() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    watched.db.gate.clear()
    async with watched.running():
        assert watched.db.under_way == 1
    assert watched.db.under_way == 0


# Attention


async def test_an_absent_user_slows_polling_and_a_return_refreshes() -> None:
    watched = Watched(ScriptedDB(make_run(1, keepalive=ahead(days=1))), interval=INTERVAL, narrow=False)
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
