"""The task whose error and last log line are evidence of why a row is stale or lost."""

from collections.abc import Iterable

from store import Alloc, PoolRow, Run, Task
from store.times import EARLIEST
from tui.watch.findings.finding import Finding
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import is_expired


def evidence_task(cluster: Cluster, row: Run | Task | PoolRow | Alloc | Finding) -> Task | None:
    """Return the task whose log explains a stale or lost row: a task itself, else its task with the latest lease.

    Candidates are the stale and lost tasks of a run, or those that a finding affects. Return None without any, or if
    the row is healthy.
    """
    match row:
        case Task():
            return row if _has_expired(cluster, row) else None
        case Run():
            is_lost = row.end is None and cluster.has_lease(row) and is_expired(cluster.liveness(row))
            return _last(cluster, cluster.tally(row.id).tasks.values()) if is_lost else None
        case Finding(rows=(Run() | Task() as first, *_)):
            return evidence_task(cluster, first)
        case Finding(rows=(PoolRow() | Alloc(), *_)):
            return _last(cluster, row.tasks)
        case _:
            return None


def _last(cluster: Cluster, tasks: Iterable[Task]) -> Task | None:
    expired = (task for task in tasks if _has_expired(cluster, task))
    return max(expired, key=lambda task: (task.keepalive or task.start or EARLIEST, task.id), default=None)


def _has_expired(cluster: Cluster, task: Task) -> bool:
    return task.end is None and cluster.has_lease(task) and is_expired(cluster.liveness(task))
