"""Every known row, merged from one read after another, and what follows from them all."""

import dataclasses
from collections.abc import Collection, Iterable
from datetime import datetime

import msgspec

from store import Alloc, Digest, PoolRow, Run, RunID, Snapshot, Task, TimeFields
from store.lease import SKEW
from tui.watch.merge import merged
from tui.watch.states import State, run_state, task_state
from tui.watch.tally import Tally

_NO_TASKS = Tally()


@dataclasses.dataclass(slots=True)
class Changes:
    """The ids of the rows that a merge added, changed and removed.

    `runs` are the runs of which anything is different: the row, the state, the tasks.
    """

    added: set[Digest] = dataclasses.field(default_factory=set)
    changed: set[Digest] = dataclasses.field(default_factory=set)
    removed: set[Digest] = dataclasses.field(default_factory=set)
    runs: set[RunID] = dataclasses.field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.runs)

    def update(self, other: "Changes") -> None:
        """Add those of a later merge."""
        self.added |= other.added
        self.changed |= other.changed
        self.removed |= other.removed
        self.runs |= other.runs


@dataclasses.dataclass(slots=True)
class Missing:
    """The ids of rows that other rows name and that were never read."""

    runs: set[RunID] = dataclasses.field(default_factory=set)
    allocs: set[Digest] = dataclasses.field(default_factory=set)
    pools: set[Digest] = dataclasses.field(default_factory=set)


class Cluster:
    """What is known of every run, task, alloc and pool.

    Nothing that was known is lost to a later read that brings less, or an older state of a row; only `forget`
    removes rows. States hold at `as_of`, the time of the last complete sweep (before that: of its making), so that
    they stand still while reads fail.
    """

    def __init__(self, as_of: datetime) -> None:
        self.as_of = as_of
        self.missing = Missing()
        self._runs: dict[RunID, Run] = {}
        self._tallies: dict[RunID, Tally] = {}
        self._allocs: dict[Digest, Alloc] = {}
        self._pools: dict[Digest, PoolRow] = {}
        self._moved: dict[Digest, datetime] = {}
        self._states: dict[RunID, State] = {}
        self._covered_since: datetime | None = None
        self._with_history: set[RunID] = set()

    @property
    def runs(self) -> Collection[Run]:
        """All runs."""
        return self._runs.values()

    def run(self, id: RunID) -> Run | None:
        """The run with this id, if it is known."""
        return self._runs.get(id)

    def tally(self, run_id: RunID) -> Tally:
        """The tasks of a run and their counts. Not to be changed."""
        return self._tallies.get(run_id, _NO_TASKS)

    def alloc(self, id: Digest) -> Alloc | None:
        """The alloc with this id, if it is known."""
        return self._allocs.get(id)

    def pool(self, id: Digest) -> PoolRow | None:
        """The pool with this id, if it is known."""
        return self._pools.get(id)

    def pool_of(self, task: Task) -> PoolRow | None:
        """The pool that a task runs in, if that and its alloc are known."""
        alloc = self._allocs.get(task.alloc_id)
        return None if alloc is None else self._pools.get(alloc.pool_id)

    def pools_in_use(self, run_id: RunID) -> set[Digest]:
        """The ids of the pools in which tasks of a run have not ended."""
        allocs = (self._allocs.get(id) for id in self.tally(run_id).open_allocs)
        return {alloc.pool_id for alloc in allocs if alloc is not None}

    def joined(self, task: Task) -> Task:
        """`task` with its alloc, and that with its pool, as far as they are known."""
        alloc = self._allocs.get(task.alloc_id)
        if alloc is None:
            return task
        pool = self._pools.get(alloc.pool_id)
        return msgspec.structs.replace(task, alloc=msgspec.structs.replace(alloc, pool=pool))

    def run_state(self, run_id: RunID) -> State:
        """The state of a known run; raises KeyError for another."""
        return self._states[run_id]

    def task_state(self, task: Task) -> State:
        """The state of a task of this cluster."""
        return task_state(task, self.as_of, moved=self._moved.get(task.id))

    def is_whole(self, run_id: RunID) -> bool:
        """Whether all tasks of a run were read, so that its counts are not too low."""
        if run_id in self._with_history:
            return True
        # A task is written with a lease no earlier than the start of its run: sweeps since before that missed none.
        run, since = self._runs.get(run_id), self._covered_since
        return run is not None and run.start is not None and since is not None and run.start > since + SKEW

    def sweep(self, snapshot: Snapshot, since: datetime, *, complete: bool = True) -> Changes:
        """Merge a pass over all rows since `since`. One that is not `complete` leaves states where they are."""
        changes = self._merge(snapshot.runs, snapshot.tasks, snapshot.allocs, snapshot.pools)
        if complete:
            self.as_of = max(snapshot.as_of, self.as_of)
            self._covered_since = min(since, self._covered_since or since)
        self._update_states(changes)
        return changes

    def add_history(self, run_id: RunID, tasks: Iterable[Task]) -> Changes:
        """Merge all tasks of a run, with their allocs and pools where they carry them."""
        self._with_history.add(run_id)
        changes = self.add(tasks=tasks)
        changes.runs.add(run_id)
        return changes

    def add(
        self,
        runs: Iterable[Run] = (),
        tasks: Iterable[Task] = (),
        allocs: Iterable[Alloc] = (),
        pools: Iterable[PoolRow] = (),
    ) -> Changes:
        """Merge rows that were read beside the sweeps."""
        changes = self._merge(runs, tasks, allocs, pools)
        self._update_states(changes)
        return changes

    def forget(self, before: datetime, keep: Collection[RunID] = ()) -> Changes:
        """Remove runs that ended, and have not been promised to live, since `before`, but those in `keep`.

        With them go their tasks, and allocs and pools that no task is known of any more.
        """
        changes = Changes()
        past = [run.id for run in self._runs.values() if run.end is not None and _is_past(run, before)]
        for id in [*past, *self._rowless(before)]:
            if id not in keep:
                self._remove_run(id, changes)
        if changes:
            self._remove_unused(before, changes)
        return changes

    def _merge(
        self, runs: Iterable[Run], tasks: Iterable[Task], allocs: Iterable[Alloc], pools: Iterable[PoolRow]
    ) -> Changes:
        changes = Changes()
        for run in runs:
            self._put_run(run, changes)
        for task in tasks:
            self._put_task(task, changes)
        for alloc in allocs:
            self._put_alloc(alloc, changes)
        for pool in pools:
            self._put_pool(pool, changes)
        return changes

    def _put_run(self, new: Run, changes: Changes) -> None:
        old = self._runs.get(new.id)
        row = new if old is None else merged(old, new)
        if row is old:
            return
        self._runs[row.id] = row
        self.missing.runs.discard(row.id)
        self._note(row, old, changes)
        changes.runs.add(row.id)

    def _put_task(self, new: Task, changes: Changes) -> None:
        if new.alloc is not None:
            self._put_alloc(new.alloc, changes)
            new = msgspec.structs.replace(new, alloc=None)
        tally = self._tallies.get(new.run_id)
        if tally is None:
            tally = self._tallies[new.run_id] = Tally()
            if new.run_id and new.run_id not in self._runs:
                self.missing.runs.add(new.run_id)
        old = tally.tasks.get(new.id)
        row = new if old is None else merged(old, new)
        if row is old:
            return
        tally.put(row)
        if row.alloc_id and row.alloc_id not in self._allocs:
            self.missing.allocs.add(row.alloc_id)
        self._note(row, old, changes)
        changes.runs.add(row.run_id)

    def _put_alloc(self, new: Alloc, changes: Changes) -> None:
        if new.pool is not None:
            self._put_pool(new.pool, changes)
            new = msgspec.structs.replace(new, pool=None)
        old = self._allocs.get(new.id)
        row = new if old is None else merged(old, new)
        if row is old:
            return
        self._allocs[row.id] = row
        self.missing.allocs.discard(row.id)
        if row.pool_id and row.pool_id not in self._pools:
            self.missing.pools.add(row.pool_id)
        self._note(row, old, changes)

    def _put_pool(self, new: PoolRow, changes: Changes) -> None:
        old = self._pools.get(new.id)
        row = new if old is None else merged(old, new)
        if row is old:
            return
        self._pools[row.id] = row
        self.missing.pools.discard(row.id)
        self._note(row, old, changes)

    def _note(
        self, row: Run | Task | Alloc | PoolRow, old: Run | Task | Alloc | PoolRow | None, changes: Changes
    ) -> None:
        if old is None:
            changes.added.add(row.id)
            return
        changes.changed.add(row.id)
        if row.end is not None:
            self._moved.pop(row.id, None)
        elif row.keepalive != old.keepalive:
            # It moved since the last sweep, which may be long ago: count from then.
            self._moved[row.id] = self.as_of

    def _update_states(self, changes: Changes) -> None:
        for id, run in self._runs.items():
            state = run_state(run, self.tally(id).failed_flows, self.as_of, moved=self._moved.get(id))
            if state is not self._states.get(id):
                self._states[id] = state
                changes.runs.add(id)

    def _remove_run(self, id: RunID, changes: Changes) -> None:
        self._runs.pop(id, None)
        self._states.pop(id, None)
        self._with_history.discard(id)
        self.missing.runs.discard(id)
        self._moved.pop(id, None)
        changes.removed.add(id)
        changes.runs.add(id)
        for task_id in self._tallies.pop(id, _NO_TASKS).tasks:
            self._moved.pop(task_id, None)
            changes.removed.add(task_id)

    def _rowless(self, before: datetime) -> list[RunID]:
        ids = self._tallies.keys() - self._runs.keys()
        return [id for id in ids if all(_is_past(task, before) for task in self._tallies[id].tasks.values())]

    def _remove_unused(self, before: datetime, changes: Changes) -> None:
        in_use = {task.alloc_id for tally in self._tallies.values() for task in tally.tasks.values()}
        for alloc in [row for row in self._allocs.values() if row.id not in in_use and _is_past(row, before)]:
            del self._allocs[alloc.id]
            changes.removed.add(alloc.id)
        in_use = {alloc.pool_id for alloc in self._allocs.values()}
        for pool in [row for row in self._pools.values() if row.id not in in_use and _is_past(row, before)]:
            del self._pools[pool.id]
            changes.removed.add(pool.id)
        for id in changes.removed:
            self._moved.pop(id, None)


def _is_past(row: TimeFields, before: datetime) -> bool:
    return all(time is None or time < before for time in (row.start, row.keepalive, row.end))
