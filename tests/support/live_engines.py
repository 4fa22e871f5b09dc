"""Engines that start, renew and end rows of a table, as reflow does: by the public API and the keepalive helpers."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from store import (
    Digest,
    DynamoTaskDB,
    Error,
    ErrorKind,
    Pool,
    Resources,
    RunID,
    StringDigest,
    Task,
    TaskID,
    keep_id_alive_and_end,
    keep_run_alive,
    keep_task_alive,
)
from store.dynamo.client import Client
from store.keepalive import Sleep, keep_id_alive
from store.times import Clock, parse_time

IDENTS = ("align.bwa_mem", "samtools.sort", "qc.fastqc", "variants.call", "merge")
OOM = Error(ErrorKind.OOM, "exec", ("align.bwa_mem",), "killed: out of memory")
_TASKS_OF_ALLOC, _ALLOCS_OF_POOL = 4, 4
# Seconds between the end of a row and the start of the one that takes its place, on average.
_GAP = 2.0
_END_TIMEOUT = 30.0


class Write(NamedTuple):
    """A write that the service acknowledged at `at`, by the clock of the journal.

    `kind` is started, renewed, ended or failed (of a task), host ended (of other rows), or set (of other fields).
    `until` is the lease of a renewal. `is_exact` is whether the writer's clock is right.
    """

    kind: str
    id: Digest
    at: float
    until: datetime | None
    is_exact: bool


@dataclass
class Journal:
    """The acknowledged writes, and the number of writes `under_way`. `clock` returns seconds."""

    clock: Callable[[], float]
    writes: list[Write] = field(default_factory=list)
    spans: list[float] = field(default_factory=list)
    under_way: int = 0
    acknowledged: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def writing(self, kind: str, id: Digest, until: datetime | None, is_exact: bool) -> AsyncIterator[None]:
        """Record the write that the block makes, unless it fails."""
        began = self.clock()
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1
            self.acknowledged.set()
        at = self.clock()
        self.writes.append(Write(kind, id, at, until, is_exact))
        self.spans.append(at - began)


class JournaledTaskDB(DynamoTaskDB):
    """A TaskDB that records its writes in a journal."""

    def __init__(self, client: Client, table: str, journal: Journal, clock: Clock, *, is_exact: bool) -> None:
        super().__init__(client, table, labels={"Name": "align"}, clock=clock)
        self._journal = journal
        self._is_exact = is_exact

    async def _put(self, op: str, item: Any) -> None:
        kind = "started" if op == "create_task" else "set"
        async with self._journal.writing(kind, Digest.parse(item["ID"]["S"]), None, self._is_exact):
            await super()._put(op, item)

    async def _update(self, op: str, request: Any, renewed_until: datetime | None = None) -> None:
        values = request["ExpressionAttributeValues"]
        until = parse_time(values[":Keepalive"]["S"]) if ":Keepalive" in values else None
        kind = "set"
        if until is not None:
            kind = "renewed"
        elif op == "set_task_complete":
            kind = "failed" if ":Error" in values else "ended"
        elif ":EndTime" in values:
            kind = "host ended"
        id = Digest.parse(request["Key"]["ID"]["S"])
        async with self._journal.writing(kind, id, until, self._is_exact):
            await super()._update(op, request, renewed_until)


@dataclass(frozen=True)
class Traffic:
    """The numbers of open runs and tasks, and their lives.

    Lives are means, in seconds. The first rows start within `ramp` seconds. A share `dying` of the rows stops without
    an end, a share `failed` of the ended tasks fails, and a share `off` of all rows has a writer whose clock is wrong
    by up to `most_off` seconds.
    """

    runs: int
    tasks: int
    ramp: float
    task_life: float = 500.0
    host_life: float = 2000.0
    failed: float = 0.1
    dying: float = 0.03
    off: float = 0.01
    most_off: float = 60.0


class _Place:
    """A place for successive rows; `id` is the id of the current row, zero before the first."""

    def __init__(self) -> None:
        self.id = Digest.ZERO
        self.ready = asyncio.Event()

    def take(self, id: Digest) -> None:
        self.id = id
        self.ready.set()


class Engines:
    """The writers of a table. `clock` and `sleep` are theirs: a test can move the time."""

    def __init__(
        self,
        client: Client,
        table: str,
        traffic: Traffic,
        chance: random.Random,
        journal: Journal,
        *,
        clock: Clock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._traffic = traffic
        self._chance = chance
        self._journal = journal
        self._clock = clock
        self._sleep = sleep
        self._exact = JournaledTaskDB(client, table, journal, clock, is_exact=True)

    async def run(self) -> None:
        """Write until cancelled; then some allocs write their ends, and all other rows stay as they are."""
        traffic = self._traffic
        async with asyncio.TaskGroup() as group:
            pool = alloc = run = _Place()
            for number in range(traffic.runs):
                run = _Place()
                group.create_task(self._fill(run, self._live_as_run, traffic.ramp / 4))
                for task in range(number * traffic.tasks // traffic.runs, (number + 1) * traffic.tasks // traffic.runs):
                    if task % (_TASKS_OF_ALLOC * _ALLOCS_OF_POOL) == 0:
                        pool = _Place()
                        group.create_task(self._fill(pool, self._live_as_pool, traffic.ramp / 4))
                    if task % _TASKS_OF_ALLOC == 0:
                        alloc = _Place()
                        group.create_task(self._fill(alloc, self._live_as_alloc, traffic.ramp / 2, pool))
                    group.create_task(self._fill(_Place(), self._live_as_task, traffic.ramp, run, alloc))

    async def _fill(self, place: _Place, live: Any, ramp: float, *others: _Place) -> None:
        await self._sleep(self._chance.uniform(0, ramp))
        for other in others:
            await other.ready.wait()
        while True:
            await live(place, *others)
            await self._sleep(self._chance.expovariate(1 / _GAP))

    def _writer(self) -> tuple[JournaledTaskDB, dict[str, Any]]:
        """Return the TaskDB of the writer of a row, and the timing of its lease."""
        if self._chance.random() >= self._traffic.off:
            return self._exact, {"now": self._clock, "sleep": self._sleep}
        skew = timedelta(seconds=self._chance.uniform(-self._traffic.most_off, self._traffic.most_off))

        def clock() -> datetime:
            return self._clock() + skew

        db = JournaledTaskDB(self._client, self._table, self._journal, clock, is_exact=False)
        return db, {"now": clock, "sleep": self._sleep}

    async def _live(self, mean: float) -> bool:
        """Wait for the life of a row; return whether it ends, rather than dies."""
        await self._sleep(self._chance.expovariate(1 / mean))
        return self._chance.random() >= self._traffic.dying

    def _digest(self) -> Digest:
        return Digest(self._chance.randbytes(32))

    async def _live_as_run(self, place: _Place) -> None:
        db, timing = self._writer()
        id = RunID(self._chance.randbytes(32))
        await db.create_run(id, f"user{self._chance.randrange(20)}@example.com")
        await db.set_run_attrs(id, self._digest(), ["-sample", id.short])
        async with keep_run_alive(db, id, **timing):
            place.take(id)
            has_end = await self._live(self._traffic.host_life)
        if has_end:
            await db.set_run_complete(id, self._digest())

    async def _live_as_pool(self, place: _Place) -> None:
        db, timing = self._writer()
        pool = Pool(
            pool_id=StringDigest(f"i-{self._chance.randbytes(8).hex()}"),
            pool_type="c5.2xlarge",
            resources=Resources({"cpu": 16.0, "mem": 64e9}),
            uri="ec2-1-2-3-4.us-west-2.compute.amazonaws.com:9000",
        )
        id = pool.pool_id.digest
        await db.start_pool(pool)
        async with keep_id_alive(db, id, **timing):
            place.take(id)
            has_end = await self._live(self._traffic.host_life)
        if has_end:
            await db.set_end_time(id)

    async def _live_as_alloc(self, place: _Place, pool: _Place) -> None:
        db, timing = self._writer()
        name = StringDigest(f"ip-10-1-2-3:9000/{self._chance.randbytes(8).hex()}")
        id = name.digest
        await db.start_alloc(name, pool.id, Resources({"cpu": 4.0}))
        if self._chance.random() < self._traffic.dying:
            async with keep_id_alive(db, id, **timing):
                place.take(id)
                await self._live(self._traffic.host_life)
            return
        async with keep_id_alive_and_end(db, id, _END_TIMEOUT, **timing):
            place.take(id)
            await self._live(self._traffic.host_life / 2)
            await db.set_resources(id, Resources({"cpu": 2.0}))
            await self._live(self._traffic.host_life / 2)

    async def _live_as_task(self, place: _Place, run: _Place, alloc: _Place) -> None:
        db, timing = self._writer()
        ident = self._chance.choice(IDENTS)
        task = Task(
            id=TaskID(self._chance.randbytes(32)),
            run_id=RunID(run.id),
            alloc_id=alloc.id,
            flow_id=self._digest(),
            ident=ident,
            resources=Resources({"cpu": 1.0}),
        )
        place.take(task.id)
        await db.create_task(task)
        async with keep_task_alive(db, task.id, **timing):
            await db.set_task_uri(task.id, f"ip-10-1-2-3:9000/{task.id.short}")
            has_end = await self._live(self._traffic.task_life)
        if not has_end:
            return
        await db.set_task_attrs(task.id, self._digest(), self._digest(), self._digest())
        failed = self._chance.random() < self._traffic.failed
        if not failed:
            await db.set_task_result(task.id, self._digest())
        await db.set_task_complete(task.id, OOM if failed else None)
