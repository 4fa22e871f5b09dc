"""A pool or alloc whose lease expired: whether it is dead, or only its keepalive hangs, by the leases of its tasks."""

import enum
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import NamedTuple

import msgspec

from store import Alloc, Liveness, PoolRow
from store.lease import LEASE
from store.times import EARLIEST
from tui.watch.explain.blast_radius import tasks_running_on
from tui.watch.explain.cause_of_death import Fate, decision_time, fate_after
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.model.states import is_expired


class PlaceFate(enum.Enum):
    """The fate of a pool or alloc whose lease expired.

    The host renews its pool and its allocs. It is not known which process renews a task: one on the host, or that of
    the run.
    """

    HUNG = enum.auto()  # an alloc in it renews; of an alloc, its tasks renew and its host is alive
    ONLY_TASKS = enum.auto()  # its tasks renew, but neither the pool nor an alloc in it does
    ON_LIVE_HOST = enum.auto()  # of an alloc: its tasks stopped as well, and its host is alive
    ON_DEAD_HOST = enum.auto()  # of an alloc: its host and its tasks stopped as well
    GONE = enum.auto()  # its allocs and tasks stopped as well, or there are none; the host of an alloc is not known
    TOO_EARLY = enum.auto()  # leases that decide it are not over yet


class Renewals(NamedTuple):
    """The rows of one type in a pool or alloc that renewed after it, of all there, and when the first of them did."""

    alive: int = 0
    total: int = 0
    since: datetime | None = None


class ExpiredPlace(msgspec.Struct, frozen=True):
    """The fate of `row`, a pool or alloc whose lease expired, and the rows that tell it.

    `tasks` are those that have no end and have renewed, `allocs` those of a pool. `pool` is that of an alloc.
    `renewed` is the time since which all the rows that are `alive` have renewed. `evidence` are the row, its pool, and
    the alloc and the task with the latest leases. For TOO_EARLY, `decided` is when the fate will be known.
    """

    fate: PlaceFate
    row: PoolRow | Alloc
    tasks: Renewals = Renewals()
    allocs: Renewals = Renewals()
    pool: PoolRow | None = None
    renewed: datetime | None = None
    evidence: tuple[Row, ...] = ()
    decided: datetime | None = None


def expired_place(cluster: Cluster, row: PoolRow | Alloc) -> ExpiredPlace | None:
    """Return the fate of a pool or alloc whose lease expired.

    Return None if it has ended, if its lease is current, or not known, as in the past.
    """
    if row.end is not None or not cluster.has_lease(row) or not is_expired(cluster.liveness(row)):
        return None
    # Another process creates a task, so that one without a renewal tells nothing about the place.
    tasks = [task for task in tasks_running_on(cluster, row) if cluster.liveness(task) is not Liveness.STARTING]
    allocs = list(cluster.open.allocs_in.get(row.id, {}).values()) if isinstance(row, PoolRow) else []
    pool = cluster.pool(row.pool_id) if isinstance(row, Alloc) else None
    around: Sequence[Row] = [*tasks, *allocs, *([] if pool is None else [pool])]
    fates = {other.id: _fate_of(cluster, row, other) for other in around}

    def renewals(rows: Iterable[Row]) -> Renewals:
        found = list(rows)
        alive = [_last_renewal(other) for other in found if fates[other.id] is Fate.ALIVE]
        return Renewals(len(alive), len(found), min(alive, default=None))

    of_tasks, of_allocs = renewals(tasks), renewals(allocs)
    pool_fate = None if pool is None else fates[pool.id]
    times = [each.since for each in (of_tasks, of_allocs) if each.since is not None]
    if pool is not None and pool_fate is Fate.ALIVE and not is_expired(cluster.liveness(pool)):
        times.append(_last_renewal(pool))
    undecided = [each for each in around if fates[each.id] is Fate.UNKNOWN]
    kinds: tuple[Sequence[Row], ...] = (allocs, tasks)
    latest = [max(rows, key=lambda each: each.keepalive or EARLIEST) for rows in kinds if rows]
    return ExpiredPlace(
        fate=place_fate({fates[task.id] for task in tasks}, {fates[alloc.id] for alloc in allocs}, pool_fate),
        row=row,
        tasks=of_tasks,
        allocs=of_allocs,
        pool=pool,
        renewed=min(times, default=None),
        evidence=(row, *([] if pool is None else [pool]), *latest),
        decided=decision_time(undecided, cluster.as_of),
    )


def place_fate(tasks: AbstractSet[Fate], allocs: AbstractSet[Fate], pool: Fate | None) -> PlaceFate:
    """Return the fate of a pool or alloc whose lease expired, by those of the rows around it after that.

    `tasks` are the fates of its tasks, `allocs` those of the allocs of a pool. `pool` is that of the pool of an alloc;
    None for a pool, and if it is not known.
    """
    has_live_tasks = Fate.ALIVE in tasks
    if Fate.ALIVE in allocs or (has_live_tasks and pool is Fate.ALIVE):
        return PlaceFate.HUNG
    if Fate.UNKNOWN in allocs or pool is Fate.UNKNOWN or (Fate.UNKNOWN in tasks and not has_live_tasks):
        return PlaceFate.TOO_EARLY
    if has_live_tasks:
        return PlaceFate.ONLY_TASKS
    if pool is Fate.ALIVE:
        return PlaceFate.ON_LIVE_HOST
    return PlaceFate.GONE if pool is None else PlaceFate.ON_DEAD_HOST


def _fate_of(cluster: Cluster, row: Row, other: Row) -> Fate:
    """Return the fate of `other` after `row` stopped. There is no lease to wait for where it never had one."""
    fate = fate_after(cluster, row, other)
    return Fate.STOPPED if fate is Fate.UNKNOWN and other.keepalive is None else fate


def _last_renewal(row: Row) -> datetime:
    """Return when a row renewed its lease, or when it started, if it has its first lease."""
    return max(row.start or EARLIEST, EARLIEST if row.keepalive is None else row.keepalive - LEASE)
