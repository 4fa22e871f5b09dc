"""The tables of the model: every row that was read, by id."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from store import Alloc, Digest, PoolRow, Run, RunID, Task, TimeFields
from tui.watch.model.changes import Changes
from tui.watch.model.merge import merged
from tui.watch.model.open_rows import OpenRows, Row
from tui.watch.model.tallies import NO_TASKS, Tally

__all__ = ["MissingRows", "Row", "RowTable", "is_past", "run_name"]


def run_name(run: Run) -> str:
    """Return the label `Name` of a run; empty if it has none. Not yet safe to show."""
    return next((value for key, value in run.labels.items() if key.lower() == "name"), "")


class MissingRows(msgspec.Struct):
    """The ids that rows refer to and that were never read.

    `has_hosts_later` is whether most allocs and pools are about to be read anyway, so that they need not be asked for.
    """

    runs: set[RunID] = msgspec.field(default_factory=set)
    allocs: set[Digest] = msgspec.field(default_factory=set)
    pools: set[Digest] = msgspec.field(default_factory=set)
    has_hosts_later: bool = False

    def ids(self) -> set[Digest]:
        """Return those to ask for."""
        return {*self.runs} if self.has_hosts_later else {*self.runs, *self.allocs, *self.pools}

    def discard(self, ids: Iterable[Digest]) -> None:
        """Stop asking for these ids: they are not in the table."""
        for missing in (self.runs, self.allocs, self.pools):
            missing.difference_update(ids)


class RowTable:
    """Every known row, once. Rows are added and merged until they are removed by id.

    `open` are the rows without an end; `moved` tells when the lease of an open row was last seen to move.
    """

    def __init__(self) -> None:
        self.runs: dict[RunID, Run] = {}
        self.tallies: dict[RunID, Tally] = {}
        self.allocs: dict[Digest, Alloc] = {}
        self.pools: dict[Digest, PoolRow] = {}
        self.open = OpenRows()
        self.moved: dict[Digest, datetime] = {}
        self.missing = MissingRows()
        self.rowless: set[RunID] = set()  # runs that tasks refer to but that are not in the table

    def __len__(self) -> int:
        tasks = sum(tally.total for tally in self.tallies.values())
        return len(self.runs.keys() - self.rowless) + tasks + len(self.allocs) + len(self.pools)

    def add(self, rows: Iterable[Row], changes: Changes, seen: datetime) -> None:
        """Merge rows; a lease that moved did so after `seen`."""
        for row in rows:
            if isinstance(row, Task):
                self._put_task(row, changes, seen)
            elif isinstance(row, Alloc):
                self._put_alloc(row, changes, seen)
            elif isinstance(row, PoolRow):
                self._put_pool(row, changes, seen)
            else:
                self._put_run(row, changes, seen)

    def derive_runs(self, changes: Changes) -> None:
        """Derive the runs that are not in the table from their tasks."""
        for id in self.rowless & (changes.runs | (self.rowless - self.runs.keys())):
            tasks = self.tallies.get(id, NO_TASKS).tasks.values()
            starts = [task.start for task in tasks if task.start is not None]
            leases = [task.keepalive for task in tasks if task.keepalive is not None]
            ends = [task.end for task in tasks if task.end is not None]
            guess = Run(
                id=id,
                start=min(starts, default=None),
                keepalive=max(leases, default=None),
                end=max(ends) if ends and len(ends) == len(tasks) else None,
            )
            if guess != self.runs.get(id):
                self.runs[id] = guess
                changes.runs.add(id)

    def remove_run(self, id: RunID, changes: Changes) -> None:
        """Remove a run with its tasks."""
        self.runs.pop(id, None)
        self.rowless.discard(id)
        self.missing.runs.discard(id)
        self._removed(id, changes)
        changes.runs.add(id)
        for task_id in self.tallies.pop(id, NO_TASKS).tasks:
            self._removed(task_id, changes)

    def renew(self, id: Digest, until: datetime, seen: datetime | None, changes: Changes) -> None:
        """Move the lease of an open row, as `seen`: a shortcut for `add` where nothing else changed."""
        old = self.open.rows.get(id)
        if old is None:
            return
        row = msgspec.structs.replace(old, keepalive=until)
        if isinstance(row, Task):
            self.tallies[row.run_id].put(row)
            changes.runs.add(row.run_id)
        elif isinstance(row, Alloc):
            self.allocs[id] = row
        elif isinstance(row, PoolRow):
            self.pools[id] = row
        else:
            self.runs[row.id] = row
            changes.runs.add(row.id)
        self.open.put(row)
        if seen is not None:
            self.moved[id] = seen
        changes.changed.setdefault(id, set()).add("keepalive")

    def remove(self, id: Digest, changes: Changes) -> None:
        """Remove the run (with its tasks), the alloc or the pool with this id."""
        if id in self.runs or id in self.tallies:
            self.remove_run(RunID(id), changes)
        elif id in self.allocs or id in self.pools:
            self.allocs.pop(id, None)
            self.pools.pop(id, None)
            self._removed(id, changes)

    def remove_unused(self, before: datetime, changes: Changes) -> None:
        """Remove allocs and pools that no known task refers to and that were last alive before `before`."""
        in_use = {task.alloc_id for tally in self.tallies.values() for task in tally.tasks.values()}
        self._remove_past(self.allocs, in_use, before, changes)
        in_use = {alloc.pool_id for alloc in self.allocs.values()}
        self._remove_past(self.pools, in_use, before, changes)

    def _remove_past(self, rows: Mapping[Digest, Row], in_use: set[Digest], before: datetime, changes: Changes) -> None:
        for id in [row.id for row in rows.values() if row.id not in in_use and is_past(row, before)]:
            self.allocs.pop(id, None)
            self.pools.pop(id, None)
            self._removed(id, changes)

    def _put_run(self, new: Run, changes: Changes, seen: datetime) -> None:
        if new.id in self.rowless:
            self.rowless.discard(new.id)
            del self.runs[new.id]
        old = self.runs.get(new.id)
        row = new if old is None else merged(old, new)
        if row is old:
            return
        self.runs[row.id] = row
        self.missing.runs.discard(row.id)
        self._note(row, old, changes, seen)
        changes.runs.add(row.id)

    def _put_task(self, new: Task, changes: Changes, seen: datetime) -> None:
        if new.alloc is not None:
            self._put_alloc(new.alloc, changes, seen)
            new = msgspec.structs.replace(new, alloc=None)
        tally = self.tallies.get(new.run_id)
        if tally is None:
            tally = self.tallies[new.run_id] = Tally()
            if new.run_id and new.run_id not in self.runs:
                self.missing.runs.add(new.run_id)
        old = tally.tasks.get(new.id)
        row = new if old is None else merged(old, new)
        if row is old:
            return
        tally.put(row)
        if row.alloc_id and row.alloc_id not in self.allocs:
            self.missing.allocs.add(row.alloc_id)
        self._note(row, old, changes, seen)
        changes.runs.add(row.run_id)

    def _put_alloc(self, new: Alloc, changes: Changes, seen: datetime) -> None:
        if new.pool is not None:
            self._put_pool(new.pool, changes, seen)
            new = msgspec.structs.replace(new, pool=None)
        old = self.allocs.get(new.id)
        row = new if old is None else merged(old, new)
        if row is old:
            return
        self.allocs[row.id] = row
        self.missing.allocs.discard(row.id)
        if row.pool_id and row.pool_id not in self.pools:
            self.missing.pools.add(row.pool_id)
        self._note(row, old, changes, seen)

    def _put_pool(self, new: PoolRow, changes: Changes, seen: datetime) -> None:
        old = self.pools.get(new.id)
        row = new if old is None else merged(old, new)
        if row is old:
            return
        self.pools[row.id] = row
        self.missing.pools.discard(row.id)
        self._note(row, old, changes, seen)

    def _note(self, row: Row, old: Row | None, changes: Changes, seen: datetime) -> None:
        self.open.put(row)
        if row.end is not None:
            self.moved.pop(row.id, None)
        if old is None:
            changes.added.add(row.id)
            return
        fields = {
            name
            for name in row.__struct_fields__
            # Most are shared by the rows of a decoder, and `!=` of resources takes as long as all others.
            if (new := getattr(row, name)) is not (before := getattr(old, name)) and new != before
        }
        changes.changed.setdefault(row.id, set()).update(fields)
        if row.end is None and "keepalive" in fields:
            # The lease moved some time since the last full scan, which may be long ago, or since it last moved: count
            # from then.
            self.moved[row.id] = max(seen, self.moved.get(row.id, seen))

    def _removed(self, id: Digest, changes: Changes) -> None:
        self.open.remove(id)
        self.moved.pop(id, None)
        changes.removed.add(id)


def is_past(row: TimeFields, before: datetime) -> bool:
    """Return whether all times of a row are before `before`."""
    return all(time is None or time < before for time in (row.start, row.keepalive, row.end))
