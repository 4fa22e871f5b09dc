"""`TaskDB.active` with its filters, and `TaskDB.lookup`."""

from datetime import datetime, timedelta

import pytest

from store import Digest, DynamoTaskDB, RunID, Snapshot, StringDigest, TaskDB
from tests.contract.rows import RESOURCES, digest, ids, live_run, live_task, some_pool
from tests.contract.test_windows import TIMES
from tests.support.clock import MockClock

MINUTE, LEASE, HOUR, DAY = timedelta(minutes=1), timedelta(minutes=2), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(params=TIMES)
def now(request: pytest.FixtureRequest, clock: MockClock) -> datetime:
    clock.time = TIMES[request.param]
    return clock.time


def everything(snapshot: Snapshot) -> list[Digest]:
    assert not snapshot.errors
    return sorted([*ids(snapshot.runs), *ids(snapshot.tasks), *ids(snapshot.allocs), *ids(snapshot.pools)])


async def test_a_scan_brings_every_row_once_wherever_its_lease_is(db: TaskDB, now: datetime) -> None:
    leases = [now + 5 * second * timedelta(seconds=1) for second in range(-30, 31, 3)]
    tasks = [await live_task(db, lease) for lease in leases]
    assert everything(await db.active(now - 10 * MINUTE)) == sorted(tasks)
    assert everything(await db.active(leases[0])) == sorted(tasks[1:])
    assert everything(await db.active(leases[0], leases[-1])) == sorted(tasks[1:-1])


async def test_changes_always_include_starts_renewals_and_ends(db: TaskDB, now: datetime, clock: MockClock) -> None:
    clock.time = now - HOUR
    idle, renewed, ended, expired = [await live_task(db, now + MINUTE) for _ in range(4)]
    run = await live_run(db, now + MINUTE)
    clock.time = now
    await db.keep_task_alive(renewed, now + LEASE)
    await db.set_task_complete(ended, end=now)
    await db.set_run_complete(run, end=now)
    await db.keep_task_alive(expired, now - 5 * MINUTE)
    started = await live_task(db, now)
    found = everything(await db.active(now - 10 * MINUTE, changed_since=now))
    assert {run, renewed, ended, started} <= set(found)
    assert not {idle, expired} & set(found)
    assert {idle, expired} < set(everything(await db.active(now - 10 * MINUTE)))


async def test_started_by_excludes_later_starts(db: TaskDB, now: datetime, clock: MockClock) -> None:
    clock.time = now - HOUR
    early = await live_run(db, now + LEASE)
    clock.time = now
    at = await live_run(db, now + LEASE)
    clock.time = now + timedelta(seconds=1)
    late = await live_run(db, now + LEASE)
    assert everything(await db.active(now, started_by=now)) == sorted([early, at])
    assert everything(await db.active(now, started_by=now - timedelta(seconds=1))) == [early]
    assert everything(await db.active(now)) == sorted([early, at, late])


async def test_open_only_excludes_ended_rows(db: TaskDB, now: datetime) -> None:
    ended, going_on = await live_run(db, now + LEASE), await live_run(db, now + LEASE)
    await db.set_run_complete(ended, end=now)
    assert everything(await db.active(now, open_only=True)) == [going_on]
    assert everything(await db.active(now, changed_since=now, started_by=now, open_only=True)) == [going_on]


async def test_open_only_with_ended_runs_excludes_other_ended_rows(db: TaskDB, now: datetime) -> None:
    ended, going_on = await live_run(db, now + LEASE), await live_run(db, now + LEASE)
    await db.set_run_complete(ended, end=now)
    task = await live_task(db, now + LEASE)
    assert everything(await db.active(now, open_only=True, with_ended_runs=True)) == sorted([ended, going_on, task])
    await db.set_task_complete(task, end=now)
    assert everything(await db.active(now, open_only=True, with_ended_runs=True)) == sorted([ended, going_on])
    assert everything(await db.active(now, with_ended_runs=True)) == sorted([ended, going_on, task])


async def test_both_at_once(db: TaskDB, now: datetime, clock: MockClock) -> None:
    clock.time = now - HOUR
    ended, idle = await live_run(db, now + MINUTE), await live_run(db, now + MINUTE)
    clock.time = now
    await live_run(db, now + LEASE)
    await db.set_run_complete(ended, end=now)
    found = everything(await db.active(now, now + DAY, changed_since=now, started_by=now - MINUTE))
    assert found == [ended]
    assert idle not in found


@pytest.mark.parametrize("consistent", [False, True])
async def test_lookup_finds_rows_of_any_type(consistent: bool, db: TaskDB, clock: MockClock) -> None:
    await db.create_run(run := RunID.new(), "amy")
    task = await live_task(db, clock.time)
    pool = some_pool("i-1")
    await db.start_pool(pool)
    await db.start_alloc(StringDigest("alloc"), pool.pool_id.digest, RESOURCES)
    asked = [run, task, digest("alloc"), pool.pool_id.digest, digest("unknown"), run]
    found = await db.lookup(asked, consistent=consistent)
    assert everything(found) == sorted(asked[:4])
    assert found.as_of == clock.time
    assert everything(await db.lookup([], consistent=consistent)) == []


async def test_lookup_takes_more_ids_than_one_request(db: TaskDB, clock: MockClock) -> None:
    tasks = [await live_task(db, clock.time) for _ in range(101)]
    assert everything(await db.lookup(tasks)) == sorted(tasks)


async def test_unchanged_rows_are_the_same_object(db: TaskDB, clock: MockClock) -> None:
    if not isinstance(db, DynamoTaskDB):
        pytest.skip("rows in memory are decoded each time")
    run = await live_run(db, clock.time + LEASE)
    other = await live_run(db, clock.time + LEASE)
    since = clock.time - MINUTE
    first = {row.id: row for row in (await db.active(since)).runs}
    for changed_since in (clock.time, clock.time, None, None):
        again = {row.id: row for row in (await db.active(since, changed_since=changed_since)).runs}
        assert again[run] is first[run]
    await db.set_run_complete(run, end=clock.time)
    again = {row.id: row for row in (await db.active(since)).runs}
    assert again[run].end == clock.time
    assert again[other] is first[other]
    past = {row.id: row for row in (await db.active(since, clock.time + DAY)).runs}
    assert past == again
    assert past[other] is not first[other]
