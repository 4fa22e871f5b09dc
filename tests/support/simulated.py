"""A simulated cluster at a clock that the test moves, writing to memory."""

import asyncio
import itertools
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

import msgspec
import pytest

from store import Alloc, Digest, Liveness, MemoryTaskDB, PoolRow, Run, RunID, Task, TimeFields, liveness
from store.dynamo.decode import Decoder
from store.dynamo.encode import Item
from tests.support.clock import MockClock
from tui.demo.artifacts import Event
from tui.demo.log_writer import LogWriter, RunLogs, TaskLogs
from tui.demo.run_plan import RunPlan, TaskPlan
from tui.demo.scenario import make_scenario
from tui.demo.simulated_cluster import SimulatedCluster, WriterClock
from tui.demo.workflow import WORKFLOWS
from tui.watch.model.rows import Row
from tui.watch.model.states import State, run_state

R = TypeVar("R", Run, Task, Alloc, PoolRow)

WINDOW = timedelta(minutes=10)


class Kept:
    """A repository and a log group, in memory."""

    def __init__(self) -> None:
        self.objects: dict[Digest, bytes] = {}
        self.streams: dict[str, list[Event]] = {}

    async def put(self, data: bytes) -> Digest:
        digest = Digest.compute(data)
        self.objects[digest] = data
        return digest

    async def write(self, stream: str, events: Iterable[Event]) -> None:
        self.streams.setdefault(stream, []).extend(events)


class _DigestsOnly(LogWriter):
    """Stores no logs, whose content takes a quarter of the time of a simulation."""

    _digest = Digest.compute(b"log")

    async def progress(self, task: TaskPlan, since: datetime | None, until: datetime) -> None:
        pass

    async def task(self, task: TaskPlan, since: datetime | None = None) -> TaskLogs:
        return TaskLogs(self._digest, self._digest, self._digest)

    async def result(self, task: TaskPlan) -> Digest:
        return self._digest

    async def run(self, run: RunPlan) -> RunLogs:
        return RunLogs(self._digest, self._digest, self._digest)


class World:
    """A simulated cluster, and what it has written so far: rows to `db`, and logs to `kept` if there are to be any."""

    def __init__(self, seed: int, *, has_logs: bool = False) -> None:
        self.clock = MockClock()
        self.items: dict[str, Any] = {}
        self.kept = Kept()
        self._seed = seed
        random.seed(seed)  # for the jitter of renewals
        self._began = self.clock.now()
        writer_clock = WriterClock(self.clock.now)
        dbs = {workflow.name: MemoryTaskDB(workflow.labels, writer_clock) for workflow in WORKFLOWS}
        for db in dbs.values():
            db._items = self.items  # one table for all writers
        self.db = next(iter(dbs.values()))
        logs = (LogWriter if has_logs else _DigestsOnly)(self.kept, self.kept)
        self._cluster = SimulatedCluster(dbs, self._write_rows, logs, writer_clock, self.clock.sleep)
        self._decoder = Decoder()

    async def play(self) -> None:
        await self._cluster.play(make_scenario(self._seed, self._began))

    async def _write_rows(self, items: Sequence[Item]) -> None:
        self.items.update((item["ID"]["S"], item) for item in items)

    def plans(self) -> list[RunPlan]:
        """The first runs of the scenario, planned again."""
        return _plan_again(self._seed, self._began)

    def rows(self, cls: type[R], since: timedelta | None = None) -> list[R]:
        """Return all rows of a type, or those with a lease since `since` ago, or none yet."""
        type_ = cls.__name__.lower().removesuffix("row")
        bodies = [msgspec.json.encode(item) for item in self.items.values() if item["Type"]["S"] == type_]
        errors: list[Any] = []
        found = [row for row in self._decoder.decode(bodies, errors) if isinstance(row, cls)]
        assert not errors
        if since is None:
            return found
        return [row for row in found if row.keepalive is None or row.keepalive > self.clock.now() - since]

    def by_id(self) -> dict[Digest, Row]:
        every: list[Row] = [
            *self.rows(Run),
            *self.rows(Task),
            *self.rows(Alloc),
            *self.rows(PoolRow),
        ]
        return {row.id: row for row in every}

    def tasks(self, run: Digest) -> list[Task]:
        return [task for task in self.rows(Task) if task.run_id == run]

    def liveness(self, row: TimeFields) -> Liveness:
        return liveness(row, self.clock.now())

    def states(self) -> dict[Digest, State]:
        """Return the state of every run that a dashboard would show."""
        last: dict[str, Any] = {}  # attempt of each flow
        for item in self.items.values():
            if item["Type"]["S"] == "task":
                other = last.setdefault(item["FlowID"]["S"], item)
                last[item["FlowID"]["S"]] = max(item, other, key=lambda each: int(each["Attempt"]["N"]))
        failed = {RunID.parse(item["RunID"]["S"]) for item in last.values() if "Error" in item}
        runs = self.rows(Run, WINDOW)
        return {run.id: run_state(run, int(run.id in failed), self.clock.now()) for run in runs}


@cache
def _plan_again(seed: int, began: datetime) -> list[RunPlan]:
    again = make_scenario(seed, began)
    return [*again.past, *itertools.islice(again.to_come, 20)]


@asynccontextmanager
async def playing(seed: int = 1, *, has_logs: bool = False) -> AsyncIterator[World]:
    """A world at its first moment, all of its past written."""
    world = World(seed, has_logs=has_logs)
    play = asyncio.create_task(world.play())
    await world.clock.advance(0)
    yield world
    play.cancel()
    with pytest.raises(asyncio.CancelledError):
        await play


def flows(tasks: Iterable[Task]) -> dict[Digest, list[Task]]:
    """The attempts of each flow, in their order."""
    found = defaultdict(list)
    for task in sorted(tasks, key=lambda task: task.attempt):
        found[task.flow_id].append(task)
    return found
