"""What has become of runs and tasks while nobody looked, until somebody has seen it."""

import enum
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from store import Digest, RunID, Task
from tui.watch.model.cluster import Cluster
from tui.watch.model.delta import Delta
from tui.watch.model.states import State

# How late a read may bring what has happened: a task that ended so long before nobody looked was not known to have.
_LATE = timedelta(minutes=1)


class ChangeKind(enum.StrEnum):
    """What is new of a run or a task, what matters most first."""

    FAILED = "failed"
    SILENT = "went silent"
    ENDED = "ended"
    STARTED = "started"


class UnseenChanges:
    """The runs and tasks of which something is new `since` somebody looked last.

    Somebody looks, until `leave`; from then on what is read is compared with what was known, and once more after
    `look`, for what the sweep brings that is begun then has happened meanwhile, too.
    """

    def __init__(self) -> None:
        self.since: datetime | None = None
        self._is_away = self._is_back = False
        self._runs: dict[RunID, ChangeKind] = {}
        self._tasks: dict[Digest, tuple[RunID, ChangeKind]] = {}
        self._known: dict[RunID, tuple[State, int]] = {}  # when somebody looked last: the state, and failed flows
        self._unseen: dict[RunID, ChangeKind] = {}  # by then
        self._left = datetime.max.replace(tzinfo=UTC)
        self._seen: set[Digest] = set()  # since somebody is back

    def __bool__(self) -> bool:
        return bool(self._runs or self._tasks)

    def __contains__(self, id: object) -> bool:
        return id in self._runs or id in self._tasks

    def leave(self, cluster: Cluster, now: datetime) -> None:
        """Nobody looks any more. What was not seen yet stays new, and `since` is when somebody looked before that."""
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

    def look(self) -> None:
        """Somebody looks again."""
        self._is_back = self._is_away

    def take(self, cluster: Cluster, delta: Delta, *, is_complete: bool) -> None:
        """Take what a sweep has brought. One that `is_complete` is the last one of which anything is new."""
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

    def see(self, id: Digest) -> bool:
        """Somebody has seen what is new of a run or a task; says whether there was anything."""
        was_new = id in self
        self._seen.add(id)
        self._forget([id])
        return was_new

    def see_tasks(self, run_id: RunID) -> None:
        """Somebody has seen what is new of the tasks of a run."""
        for id in [id for id, (of, _) in self._tasks.items() if of == run_id]:
            self.see(id)

    def see_all(self) -> None:
        """Somebody knows."""
        for id in [*self._runs, *self._tasks]:
            self.see(id)

    def counts(self) -> Counter[ChangeKind]:
        """How many runs there is something new of, by what that is."""
        return Counter(self._runs.values())

    def counts_in(self, run_id: RunID) -> Counter[ChangeKind]:
        """How many tasks of a run there is something new of, by what that is."""
        return Counter(new for of, new in self._tasks.values() if of == run_id)

    def _of_run(self, cluster: Cluster, run_id: RunID, start: datetime | None) -> ChangeKind | None:
        state, failed = _known(cluster, run_id)
        known = self._known.get(run_id)
        if known is None and (start is None or start < self._left):
            self._known[run_id] = state, failed  # it is only known by now
            return None
        before, failed_before = known or (None, 0)
        if state is State.FAILED and before is not state:
            return ChangeKind.FAILED
        if state is State.FAILING and failed > failed_before:
            return ChangeKind.FAILED
        if state.is_expired and not (before is not None and before.is_expired):
            return ChangeKind.SILENT
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
