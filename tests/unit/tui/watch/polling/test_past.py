import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Error, ErrorKind, FailureReason, Run
from tests.support.clock import MockClock, settle
from tests.support.rows import NOW, OOM, ago, ahead, digest, make_alloc, make_pool, make_run, make_task, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui.watch.model.outcomes import row_at
from tui.watch.model.states import State
from tui.watch.polling.budget import Budget
from tui.watch.polling.past import PastView

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SINCE, UNTIL = ago(days=3, hours=1), ago(days=3)


def past(db: ScriptedDB, since: datetime = SINCE, until: datetime = UNTIL, limit: float = 100) -> PastView:
    return PastView(
        since,
        until,
        Budget(limit, 0.125),
        clock=db.clock.now,
        sleep=db.clock.sleep,
    )


async def read(past: PastView, db: ScriptedDB) -> None:
    reading = asyncio.create_task(past.read(db))
    await db.clock.advance(3600)
    await reading


def found(past: PastView) -> set[int]:
    return {run.id[0] for run in past.cluster.runs if past.was_running(run)}


async def test_rows_that_were_running_then() -> None:
    middle = SINCE + 30 * MINUTE
    db = ScriptedDB(
        make_run(1, start=middle, keepalive=UNTIL, end=UNTIL),
        make_run(2, start=SINCE - DAY, keepalive=ahead(minutes=1)),  # to this day
        make_run(3, start=SINCE - DAY, keepalive=SINCE + MINUTE, end=SINCE),
        make_run(4, start=UNTIL, keepalive=UNTIL + DAY, end=UNTIL + DAY),
        make_run(5, start=SINCE - DAY, keepalive=SINCE + MINUTE, end=SINCE - MINUTE),  # over before
        make_run(6, start=UNTIL + MINUTE, keepalive=UNTIL + DAY),  # not begun
        make_run(7, start=SINCE - DAY, keepalive=SINCE - 50 * MINUTE, end=middle),  # could not renew
        make_run(8, start=SINCE - DAY, keepalive=middle),  # its lease expired then
        make_run(9, start=SINCE - DAY, keepalive=SINCE - 6 * MINUTE),  # lost before
    )
    window = past(db)
    await read(window, db)
    assert found(window) == {1, 2, 3, 4, 7, 8, 9}
    assert window.cluster.run_state(run_id(2)) is State.RUNNING
    assert window.cluster.run_state(run_id(1)) is State.SUCCEEDED
    assert window.cluster.run_state(run_id(4)) is State.RUNNING
    assert window.cluster.run_state(run_id(8)) is State.LOST
    outcomes = {id[0]: outcome.state for id, outcome in (window.cluster.outcomes or {}).items()}
    assert outcomes == {2: State.RUNNING, 4: State.SUCCEEDED, 8: State.LOST, 9: State.LOST}
    assert (window.progress.share, window.errors) == (1.0, [])


@pytest.mark.parametrize("hours", [0.2, 1.5, 5, 23])
async def test_open_rows_are_shown_however_long_they_were_lost(hours: float) -> None:
    lost: dict[str, Any] = {"start": UNTIL - 3 * DAY, "keepalive": UNTIL - hours * HOUR}
    db = ScriptedDB(
        make_run(1, **lost),
        make_task(1, 1, **lost),
        make_alloc(**lost),
        make_pool(**lost),
        make_run(2, **lost, end=UNTIL + MINUTE),
        make_task(2, 2, **lost, end=UNTIL + MINUTE),
        make_run(3, **lost, end=UNTIL - 2 * MINUTE),
    )
    window = past(db, UNTIL - MINUTE)
    await read(window, db)
    cluster = window.cluster
    assert found(window) == {1, 2}
    assert cluster.run_state(run_id(1)) is State.LOST
    assert [cluster.task_state(task) for task in cluster.tally(run_id(1)).tasks.values()] == [State.LOST]
    assert cluster.run_state(run_id(2)) is State.RUNNING
    pool = cluster.pool_of(make_task(1, 1))
    assert pool is not None
    assert window.was_running(pool)


def test_open_at_the_end_means_started_and_not_ended_by_then() -> None:
    window = past(ScriptedDB(), UNTIL - HOUR)
    tasks = [
        make_task(1, 1, start=UNTIL - MINUTE, end=None),
        make_task(2, 1, start=UNTIL - MINUTE, end=UNTIL + MINUTE),
        make_task(3, 1, start=UNTIL - HOUR, end=UNTIL - MINUTE),
        make_task(4, 1, start=UNTIL + MINUTE, end=None),
        make_task(5, 1, start=UNTIL, end=None),
        make_task(6, 1, start=UNTIL - HOUR, end=UNTIL),
    ]
    assert [window.was_open_at_end(task) for task in tasks] == [True, True, False, False, True, False]
    for task in tasks:
        then = row_at(task, UNTIL)
        assert window.was_open_at_end(task) == (then is not None and then.end is None), "as the state shown is"


async def test_expired_leases_are_looked_for_in_the_day_before_and_only_in_open_rows() -> None:
    db = ScriptedDB()
    window = past(db, UNTIL)
    await read(window, db)
    midnight = datetime(2026, 10, 29, tzinfo=UTC)  # the lease that is read first ended at 09:03:41 on this day
    first = UNTIL - 2 * HOUR
    second = timedelta(seconds=1)
    assert db.called("active")[0] == first - second
    assert db.called("backfill") == [(UNTIL - DAY - second, midnight), (midnight - second, first)]


async def test_tasks_come_with_their_run_and_host() -> None:
    then: dict[str, Any] = {"start": SINCE, "keepalive": UNTIL, "end": UNTIL}
    hosts = (make_alloc(start=SINCE), make_pool(start=SINCE))
    db = ScriptedDB(make_run(1, start=SINCE - DAY, keepalive=None), make_task(1, 1, **then), *hosts)
    window = past(db)
    await read(window, db)
    assert found(window) == {1}
    assert window.cluster.pool_of(make_task(1, 1)) == hosts[1]


async def test_a_flow_that_failed_then_and_was_retried_later_has_failed() -> None:
    lived: dict[str, Any] = {"start": SINCE - DAY, "keepalive": ahead(minutes=1)}
    failed: dict[str, Any] = {"start": SINCE, "keepalive": UNTIL, "end": UNTIL - MINUTE, "err": OOM}
    db = ScriptedDB(
        *(make_run(n, **lived) for n in (1, 2, 3)),
        make_task(1, 1, **failed, flow_id=digest("f")),
        make_task(2, 1, flow_id=digest("f"), attempt=1, start=UNTIL + MINUTE, keepalive=UNTIL + 5 * MINUTE),
        make_task(3, 2, **failed),
        make_task(4, 3, start=SINCE, keepalive=UNTIL, end=UNTIL),
    )
    window = past(db)
    await read(window, db)
    cluster = window.cluster
    states = [cluster.run_state(run_id(n)) for n in (1, 2, 3)]
    assert states == [State.FAILING, State.FAILING, State.RUNNING]
    assert [(cluster.outcomes or {})[run_id(n)].state for n in (1, 2, 3)] == [
        State.RUNNING,
        State.FAILING,
        State.RUNNING,
    ]
    tally = cluster.tally(run_id(1))
    assert (tally.total, tally.failed_flows, tally.failed_attempts) == (1, 1, 1)
    assert set(db.called("tasks")) == {run_id(1), run_id(2), run_id(3)}


async def test_tasks_are_as_they_were_and_their_outcome_stands_apart() -> None:
    lived: dict[str, Any] = {"start": SINCE - DAY, "keepalive": ahead(minutes=1)}
    db = ScriptedDB(
        make_run(1, **lived),
        make_task(1, 1, start=SINCE, keepalive=UNTIL, end=UNTIL + MINUTE, err=OOM),
        make_task(2, 1, start=SINCE - DAY, keepalive=SINCE - HOUR, end=SINCE - 5 * HOUR, err=OOM),  # by all its tasks
        make_task(3, 1, start=UNTIL + MINUTE, keepalive=UNTIL + HOUR),
        make_task(4, 1, start=SINCE, keepalive=UNTIL - 10 * MINUTE),  # was lost by then, and is
    )
    window = past(db, UNTIL)
    await read(window, db)
    cluster = window.cluster
    tasks = cluster.tally(run_id(1)).tasks
    states = {id[-1]: cluster.task_state(task) for id, task in tasks.items()}
    assert states == {1: State.RUNNING, 2: State.FAILED, 4: State.LOST}
    first = tasks[make_task(1, 1).id]
    assert (first.end, first.err) == (None, None)
    outcome = (cluster.outcomes or {})[first.id]
    assert outcome.state is State.FAILED
    assert outcome.row.end == UNTIL + MINUTE
    assert make_task(2, 1).id not in (cluster.outcomes or {})
    assert cluster.has_all_tasks(run_id(1))
    assert cluster.run_state(run_id(1)) is State.FAILING


async def test_unreadable_tasks_are_reported() -> None:
    db = ScriptedDB(make_run(1, start=SINCE), make_task(1, 1, end=UNTIL, keepalive=UNTIL, start=SINCE, err=OOM))
    db.failures["tasks"] = THROTTLED
    window = past(db)
    await read(window, db)
    assert window.errors == [THROTTLED]


async def test_every_day_is_read_up_to_now_within_the_budget() -> None:
    db = ScriptedDB()
    db.cost = 600.0
    window = past(db, limit=10)
    reading = asyncio.create_task(window.read(db))
    await settle()
    assert len(db.called("active")) == 1
    shares = [window.progress.share]
    for _ in range(3):
        await db.clock.advance(60)
        shares.append(window.progress.share)
    assert shares == sorted(set(shares))
    await db.clock.advance(600)
    await reading
    assert len(db.called("active")) == 5
    assert window.progress.share == 1


async def test_cancelling_keeps_what_was_found() -> None:
    db = ScriptedDB(make_run(1, start=SINCE, keepalive=UNTIL, end=UNTIL))
    window = past(db)
    db.cost = 600.0
    reading = asyncio.create_task(window.read(db))
    await settle()
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert found(window) == {1}
    assert 0 < window.progress.share < 1


async def test_a_failed_day_is_reported_and_the_others_read() -> None:
    db = ScriptedDB(make_run(2, start=SINCE, keepalive=ahead(minutes=1)))
    malformed = Error(ErrorKind.INVALID, "decode row", reason=FailureReason.UNREADABLE)
    db.failures["active"] = THROTTLED
    window = past(db)
    reading = asyncio.create_task(window.read(db))
    await settle()
    assert found(window) == set()
    assert window.errors
    assert set(map(str, window.errors)) == {str(THROTTLED)}
    await db.clock.advance(600)
    await reading
    db.failures.clear()
    db.row_errors = [malformed]
    await read(window, db)
    assert found(window) == {2}
    assert malformed in window.errors


moments = st.integers(-5 * 24 * 60, 3).map(lambda minutes: NOW + minutes * MINUTE)


@given(st.lists(st.tuples(moments, moments, st.none() | moments), max_size=20), moments, moments)
def test_exactly_the_overlapping_rows_are_found(
    times: list[tuple[datetime, datetime, datetime | None]], one: datetime, other: datetime
) -> None:
    since, until = sorted([one, min(other, NOW)])
    rows = [make_run(n, start=start, keepalive=lease, end=end) for n, (start, lease, end) in enumerate(times, start=1)]
    db = ScriptedDB(*rows)
    db.clock = MockClock(NOW)
    window = past(db, since, until)
    asyncio.run(read(window, db))

    def overlaps(run: Run) -> bool:
        start, end = run.start_end()
        assert start
        assert end
        assert run.keepalive
        is_open = run.end is None or run.end >= since
        return start <= until and is_open and run.keepalive >= min(since - 2 * HOUR, until - DAY)

    assert found(window) == {run.id[0] for run in rows if overlaps(run)}
