"""The reason that a task or a run is stale or lost, as far as the leases around it tell."""

import enum
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from store import Alloc, Digest, PoolRow, Run, Task
from store.lease import SKEW
from tui.watch.explain.blast_radius import tasks_running_on
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.model.states import is_expired
from tui.watch.model.stop_order import TOGETHER, StopOrder, stop_order, stopped_earlier

_MOST_PLACES = 3  # among the evidence


class DeathKind(enum.Enum):
    """The fate of a task or a run whose lease expired."""

    HOST_TERMINATED = enum.auto()  # the pool has an end
    HOST_GONE = enum.auto()  # the lease of the pool expired, and those of all tasks there
    HOST_EXPIRED = enum.auto()  # the lease of the pool expired, but tasks there are alive
    HOST_AND_RUN = enum.auto()  # pool and run stopped within one renewal of each other
    AFTER_HOST = enum.auto()  # a run whose running tasks were all lost with pools or allocs that stopped before it
    ALLOC_ENDED = enum.auto()  # on a live pool
    ALLOC_GONE = enum.auto()  # its lease expired, on a live pool
    RUN_ENDED = enum.auto()  # without an end of the task
    RUN_GONE = enum.auto()  # the leases of the run and of all its tasks expired
    TASK_ALONE = enum.auto()  # pool, run and the other tasks are alive
    TASKS_TOGETHER = enum.auto()  # other tasks of the run stopped, too, but neither the run nor the pool
    LEASE_ALONE = enum.auto()  # of a run whose tasks are alive
    IDLE_RUN = enum.auto()  # a run without running tasks
    NEVER_RENEWED = enum.auto()  # a run that never had a lease
    TOO_EARLY = enum.auto()  # leases that decide it are not over yet


class Fate(enum.Enum):
    """The fate of a row after another one stopped."""

    STOPPED = enum.auto()  # it has ended, or its lease expired
    ALIVE = enum.auto()  # it has renewed its lease since
    UNKNOWN = enum.auto()  # its lease is not over yet, but may be its last one


class CauseOfDeath(msgspec.Struct, frozen=True):
    """The reason that `row` is stale or lost.

    `beside` is the row that decides: the pool, alloc or run that died, or the pool that lives; None where it is not
    known. `earlier` is how long before `row` that one stopped, negative if it was later. `stopped` counts the other
    tasks that stopped within one renewal of it, and `alive` those that renewed after it: tasks of the same pool or
    alloc if the place is the cause, else of the same run. `evidence` are the rows whose leases were compared. For
    TOO_EARLY, `undecided` are the rows that may have stopped as well, and `decided` is when that will be known.

    For a run, `places` counts the pools and allocs that stopped no later than the run, and `placed` the running tasks
    on them; `beside` is the place with most of these tasks. For a task, `is_run_lost` is whether its run stopped while
    other tasks of the run are alive, `has_beside_stopped` whether its pool stopped, but later, and `is_beside_expired`
    whether only the lease of its pool expired, whose allocs renew.

    `later` are the pools and allocs that stopped after the run: of its running tasks, those with most of them first; or
    that of the task, if its run is the cause, or it is too early.
    """

    kind: DeathKind
    row: Task | Run
    beside: Row | None = None
    earlier: timedelta | None = None
    stopped: int = 0
    alive: int = 0
    placed: int = 0
    places: int = 0
    later: tuple[PoolRow | Alloc, ...] = ()
    is_run_lost: bool = False
    has_beside_stopped: bool = False
    is_beside_expired: bool = False
    evidence: tuple[Row, ...] = ()
    undecided: tuple[Row, ...] = ()
    decided: datetime | None = None


def cause_of_death(cluster: Cluster, row: Task | Run) -> CauseOfDeath | None:
    """Return why a task or a run is stale or lost; None if it is neither, or its lease is not known, as in the past."""
    if row.end is not None or not cluster.has_lease(row) or not is_expired(cluster.liveness(row)):
        return None
    return _of_task(cluster, row) if isinstance(row, Task) else _of_run(cluster, row)


def fate_after(cluster: Cluster, row: Row, other: Row) -> Fate:
    """Return the fate of another row after `row` stopped renewing its lease.

    A pool whose lease expired is alive while an alloc in it renews: the process of the host renews both.
    """
    if isinstance(other, PoolRow) and other.end is None and is_expired(cluster.liveness(other)):
        allocs = cluster.open.allocs_in.get(other.id, {}).values()
        return Fate.ALIVE if any(fate_after(cluster, row, each) is Fate.ALIVE for each in allocs) else Fate.STOPPED
    if other.end is not None or is_expired(cluster.liveness(other)):
        return Fate.STOPPED
    later = stopped_earlier(other, row)
    return Fate.ALIVE if later is not None and later > TOGETHER else Fate.UNKNOWN


class _Neighbours:
    """The rows around a task or a run that stopped, with their fates."""

    def __init__(self, cluster: Cluster, row: Task | Run, rows: Iterable[Row]) -> None:
        self.fates = [(other, fate_after(cluster, row, other)) for other in rows if other.id != row.id]

    def has(self, fate: Fate) -> bool:
        return any(found is fate for _, found in self.fates)

    def count(self, fate: Fate) -> int:
        return sum(found is fate for _, found in self.fates)

    def undecided(self) -> tuple[Row, ...]:
        """Return the rows whose fate is unknown."""
        return tuple(row for row, found in self.fates if found is Fate.UNKNOWN)


def decision_time(rows: Iterable[Row], now: datetime) -> datetime | None:
    """Return when all of `rows` will count as stopped unless they renew; None if their leases do not tell."""
    ends = [row.keepalive + SKEW for row in rows if row.keepalive is not None]
    # A row whose lease was seen to move counts as live for longer if the clock of its writer is off.
    return max(ends) if ends and max(ends) > now else None


def _of_task(cluster: Cluster, task: Task) -> CauseOfDeath:
    run, pool = cluster.run(task.run_id), cluster.pool_of(task)
    siblings = [each for each in cluster.tally(task.run_id).tasks.values() if each.end is None]
    if run is not None and run.end is not None:
        return _cause(cluster, task, DeathKind.RUN_ENDED, run, siblings)
    places = _places_of(cluster, task.alloc_id)
    stopped = (row for row in places if fate_after(cluster, task, row) is Fate.STOPPED)
    place = next((row for row in stopped if stop_order(row, task) is not StopOrder.LATER), None)
    there = [] if place is None else tasks_running_on(cluster, place)
    around = _Neighbours(cluster, task, [*places, *there, *siblings, *([] if run is None else [run])])
    if undecided := around.undecided():
        return msgspec.structs.replace(
            _cause(cluster, task, DeathKind.TOO_EARLY, place, siblings),
            later=tuple(row for row in places if row.end is not None and row is not place),
            undecided=undecided,
            decided=decision_time(undecided, cluster.as_of),
        )
    others: list[Row] = [] if run is None else [run, *siblings]
    is_run_gone = run is not None and all(fate_after(cluster, task, each) is Fate.STOPPED for each in others)
    if place is not None:
        kind = _kind_on_dead_place(cluster, task, place, there, run if is_run_gone else None, siblings)
        if kind is not DeathKind.RUN_GONE:
            return _cause(cluster, task, kind, place, there)
    if is_run_gone:
        later = () if run is None else _stopped_places(cluster, run, [task]).later
        return msgspec.structs.replace(_cause(cluster, task, DeathKind.RUN_GONE, run, siblings), later=later)
    found = _cause(cluster, task, DeathKind.TASK_ALONE, pool, siblings)
    pool_fate = None if pool is None else fate_after(cluster, task, pool)
    return msgspec.structs.replace(
        found,
        kind=DeathKind.TASKS_TOGETHER if found.stopped else DeathKind.TASK_ALONE,
        is_run_lost=run is not None and fate_after(cluster, task, run) is Fate.STOPPED,
        has_beside_stopped=pool_fate is Fate.STOPPED,
        is_beside_expired=pool is not None and pool_fate is Fate.ALIVE and is_expired(cluster.liveness(pool)),
    )


def _kind_on_dead_place(
    cluster: Cluster,
    task: Task,
    place: PoolRow | Alloc,
    there: Iterable[Task],
    run: Run | None,
    siblings: Collection[Task],
) -> DeathKind:
    """Return what became of a task on a pool or alloc that stopped. `run` is its run, if that stopped as well."""
    if run is not None:
        order = stop_order(place, run)
        if order is StopOrder.LATER:
            return DeathKind.RUN_GONE
        if order is StopOrder.TOGETHER:
            placed = _stopped_places(cluster, run, siblings).placed
            return DeathKind.HOST_AND_RUN if placed == len(siblings) else DeathKind.RUN_GONE
    if not isinstance(place, PoolRow):
        return DeathKind.ALLOC_GONE if place.end is None else DeathKind.ALLOC_ENDED
    if place.end is not None:
        return DeathKind.HOST_TERMINATED
    has_live = any(fate_after(cluster, task, each) is Fate.ALIVE for each in there)
    return DeathKind.HOST_EXPIRED if has_live else DeathKind.HOST_GONE


def _cause(cluster: Cluster, task: Task, kind: DeathKind, beside: Row | None, others: Iterable[Task]) -> CauseOfDeath:
    around = _Neighbours(cluster, task, others)
    places = cluster.alloc(task.alloc_id), cluster.pool_of(task), cluster.run(task.run_id)
    return CauseOfDeath(
        kind=kind,
        row=task,
        beside=beside,
        earlier=None if beside is None or beside.end is not None else stopped_earlier(task, beside),
        stopped=sum(
            fate is Fate.STOPPED and abs(stopped_earlier(task, row) or timedelta()) <= TOGETHER
            for row, fate in around.fates
        ),
        alive=around.count(Fate.ALIVE),
        evidence=(task, *(row for row in places if row is not None)),
    )


def _of_run(cluster: Cluster, run: Run) -> CauseOfDeath:
    """Return why a run is stale or lost. The comparisons are those made for its tasks, so that the causes agree."""
    tasks = [task for task in cluster.tally(run.id).tasks.values() if task.end is None]
    dead = _stopped_places(cluster, run, tasks)
    by_count = dead.earlier
    places = {row.id: row for task in tasks for row in _places_of(cluster, task.alloc_id)}
    undecided = _Neighbours(cluster, run, [*tasks, *places.values()]).undecided()
    working = _Neighbours(cluster, run, tasks)
    if run.keepalive is None:
        kind = DeathKind.NEVER_RENEWED
    elif working.has(Fate.ALIVE):
        kind = DeathKind.LEASE_ALONE
    elif undecided:
        kind = DeathKind.TOO_EARLY
    elif not tasks:
        kind = DeathKind.IDLE_RUN
    elif dead.placed < len(tasks):
        kind = DeathKind.RUN_GONE  # tasks on live hosts stopped as well, so no host is the cause
    else:
        is_together = any(stop_order(place, run) is StopOrder.TOGETHER for place in by_count)
        kind = DeathKind.HOST_AND_RUN if is_together else DeathKind.AFTER_HOST
    return CauseOfDeath(
        kind=kind,
        row=run,
        beside=by_count[0] if by_count else None,
        earlier=stopped_earlier(run, by_count[0]) if by_count else None,
        stopped=working.count(Fate.STOPPED),
        alive=working.count(Fate.ALIVE),
        placed=dead.placed,
        places=len(by_count),
        later=dead.later,
        evidence=(run, *(*by_count, *dead.later)[:_MOST_PLACES]),
        undecided=undecided,
        decided=decision_time(undecided, cluster.as_of),
    )


def _places_of(cluster: Cluster, alloc_id: Digest) -> list[PoolRow | Alloc]:
    alloc = cluster.alloc(alloc_id)
    pool = None if alloc is None else cluster.pool(alloc.pool_id)
    return [row for row in (pool, alloc) if row is not None]


class _StoppedPlaces(NamedTuple):
    """The pools and allocs with tasks of a run that stopped, those with most tasks first.

    `earlier` stopped before the run or together with it, `later` after it. `placed` counts the tasks on the earlier
    ones.
    """

    earlier: tuple[PoolRow | Alloc, ...]
    later: tuple[PoolRow | Alloc, ...]
    placed: int


def _stopped_places(cluster: Cluster, run: Run, tasks: Iterable[Task]) -> _StoppedPlaces:
    counts: Counter[Digest] = Counter()
    found: dict[Digest, PoolRow | Alloc] = {}
    for alloc_id, count in Counter(task.alloc_id for task in tasks).items():
        stopped = (row for row in _places_of(cluster, alloc_id) if fate_after(cluster, run, row) is Fate.STOPPED)
        if (place := next(stopped, None)) is not None:
            found[place.id] = place
            counts[place.id] += count
    order = {id: stop_order(found[id], run) for id, _ in counts.most_common()}
    earlier = [id for id in order if order[id] is not StopOrder.LATER]
    return _StoppedPlaces(
        earlier=tuple(found[id] for id in earlier),
        later=tuple(found[id] for id in order if order[id] is StopOrder.LATER),
        placed=sum(counts[id] for id in earlier),
    )
