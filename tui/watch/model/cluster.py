"""The model of the cluster: every known row, and the states that follow as of the last complete refresh."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from store import Alloc, Digest, Liveness, PoolRow, Run, RunID, Snapshot, Task, liveness
from store.lease import SKEW
from tui.watch.model.changes import Changes
from tui.watch.model.open_rows import OpenRows
from tui.watch.model.rows import MissingRows, Row, RowTable, is_past
from tui.watch.model.states import RETRIED, State, is_expired, is_late, run_state, task_state
from tui.watch.model.tallies import NO_TASKS, Tally

if TYPE_CHECKING:
    from tui.watch.model.delta import Delta
    from tui.watch.model.expired_tasks import ExpiredTasks
    from tui.watch.model.outcomes import Outcome
    from tui.watch.model.usual_duration import UsualDuration

# HTTP's Date header has whole seconds and is written somewhere on the way: smaller changes of the offset are noise.
_OFFSET_NOISE = timedelta(seconds=2)
# So far ahead may the offset move the time at a refresh, beyond the time that has passed. A date that is wrong for 45
# seconds then moves it by less than the allowance for the clocks of writers.
_LARGEST_STEP = timedelta(seconds=5)
# Rows merged between two turns of the event loop: a few milliseconds.
_SLICE = 1000


class Cluster:
    """Every known run, task, alloc and pool.

    A later read that brings less, or an older version of a row, loses nothing; only `forget` removes rows. States hold
    at `as_of`, the service's time of the last complete refresh (before the first one: of creation), so that they freeze
    while reads fail. `full_as_of` is the time of the last full scan of the window. `clock_offset` is how far the
    service's clock is ahead of this machine's. `outcomes` is None, except in a view of the past: what became of its
    runs and tasks later. The leases of that time are not known then. `usual` are the usual durations of the idents for
    which they were read.
    """

    def __init__(self, as_of: datetime) -> None:
        self.as_of = as_of
        self.full_as_of = as_of
        self.clock_offset = timedelta()
        self._has_offset = False
        self.outcomes: dict[Digest, Outcome] | None = None
        self.usual: dict[str, UsualDuration] = {}
        self._rows = RowTable()
        self._states: dict[RunID, State] = {}
        self._expired: ExpiredTasks | None = None  # before the first rows
        self._covered_since: datetime | None = None
        self._complete_runs: set[RunID] = set()

    @property
    def missing(self) -> MissingRows:
        """The ids that rows refer to and that were never read."""
        return self._rows.missing

    @property
    def runs(self) -> Collection[Run]:
        """All runs. A run that is not in the table is derived from its tasks."""
        return self._rows.runs.values()

    @property
    def allocs(self) -> Collection[Alloc]:
        return self._rows.allocs.values()

    @property
    def pools(self) -> Collection[PoolRow]:
        return self._rows.pools.values()

    @property
    def open_rows(self) -> Collection[Row]:
        """Every row without an end."""
        return self._rows.open.rows.values()

    @property
    def open(self) -> OpenRows:
        """The open rows by the keys that findings look them up with. Do not modify."""
        return self._rows.open

    @property
    def covered_since(self) -> datetime | None:
        """Every lease since this time has been read; None before the first complete full scan."""
        return self._covered_since

    def run(self, id: RunID) -> Run | None:
        """Return the run with this id, or None."""
        return self._rows.runs.get(id)

    def tally(self, run_id: RunID) -> Tally:
        """Return the tasks of a run and their counts. Do not modify."""
        return self._rows.tallies.get(run_id, NO_TASKS)

    def alloc(self, id: Digest) -> Alloc | None:
        """Return the alloc with this id, or None."""
        return self._rows.allocs.get(id)

    def pool(self, id: Digest) -> PoolRow | None:
        """Return the pool with this id, or None."""
        return self._rows.pools.get(id)

    def pool_of(self, task: Task) -> PoolRow | None:
        """Return the pool that a task runs in, or None if the pool or the alloc is unknown."""
        alloc = self.alloc(task.alloc_id)
        return None if alloc is None else self.pool(alloc.pool_id)

    def open_pools(self, run_id: RunID) -> set[Digest]:
        """Return the ids of the pools in which a run has open tasks."""
        allocs = (self.alloc(id) for id in self.tally(run_id).open_allocs)
        return {alloc.pool_id for alloc in allocs if alloc is not None}

    def knows_task(self, id: Digest) -> bool:
        """Return whether a task with this id was read, open or not."""
        return id in self._rows.open.rows or any(id in tally.tasks for tally in self._rows.tallies.values())

    def with_alloc(self, task: Task) -> Task:
        """Return `task` with its alloc, and that with its pool, if they are known."""
        alloc = self.alloc(task.alloc_id)
        if alloc is None:
            return task
        return msgspec.structs.replace(task, alloc=msgspec.structs.replace(alloc, pool=self.pool(alloc.pool_id)))

    def run_state(self, run_id: RunID) -> State:
        """Return the state of a known run. Raises KeyError for an unknown one."""
        state = self._states.get(run_id)
        return (
            self._state_now(self._rows.runs[run_id]) if state is None else state
        )  # merged, but states are not updated yet

    def task_state(self, task: Task) -> State:
        """Return the state of a task of this cluster."""
        return task_state(task, self._judged_at(task, self.as_of), moved=self._rows.moved.get(task.id))

    def is_retried(self, task: Task) -> bool:
        """Return whether a task is a failed, stale or lost attempt with a later attempt, on which its flow depends."""
        state = self.task_state(task)
        return (state is State.FAILED or state.is_expired) and not self.tally(task.run_id).is_latest(task)

    def has_failed(self, task: Task) -> bool:
        """Return whether a task is the latest attempt of a failed flow."""
        return self.task_state(task) is State.FAILED and not self.is_retried(task)

    def task_word(self, task: Task) -> str:
        """Return the word for the state of a task: `retried` if it failed or is expired and has a later attempt."""
        return RETRIED if self.is_retried(task) else str(self.task_state(task))

    def liveness(self, row: Row, at: datetime | None = None) -> Liveness:
        """Return the liveness of a row of this cluster at `as_of`, or at another time."""
        return liveness(row, self._judged_at(row, at or self.as_of), moved=self._rows.moved.get(row.id))

    def is_late(self, row: Row, at: datetime) -> bool:
        """Return whether a row of this cluster counts as live at `at` although its lease has expired."""
        # Few leases are in the past. To ask the rest for 50,000 tasks takes 150 ms.
        if row.keepalive is None or row.keepalive >= at:
            return False
        return self.has_lease(row) and is_late(row, at, moved=self._rows.moved.get(row.id))

    def has_lease(self, row: Row) -> bool:
        """Return whether the lease of an open row is known: not in a view of the past, nor while the row is unread."""
        return row.end is not None or (self.outcomes is None and not self._rows.open.is_unread(row))

    def _judged_at(self, row: Row, at: datetime) -> datetime:
        """Return the time at which to judge the lease of a row: for an unread row, at most the end of its lease."""
        return row.keepalive if row.keepalive is not None and self._rows.open.is_unread(row) else at

    def is_slow(self, task: Task) -> bool:
        """Return whether a task that may still end has run for longer than is usual for its ident."""
        usual = self.usual.get(task.ident)
        limit = None if usual is None else usual.slow_after
        if limit is None or task.end is not None or task.start is None or self.as_of - task.start <= limit:
            return False
        return not is_expired(self.liveness(task)) and not self.is_on_dead_host(task)

    def is_on_dead_host(self, task: Task) -> bool:
        """Return whether an open task is on a dead host or alloc: see `orphaned_tasks_of`."""
        return self._expired is not None and task.end is None and task.alloc_id in self._expired.dead_allocs

    def tasks_on_dead_hosts(self) -> Iterator[Task]:
        """Yield the open tasks for which `is_on_dead_host` is true."""
        for alloc_id in () if self._expired is None else self._expired.dead_allocs:
            yield from self.open.tasks_on.get(alloc_id, {}).values()

    def lost_tasks_of(self, run: Run) -> int:
        """Return the number of lost tasks of a run without a later attempt; 0 once it has ended."""
        return self._expired.lost[run.id] if self._expired is not None and run.end is None else 0

    def is_wanted(self, task: Task) -> bool:
        """Return whether an open task has no later attempt, and belongs to a run that has not ended."""
        run = self.run(task.run_id)
        return task.end is None and (run is None or run.end is None) and self.tally(task.run_id).is_latest(task)

    def retried_attempts_of(self, run_id: RunID, *, only_open: bool = False) -> int:
        """Return the number of attempts of a run for which `is_retried` is true; with `only_open`, without an end."""
        tally, expired = self.tally(run_id), 0 if self._expired is None else self._expired.retried[run_id]
        return expired if only_open else expired + tally.failed_attempts - tally.failed_flows

    def orphaned_tasks_of(self, run: Run) -> int:
        """Return the number of tasks of a run that are not lost themselves, on a dead host.

        A host is dead if it has ended or is lost, except that an alloc that renews shows that its host is alive; an
        alloc if it has ended, or has expired on a lost host. Tasks with a later attempt do not count. Return 0 once the
        run has ended.
        """
        return self._expired.orphaned[run.id] if self._expired is not None and run.end is None else 0

    def has_all_tasks(self, run_id: RunID) -> bool:
        """Return whether all tasks of a run have been read, so that its counts are exact."""
        if run_id in self._complete_runs:
            return True
        # A task's first lease is no earlier than the start of its run: a scan that reaches back before that misses
        # none.
        run, since = self.run(run_id), self._covered_since
        known = run_id not in self._rows.rowless
        return known and run is not None and run.start is not None and since is not None and run.start > since + SKEW

    def merge_snapshot(self, snapshot: Snapshot, since: datetime, *, complete: bool = True) -> Changes:
        """Merge a scan of all rows since `since`. An incomplete one (not `complete`) leaves states where they are."""
        changes = Changes()
        for rows in (snapshot.pools, snapshot.allocs, snapshot.runs, snapshot.tasks):
            self.merge(rows, changes, self.full_as_of)
        if complete:
            self.finish_refresh(self.time_of(snapshot), since, changes)
        else:
            self.update_states(changes)
        return changes

    def time_of(self, snapshot: Snapshot) -> datetime:
        """Return when `snapshot` was taken, by the service's clock."""
        if snapshot.clock_offset is not None:
            self._take_offset(timedelta(seconds=snapshot.clock_offset), snapshot.as_of)
        return max(snapshot.as_of + self.clock_offset, self.as_of)

    def _take_offset(self, offset: timedelta, taken: datetime) -> None:
        """Take the offset of the service's clock, seen when this machine's clock was at `taken`."""
        is_first, self._has_offset = not self._has_offset and self._covered_since is None, True
        if abs(offset - self.clock_offset) <= (timedelta() if is_first else _OFFSET_NOISE):
            return
        if is_first:
            self.as_of += offset - self.clock_offset  # it was taken from this machine's clock
            self.full_as_of = self.as_of
        elif offset > self.clock_offset:
            # Time cannot go back: a wrong date that is ahead would end the leases of live rows.
            offset = min(offset, max(taken + self.clock_offset, self.as_of) + _LARGEST_STEP - taken)
        self.clock_offset = offset

    def merge(self, rows: Iterable[Row], changes: Changes, seen: datetime | None = None) -> None:
        """Merge rows, and leave states for `finish_refresh`: part of a refresh says nothing about the rest.

        `seen`, by default `as_of`, is when the rows were last known unchanged: a lease that moved did so after that.
        """
        self._rows.add(rows, changes, seen or self.as_of)

    def finish_refresh(self, as_of: datetime, since: datetime | None, changes: Changes) -> None:
        """Move states to `as_of`: all rows of a refresh are merged. `since` is how far a full scan reached back."""
        self.as_of = as_of
        if since is not None:
            self.full_as_of = as_of
            self._covered_since = min(since, self._covered_since or since)
        self.update_states(changes)

    def mark_covered(self, since: datetime) -> None:
        """Note that every lease since `since` has been read, though not at one time as in a full scan."""
        self._covered_since = min(since, self._covered_since or since)

    def update_states(self, changes: Changes) -> None:
        """Update the states of all runs from their rows and tasks, as of the current time of the model."""
        from tui.watch.model.expired_tasks import count_expired_tasks  # the first frame has no rows

        self._rows.derive_runs(changes)
        self._expired = count_expired_tasks(
            self.open,
            self.open.expired_before(self.as_of - SKEW),
            self.liveness,
            self.tally,
            has_leases=self.outcomes is None,
        )
        for id, run in self._rows.runs.items():
            state = self._state_now(run)
            if state is not self._states.get(id):
                self._states[id] = state
                changes.runs.add(id)

    def _state_now(self, run: Run) -> State:
        return run_state(
            run,
            self.tally(run.id).failed_flows,
            self._judged_at(run, self.as_of),
            moved=self._rows.moved.get(run.id),
            is_stalled=self._expired is not None and run.id in self._expired.stalled,
        )

    def mark_complete(self, run_id: RunID, changes: Changes) -> None:
        """Note that all tasks of a run have been merged."""
        self._complete_runs.add(run_id)
        changes.runs.add(run_id)

    def add(self, rows: Iterable[Row]) -> Changes:
        """Merge rows that were read outside of a refresh."""
        changes = Changes()
        self.merge(rows, changes)
        self.update_states(changes)
        return changes

    def mark_absent(self, ids: Collection[Digest]) -> None:
        """Note that these missing rows are not in the table: a run among them is derived from its tasks."""
        self._rows.rowless |= self.missing.runs.intersection(ids)
        self.missing.discard(ids)

    def has_row(self, id: Digest) -> bool:
        """Return whether the row of a run, an alloc or a pool was read."""
        rows = self._rows
        return (id in rows.runs and id not in rows.rowless) or id in rows.allocs or id in rows.pools

    def known_ids(self) -> list[Digest]:
        """Return the ids of the runs, pools and allocs that were read, open runs first."""
        runs = sorted(filter(self.has_row, self._rows.runs), key=lambda id: self._rows.runs[id].end is not None)
        return [*runs, *self._rows.pools, *self._rows.allocs]

    def remove(self, ids: Iterable[Digest]) -> Changes:
        """Remove runs, with their tasks, allocs and pools that are no longer in the table."""
        changes = Changes()
        for id in ids:
            self._rows.remove(id, changes)
            self._states.pop(RunID(id), None)
            self._complete_runs.discard(RunID(id))
        return changes

    def forget(self, before: datetime, keep: Collection[RunID] = ()) -> Changes:
        """Remove runs that ended, and whose lease expired, before `before`, except those in `keep`.

        Their tasks go with them, and allocs and pools that no known task refers to.
        """
        changes = Changes()
        past = [run.id for run in self.runs if run.end is not None and is_past(run, before)]
        for id in [*past, *self._unknown(before)]:
            if id not in keep:
                self._rows.remove_run(id, changes)
                self._states.pop(id, None)
                self._complete_runs.discard(id)
        if changes:
            self._rows.remove_unused(before, changes)
        return changes

    def delta(self, changes: Changes | None = None) -> "Delta":
        """Return the current rows behind `changes`; without `changes`, everything."""
        from tui.watch.model.delta import Delta, put_all, put_changes  # the first frame has no rows

        delta = Delta(
            as_of=self.as_of,
            full_as_of=self.full_as_of,
            clock_offset=self.clock_offset,
            covered_since=self._covered_since,
            confirmed=self._rows.open.confirmed_before(self.as_of),
        )
        if changes is None:
            delta.whole += self._complete_runs
            put_all(self._rows, delta)
        else:
            delta.whole += changes.runs & self._complete_runs
            put_changes(self._rows, changes, delta)
        return delta

    def apply(self, delta: "Delta", changes: Changes) -> Iterator[None]:
        """Apply a delta of the cluster that this one is a copy of; the event loop may run between the steps."""
        from tui.watch.model.delta import second, take_rest

        for id in delta.removed:
            self._rows.remove(id, changes)
        self._complete_runs.difference_update(delta.removed)  # runs that were added and removed between two deltas, too
        for run_id in changes.runs - self._rows.runs.keys():
            self._states.pop(run_id, None)
            self._complete_runs.discard(run_id)
        for start in range(0, len(delta.rows), _SLICE):
            self.merge(delta.rows[start : start + _SLICE], changes)
            yield
        leases = delta.leases
        moves = zip(leases.ids, leases.until, leases.seen, strict=True)
        while some := list(islice(moves, _SLICE)):
            for id, until, seen in some:
                self._rows.renew(id, second(until), seen, changes)
            yield
        take_rest(self._rows, delta)
        self._rows.open.confirm_only(delta.confirmed, delta.as_of)
        self.clock_offset = delta.clock_offset
        self.finish_refresh(delta.as_of, None, changes)
        self.full_as_of, self._covered_since = delta.full_as_of, delta.covered_since
        for run_id in delta.whole:
            self.mark_complete(run_id, changes)

    def _unknown(self, before: datetime) -> list[RunID]:
        tallies = self._rows.tallies
        ids = tallies.keys() - self._rows.runs.keys()
        return [id for id in ids if all(is_past(task, before) for task in tallies[id].tasks.values())]
