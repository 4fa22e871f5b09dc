"""Counts of the tasks that are lost, or whose host or alloc is, by run; and the runs that they stall."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from store import Digest, Liveness, PoolRow, RunID, Task
from tui.watch.model.open_rows import OpenRows
from tui.watch.model.rows import Row
from tui.watch.model.states import is_expired
from tui.watch.model.tallies import Tally

LivenessOf = Callable[[Row], Liveness]
TallyOf = Callable[[RunID], Tally]


class ExpiredTasks(NamedTuple):
    """Per run, the number of `lost` tasks, and of `orphaned` ones: not lost themselves, but on a dead host or alloc.

    Attempts with a later attempt are neither: their flow goes on. Of them, the stale and lost ones are `retried`. In
    `stalled` runs all other running tasks are stale or lost. `dead_allocs` are the ids of those allocs.
    """

    lost: Counter[RunID]
    retried: Counter[RunID]
    orphaned: Counter[RunID]
    stalled: frozenset[RunID]
    dead_allocs: Collection[Digest]


def count_expired_tasks(
    rows: OpenRows, expired_rows: Iterable[Row], liveness: LivenessOf, tally: TallyOf, *, has_leases: bool
) -> ExpiredTasks:
    """Count the lost and orphaned tasks of `rows`; only `expired_rows` can be stale or lost.

    Without leases, as in a view of the past, no host or alloc is known to be dead, and no task is orphaned.
    """
    expired, lost, retried = Counter[RunID](), Counter[RunID](), Counter[RunID]()
    lost_pools: list[Digest] = []
    for row in expired_rows:
        alive = liveness(row)
        if isinstance(row, Task) and is_expired(alive):
            is_latest = tally(row.run_id).is_latest(row)
            expired[row.run_id] += 1
            lost[row.run_id] += alive is Liveness.LOST and is_latest
            retried[row.run_id] += not is_latest
        elif isinstance(row, PoolRow) and alive is Liveness.LOST:
            lost_pools.append(row.id)
    dead = _dead_allocs(rows, lost_pools, liveness) if has_leases else set()
    tasks = (task for id in dead for task in rows.tasks_on.get(id, {}).values())
    orphaned = Counter(
        task.run_id for task in tasks if liveness(task) is not Liveness.LOST and tally(task.run_id).is_latest(task)
    )
    stalled = frozenset(id for id, count in expired.items() if retried[id] < count == tally(id).running)
    return ExpiredTasks(lost, retried, orphaned, stalled, dead)


def _dead_allocs(rows: OpenRows, lost_pools: Iterable[Digest], liveness: LivenessOf) -> set[Digest]:
    """Return the allocs with running tasks that have ended, or whose host has, and expired ones of lost pools."""
    dead = rows.ended & rows.tasks_on.keys()
    for pool_id in rows.ended & rows.allocs_in.keys():
        dead |= rows.allocs_in[pool_id].keys()
    for pool_id in lost_pools:
        allocs = rows.allocs_in.get(pool_id, {}).values()
        dead |= {alloc.id for alloc in allocs if is_expired(liveness(alloc))}
    return dead
