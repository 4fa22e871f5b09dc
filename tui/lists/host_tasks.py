"""The tasks of a run by host, in words. Not yet safe to show."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from store import Digest, Liveness, PoolRow, RunID, Task
from tui.lists import cells
from tui.text import formats
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State, liveness_facts

_MOST_HOSTS = 20


class TaskCounts(NamedTuple):
    """The tasks on a host: all known ones, those that run, or are stale or lost, failed flows, and retried attempts.

    Each task counts once, as lists show its state.
    """

    total: int = 0
    running: int = 0
    expired: int = 0
    failed: int = 0
    retried: int = 0

    @property
    def open(self) -> int:
        """The number of tasks without an end that were not retried."""
        return self.running + self.expired

    def __str__(self) -> str:
        parts = (
            (self.running, "running"),
            (self.expired, "stale or lost"),
            (self.failed, "failed"),
            (self.retried, "retried"),
        )
        details = ", ".join(f"{count} {word}" for count, word in parts if count)
        return f"{formats.count(self.total, 'task')}{f': {details}' if details else ''}"


def count_tasks(cluster: Cluster, tasks: Iterable[Task]) -> TaskCounts:
    """Return the counts of tasks of `cluster`."""
    counts: Counter[str] = Counter()
    for task in tasks:
        state = cluster.task_state(task)
        counts["total"] += 1
        if cluster.is_retried(task):
            counts["retried"] += 1
        elif state.is_expired:
            counts["expired"] += 1
        elif task.end is None:
            counts["running"] += 1
        elif state is State.FAILED:
            counts["failed"] += 1
    return TaskCounts(**counts)


def run_hosts(cluster: Cluster, run_id: RunID) -> list[str]:
    """Return a line for each host that tasks of a run were on: `i-0abc r5.2xlarge  3 tasks: 1 running  i-0abc.aws.com`.

    Hosts with running tasks come first, then those with failures; after 20 hosts the last line counts the others. The
    line of a host that is not live names its state.
    """
    on_pool: dict[Digest, list[Task]] = {}
    for task in cluster.tally(run_id).tasks.values():
        if (pool := cluster.pool_of(task)) is not None:
            on_pool.setdefault(pool.id, []).append(task)
    counted = [(cluster.pool(id), count_tasks(cluster, tasks)) for id, tasks in on_pool.items()]
    known = [(pool, counts) for pool, counts in counted if pool is not None]
    known.sort(key=lambda each: (-each[1].open, -each[1].failed, -each[1].total, str(each[0].pool_id)))
    lines = [_line(cluster, pool, counts) for pool, counts in known[:_MOST_HOSTS]]
    if len(known) > _MOST_HOSTS:
        lines.append(f"and {formats.count(len(known) - _MOST_HOSTS, 'other host')}")
    return lines


def _line(cluster: Cluster, pool: PoolRow, counts: TaskCounts) -> str:
    alive = cluster.liveness(pool)
    state = "" if alive is Liveness.LIVE or not cluster.has_lease(pool) else liveness_facts(alive).label
    name = " ".join(filter(None, (str(pool.pool_id), pool.pool_type)))
    return "  ".join(filter(None, (name, state, str(counts), cells.host(pool))))
