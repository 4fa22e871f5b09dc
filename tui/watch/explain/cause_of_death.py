"""The reason that a task or a run is stale or lost, as far as the leases around it tell."""

import enum
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from store import PoolRow, Run, Task
from store.lease import RENEWAL
from tui.watch.explain.blast_radius import tasks_running_on
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.model.states import is_expired

# Writers renew on their own schedules, every 90 s. Leases of writers that stop together expire within that time.
_TOGETHER = RENEWAL + timedelta(seconds=10)


class DeathKind(enum.Enum):
    """The fate of a task or a run whose lease expired."""

    HOST_TERMINATED = enum.auto()  # the pool has an end
    HOST_GONE = enum.auto()  # the lease of the pool expired, and those of all tasks there
    HOST_SILENT = enum.auto()  # the lease of the pool expired, but tasks there are alive
    HOST_AND_RUN = enum.auto()  # pool and run expired within one renewal of each other
    ALLOC_ENDED = enum.auto()  # on a live pool
    ALLOC_GONE = enum.auto()  # its lease expired, on a live pool
    RUN_ENDED = enum.auto()  # without an end of the task
    RUN_GONE = enum.auto()  # the leases of the run and of all its tasks expired
    TASK_ALONE = enum.auto()  # pool, run and the other tasks are alive
    TASKS_TOGETHER = enum.auto()  # other tasks of the run stopped, too, but neither the run nor the pool
    LEASE_ALONE = enum.auto()  # of a run whose tasks are alive
    IDLE_RUN = enum.auto()  # a run without running tasks
    NEVER_RENEWED = enum.auto()  # a run that never had a lease


class CauseOfDeath(msgspec.Struct, frozen=True):
    """The reason that `row` is stale or lost.

    `beside` is the row that decides: the pool, alloc or run that died, or the pool that lives; None where it is not
    known. `earlier` is how long before `row` that one stopped, negative if it was later. `stopped` counts the other
    tasks that stopped within one renewal of it, and `alive` those that go on: tasks of the same pool or alloc if the
    place is the cause, else of the same run. `evidence` are the rows whose leases were compared.
    """

    kind: DeathKind
    row: Task | Run
    beside: Row | None = None
    earlier: timedelta | None = None
    stopped: int = 0
    alive: int = 0
    evidence: tuple[Row, ...] = ()


def cause_of_death(cluster: Cluster, row: Task | Run) -> CauseOfDeath | None:
    """Return why a task or a run is stale or lost; None if it is neither, or its lease is not known, as in the past."""
    if row.end is not None or not cluster.has_lease(row) or not is_expired(cluster.liveness(row)):
        return None
    return _of_task(cluster, row) if isinstance(row, Task) else _of_run(cluster, row)


def _of_task(cluster: Cluster, task: Task) -> CauseOfDeath:
    run, alloc, pool = cluster.run(task.run_id), cluster.alloc(task.alloc_id), cluster.pool_of(task)
    siblings = [each for each in cluster.tally(task.run_id).tasks.values() if each.end is None]
    if run is not None and run.end is not None:
        return _cause(cluster, task, DeathKind.RUN_ENDED, run, siblings)
    is_run_gone = run is not None and _has_expired(cluster, run) and all(_has_expired(cluster, it) for it in siblings)
    if pool is not None and (pool.end is not None or _has_expired(cluster, pool)):
        there = tasks_running_on(cluster, pool)
        kind = _kind_on_dead_pool(cluster, pool, there, run if is_run_gone else None)
        if kind is not DeathKind.RUN_GONE:
            return _cause(cluster, task, kind, pool, there)
    elif alloc is not None and (alloc.end is not None or _has_expired(cluster, alloc)) and not is_run_gone:
        kind = DeathKind.ALLOC_GONE if alloc.end is None else DeathKind.ALLOC_ENDED
        return _cause(cluster, task, kind, alloc, tasks_running_on(cluster, alloc))
    if is_run_gone:
        return _cause(cluster, task, DeathKind.RUN_GONE, run, siblings)
    found = _cause(cluster, task, DeathKind.TASK_ALONE, pool, siblings)
    return msgspec.structs.replace(found, kind=DeathKind.TASKS_TOGETHER) if found.stopped else found


def _kind_on_dead_pool(cluster: Cluster, pool: PoolRow, there: list[Task], run: Run | None) -> DeathKind:
    """Return what became of a task on a pool that ended or expired. `run` is its run, if that stopped as well."""
    if run is not None:
        earlier = _earlier(pool, run) or timedelta()
        if earlier > _TOGETHER:
            return DeathKind.RUN_GONE
        if pool.end is None and abs(earlier) <= _TOGETHER:
            return DeathKind.HOST_AND_RUN
    if pool.end is not None:
        return DeathKind.HOST_TERMINATED
    is_gone = all(_has_expired(cluster, task) for task in there)
    return DeathKind.HOST_GONE if is_gone else DeathKind.HOST_SILENT


def _cause(cluster: Cluster, task: Task, kind: DeathKind, beside: Row | None, others: Iterable[Task]) -> CauseOfDeath:
    rest = [other for other in others if other.id != task.id]
    places = cluster.alloc(task.alloc_id), cluster.pool_of(task), cluster.run(task.run_id)
    return CauseOfDeath(
        kind=kind,
        row=task,
        beside=beside,
        earlier=None if beside is None or beside.end is not None else _earlier(task, beside),
        stopped=sum(_stopped_together(cluster, task, other) for other in rest),
        alive=sum(not _has_expired(cluster, other) for other in rest),
        evidence=(task, *(row for row in places if row is not None)),
    )


def _of_run(cluster: Cluster, run: Run) -> CauseOfDeath:
    tasks = [task for task in cluster.tally(run.id).tasks.values() if task.end is None]
    stopped = sum(_has_expired(cluster, task) for task in tasks)
    alive = len(tasks) - stopped
    if run.keepalive is None:
        kind = DeathKind.NEVER_RENEWED
    elif not tasks:
        kind = DeathKind.IDLE_RUN
    else:
        kind = DeathKind.LEASE_ALONE if alive else DeathKind.RUN_GONE
    return CauseOfDeath(kind, run, stopped=stopped, alive=alive, evidence=(run,))


def _stopped_together(cluster: Cluster, task: Task, other: Task) -> bool:
    """Whether another task stopped when this one did, as far as a lease can tell."""
    if not _has_expired(cluster, other):
        return False
    apart = _earlier(task, other)
    return apart is not None and abs(apart) <= _TOGETHER


def _earlier(row: Row, other: Row | None) -> timedelta | None:
    """The time by which another row stopped before `row`, by their leases; None if one of them has none."""
    last, before = _stop(row), None if other is None else _stop(other)
    return None if last is None or before is None else last - before


def _stop(row: Row) -> datetime | None:
    return row.end or row.keepalive or row.start


def _has_expired(cluster: Cluster, row: Row) -> bool:
    return is_expired(cluster.liveness(row))
