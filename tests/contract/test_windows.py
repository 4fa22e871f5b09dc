"""Which rows a time window finds: those whose lease lies between its bounds, which are exclusive."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from store import Digest, PoolQuery, RunID, RunQuery, StringDigest, TaskDB, TaskQuery
from tests.contract.rows import RESOURCES, digest, ids, live_run, live_task, some_pool
from tests.support.clock import MockClock

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)

# Times at which the lease of now + 2 min falls on the next day, month, year, or on the day that only leap years have.
TIMES = {
    "noon": datetime(2026, 11, 1, 12, tzinfo=UTC),
    "before midnight": datetime(2026, 11, 4, 23, 58, 30, tzinfo=UTC),
    "midnight": datetime(2026, 11, 5, tzinfo=UTC),
    "month's end": datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC),
    "year's end": datetime(2026, 12, 31, 23, 59, tzinfo=UTC),
    "leap day": datetime(2028, 2, 28, 23, 58, 1, tzinfo=UTC),
    "after leap day": datetime(2028, 2, 29, 23, 58, 1, tzinfo=UTC),
}


@pytest.fixture(params=TIMES)
def now(request: pytest.FixtureRequest, clock: MockClock) -> datetime:
    clock.time = TIMES[request.param]
    return clock.time


Find = Callable[[TaskDB, datetime, datetime | None], Awaitable[list[Digest]]]


async def find_runs(db: TaskDB, since: datetime, until: datetime | None = None) -> list[Digest]:
    return ids(await db.runs(RunQuery(since=since, until=until)))


async def find_tasks(db: TaskDB, since: datetime, until: datetime | None = None) -> list[Digest]:
    return ids(await db.tasks(TaskQuery(since=since, until=until)))


async def find_active(db: TaskDB, since: datetime, until: datetime | None = None) -> list[Digest]:
    return ids((await db.active(since, until)).runs)


@pytest.mark.parametrize("find", [find_runs, find_active])
async def test_a_healthy_run_is_found(find: Find, db: TaskDB, now: datetime) -> None:
    run = await live_run(db, now + 2 * MINUTE)
    assert await find(db, now - 10 * MINUTE, None) == [run]
    assert await find(db, now, None) == [run]
    assert await find(db, now, now + 3 * MINUTE) == [run]
    assert await find(db, now - 10 * MINUTE, now + MINUTE) == []


async def test_bounds_are_exclusive(db: TaskDB, now: datetime) -> None:
    before, at, after = [await live_task(db, now + seconds * SECOND) for seconds in (-1, 0, 1)]
    assert await find_tasks(db, now - 2 * SECOND, now + 2 * SECOND) == sorted([before, at, after])
    assert await find_tasks(db, now - SECOND, now + SECOND) == [at]
    assert await find_tasks(db, now, now + SECOND) == []
    assert await find_tasks(db, now, now + 2 * SECOND) == [after]
    assert await find_tasks(db, now, now) == []
    assert await find_tasks(db, now - SECOND) == sorted([at, after])


async def test_bounds_count_in_whole_seconds(db: TaskDB, now: datetime) -> None:
    at = await live_task(db, now)
    half = SECOND / 2
    assert await find_tasks(db, now + half) == []
    assert await find_tasks(db, now - half) == [at]
    assert await find_tasks(db, now - MINUTE, now + half) == []
    assert await find_tasks(db, now - MINUTE, now + SECOND + half) == [at]


async def test_a_window_of_days(db: TaskDB, now: datetime) -> None:
    leases = [now - days * DAY for days in (40, 31, 2, 1, 0)]
    runs = [await live_run(db, lease) for lease in leases]
    assert await find_runs(db, now - 32 * DAY) == sorted(runs[1:])
    assert await find_runs(db, now - 32 * DAY, now - DAY) == sorted(runs[1:3])
    assert await find_runs(db, now - 60 * DAY, now - 30 * DAY) == sorted(runs[:2])
    assert await find_runs(db, now - 2 * DAY - SECOND, now - 2 * DAY + SECOND) == [runs[2]]


async def test_bounds_in_another_time_zone(db: TaskDB, now: datetime) -> None:
    run = await live_run(db, now)
    auckland, honolulu = (ZoneInfo(name) for name in ("Pacific/Auckland", "Pacific/Honolulu"))
    assert await find_runs(db, (now - MINUTE).astimezone(auckland), (now + MINUTE).astimezone(honolulu)) == [run]


async def test_every_type_of_row_is_found_by_its_first_lease(db: TaskDB, now: datetime) -> None:
    pool = some_pool("i-1")
    await db.start_pool(pool)
    await db.start_alloc(StringDigest("alloc"), pool.pool_id.digest, RESOURCES)
    task = await live_task(db, now)
    since = now - SECOND
    assert ids(await db.pools(PoolQuery(since=since))) == [pool.pool_id.digest]
    assert await find_tasks(db, since) == [task]
    snapshot = await db.active(since)
    assert ids(snapshot.allocs) == [digest("alloc")]


async def test_a_run_without_a_lease_is_in_no_window(db: TaskDB, now: datetime) -> None:
    await db.create_run(RunID.new(), "amy")
    assert await find_runs(db, now - DAY) == []


async def test_a_row_moves_with_its_lease_into_the_next_day(db: TaskDB, now: datetime, clock: MockClock) -> None:
    run = await live_run(db, now)
    for _ in range(5):
        clock.time += 90 * SECOND
        await db.keep_run_alive(run, clock.time + 2 * MINUTE)
        assert await find_runs(db, clock.time - 10 * MINUTE) == [run]
    assert await find_runs(db, now - MINUTE, now + MINUTE) == []


async def test_ended_rows_stay_in_the_window_of_their_lease(db: TaskDB, now: datetime) -> None:
    run = await live_run(db, now + 2 * MINUTE)
    await db.set_run_complete(run, end=now + DAY)
    assert await find_runs(db, now) == [run]
    assert await find_runs(db, now + 3 * MINUTE) == []


async def test_the_snapshot_has_all_types_and_its_time(db: TaskDB, now: datetime) -> None:
    run = await live_run(db, now + 2 * MINUTE)
    tasks = [await live_task(db, now + 2 * MINUTE, run=run) for _ in range(3)]
    stale = await live_run(db, now - 20 * MINUTE)
    pool = some_pool("i-1")
    await db.start_pool(pool)
    await db.start_alloc(StringDigest("alloc"), pool.pool_id.digest, RESOURCES)
    snapshot = await db.active(now - 10 * MINUTE)
    assert ids(snapshot.runs) == [run]
    assert ids(snapshot.tasks) == sorted(tasks)
    assert ids(snapshot.allocs) == [digest("alloc")]
    assert ids(snapshot.pools) == [pool.pool_id.digest]
    assert not snapshot.errors
    assert snapshot.as_of == now
    earlier = await db.active(now - 30 * MINUTE, now - 10 * MINUTE)
    assert ids(earlier.runs) == [stale]
    assert not earlier.tasks
