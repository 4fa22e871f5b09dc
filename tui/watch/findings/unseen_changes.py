"""Changes since the user last viewed the dashboard."""

import enum
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from store import Digest, RunID, Task
from tui.watch.model.cluster import Cluster
from tui.watch.model.delta import Delta
from tui.watch.model.states import State

# How late a read may bring an event: a task that ended so long before the user left counts as unseen.
_LATE = timedelta(minutes=1)


class ChangeKind(enum.StrEnum):
    """The kind of a change, the most important first."""

    FAILED = "failed"
    STALE = "went stale"
    ENDED = "ended"
    STARTED = "started"


class UnseenChanges:
    """The runs and tasks that have changed `since` the user last viewed the dashboard.

    The user views it until `user_left`. From then on every refresh is compared with what was known, and once more after
    `user_returned`, since what that refresh brings has happened before.
    """

    def __init__(self) -> None:
        self.since: datetime | None = None
        self._is_away = self._is_back = False
        self._runs: dict[RunID, ChangeKind] = {}
        self._tasks: dict[Digest, tuple[RunID, ChangeKind]] = {}
        self._known: dict[
            RunID, tuple[State, int]
        ] = {}  # as of when the user left: the state, and the number of failed flows
        self._unseen: dict[RunID, ChangeKind] = {}  # by the time the user left
        self._left = datetime.max.replace(tzinfo=UTC)
        self._seen: set[Digest] = set()  # since the user is back

    def __bool__(self) -> bool:
        return bool(self._runs or self._tasks)

    def __contains__(self, id: object) -> bool:
        return id in self._runs or id in self._tasks

    def user_left(self, cluster: Cluster, now: datetime) -> None:
        """Note that the user has left. Unseen changes stay unseen, and `since` keeps its earlier time."""
        if self._is_away:
            self._is_back = False
            return
        self._is_away = True
        self._seen.clear()
        if not self:
            self.since = now
        self._left = cluster.as_of - _LATE
        self._known = {run.id: _known(cluster, run.id) for run in cluster.runs}
        self._unseen = self._runs.copy()

    def user_returned(self) -> None:
        """Note that the user is back."""
        self._is_back = self._is_away

    def compare(self, cluster: Cluster, delta: Delta, *, is_complete: bool) -> None:
        """Compare a refresh with what was known. After the user returned, the first that `is_complete` is the last."""
        self._forget(delta.removed)
        if not self._is_away:
            return
        for run in cluster.runs:
            new = self._of_run(cluster, run.id, run.start) or self._unseen.get(run.id)
            if new is None or run.id in self._seen:
                self._runs.pop(run.id, None)
            else:
                self._runs[run.id] = new
        for row in delta.rows:
            if isinstance(row, Task) and row.id not in self._seen and (what := self._of_task(row)) is not None:
                self._tasks[row.id] = row.run_id, what
        if self._is_back and is_complete:
            self._is_away = self._is_back = False
            self._known = {}

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

    def counts_in(self, run_id: RunID) -> Counter[ChangeKind]:
        """Return the number of changed tasks of a run by kind of change."""
        return Counter(new for of, new in self._tasks.values() if of == run_id)

    def _of_run(self, cluster: Cluster, run_id: RunID, start: datetime | None) -> ChangeKind | None:
        state, failed = _known(cluster, run_id)
        known = self._known.get(run_id)
        if known is None and (start is None or start < self._left):
            self._known[run_id] = state, failed  # known only now
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

    def _of_task(self, task: Task) -> ChangeKind | None:
        if task.end is not None:
            if task.end < self._left:
                return None
            return ChangeKind.ENDED if task.err is None else ChangeKind.FAILED
        return ChangeKind.STARTED if task.start is not None and task.start >= self._left else None

    def _forget(self, ids: Iterable[Digest]) -> None:
        for id in ids:
            self._runs.pop(RunID(id), None)
            self._unseen.pop(RunID(id), None)
            self._tasks.pop(id, None)


def _known(cluster: Cluster, run_id: RunID) -> tuple[State, int]:
    return cluster.run_state(run_id), cluster.tally(run_id).failed_flows
