"""The usual durations of the tasks of each ident, from the last ones that ended."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from store import Error, TaskDB, TaskQuery
from tui.watch.model.cluster import Cluster

_SAMPLE = 100
_ENOUGH = 20  # one in twenty of them took longer
_KEPT, _KEPT_UNKNOWN = timedelta(hours=1), timedelta(minutes=5)
# A task that has run for less is not slow, whatever is usual: most idents need not be read.
_SHORTEST = timedelta(minutes=5)
# A query that costs more RCU than this hit a table without the index and read all tasks of the ident.
_DEAR = 500.0
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class IdentDurations:
    """The 95th percentile of the durations of each ident's last ended tasks, read once an hour.

    `error` is why the last read failed; None if it succeeded.
    """

    def __init__(self, known: Mapping[str, timedelta] | None = None) -> None:
        self.error: Error | None = None
        self._usual: dict[str, tuple[datetime, timedelta | None]] = {
            ident: (_LONG_AGO, usual) for ident, usual in (known or {}).items()
        }
        self._too_dear = False

    def usual(self, ident: str) -> timedelta | None:
        """Return the p95 of an ident; None if it is unknown or under 5 minutes."""
        return self._usual.get(ident, (None, None))[1]

    def known(self) -> Iterator[tuple[str, timedelta]]:
        """Return the idents with a known p95, and that p95."""
        return ((ident, usual) for ident, (_, usual) in self._usual.items() if usual is not None)

    def wanted(self, cluster: Cluster, now: datetime) -> Collection[str]:
        """Return the idents of long-running tasks whose p95 is unknown or out of date."""
        if self._too_dear:
            return ()
        began, read = cluster.as_of - _SHORTEST, now - _KEPT
        return {
            ident
            for ident, tasks in cluster.open.tasks_of.items()
            if ident
            and (ident not in self._usual or self._usual[ident][0] < read)
            and any(task.start is not None and task.start < began for task in tasks.values())
        }

    async def read(self, db: TaskDB, ident: str, now: datetime) -> float:
        """Read the last ended tasks of an ident; return the cost in RCU. A read that fails is retried later."""
        try:
            tasks = await db.tasks(TaskQuery(ident=ident, limit=_SAMPLE, with_details=True))
        except Error as error:
            self.error = error
            self._usual[ident] = (now - _KEPT + _KEPT_UNKNOWN, self.usual(ident))
            return 0.0
        self.error = None
        spans = sorted(task.end - task.start for task in tasks if task.end is not None and task.start is not None)
        usual = max(spans[(len(spans) * 95 - 1) // 100], _SHORTEST) if len(spans) >= _ENOUGH else None
        self._usual[ident] = (now, usual)
        self._too_dear = tasks.consumed > _DEAR
        return tasks.consumed
