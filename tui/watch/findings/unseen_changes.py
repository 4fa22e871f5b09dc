"""Changes since the user last viewed the dashboard."""

import enum
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from store import Digest, RunID, Task
from tui.watch.model.cluster import Cluster
from tui.watch.model.delta import Delta
from tui.watch.model.states import State

# How late a read may bring an event: a task that ended so long before the user left counts as unseen.
_LATE = timedelta(minutes=1)
_NEVER = datetime.max.replace(tzinfo=UTC)


class ChangeKind(enum.StrEnum):
    """The kind of a change, the most important first."""

    FAILED = "failed"
    STALE = "went stale"
    RETRIED = "retried"
    ENDED = "ended"
    STARTED = "started"


@dataclass
class _Known:
    """The states of runs, and their numbers of failed flows, that were known at a time."""

    as_of: datetime | None = None
    runs: dict[RunID, tuple[State, int]] = field(default_factory=dict)

    @property
    def late(self) -> datetime:
        """Rows that started or ended before this time were known, or were discovered late."""
        return _NEVER if self.as_of is None else self.as_of - _LATE


class UnseenChanges:
    """The runs and tasks that have changed `since` the user last viewed the dashboard.

    The user views it until `user_left`, and was last seen there at the last `user_acted`. Changes since then are
    unseen: those that earlier refreshes brought, and those of every refresh until the first complete one after
    `user_returned`, since what that refresh brings has happened before.
    """

    def __init__(self) -> None:
        self.since: datetime | None = None
        self._is_away = self._is_back = False
        self._runs: dict[RunID, ChangeKind] = {}
        self._tasks: dict[Digest, tuple[RunID, ChangeKind]] = {}
        self._latest = _Known()
        self._acted = _Known()  # as of the last key press
        self._recent: dict[Digest, tuple[RunID, ChangeKind]] = {}  # tasks that changed since then
        self._known = _Known()  # as of when the user left
        self._unseen: dict[RunID, ChangeKind] = {}  # by the time the user left
        self._seen: set[Digest] = set()  # since the user is back

    def __bool__(self) -> bool:
        return bool(self._runs or self._tasks)

    def __contains__(self, id: object) -> bool:
        return id in self._runs or id in self._tasks

    def user_acted(self) -> None:
        """Note that the user has pressed a key, and so has seen what is known."""
        self._acted = self._latest
        self._recent.clear()
        if not self._is_away:
            self._seen.clear()

    def user_left(self, cluster: Cluster, now: datetime) -> None:
        """Note that the user has left after acting at `now`. Unseen changes stay unseen, with the earlier `since`."""
        if self._is_away:
            self._is_back = False
            return
        self._is_away = True
        self._seen.clear()
        if not self:
            self.since = now
        # A copy: runs that are discovered late are added to it.
        self._known = _Known(self._acted.as_of or cluster.as_of, self._acted.runs.copy())
        self._unseen = self._runs.copy()
        self._tasks.update(self._recent)
        self._recent.clear()
        self._compare_runs(cluster)

    def user_returned(self) -> None:
        """Note that the user is back."""
        self._is_back = self._is_away

    def compare(self, cluster: Cluster, delta: Delta, *, is_complete: bool) -> None:
        """Compare a refresh with what was known. After the user returned, the first that `is_complete` is the last."""
        self._forget(delta.removed)
        is_first = self._latest.as_of is None
        self._latest = _Known(cluster.as_of, {run.id: _facts(cluster, run.id) for run in cluster.runs})
        if is_first:
            self._acted = self._latest  # nobody can have seen less than the first refresh
        if self._is_away:
            self._compare_runs(cluster)
            self._compare_tasks(delta, self._known, self._tasks)
        elif not is_first:
            for id in self._latest.runs.keys() - self._acted.runs.keys():
                run = cluster.run(id)
                if run is None or run.start is None or run.start < self._acted.late:
                    self._acted.runs[id] = self._latest.runs[id]  # known only now
            self._compare_tasks(delta, self._acted, self._recent)
        if self._is_back and is_complete:
            self._is_away = self._is_back = False
            self.user_acted()

    def _compare_runs(self, cluster: Cluster) -> None:
        for run in cluster.runs:
            new = self._of_run(cluster, run.id, run.start) or self._unseen.get(run.id)
            if new is None or run.id in self._seen:
                self._runs.pop(run.id, None)
            else:
                self._runs[run.id] = new

    def _compare_tasks(self, delta: Delta, known: "_Known", into: dict[Digest, tuple[RunID, ChangeKind]]) -> None:
        for row in delta.rows:
            if isinstance(row, Task) and row.id not in self._seen and (what := _of_task(row, known)) is not None:
                into[row.id] = row.run_id, what

    def mark_seen(self, id: Digest) -> bool:
        """Mark the change of a run or a task as seen; return whether there was one."""
        was_new = id in self
        self._seen.add(id)
        self._forget([id])
        return was_new

    def mark_tasks_seen(self, run_id: RunID) -> None:
        """Mark the changes of all tasks of a run as seen."""
        for id in [id for id, (of, _) in self._tasks.items() if of == run_id]:
            self.mark_seen(id)

    def mark_all_seen(self) -> None:
        """Mark every change as seen."""
        for id in [*self._runs, *self._tasks]:
            self.mark_seen(id)

    def counts(self) -> Counter[ChangeKind]:
        """Return the number of changed runs by kind of change."""
        return Counter(self._runs.values())

    def counts_in(self, cluster: Cluster, run_id: RunID) -> Counter[ChangeKind]:
        """Return the number of changed tasks of a run by kind; a failed one with a later attempt is retried."""
        tasks = cluster.tally(run_id).tasks

        def kind(id: Digest, what: ChangeKind) -> ChangeKind:
            is_retried = what is ChangeKind.FAILED and id in tasks and cluster.is_retried(tasks[id])
            return ChangeKind.RETRIED if is_retried else what

        return Counter(kind(id, what) for id, (of, what) in self._tasks.items() if of == run_id)

    def _of_run(self, cluster: Cluster, run_id: RunID, start: datetime | None) -> ChangeKind | None:
        state, failed = _facts(cluster, run_id)
        known = self._known.runs.get(run_id)
        if known is None and (start is None or start < self._known.late):
            self._known.runs[run_id] = state, failed  # known only now
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
            self._runs.pop(RunID(id), None)
            self._unseen.pop(RunID(id), None)
            self._tasks.pop(id, None)
            self._recent.pop(id, None)


def _of_task(task: Task, known: "_Known") -> ChangeKind | None:
    if task.end is not None:
        if task.end < known.late:
            return None
        return ChangeKind.ENDED if task.err is None else ChangeKind.FAILED
    return ChangeKind.STARTED if task.start is not None and task.start >= known.late else None


def _facts(cluster: Cluster, run_id: RunID) -> tuple[State, int]:
    return cluster.run_state(run_id), cluster.tally(run_id).failed_flows
