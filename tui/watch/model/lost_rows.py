"""The number of lost tasks and hosts of runs that have not ended, for headings."""

from collections.abc import Callable

from store import Digest, Liveness, Run
from tui.watch.model.cluster import Cluster


def count_lost_tasks(cluster: Cluster, is_counted: Callable[[Run], bool]) -> int:
    """Return the number of tasks of counted runs that are lost, or on a lost or ended host or alloc."""
    runs = (run for run in cluster.runs if is_counted(run))
    return sum(cluster.lost_tasks_of(run) + cluster.orphaned_tasks_of(run) for run in runs)


def count_lost_hosts(cluster: Cluster, is_counted: Callable[[Run], bool]) -> int:
    """Return the number of hosts that are lost or have ended, with running tasks of counted runs."""
    found: set[Digest] = set()
    for task in cluster.tasks_on_dead_hosts():
        run, pool = cluster.run(task.run_id), cluster.pool_of(task)
        if run is None or pool is None or not cluster.is_wanted(task):
            continue
        # An alloc may have ended on a host that is alive.
        if (pool.end is not None or cluster.liveness(pool) is Liveness.LOST) and is_counted(run):
            found.add(pool.id)
    return len(found)
