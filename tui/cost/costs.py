"""The costs of the runs, tasks and pools of a cluster, computed on demand."""

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from store import Digest, PoolRow, Resources, RunID, Task
from tui.cost import amount as amounts
from tui.cost.amount import NOTHING, UNKNOWN, Amount
from tui.cost.pool_cost import Charge, PoolTime, SharedTask, Shares, divide
from tui.cost.prices import PriceBook
from tui.cost.spent import Spent, sum_charges, sum_shares, unknown_pools
from tui.cost.task_index import TaskIndex
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import is_expired

# In slices, the most tasks to read and the most pools to divide after one update: about 5 ms for each limit.
_TASKS_AT_ONCE = 4_000
_POOLS_AT_ONCE = 30
_NO_CHARGE = Charge()
_HOUR = Charge(3600.0, 1.0)
_PENDING = Spent(UNKNOWN, UNKNOWN, is_pending=True)


class RunCost(msgspec.Struct, frozen=True):
    """The cost of a run.

    `failed` is the cost of the latest attempts of failed flows, `retried` that of failed, stale and lost attempts with
    a later attempt. `types` has the cost on each type of host. If `is_whole` is false, some tasks were not read and are
    not counted.
    """

    spent: Spent
    failed: Amount
    retried: Amount
    types: Mapping[str, Spent]
    is_whole: bool


class PoolCost(msgspec.Struct, frozen=True):
    """The cost of a pool: `tasks`, `idle` and `unread` add up to it.

    `unread` is the part before the time from which all tasks are known. `if_still_up` is the cost of a host whose lease
    has expired if it is still up; None for other hosts.
    """

    spent: Spent
    tasks: Amount
    idle: Amount
    unread: Amount
    if_still_up: Amount | None


class _Divided(msgspec.Struct):
    """The division of a pool's time, its inputs other than tasks, and the time until which it is valid."""

    time: PoolTime | None
    end: datetime | None
    resources: Resources
    known_since: datetime | None
    holds_until: datetime


class Costs:
    """The costs in a cluster at the prices of a book, as of the cluster's data.

    A query divides the time of only the pools that it needs among their tasks. A division is valid until a task starts
    or ends on the pool, or a lease expires; until then costs grow linearly. Call `update` after rows may have changed.

    With `is_sliced`, each `update` allows for a part of the work, so that no refresh takes long; the costs of the other
    runs are older, or pending. The costs of 100,000 tasks take one second of CPU time in all.
    """

    def __init__(self, cluster: Cluster, book: PriceBook, *, is_sliced: bool = False) -> None:
        self.cluster = cluster
        self.book = book
        self._is_sliced = is_sliced
        self._pools_left = math.inf
        self._is_current = self._has_all = False
        self._index = TaskIndex(cluster)
        self._shares = Shares()
        self._divided: dict[Digest, _Divided] = {}
        self._runs: dict[RunID, tuple[int, Spent]] = {}
        self._version = 0
        self._hourly: Spent | None = None
        self._hourly_version: tuple[datetime, int] | None = None
        self._as_of = cluster.as_of

    def update(self) -> None:
        """Note that rows may have changed. The next query reads the changes."""
        self._is_current = False
        self._pools_left = _POOLS_AT_ONCE if self._is_sliced else math.inf
        version = self.cluster.as_of, len(self.cluster.open.pools)
        if version != self._hourly_version:
            self._hourly, self._hourly_version = None, version

    def _read(self) -> None:
        if self._is_current:
            return
        self._is_current = True
        had_all = self._has_all
        self._has_all = self._index.update(_TASKS_AT_ONCE if self._is_sliced else math.inf)
        changed = self._index.changed
        if changed or self._has_all is not had_all or self._as_of != self.cluster.as_of:
            self._version += 1
        self._as_of = self.cluster.as_of
        for id in changed:
            self._divided.pop(id, None)
        changed.clear()
        if len(self._divided) > 2 * len(self.cluster.pools):
            self._divided.clear()
        if len(self._runs) > 2 * len(self.cluster.runs):
            self._runs.clear()

    def run(self, run_id: RunID) -> Spent:
        """Return the cost of a run: the sum over its known tasks; unknown before any was read."""
        self._read()
        version, before = self._runs.get(run_id, (0, _PENDING))
        if version == self._version and not before.is_pending:
            return before
        if not self._has_all or (
            self._pools_left <= 0 and not self._divided.keys() >= set(self._index.pools_of(run_id))
        ):
            return before
        spent = self._find_run(run_id)
        self._runs[run_id] = self._version, spent
        return spent

    def describe_run(self, run_id: RunID) -> RunCost:
        """Return the cost of a run in parts."""
        self._read()
        tally = self.cluster.tally(run_id)
        failures = tally.failures()
        retried = [task for task in tally.tasks.values() if not tally.is_latest(task) and self.cluster.is_retried(task)]
        by_type: dict[str, list[Digest]] = {}
        for id in self._index.pools_of(run_id):
            pool = self.cluster.pool(id)
            by_type.setdefault("" if pool is None else pool.pool_type, []).append(id)
        types = {name: self._spent(self._run_charges(run_id, ids)) for name, ids in sorted(by_type.items())}
        return RunCost(
            self.run(run_id),
            self._sum_tasks(failures),
            self._sum_tasks(retried),
            types,
            self.cluster.has_all_tasks(run_id),
        )

    def task(self, task: Task) -> Spent:
        """Return the cost of a task; unknown without a price, or if its pool or its share of it is unknown."""
        alloc = self.cluster.alloc(task.alloc_id)
        if alloc is None:
            return Spent(UNKNOWN, UNKNOWN)
        return self._spent({alloc.pool_id: self._task_charge(task)})

    def pool(self, pool: PoolRow) -> PoolCost:
        """Return the cost of a pool in parts; all unknown without a price or a start."""
        price, time = self.book.price_of(pool), self._time(pool.id)
        if price is None or time is None:
            return PoolCost(Spent(UNKNOWN, UNKNOWN), UNKNOWN, UNKNOWN, UNKNOWN, None)
        later = (self.cluster.as_of - time.as_of).total_seconds()

        def cost(charge: Charge) -> Amount:
            return price.for_seconds(charge.at(later))

        total = cost(time.total)
        tasks = idle = unread = UNKNOWN
        if not time.missing:
            # The difference of amounts is a residue rather than 0 if no task ran; that of times is 0.
            rest = time.total.at(later) - time.idle.at(later) - time.unread.at(later)
            tasks, idle, unread = price.for_seconds(max(0.0, rest)), cost(time.idle), cost(time.unread)
        may_run = pool.end is None and not self._is_up(pool) and pool.start is not None
        still_up = None
        if may_run and pool.start is not None:
            seconds = (self.cluster.as_of - pool.start).total_seconds()
            still_up = amounts.as_bound(price.for_seconds(seconds))
        per_hour = price.per_hour if self._is_up(pool) else NOTHING
        return PoolCost(Spent(total, per_hour, frozenset([price])), tasks, idle, unread, still_up)

    def pools(self, pools: Iterable[PoolRow]) -> PoolCost:
        """Return the costs of several pools, summed."""
        costs = [self.pool(pool) for pool in pools]
        return PoolCost(
            Spent(
                amounts.total(cost.spent.amount for cost in costs),
                amounts.total(cost.spent.per_hour for cost in costs),
                frozenset().union(*(cost.spent.prices for cost in costs)),
            ),
            amounts.total(cost.tasks for cost in costs),
            amounts.total(cost.idle for cost in costs),
            amounts.total(cost.unread for cost in costs),
            None,
        )

    def hourly(self) -> Spent:
        """Return the cost of an hour of all hosts that are up, idle or not."""
        if self._hourly is None:
            up = (pool for pool in self.cluster.open.pools.values() if self._is_up(pool))
            self._hourly = sum_charges(self.book, ((pool, _HOUR) for pool in up))
        return self._hourly

    def label(self, spent: Spent) -> str:
        """Return the text that follows the amount of a cost: its price sources and exclusions. Not yet safe."""
        return self.book.label(spent.prices)

    def _find_run(self, run_id: RunID) -> Spent:
        if not self.cluster.tally(run_id).total and not self.cluster.has_all_tasks(run_id):
            return Spent(UNKNOWN, UNKNOWN)
        spent = self._spent(self._run_charges(run_id, self._index.pools_of(run_id)))
        unplaced = self._index.unplaced(run_id)
        if not unplaced:
            return spent
        return Spent(spent.amount + unknown_pools(unplaced), spent.per_hour, spent.prices)

    def _run_charges(self, run_id: RunID, pool_ids: Iterable[Digest]) -> dict[Digest, Charge | None]:
        as_of, charges = self.cluster.as_of, dict[Digest, Charge | None]()
        for id in pool_ids:
            time = self._time(id)
            charge = None if time is None else time.runs.get(run_id)
            if charge is not None and time is not None:
                charge = Charge(charge.at((as_of - time.as_of).total_seconds()), charge.rate)
            charges[id] = charge
        return charges

    def _task_charge(self, task: Task) -> Charge | None:
        alloc = self.cluster.alloc(task.alloc_id)
        time = None if alloc is None else self._time(alloc.pool_id)
        charge = None if time is None else time.tasks.get(task.id)
        if charge is None or time is None:
            return None
        return Charge(charge.at((self.cluster.as_of - time.as_of).total_seconds()), charge.rate)

    def _sum_tasks(self, tasks: Iterable[Task]) -> Amount:
        charges: dict[Digest, Charge | None] = {}
        for task in tasks:
            alloc, more = self.cluster.alloc(task.alloc_id), self._task_charge(task)
            id = task.alloc_id if alloc is None else alloc.pool_id
            before = charges.get(id, _NO_CHARGE)
            known = before is not None and more is not None
            charges[id] = Charge(before.seconds + more.seconds) if known and before and more else None
        return self._spent(charges).amount

    def _spent(self, charges: Mapping[Digest, Charge | None]) -> Spent:
        """Return the cost of times on pools, by pool id; None is an unknown time."""
        shares = ((self.cluster.pool(id), charge) for id, charge in charges.items())
        return sum_shares(self.book, shares, known_since=self.cluster.covered_since)

    def _time(self, pool_id: Digest) -> PoolTime | None:
        """Return the divided time of a pool; None if the pool or its start is unknown."""
        cluster, pool = self.cluster, self.cluster.pool(pool_id)
        if pool is None:
            return None
        self._read()
        known = cluster.covered_since
        if known is not None and (forgotten := self._index.forgotten.get(pool_id)) is not None:
            known = max(known, forgotten)
        found = self._divided.get(pool_id)
        if found is None or (self._pools_left > 0 and not self._holds(found, pool, known)):
            self._pools_left -= 1
            has_lease = cluster.outcomes is None
            time = divide(pool, self._shared(pool), cluster.as_of, known_since=known, has_lease=has_lease)
            found = _Divided(time, pool.end, pool.resources, known, cluster.as_of if time is None else time.valid_until)
            self._divided[pool_id] = found
        return found.time

    def _shared(self, pool: PoolRow) -> Iterator[SharedTask]:
        share = self._shares.share
        for alloc_id, tasks in self._index.tasks_in(pool.id):
            alloc = self.cluster.alloc(alloc_id)
            for task in tasks:
                yield SharedTask(task, None if alloc is None else share(task, alloc, pool))

    def _holds(self, found: _Divided, pool: PoolRow, known: datetime | None) -> bool:
        """Return whether a division is still valid. Renewed leases, the only change in most refreshes, extend it."""
        as_of, time = self.cluster.as_of, found.time
        is_same = found.end == pool.end and found.known_since == known
        if time is None or not is_same or as_of < time.as_of:
            return False
        if found.resources is not pool.resources and found.resources != pool.resources:
            return False
        if as_of <= found.holds_until:
            return True
        if time.growing is None:
            return False
        leases = [pool.keepalive] if pool.end is None else []
        leases += [self.cluster.tally(run_id).tasks[id].keepalive for run_id, id in time.growing]
        if any(lease is None or lease < as_of for lease in leases):
            return False
        found.holds_until = min(lease for lease in leases if lease is not None)
        return True

    def _is_up(self, pool: PoolRow) -> bool:
        """Return whether a host has not ended, and is neither stale nor lost; in a view of the past it is not known."""
        return pool.end is None and (self.cluster.outcomes is not None or not is_expired(self.cluster.liveness(pool)))
