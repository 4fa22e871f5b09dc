"""Values of queries at their bounds: every TaskDB answers the same, or refuses the same."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from store import (
    AllocQuery,
    ClusterID,
    Error,
    ErrorKind,
    Kind,
    NopTaskDB,
    PoolQuery,
    RunID,
    RunQuery,
    TaskDB,
    TaskID,
    TaskQuery,
)
from tests.contract.rows import digest, ids, live_task, some_pool, some_task
from tests.support.clock import MockClock

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
NAIVE = datetime(2026, 11, 1, 12)
DAY = timedelta(days=1)
LONG_AGO = NOON - 4000 * DAY
RUN, TASK = RunID.compute(b"run"), TaskID.compute(b"task")


class AsyncHandler:
    async def __call__(self, *association: object) -> None:
        """Never runs."""


@pytest.fixture(autouse=True)
def _noon(clock: MockClock) -> None:
    clock.time = NOON


@pytest.fixture
def both(db: TaskDB, clock: MockClock) -> list[TaskDB]:
    return [db, NopTaskDB(clock=clock.now)]


@pytest.mark.parametrize(
    ("method", "arguments", "field"),
    [
        ("runs", [RunQuery(since=LONG_AGO)], "since"),
        ("runs", [RunQuery(since=LONG_AGO, until=NOON)], "since"),
        ("tasks", [TaskQuery(since=LONG_AGO)], "since"),
        ("tasks", [TaskQuery(since=LONG_AGO, limit=1)], "since"),
        ("pools", [PoolQuery(since=LONG_AGO)], "since"),
        ("active", [LONG_AGO], "since"),
        ("active", [LONG_AGO, NOON], "since"),
        ("tasks", [TaskQuery(run_id=RUN, limit=None)], "limit"),  # type: ignore[arg-type]
        ("tasks", [TaskQuery(run_id=RUN, limit="3")], "limit"),  # type: ignore[arg-type]
        ("tasks", [TaskQuery(run_id=RUN, limit=1.5)], "limit"),  # type: ignore[arg-type]
        ("tasks", [TaskQuery(run_id=RUN, limit=True)], "limit"),
        ("tasks", [TaskQuery(run_id=RUN, limit=1 << 63)], "limit"),
        ("tasks", [TaskQuery(ident=None, since=NOON)], "ident"),  # type: ignore[arg-type]
        ("runs", [RunQuery(since=NOON, user=None)], "user"),  # type: ignore[arg-type]
        ("pools", [PoolQuery(since=NOON, cluster=None)], "cluster"),  # type: ignore[arg-type]
        ("pools", [PoolQuery(since=NOON, cluster=ClusterID(user=None))], "user"),  # type: ignore[arg-type]
        ("pools", [PoolQuery(ids=None, since=NOON)], "ids"),  # type: ignore[arg-type]
        ("pools", [PoolQuery(ids=iter([digest("pool")]))], "ids"),  # type: ignore[arg-type]
        ("allocs", [AllocQuery(ids=iter([digest("alloc")]))], "ids"),  # type: ignore[arg-type]
        ("lookup", [None], "ids"),
        ("ended_tasks", [None, NOON], "ident"),
        ("scan", ["ID", print], "kind"),
        ("scan", [1000, print], "kind"),
        ("scan", [Kind.ID, None], "handler"),
        ("scan", [Kind.ID, AsyncHandler()], "handler"),
    ],
)
async def test_a_read_of_what_cannot_be(method: str, arguments: list[Any], field: str, both: list[TaskDB]) -> None:
    for db in both:
        with pytest.raises(Error) as raised:
            await getattr(db, method)(*arguments)
        assert raised.value.kind is ErrorKind.INVALID
        assert field in raised.value.args


@pytest.mark.parametrize("bound", ["changed_since", "started_by"])
@pytest.mark.parametrize("time", [NAIVE, datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC), "10m"])
async def test_a_bound_of_a_snapshot_that_cannot_be(bound: str, time: Any, both: list[TaskDB]) -> None:
    for db in both:
        for until in (None, NOON):  # from NOON to NOON there is nothing to read
            with pytest.raises(Error) as raised:
                await db.active(NOON, until, **{bound: time})
            assert raised.value.kind is ErrorKind.INVALID


@pytest.mark.parametrize("bound", ["changed_since", "started_by"])
async def test_bounds_of_a_snapshot_may_be_far_away(bound: str, db: TaskDB) -> None:
    task = await live_task(db, NOON)
    for time in (datetime(2, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC)):
        found = ids((await db.active(NOON - DAY, **{bound: time})).tasks)  # type: ignore[arg-type]
        assert found == ([task] if (time > NOON) == (bound == "started_by") else [])


async def test_an_open_window_ends_with_tomorrow(db: TaskDB) -> None:
    end = datetime(2026, 11, 3, tzinfo=UTC)
    inside = await live_task(db, end - timedelta(seconds=1))
    beyond = await live_task(db, end)
    assert ids(await db.tasks(TaskQuery(since=NOON))) == [inside]
    assert ids((await db.active(NOON)).tasks) == [inside]
    assert ids(await db.tasks(TaskQuery(since=NOON, until=end + DAY))) == sorted([inside, beyond])


async def test_a_limited_window_has_the_last_leases(db: TaskDB) -> None:
    tasks = [await live_task(db, NOON + hours * timedelta(hours=1)) for hours in (1, 20, 3, 2)]
    assert [task.id for task in await db.tasks(TaskQuery(since=NOON, limit=2))] == [tasks[1], tasks[2]]


async def test_text_that_is_not_unicode_is_found_by_itself(db: TaskDB) -> None:
    text = "caf\udce9"
    await db.create_run(RUN, text)
    await db.keep_run_alive(RUN, NOON)
    pool = some_pool("i-1", cluster=ClusterID(text, text, text))
    await db.start_pool(pool)
    await db.create_task(msgspec.structs.replace(some_task(RUN, ident=text), id=TASK))
    await db.set_task_complete(TASK, end=NOON)
    since = NOON - DAY
    assert ids(await db.runs(RunQuery(since=since, user=text))) == [RUN]
    assert ids(await db.pools(PoolQuery(since=since, cluster=ClusterID(text, text, text)))) == [pool.pool_id.digest]
    assert ids(await db.tasks(TaskQuery(ident=text))) == [TASK]
    assert ids(await db.ended_tasks(text, since)) == [TASK]
