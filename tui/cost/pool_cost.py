"""The time of a pool, divided among the tasks on it: the basis of every cost.

A pool costs its price from its start to its end or, without an end, to its last lease (`TimeFields.StartEnd` of
reflow's taskdb; a lease in the future is cut to the time of the data). Reflow's tool/ps.go charges a task the price of
the pool for its time, times the largest ratio of the resources requested by the task to those of its alloc, times the
largest ratio of the alloc to the pool (`Resources.MaxRatio`). Tasks that are large in different resources then add up
to more than the pool. Here, if the shares of the tasks that run at a time add up to more than 1, they are scaled down
to 1; the rest is idle. The times of the tasks and the idle time therefore add up to the time of the pool.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from store import Alloc, Digest, PoolRow, Resources, RunID, Task, TimeFields

_DIMENSIONS = ("cpu", "mem", "disk")
_FOREVER = timedelta(days=10_000)
_MOST_RATIOS = 10_000


class Charge(NamedTuple):
    """A time on a pool in seconds, as of a division, and its growth per second after that."""

    seconds: float = 0.0
    rate: float = 0.0

    def at(self, later: float) -> float:
        """Return the time in seconds, `later` seconds after the division."""
        return self.seconds + self.rate * later


class SharedTask(NamedTuple):
    """A task, and the share of its pool that it requests (0 or more); None if the share is unknown."""

    task: Task
    share: float | None


class PoolTime(msgspec.Struct, frozen=True):
    """The time of a pool, divided at `as_of`; valid until `valid_until`, unless a task starts or ends before.

    `total` is the time of the pool, `tasks` that of each task, `runs` that of all tasks of a run, `idle` the rest.
    All tasks on the pool are known from some time on: `unread` is the time before it that no known task has used.
    `missing` are the tasks whose share is unknown; then nothing counts as idle or unread. `growing` are the tasks whose
    time grows. It is None if the lease of an open row has expired: a renewal then needs a new division.
    """

    as_of: datetime
    valid_until: datetime
    total: Charge
    tasks: dict[Digest, Charge]
    runs: dict[RunID, Charge]
    idle: Charge
    unread: Charge
    missing: frozenset[Digest] = frozenset()
    growing: tuple[tuple[RunID, Digest], ...] | None = ()


def stop_of(row: TimeFields, as_of: datetime, *, has_lease: bool = True) -> datetime | None:
    """Return the last time, up to `as_of`, at which a row is known to have been alive; None if it has no times.

    If its lease is unknown (`has_lease` is false in a view of the past), an open row counts as alive at `as_of`.
    """
    if row.end is not None:
        return min(row.end, as_of)
    if not has_lease:
        return as_of
    until = row.keepalive or row.start
    return None if until is None else min(until, as_of)


class Shares:
    """The shares of pools that tasks request.

    Rows with equal resources share one object, so ratios are cached by pairs of objects.
    """

    def __init__(self) -> None:
        self._ratios: dict[tuple[int, int], tuple[Resources, Resources, float | None]] = {}

    def share(self, task: Task, alloc: Alloc, pool: PoolRow) -> float | None:
        """Return the share of a pool that a task requests: its largest share of the alloc, times that of the pool.

        Return None if the resources of the pool are unknown. An alloc without resources counts as the whole pool.
        """
        of_pool = self._ratio(alloc.resources, pool.resources)
        if of_pool is None:
            return None
        of_alloc = self._ratio(task.resources, alloc.resources)
        return self._ratio(task.resources, pool.resources) if of_alloc is None else of_alloc * of_pool

    def _ratio(self, part: Resources, whole: Resources) -> float | None:
        key = id(part), id(whole)
        found = self._ratios.get(key)
        if found is None:
            if len(self._ratios) >= _MOST_RATIOS:
                self._ratios.clear()
            # The cache holds both objects, so that their ids stay unique.
            found = self._ratios[key] = part, whole, _largest_ratio(part, whole)
        return found[2]


def _largest_ratio(part: Resources, whole: Resources) -> float | None:
    """Return the largest ratio over cpu, mem and disk, 0 to 1; None if `whole` has none of them."""
    ratios = [part.get(name, 0.0) / whole[name] for name in _DIMENSIONS if whole.get(name)]
    ratio = max(ratios, default=None)
    if ratio is None or 0 <= ratio <= 1:
        return ratio
    return float(ratio > 1)  # NaN counts as 0


class _Use(NamedTuple):
    """The use of a pool by a task, in seconds since the start of the pool; `is_open` if it continues."""

    start: float
    stop: float
    share: float
    is_open: bool


def divide(
    pool: PoolRow,
    shared: Iterable[SharedTask],
    as_of: datetime,
    *,
    known_since: datetime | None = None,
    has_lease: bool = True,
) -> PoolTime | None:
    """Return the time of a pool, divided among tasks; None if its start is unknown.

    All tasks on it are known from `known_since` on, or never if it is None. The times of the tasks, `idle` and `unread`
    add up to `total`, except for rounding in the last digit.
    """
    stop = stop_of(pool, as_of, has_lease=has_lease)
    if pool.start is None or stop is None:
        return None
    begin, end = pool.start, max(stop, pool.start)
    is_open = pool.end is None and end >= as_of
    on_pool = _uses(shared, begin, end, as_of, is_up=is_open, has_lease=has_lease)
    valid_until = as_of + _FOREVER if pool.end is not None else _lease_end(pool, as_of, has_lease=has_lease)
    has_expired = on_pool.has_expired or (pool.end is None and not is_open)
    length = (end - begin).total_seconds()
    known = length if known_since is None else min(max((known_since - begin).total_seconds(), 0.0), length)
    sweep = _sweep(on_pool.uses, length, known)
    rate = float(is_open)
    unread = Charge() if on_pool.missing else Charge(max(0.0, known - sweep.used_before))
    used = sum(charge.seconds for charge in sweep.charges)
    idle_rate = max(0.0, rate - sum(charge.rate for charge in sweep.charges))
    idle = Charge() if on_pool.missing else Charge(max(0.0, length - used - unread.seconds), idle_rate)
    charges: dict[Digest, Charge] = dict(zip((task.id for task in on_pool.tasks), sweep.charges, strict=True))
    return PoolTime(
        as_of,
        min(valid_until, on_pool.valid_until),
        Charge(length, rate),
        charges,
        _sum_by_run(on_pool.tasks, sweep.charges),
        idle,
        unread,
        on_pool.missing,
        None if has_expired else tuple(on_pool.growing),
    )


class _PoolUses(NamedTuple):
    """The tasks on a pool with their uses of it, those that are `growing` or `missing`, and how long that is valid."""

    tasks: Sequence[Task]
    uses: Sequence[_Use]
    growing: Sequence[tuple[RunID, Digest]]
    missing: frozenset[Digest]
    has_expired: bool
    valid_until: datetime


def _uses(
    shared: Iterable[SharedTask],
    begin: datetime,
    end: datetime,
    as_of: datetime,
    *,
    is_up: bool,
    has_lease: bool,
) -> _PoolUses:
    """Return the uses by tasks of a pool that is up from `begin` to `end`."""
    tasks: list[Task] = []
    uses: list[_Use] = []
    growing: list[tuple[RunID, Digest]] = []
    missing = set[Digest]()
    has_expired, valid_until = False, as_of + _FOREVER
    for task, share in shared:
        until, goes_on = task.end, False
        if until is None:
            until = stop_of(task, as_of, has_lease=has_lease)
            goes_on = until is not None and until >= as_of
            has_expired = has_expired or not goes_on
            valid_until = min(valid_until, _lease_end(task, as_of, has_lease=has_lease))
            growing.append((task.run_id, task.id))
        start = task.start
        if share is None or start is None or until is None:
            missing.add(task.id)
            continue
        start = end if start > end else max(begin, start)
        stop = end if until > end else max(start, until)
        tasks.append(task)
        began, stopped = (start - begin).total_seconds(), (stop - begin).total_seconds()
        uses.append(_Use(began, stopped, share, goes_on and is_up))
    return _PoolUses(tasks, uses, growing, frozenset(missing), has_expired, valid_until)


def _sum_by_run(tasks: Sequence[Task], charges: Sequence[Charge]) -> dict[RunID, Charge]:
    runs: dict[RunID, Charge] = {}
    for task, more in zip(tasks, charges, strict=True):
        before = runs.get(task.run_id)
        added = more if before is None else Charge(before.seconds + more.seconds, before.rate + more.rate)
        runs[task.run_id] = added
    return runs


def _lease_end(row: TimeFields, as_of: datetime, *, has_lease: bool) -> datetime:
    """Return the end of the lease of an open row, or `as_of` if it has expired: it may be renewed at any time."""
    if not has_lease or row.keepalive is None or row.keepalive < as_of:
        return as_of
    return row.keepalive


class _Sweep(NamedTuple):
    """The charge of each use, and the time used before the time from which all tasks are known, in seconds."""

    charges: Sequence[Charge]
    used_before: float


def _sweep(uses: Sequence[_Use], length: float, known: float) -> _Sweep:
    """Divide a time of `length` seconds among uses.

    `grown` is the time so far per unit of share. The charge of a use is its share times the growth while it lasts, so
    that a start or an end takes the same time for any number of uses.
    """
    # At the same time, ends come before starts: a task that follows another one does not share with it.
    lasting = [(number, use) for number, use in enumerate(uses) if use.is_open or use.stop > use.start]
    edges = [(use.stop, 0, number) for number, use in lasting if not use.is_open]
    edges += [(use.start, 1, number) for number, use in lasting]
    edges += [(known, 2, -1), (length, 3, -1)]
    edges.sort()
    charges = [Charge()] * len(uses)
    begun: dict[int, float] = {}
    now = grown = load = used = used_before = 0.0
    for time, kind, number in edges:
        if (span := time - now) > 0:
            grown += span / load if load > 1 else span
            used += span * min(load, 1.0)
            now = time
        if kind == 1:
            begun[number] = grown
            load += uses[number].share
        elif kind == 0:
            charges[number] = Charge(uses[number].share * (grown - begun.pop(number)))
            load = load - uses[number].share if begun else 0.0
        elif kind == 2:
            used_before = used
    scale = 1 / load if load > 1 else 1.0
    for number, start in begun.items():
        share = uses[number].share
        charges[number] = Charge(share * (grown - start), share * scale if uses[number].is_open else 0.0)
    return _Sweep(charges, used_before)
