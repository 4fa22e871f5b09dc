"""The reads that fill a Cluster."""

import asyncio
import dataclasses
from collections.abc import Awaitable, Collection, Iterable
from datetime import datetime
from typing import TypeVar

from store import AllocQuery, Error, ErrorKind, PoolQuery, Rows, RunID, RunQuery, TaskDB, TaskQuery
from tui.watch.cluster import Changes, Cluster

T = TypeVar("T")

# There is no batch read of runs; so many are looked up at a time.
LOOKUPS = 16


@dataclasses.dataclass(slots=True)
class Reading:
    """What a read came to: what changed, the errors of what could not be read, and its cost in RCU."""

    changes: Changes = dataclasses.field(default_factory=Changes)
    errors: list[Error] = dataclasses.field(default_factory=list)
    consumed: float = 0.0

    async def rows(self, read: Awaitable[Rows[T]]) -> Rows[T]:
        """The rows of `read`, its cost and errors taken down; none, and its error, when it fails."""
        try:
            rows = await read
        except Error as error:
            rows = Rows(errors=[error])
        self.errors += rows.errors
        self.consumed += rows.consumed
        return rows

    def include(self, other: "Reading") -> None:
        """Take up another, later one."""
        self.changes.update(other.changes)
        self.errors += other.errors
        self.consumed += other.consumed


def gaps(errors: Iterable[Error]) -> list[Error]:
    """Those of `errors` that tell of parts that were not retrieved; the others tell of rows with unreadable fields."""
    return [error for error in errors if error.kind is not ErrorKind.INVALID]


async def sweep(db: TaskDB, cluster: Cluster, since: datetime) -> Reading:
    """Read every row alive since `since`, and the rows that those name but that did not come along.

    Raises Error when nothing could be read.
    """
    snapshot = await db.active(since)
    changes = cluster.sweep(snapshot, since, complete=not gaps(snapshot.errors))
    reading = Reading(changes, list(snapshot.errors), snapshot.consumed)
    await _read_missing(db, cluster, reading)
    return reading


async def read_history(db: TaskDB, cluster: Cluster, run_id: RunID) -> Reading:
    """Read all tasks of a run, also those that ended long ago. Raises Error when nothing could be read."""
    rows = await db.tasks(TaskQuery(run_id=run_id, with_alloc=True))
    changes = cluster.add(tasks=rows) if gaps(rows.errors) else cluster.add_history(run_id, rows)
    return Reading(changes, rows.errors, rows.consumed)


async def look_up_runs(db: TaskDB, cluster: Cluster, ids: Collection[RunID]) -> Reading:
    """Read runs by their ids."""
    reading = Reading()
    async with asyncio.TaskGroup() as group:
        reads = [group.create_task(reading.rows(db.runs(RunQuery(id=id)))) for id in ids]
    for id, read in zip(ids, reads, strict=True):
        rows = read.result()
        reading.changes.update(cluster.add(runs=rows))
        if not gaps(rows.errors):
            cluster.missing.runs.discard(id)  # there is no such row: asking again is no use
    return reading


async def _read_missing(db: TaskDB, cluster: Cluster, reading: Reading) -> None:
    missing = cluster.missing
    if missing.runs:
        reading.include(await look_up_runs(db, cluster, list(missing.runs)[:LOOKUPS]))
    if ids := list(missing.allocs):
        allocs = await reading.rows(db.allocs(AllocQuery(ids=ids)))
        reading.changes.update(cluster.add(allocs=allocs))
        if not gaps(allocs.errors):
            missing.allocs.difference_update(ids)
    if ids := list(missing.pools):
        pools = await reading.rows(db.pools(PoolQuery(ids=ids)))
        reading.changes.update(cluster.add(pools=pools))
        if not gaps(pools.errors):
            missing.pools.difference_update(ids)
