"""Reads of the usual durations of the tasks of each ident, from the last ones that ended."""

from collections.abc import Collection
from datetime import datetime, timedelta

from store import Error, TaskDB, TaskQuery
from tui.watch.model.cluster import Cluster
from tui.watch.model.usual_duration import SHORTEST, UsualDuration

_SAMPLE = 100
_KEPT, _KEPT_UNKNOWN = timedelta(hours=1), timedelta(minutes=5)
# A query that costs more RCU than this hit a table without the index and read all tasks of the ident.
_DEAR = 500.0
# Idents are names in programs: a cluster has hundreds. Beyond this number, idents without an open task are forgotten.
_MOST = 2_000


class IdentDurations:
    """Reads the usual durations of idents into `cluster.usual`, each once an hour.

    `error` is the error of the last read; None if it succeeded.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.error: Error | None = None
        self._cluster = cluster
        self._read_at: dict[str, datetime] = {}
        self._too_dear = False

    def wanted(self, now: datetime, more: Collection[str] = ()) -> Collection[str]:
        """Return the idents that were not read in the last hour: those of tasks running for over 5 minutes, and `more`.

        Most idents have no such task and need no read, because shorter tasks are never slow.
        """
        if self._too_dear:
            return ()
        began, read = self._cluster.as_of - SHORTEST, now - _KEPT

        def is_due(ident: str) -> bool:
            return bool(ident) and (ident not in self._read_at or self._read_at[ident] < read)

        running = {
            ident
            for ident, tasks in self._cluster.open.tasks_of.items()
            if is_due(ident) and any(task.start is not None and task.start < began for task in tasks.values())
        }
        return running | set(filter(is_due, more))

    async def read(self, db: TaskDB, ident: str, now: datetime) -> float:
        """Read the last ended tasks of an ident; return the cost in RCU. A read that fails is retried later."""
        if len(self._read_at) > _MOST:
            self._forget_unused()
        try:
            tasks = await db.tasks(TaskQuery(ident=ident, limit=_SAMPLE, with_details=True))
        except Error as error:
            error.drop_tracebacks()
            self.error = error
            self._read_at[ident] = now - _KEPT + _KEPT_UNKNOWN
            return 0.0
        self.error = None
        # Failures say nothing about a task that succeeds: many end within seconds.
        done = (task for task in tasks if task.err is None)
        spans = (task.end - task.start for task in done if task.end is not None and task.start is not None)
        self._cluster.usual[ident] = UsualDuration.measure(spans)
        self._read_at[ident] = now
        self._too_dear = tasks.consumed > _DEAR
        return tasks.consumed

    def _forget_unused(self) -> None:
        """Forget the older half of the idents, except those with an open task."""
        oldest = sorted(self._read_at, key=self._read_at.__getitem__)[: _MOST // 2]
        for ident in oldest:
            if not self._cluster.open.tasks_of.get(ident):
                del self._read_at[ident]
                self._cluster.usual.pop(ident, None)
