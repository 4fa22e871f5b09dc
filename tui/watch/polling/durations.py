"""How long the tasks of an ident usually take, from those that ended last."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from store import Error, TaskDB, TaskQuery
from tui.watch.model.cluster import Cluster

_SAMPLE = 100
_ENOUGH = 20  # of which one in twenty took longer
_KEPT, _KEPT_UNKNOWN = timedelta(hours=1), timedelta(minutes=5)
# What runs for less is not slow, whatever is usual; and most idents need not be read.
_SHORTEST = timedelta(minutes=5)
# A table without the index, of which all tasks of an ident would be read, costs more than this, in RCU.
_DEAR = 500.0
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class IdentDurations:
    """The 95th percentile of the durations of an ident's last ended tasks, read once an hour.

    `error` is why the last read failed, None if it did not.
    """

    def __init__(self, known: Mapping[str, timedelta] | None = None) -> None:
        self.error: Error | None = None
        self._usual: dict[str, tuple[datetime, timedelta | None]] = {
            ident: (_LONG_AGO, usual) for ident, usual in (known or {}).items()
        }
        self._too_dear = False

    def usual(self, ident: str) -> timedelta | None:
        """How long all but one in twenty tasks of an ident take; None if that is not known, or under 5 minutes."""
        return self._usual.get(ident, (None, None))[1]

    def known(self) -> Iterator[tuple[str, timedelta]]:
        """The idents of which it is known, with what `usual` says of them."""
        return ((ident, usual) for ident, (_, usual) in self._usual.items() if usual is not None)

    def wanted(self, cluster: Cluster, now: datetime) -> Collection[str]:
        """The idents of tasks that run for long, of which it is not known, or was long ago, what is usual."""
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
        """Read the last ended tasks of an ident; returns the cost in RCU. One that fails is tried again later."""
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
