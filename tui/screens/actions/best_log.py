"""The log that says most about what the user points at."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from store import Digest, Run, Task
from store.times import EARLIEST
from tui.screens.base.routes import LogsRoute
from tui.screens.base.subject import Subject
from tui.watch.model.cluster import Cluster


def best_log(cluster: Cluster, subject: Subject) -> LogsRoute | None:
    """Return the route of the most useful log of what the user points at; None if that is nothing.

    For a task these are its own logs; for a finding, those of its newest task; for a host or an ident, those of the
    newest failed task, else of the newest one. For a run it is the run log, or as for a host if there is none. The
    route says so if the logs are not those of the row itself.
    """
    row = subject.row
    if isinstance(row, Task):
        return LogsRoute.for_row(row)
    tasks = list(subject.tasks())
    if tasks:
        return _newest_log(cluster, tasks, f"{{}} of the {subject.noun}", prefers_failed=subject.noun != "finding")
    if not isinstance(row, Run):
        return None
    tally = cluster.tally(row.id)
    if row.run_log or not tally.tasks:
        return LogsRoute.for_row(row)
    says = "{}; the run has no run log"
    # Retried attempts do not count: a flow that has succeeded since is no reason to open a log.
    failures = tally.failures()
    return _newest_log(cluster, failures or list(tally.tasks.values()), says, prefers_failed=bool(failures))


def _newest_log(cluster: Cluster, tasks: Sequence[Task], says: str, *, prefers_failed: bool) -> LogsRoute:
    failed = [task for task in tasks if cluster.has_failed(task)] if prefers_failed else []
    task = max(failed or tasks, key=_last_time)
    return LogsRoute(task.id, task, says.format("newest failed task" if failed else "newest task"))


def newest(tasks: Iterable[Task]) -> Task | None:
    """Return the task that ended last, or started last where it has not ended; None for no tasks."""
    return max(tasks, key=_last_time, default=None)


def _last_time(task: Task) -> tuple[datetime, Digest]:
    return task.end or task.start or EARLIEST, task.id
