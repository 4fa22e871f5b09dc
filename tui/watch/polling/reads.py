"""The reads that fill a cluster. Rows are merged in slices, between which the event loop runs."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, TypeVar

import msgspec

from store import Digest, Error, FailureReason, RunID, Snapshot, Task, TaskDB, TaskQuery
from store.time_slices import in_slices
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.polling.lookups import Lookups

if TYPE_CHECKING:
    from tui.watch.polling.first_scan import FirstScan

# Rows looked up at once where rows are gone: at most 500 RCU.
_MOST_SUSPECTS = 500

T = TypeVar("T")

RowsAsThen = Callable[[Iterable[Row]], list[Row]]


class ReadOutcome(msgspec.Struct):
    """The outcome of a read: the changes, the errors of what could not be read, the cost in RCU, and the rows read.

    `absent` are the ids that were looked up and not found.
    """

    changes: Changes = msgspec.field(default_factory=Changes)
    errors: list[Error] = msgspec.field(default_factory=list)
    consumed: float = 0.0
    count: int = 0
    absent: set[Digest] = msgspec.field(default_factory=set)

    def include(self, other: "ReadOutcome") -> None:
        """Add the outcome of a later read."""
        self.changes.update(other.changes)
        self.errors += other.errors
        self.consumed += other.consumed

    @property
    def gaps(self) -> list[Error]:
        """The errors about parts that were not read. The others are about unreadable fields."""
        return [error for error in self.errors if error.reason is not FailureReason.UNREADABLE]

    @property
    def unreadable(self) -> tuple[Error, ...]:
        """The errors about rows with unreadable fields."""
        return tuple(error for error in self.errors if error.reason is FailureReason.UNREADABLE)


async def refresh(
    db: TaskDB,
    cluster: Cluster,
    since: datetime,
    *,
    changed_since: datetime | None = None,
    lookups: Lookups | None = None,
) -> ReadOutcome:
    """Read every row alive since `since`, or only the changes, then look up missing and expired rows.

    The states of `cluster` move only if everything could be read. Raises Error if nothing could be.
    """
    lookups = lookups or Lookups()
    snapshot = await db.active(since, changed_since=changed_since)
    reading = ReadOutcome()
    # A read of changes omits rows that have not changed since the last one, and possibly those of writers with wrong
    # clocks.
    await _take_snapshot(cluster, snapshot, reading, cluster.full_as_of if changed_since is None else cluster.as_of)
    now = cluster.time_of(snapshot)
    if changed_since is None:
        await _look_up_unread(db, cluster, reading, lookups, now)
    await look_up(db, cluster, reading, lookups, now)
    if reading.gaps:
        cluster.update_states(reading.changes)
    else:
        cluster.finish_refresh(now, since if changed_since is None else None, reading.changes)
    return reading


async def read_first(db: TaskDB, cluster: Cluster, since: datetime, scan: "FirstScan", lookups: Lookups) -> ReadOutcome:
    """Read every row alive since `since`, or as many as `scan` takes.

    The states of `cluster` move only if all of these could be read. Raises Error if nothing could be.
    """
    snapshot = await db.active(since, on_page=scan.take)
    reading = ReadOutcome()
    rows = note(snapshot, reading)
    await merge_rows(cluster, scan.unmerged if scan.has_merged else rows, reading.changes, cluster.full_as_of)
    cluster.open.confirm_all()
    cluster.missing.has_hosts_later = scan.is_stopped
    now = cluster.time_of(snapshot)
    await look_up(db, cluster, reading, lookups, now)
    if reading.gaps:
        cluster.update_states(reading.changes)
    else:
        cluster.finish_refresh(now, None if scan.is_stopped else since, reading.changes)
    return reading


async def backfill(
    db: TaskDB, cluster: Cluster, lookups: Lookups, since: datetime, until: datetime, *, with_ended_runs: bool
) -> ReadOutcome:
    """Read the open rows whose lease ended between `since` and `until`, and if `with_ended_runs` those of ended runs.

    Raises Error if nothing could be read.
    """
    reading = ReadOutcome()
    await _take_snapshot(
        cluster, await db.active(since, until, open_only=True, with_ended_runs=with_ended_runs), reading
    )
    lookups.note_added(cluster, reading.changes.added, cluster.as_of)
    await look_up_missing(db, cluster, reading)
    cluster.update_states(reading.changes)
    return reading


async def read_past(
    db: TaskDB,
    cluster: Cluster,
    start: datetime,
    end: datetime,
    started_by: datetime,
    as_then: RowsAsThen,
    *,
    open_only: bool = False,
) -> ReadOutcome:
    """Read the rows with a lease from `start` until before `end`, and the rows that they refer to.

    `open_only` leaves out the rows that have ended, but for runs, whose tasks are read as a whole later. `as_then`
    returns the rows to merge, as they were at the time of `cluster`. Raises Error if nothing could be read.
    """
    reading = ReadOutcome()
    # The bounds of `active` are exclusive.
    since = start - timedelta(seconds=1)
    snapshot = await db.active(since, end, started_by=started_by, open_only=open_only, with_ended_runs=open_only)
    await merge_rows(cluster, as_then(note(snapshot, reading)), reading.changes)
    await look_up_missing(db, cluster, reading, as_then)
    cluster.update_states(reading.changes)
    return reading


async def read_past_tasks(
    db: TaskDB, cluster: Cluster, run_id: RunID, as_then: Callable[[RunID, Iterable[Task]], list[Row]]
) -> ReadOutcome:
    """Read all tasks of a run, and merge them as they were at the time of `cluster`, which `as_then` returns.

    Raises Error if nothing could be read.
    """
    reading = await _read_tasks(db, cluster, run_id, partial(as_then, run_id))
    cluster.update_states(reading.changes)
    return reading


async def read_history(db: TaskDB, cluster: Cluster, run_id: RunID) -> ReadOutcome:
    """Read all tasks of a run, whenever they ended. Raises Error if nothing could be read."""
    reading = await _read_tasks(db, cluster, run_id, list[Row])
    await look_up_missing(db, cluster, reading)
    cluster.update_states(reading.changes)
    return reading


async def _read_tasks(
    db: TaskDB, cluster: Cluster, run_id: RunID, as_then: Callable[[Iterable[Task]], list[Row]]
) -> ReadOutcome:
    rows = await db.tasks(TaskQuery(run_id=run_id))
    reading = ReadOutcome(errors=list(rows.errors), consumed=rows.consumed)
    await merge_rows(cluster, as_then(rows), reading.changes)
    if not reading.gaps:
        cluster.mark_complete(run_id, reading.changes)
    return reading


async def look_up(
    db: TaskDB, cluster: Cluster, reading: ReadOutcome, lookups: Lookups, now: datetime, *, with_late: bool = False
) -> None:
    """Look up the rows that others refer to but that are missing, and those that would become stale or lost.

    `with_late` includes rows whose lease expired less long ago; see `Lookups.due`.
    """
    lookups.note_added(cluster, reading.changes.added, now)
    due = lookups.due(cluster, now, with_late=with_late)
    before = len(reading.gaps)
    # Use a consistent read: the state shown must reflect the last write. For the others an index read will do.
    news, others = await asyncio.gather(
        fetch(db, reading, due.news, consistent=True), fetch(db, reading, due.again, consistent=False)
    )
    for row in (*news, *others):
        cluster.merge([row], reading.changes, max(cluster.full_as_of, lookups.last(row.id) or cluster.full_as_of))
    if len(reading.gaps) == before:
        lookups.looked_up(chain(due.news, due.again), now)
    await look_up_missing(db, cluster, reading)
    lookups.note_added(cluster, reading.changes.added, now)


async def _look_up_unread(db: TaskDB, cluster: Cluster, reading: ReadOutcome, lookups: Lookups, now: datetime) -> None:
    """Look up the unread rows that a full scan did not bring either.

    Their lease passed before the window, or moved during the scan: none may be called lost for the scan alone.
    """
    unread = cluster.open.unread()
    rows = await fetch(db, reading, unread, consistent=True)
    await merge_rows(cluster, rows, reading.changes, cluster.full_as_of)
    for row in rows:
        cluster.open.confirm(row.id)
    lookups.looked_up((row.id for row in rows), now)


async def look_up_missing(db: TaskDB, cluster: Cluster, reading: ReadOutcome, as_then: RowsAsThen = list[Row]) -> None:
    """Look up the rows that others refer to but that are missing."""
    # Twice: the allocs that come refer to pools.
    for _ in range(2):
        missing = cluster.missing.ids()
        before = len(reading.gaps)
        rows = await fetch(db, reading, missing, consistent=False)
        await merge_rows(cluster, as_then(rows), reading.changes)
        if len(reading.gaps) == before:
            cluster.mark_absent(missing - {row.id for row in rows})


async def fetch(db: TaskDB, reading: ReadOutcome, ids: Collection[Digest], *, consistent: bool) -> list[Row]:
    """Return the rows with these ids, and record cost and errors; a failed lookup returns none."""
    if not ids:
        return []
    try:
        snapshot = await db.lookup(ids, consistent=consistent)
    except Error as error:
        error.drop_tracebacks()
        reading.errors.append(error)
        return []
    rows = note(snapshot, reading)
    if not reading.gaps:
        reading.absent.update(set(ids) - {row.id for row in rows})
    return rows


async def attempt(read: Awaitable[T], reading: ReadOutcome) -> T | None:
    """Return the result of a read; None if it fails, with the error added to `reading`."""
    try:
        return await read
    except Error as error:
        error.drop_tracebacks()
        reading.errors.append(error)
        return None


async def remove_absent(db: TaskDB, cluster: Cluster, reading: ReadOutcome, *, was_deleted: bool) -> bool:
    """Remove known rows that are no longer in the table, if a lookup did not find one or the table `was_deleted`.

    Rows of reflow are never deleted one by one: the table was created again. All runs and hosts are looked up then, up
    to a bound, by consistent reads. Returns whether rows were removed.
    """
    if not was_deleted and not any(map(cluster.has_row, reading.absent)):
        return False
    ids = [*filter(cluster.has_row, reading.absent), *cluster.known_ids()][:_MOST_SUSPECTS]
    found, before = ReadOutcome(), len(reading.gaps)
    await fetch(db, found, dict.fromkeys(ids), consistent=True)
    reading.include(found)
    if len(reading.gaps) > before or not found.absent:
        return False
    reading.changes.update(cluster.remove(found.absent))
    return True


async def _take_snapshot(
    cluster: Cluster, snapshot: Snapshot, reading: ReadOutcome, seen: datetime | None = None
) -> None:
    await merge_rows(cluster, note(snapshot, reading), reading.changes, seen)


def note(snapshot: Snapshot, reading: ReadOutcome) -> list[Row]:
    """Record cost and errors of a snapshot; return its rows."""
    reading.errors += snapshot.errors
    reading.consumed += snapshot.consumed
    # In this order most rows come after the rows that they refer to.
    rows: list[Row] = [*snapshot.pools, *snapshot.allocs, *snapshot.runs, *snapshot.tasks]
    reading.count += len(rows)
    return rows


async def merge_rows(cluster: Cluster, rows: Sequence[Row], changes: Changes, seen: datetime | None = None) -> None:
    """Merge rows in slices, between which the event loop runs; `seen` as for `Cluster.merge`."""
    async for part in in_slices(rows):
        cluster.merge(part, changes, seen)
