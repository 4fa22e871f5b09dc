"""What is known of the cluster, and what follows from it: states, as of the last complete sweep."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from store import Alloc, Digest, Liveness, PoolRow, Run, RunID, Snapshot, Task, liveness
from store.lease import SKEW
from tui.watch.model.changes import Changes
from tui.watch.model.delta import Delta, put_all, put_changes, second, take_rest
from tui.watch.model.open_rows import OpenRows
from tui.watch.model.rows import MissingRows, Row, RowTable, is_past
from tui.watch.model.states import State, run_state, task_state
from tui.watch.model.tallies import NO_TASKS, Tally

# HTTP's Date has whole seconds and was written somewhere on the way: smaller changes of the offset say nothing.
_OFFSET_NOISE = timedelta(seconds=2)
# Rows merged between two turns of the event loop: a few milliseconds.
_SLICE = 1000


class Cluster:
    """What is known of every run, task, alloc and pool.

    Nothing that was known is lost to a later read that brings less, or an older state of a row; only `forget`
    removes rows. States hold at `as_of`, the service's time of the last complete sweep (before that: of its making),
    so that they stand still while reads fail; `full_as_of` is that of the last one that left nothing out.
    `clock_offset` is by how much the service's clock is ahead of ours.
    """

    def __init__(self, as_of: datetime) -> None:
        self.as_of = as_of
        self.full_as_of = as_of
        self.clock_offset = timedelta()
        self._rows = RowTable()
        self._states: dict[RunID, State] = {}
        self._covered_since: datetime | None = None
        self._with_history: set[RunID] = set()

    @property
    def missing(self) -> MissingRows:
        """The rows that others name and that were never read."""
        return self._rows.missing

    @property
    def runs(self) -> Collection[Run]:
        """All runs. Of one that is not in the table there is what its tasks say."""
        return self._rows.runs.values()

    @property
    def allocs(self) -> Collection[Alloc]:
        """All allocs."""
        return self._rows.allocs.values()

    @property
    def pools(self) -> Collection[PoolRow]:
        """All pools."""
        return self._rows.pools.values()

    @property
    def open_rows(self) -> Collection[Row]:
        """Every row that has not ended."""
        return self._rows.open.rows.values()

    @property
    def open(self) -> OpenRows:
        """The same, by what is often asked of them. Not to be changed."""
        return self._rows.open

    @property
    def covered_since(self) -> datetime | None:
        """Every lease since then was read by sweeps; None before the first complete one."""
        return self._covered_since

    def run(self, id: RunID) -> Run | None:
        """The run with this id, if it is known."""
        return self._rows.runs.get(id)

    def tally(self, run_id: RunID) -> Tally:
        """The tasks of a run and their counts. Not to be changed."""
        return self._rows.tallies.get(run_id, NO_TASKS)

    def alloc(self, id: Digest) -> Alloc | None:
        """The alloc with this id, if it is known."""
        return self._rows.allocs.get(id)

    def pool(self, id: Digest) -> PoolRow | None:
        """The pool with this id, if it is known."""
        return self._rows.pools.get(id)

    def pool_of(self, task: Task) -> PoolRow | None:
        """The pool that a task runs in, if that and its alloc are known."""
        alloc = self.alloc(task.alloc_id)
        return None if alloc is None else self.pool(alloc.pool_id)

    def pools_in_use(self, run_id: RunID) -> set[Digest]:
        """The ids of the pools in which tasks of a run have not ended."""
        allocs = (self.alloc(id) for id in self.tally(run_id).open_allocs)
        return {alloc.pool_id for alloc in allocs if alloc is not None}

    def joined(self, task: Task) -> Task:
        """`task` with its alloc, and that with its pool, as far as they are known."""
        alloc = self.alloc(task.alloc_id)
        if alloc is None:
            return task
        return msgspec.structs.replace(task, alloc=msgspec.structs.replace(alloc, pool=self.pool(alloc.pool_id)))

    def run_state(self, run_id: RunID) -> State:
        """The state of a known run; raises KeyError for another."""
        state = self._states.get(run_id)
        return self._state_now(self._rows.runs[run_id]) if state is None else state  # taken, and not settled yet

    def task_state(self, task: Task) -> State:
        """The state of a task of this cluster."""
        return task_state(task, self.as_of, moved=self._rows.moved.get(task.id))

    def liveness(self, row: Row, at: datetime | None = None) -> Liveness:
        """The liveness of a row of this cluster at `as_of`, or `at` another time."""
        return liveness(row, at or self.as_of, moved=self._rows.moved.get(row.id))

    def is_whole(self, run_id: RunID) -> bool:
        """Whether all tasks of a run were read, so that its counts are not too low."""
        if run_id in self._with_history:
            return True
        # A task is written with a lease no earlier than the start of its run: sweeps since before that missed none.
        run, since = self.run(run_id), self._covered_since
        known = run_id not in self._rows.rowless
        return known and run is not None and run.start is not None and since is not None and run.start > since + SKEW

    def sweep(self, snapshot: Snapshot, since: datetime, *, complete: bool = True) -> Changes:
        """Merge a pass over all rows since `since`. One that is not `complete` leaves states where they are."""
        changes = Changes()
        for rows in (snapshot.pools, snapshot.allocs, snapshot.runs, snapshot.tasks):
            self.take(rows, changes, self.full_as_of)
        if complete:
            self.conclude(self.time_of(snapshot), since, changes)
        else:
            self.settle(changes)
        return changes

    def time_of(self, snapshot: Snapshot) -> datetime:
        """When `snapshot` was begun, by the service's clock."""
        offset = timedelta(seconds=snapshot.clock_offset or 0.0)
        if snapshot.clock_offset is not None and abs(offset - self.clock_offset) > _OFFSET_NOISE:
            if self._covered_since is None:
                self.as_of += offset - self.clock_offset  # it was by our own clock
                self.full_as_of = self.as_of
            self.clock_offset = offset
        return max(snapshot.as_of + self.clock_offset, self.as_of)

    def take(self, rows: Iterable[Row], changes: Changes, seen: datetime | None = None) -> None:
        """Merge rows and leave the states for `conclude`: a part of a sweep is no news of the rest.

        `seen`, by default `as_of`, is when they were surely as they are known: a lease that moved has done so since.
        """
        self._rows.add(rows, changes, seen or self.as_of)

    def conclude(self, as_of: datetime, since: datetime | None, changes: Changes) -> None:
        """All that was read at `as_of` is taken: states are those of then. `since` is how far a full sweep reached."""
        self.as_of = as_of
        if since is not None:
            self.full_as_of = as_of
            self._covered_since = min(since, self._covered_since or since)
        self.settle(changes)

    def settle(self, changes: Changes) -> None:
        """Bring the states of runs in line with their rows and tasks, at the time they stand at."""
        self._rows.guess_runs(changes)
        for id, run in self._rows.runs.items():
            state = self._state_now(run)
            if state is not self._states.get(id):
                self._states[id] = state
                changes.runs.add(id)

    def _state_now(self, run: Run) -> State:
        return run_state(run, self.tally(run.id).failed_flows, self.as_of, moved=self._rows.moved.get(run.id))

    def has_history(self, run_id: RunID, changes: Changes) -> None:
        """All tasks of a run were taken."""
        self._with_history.add(run_id)
        changes.runs.add(run_id)

    def add(self, rows: Iterable[Row]) -> Changes:
        """Merge rows that were read beside the sweeps."""
        changes = Changes()
        self.take(rows, changes)
        self.settle(changes)
        return changes

    def follow(self, run_id: RunID, tasks: Iterable[Task]) -> Changes:
        """Note which flows of a run were attempted again by `tasks`, that are themselves not to be known."""
        changes = Changes(runs={run_id})
        for task in tasks:
            self.tally(run_id).follow(task)
        self.settle(changes)
        return changes

    def absent(self, ids: Collection[Digest]) -> None:
        """Rows that were missing are not in the table: a run among them is made up from its tasks."""
        self._rows.rowless |= self.missing.runs.intersection(ids)
        self.missing.discard(ids)

    def forget(self, before: datetime, keep: Collection[RunID] = ()) -> Changes:
        """Remove runs that ended, and have not been promised to live, since `before`, but those in `keep`.

        With them go their tasks, and allocs and pools that no task is known of any more.
        """
        changes = Changes()
        past = [run.id for run in self.runs if run.end is not None and is_past(run, before)]
        for id in [*past, *self._unknown(before)]:
            if id not in keep:
                self._rows.remove_run(id, changes)
                self._states.pop(id, None)
                self._with_history.discard(id)
        if changes:
            self._rows.remove_unused(before, changes)
        return changes

    def delta(self, changes: Changes | None = None) -> Delta:
        """What `changes` tell of, as it is now; without them, all that is known."""
        delta = Delta(
            as_of=self.as_of,
            full_as_of=self.full_as_of,
            clock_offset=self.clock_offset,
            covered_since=self._covered_since,
        )
        if changes is None:
            delta.whole += self._with_history
            put_all(self._rows, delta)
        else:
            delta.whole += changes.runs & self._with_history
            put_changes(self._rows, changes, delta)
        return delta

    def apply(self, delta: Delta, changes: Changes) -> Iterator[None]:
        """Become what gave `delta`, from what that was before; between the steps the event loop may run."""
        for id in delta.removed:
            self._rows.remove(id, changes)
        self._with_history.difference_update(delta.removed)  # also of runs that came and went between two deltas
        for run_id in changes.runs - self._rows.runs.keys():
            self._states.pop(run_id, None)
            self._with_history.discard(run_id)
        for start in range(0, len(delta.rows), _SLICE):
            self.take(delta.rows[start : start + _SLICE], changes)
            yield
        leases = delta.leases
        moves = zip(leases.ids, leases.until, leases.seen, strict=True)
        while some := list(islice(moves, _SLICE)):
            for id, until, seen in some:
                self._rows.renew(id, second(until), seen, changes)
            yield
        take_rest(self._rows, delta)
        self.clock_offset = delta.clock_offset
        self.conclude(delta.as_of, None, changes)
        self.full_as_of, self._covered_since = delta.full_as_of, delta.covered_since
        for run_id in delta.whole:
            self.has_history(run_id, changes)

    def _unknown(self, before: datetime) -> list[RunID]:
        tallies = self._rows.tallies
        ids = tallies.keys() - self._rows.runs.keys()
        return [id for id in ids if all(is_past(task, before) for task in tallies[id].tasks.values())]
