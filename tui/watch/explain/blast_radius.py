"""The reach of a lost pool or alloc: the tasks on it, their runs and owners, and the work at stake."""

from datetime import datetime, timedelta

import msgspec

from store import Alloc, Digest, PoolRow, RunID, Task
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import is_expired


class BlastRadius(msgspec.Struct, frozen=True):
    """Everything that hangs on a pool or an alloc.

    `tasks` run there, without a later attempt. `work` is the time that they have run, together, until a dead place
    died: it is done again if they are lost. `runs` are their runs that have not ended, and `waiting` those of them that
    have no task running anywhere else, except for retried ones. `users` own the runs, most tasks first; their names are
    not yet safe to show.
    """

    tasks: tuple[Task, ...] = ()
    runs: tuple[RunID, ...] = ()
    users: tuple[str, ...] = ()
    waiting: tuple[RunID, ...] = ()
    work: timedelta = timedelta()


def blast_radius(cluster: Cluster, place: PoolRow | Alloc) -> BlastRadius:
    """Return what hangs on a pool or an alloc as of the last refresh."""
    tasks = list(filter(cluster.is_wanted, tasks_running_on(cluster, place)))
    stop = cluster.as_of
    if place.end is not None or is_expired(cluster.liveness(place)):
        stop = min(stop, place.end or place.keepalive or stop)
    by_run: dict[RunID, int] = {}
    by_user: dict[str, int] = {}
    for task in tasks:
        by_run[task.run_id] = by_run.get(task.run_id, 0) + 1
        if (run := cluster.run(task.run_id)) is not None and run.user:
            by_user[run.user] = by_user.get(run.user, 0) + 1
    return BlastRadius(
        tasks=tuple(tasks),
        runs=tuple(sorted(by_run, key=lambda id: (-by_run[id], id))),
        users=tuple(sorted(by_user, key=lambda user: (-by_user[user], user))),
        waiting=tuple(sorted(id for id, count in by_run.items() if _running_tasks(cluster, id) == count)),
        work=sum((_work(task, stop) for task in tasks), timedelta()),
    )


def tasks_running_on(cluster: Cluster, place: PoolRow | Alloc) -> list[Task]:
    """Return the tasks without an end in a pool or an alloc, of any run, the oldest first."""
    open_rows = cluster.open
    allocs: list[Digest] = [place.id]
    if isinstance(place, PoolRow):
        # Allocs that have ended may still have tasks without an end.
        allocs = [id for id in open_rows.tasks_on if (alloc := cluster.alloc(id)) and alloc.pool_id == place.id]
    found = (task for id in allocs for task in open_rows.tasks_on.get(id, {}).values())
    return sorted(found, key=lambda task: (task.start or cluster.as_of, task.id))


def _work(task: Task, stop: datetime) -> timedelta:
    return max(stop - task.start, timedelta()) if task.start is not None else timedelta()


def _running_tasks(cluster: Cluster, run_id: RunID) -> int:
    return cluster.tally(run_id).running - cluster.retried_attempts_of(run_id, only_open=True)
