"""The live model on the servers: writes of an engine are seen at the next refresh."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from store import DynamoTaskDB, Pool, Resources, RunID, StringDigest, Task, TaskID
from store.dynamo import schema
from tests.support.clock import MockClock
from tests.support.rows import OOM
from tests.support.servers import Server
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State
from tui.watch.polling.budget import Budget
from tui.watch.polling.past import PastView
from tui.watch.polling.poller import Poller

RUN = RunID.compute(b"run")
LEASE = timedelta(minutes=2)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
BEFORE_MIDNIGHT = datetime(2026, 11, 1, 23, 57, tzinfo=UTC)


class World:
    """An engine that writes into a table, and a poller that watches it."""

    def __init__(self, db: DynamoTaskDB, clock: MockClock) -> None:
        self.db = db
        self.clock = clock
        self.cluster = Cluster(clock.time)
        self.poller = Poller(self.cluster, lambda now: now - timedelta(minutes=10), Budget(100, 0.125), clock=clock.now)

    async def pass_time(self, seconds: int) -> None:
        """The run renews its lease every 90 s, and every 5 s there is a refresh."""
        for second in range(0, seconds, 5):
            if second % 90 == 0:
                await self.db.keep_run_alive(RUN, self.clock.time + LEASE)
            self.clock.time += timedelta(seconds=5)
            await self.poller.refresh(self.db)
            assert self.poller.status.error is None
            assert self.cluster.run_state(RUN) in (State.RUNNING, State.FAILING)


@pytest.fixture(params=[NOON, BEFORE_MIDNIGHT], ids=["noon", "midnight"])
async def world(request: pytest.FixtureRequest, server: Server) -> AsyncIterator[World]:
    table = f"watch-{request.param:%H}"
    admin = boto3.client("dynamodb", endpoint_url=server.endpoint_url)
    admin.create_table(**schema.table_definition(table))
    clock = MockClock(request.param)
    async with DynamoTaskDB.open(table, endpoint_url=server.endpoint_url, clock=clock.now) as db:
        yield World(db, clock)
    admin.delete_table(TableName=table)


async def test_writes_are_seen_at_the_next_refresh(world: World) -> None:
    db, clock, tasks = world.db, world.clock, world.cluster.tally
    await db.create_run(RUN, "amy")
    await world.pass_time(100)
    pool = Pool(pool_id=StringDigest("i-1"), pool_type="r5.large")
    await db.start_pool(pool)
    await db.start_alloc(StringDigest("a-1"), pool.pool_id.digest, Resources({"cpu": 4}))
    task = Task(id=TaskID.compute(b"task"), run_id=RUN, alloc_id=StringDigest("a-1").digest, ident="sort")
    await db.create_task(task)
    await world.pass_time(5)
    assert tasks(RUN).total == 1
    found = world.cluster.pool_of(tasks(RUN).tasks[task.id])
    assert found is not None
    assert found.pool_type == "r5.large"
    await db.keep_task_alive(task.id, clock.time + LEASE)
    await world.pass_time(30)
    await db.set_task_complete(task.id, OOM, end=clock.time)
    await world.pass_time(5)
    assert (tasks(RUN).done, world.cluster.run_state(RUN)) == (1, State.FAILING)
    await db.set_run_complete(RUN, end=clock.time)
    clock.time += timedelta(seconds=5)
    await world.poller.refresh(db)
    assert world.cluster.run_state(RUN) is State.FAILED
    assert world.poller.status.consumed < 10


async def test_a_stopped_run_is_lost_and_a_late_end_is_not(world: World) -> None:
    await world.db.create_run(RUN, "amy")
    await world.pass_time(180)
    stopped = world.clock.time
    while world.clock.time < stopped + timedelta(minutes=7):
        world.clock.time += timedelta(seconds=30)
        await world.poller.refresh(world.db)
    assert world.cluster.run_state(RUN) is State.LOST
    await world.db.set_run_complete(RUN, end=world.clock.time)
    for _ in range(3):
        world.clock.time += timedelta(seconds=30)
        await world.poller.refresh(world.db)
    assert world.cluster.run_state(RUN) is State.SUCCEEDED


async def test_a_past_window_is_found(world: World) -> None:
    began = world.clock.time
    await world.db.create_run(RUN, "amy")
    await world.pass_time(180)
    await world.db.set_run_complete(RUN, end=world.clock.time)
    world.clock.time += timedelta(days=2)

    async def running(since: datetime, until: datetime) -> bool:
        past = PastView(since, until, Budget(1e9, 0), clock=world.clock.now)
        await past.read(world.db)
        assert past.errors == []
        return any(map(past.was_running, past.cluster.runs))

    minute = timedelta(minutes=1)
    assert await running(began + minute, began + 2 * minute)
    assert await running(began - minute, began)
    assert not await running(began - 2 * minute, began - minute)
    assert not await running(began + 4 * minute, began + 5 * minute)
