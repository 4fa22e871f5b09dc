"""Changes since the user last viewed the dashboard."""

import enum
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from store import Digest, RunID, Task
from store.times import LATEST
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State

if TYPE_CHECKING:
    from tui.watch.model.delta import Delta

# How late a read may bring an event: a task that ended so long before the user left counts as unseen.
_LATE = timedelta(minutes=1)


class ChangeKind(enum.StrEnum):
    """The kind of a change, the most important first."""

    FAILED = "failed"
    STALE = "went stale"
    RETRIED = "retried"
    ENDED = "ended"
    STARTED = "started"


class _KnownStates(msgspec.Struct):
    """The states of runs, and their numbers of failed flows, that were known at a time."""

    as_of: datetime | None = None
    runs: dict[RunID, tuple[State, int]] = {}

    @property
    def cutoff(self) -> datetime:
        """The time before which rows started or ended that were known, or that were discovered late."""
        return LATEST if self.as_of is None else self.as_of - _LATE


class UnseenChanges:
    """The runs and tasks that have changed `since` the user last viewed the dashboard.

    The user views it until `user_left`, and was last seen there at the last `user_acted`. Changes since then are
    unseen: those that earlier refreshes brought, and those of every refresh until the first complete one after
    `user_returned`, since what that refresh brings has happened before.
    """

    def __init__(self) -> None:
        self.since: datetime | None = None
        self._is_away = self._is_back = False
        self._unseen_runs: dict[RunID, ChangeKind] = {}
        self._unseen_tasks: dict[Digest, tuple[RunID, ChangeKind]] = {}
        self._latest = _KnownStates()
        self._at_action = _KnownStates()
        self._recent_tasks: dict[Digest, tuple[RunID, ChangeKind]] = {}  # since the last action
        self._at_departure = _KnownStates()
        self._unseen_before: dict[RunID, ChangeKind] = {}  # when the user left
        self._seen_since: set[Digest] = set()  # since the user returned

    def __bool__(self) -> bool:
        return bool(self._unseen_runs or self._unseen_tasks)

    def __contains__(self, id: object) -> bool:
        return id in self._unseen_runs or id in self._unseen_tasks

    def user_acted(self) -> None:
        """Note that the user has pressed a key, and so has seen what is known."""
        self._at_action = self._latest
        self._recent_tasks.clear()
        if not self._is_away:
            self._seen_since.clear()

    def user_left(self, cluster: Cluster, now: datetime) -> None:
        """Note that the user has left after acting at `now`. Unseen changes stay unseen, with the earlier `since`."""
        if self._is_away:
            self._is_back = False
            return
        self._is_away = True
        self._seen_since.clear()
        if not self:
            self.since = now
        # A copy: runs that are discovered late are added to it.
        self._at_departure = _KnownStates(self._at_action.as_of or cluster.as_of, self._at_action.runs.copy())
        self._unseen_before = self._unseen_runs.copy()
        self._unseen_tasks.update(self._recent_tasks)
        self._recent_tasks.clear()
        self._compare_runs(cluster)

    def user_returned(self) -> None:
        """Note that the user is back."""
        self._is_back = self._is_away

    def compare(self, cluster: Cluster, delta: "Delta", *, is_complete: bool) -> None:
        """Compare a refresh with known states. After the user returned, the first that `is_complete` is the last."""
        self._forget(delta.removed)
        is_first = self._latest.as_of is None
        self._latest = _KnownStates(cluster.as_of, {run.id: _run_facts(cluster, run.id) for run in cluster.runs})
        if is_first:
            self._at_action = self._latest  # the user has seen the first refresh
        if self._is_away:
            self._compare_runs(cluster)
            self._compare_tasks(delta, self._at_departure, self._unseen_tasks)
        elif not is_first:
            self._add_late_runs(cluster)
            self._compare_tasks(delta, self._at_action, self._recent_tasks)
        if self._is_back and is_complete:
            self._is_away = self._is_back = False
            self.user_acted()

    def _add_late_runs(self, cluster: Cluster) -> None:
        """Count runs that started before the last action, but were discovered after it, as known."""
        for id in self._latest.runs.keys() - self._at_action.runs.keys():
            run = cluster.run(id)
            if run is None or run.start is None or run.start < self._at_action.cutoff:
                self._at_action.runs[id] = self._latest.runs[id]

    def _compare_runs(self, cluster: Cluster) -> None:
        for run in cluster.runs:
            new = self._run_change(cluster, run.id, run.start) or self._unseen_before.get(run.id)
            if new is None or run.id in self._seen_since:
                self._unseen_runs.pop(run.id, None)
            else:
                self._unseen_runs[run.id] = new

    def _compare_tasks(self, delta: "Delta", known: _KnownStates, into: dict[Digest, tuple[RunID, ChangeKind]]) -> None:
        for row in delta.rows:
            if (
                isinstance(row, Task)
                and row.id not in self._seen_since
                and (what := _task_change(row, known)) is not None
            ):
                into[row.id] = row.run_id, what

    def mark_seen(self, id: Digest) -> bool:
        """Mark the change of a run or a task as seen; return whether there was one."""
        was_new = id in self
        self._seen_since.add(id)
        self._forget([id])
        return was_new

    def mark_tasks_seen(self, run_id: RunID) -> None:
        """Mark the changes of all tasks of a run as seen."""
        for id in [id for id, (of, _) in self._unseen_tasks.items() if of == run_id]:
            self.mark_seen(id)

    def mark_all_seen(self) -> None:
        """Mark every change as seen."""
        for id in [*self._unseen_runs, *self._unseen_tasks]:
            self.mark_seen(id)

    def counts(self) -> Counter[ChangeKind]:
        """Return the number of changed runs by kind of change."""
        return Counter(self._unseen_runs.values())

    def counts_in(self, cluster: Cluster, run_id: RunID) -> Counter[ChangeKind]:
        """Return the number of changed tasks of a run by kind; a failed one with a later attempt is retried."""
        tasks = cluster.tally(run_id).tasks

        def kind(id: Digest, what: ChangeKind) -> ChangeKind:
            is_retried = what is ChangeKind.FAILED and id in tasks and cluster.is_retried(tasks[id])
            return ChangeKind.RETRIED if is_retried else what

        return Counter(kind(id, what) for id, (of, what) in self._unseen_tasks.items() if of == run_id)

    def _run_change(self, cluster: Cluster, run_id: RunID, start: datetime | None) -> ChangeKind | None:
        state, failed = _run_facts(cluster, run_id)
        known = self._at_departure.runs.get(run_id)
        if known is None and (start is None or start < self._at_departure.cutoff):
            self._at_departure.runs[run_id] = state, failed  # discovered late
            return None
        before, failed_before = known or (None, 0)
        if state is State.FAILED and before is not state:
            return ChangeKind.FAILED
        if state is State.FAILING and failed > failed_before:
            return ChangeKind.FAILED
        if state.is_expired and not (before is not None and before.is_expired):
            return ChangeKind.STALE
        if state is State.SUCCEEDED and before is not state:
            return ChangeKind.ENDED
        return ChangeKind.STARTED if before is None else None

    def _forget(self, ids: Iterable[Digest]) -> None:
        for id in ids:
            self._unseen_runs.pop(RunID(id), None)
            self._unseen_before.pop(RunID(id), None)
            self._unseen_tasks.pop(id, None)
            self._recent_tasks.pop(id, None)


def _task_change(task: Task, known: _KnownStates) -> ChangeKind | None:
    if task.end is not None:
        if task.end < known.cutoff:
            return None
        return ChangeKind.ENDED if task.err is None else ChangeKind.FAILED
    return ChangeKind.STARTED if task.start is not None and task.start >= known.cutoff else None


def _run_facts(cluster: Cluster, run_id: RunID) -> tuple[State, int]:
    return cluster.run_state(run_id), cluster.tally(run_id).failed_flows
