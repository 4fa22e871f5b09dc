"""The list of pools, each with its allocs below it: state, lease, and resources."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from store import Alloc, Digest, Liveness, PoolRow, Resources, Task
from store.model import NO_RESOURCES
from tui.cost.costs import Costs
from tui.cost.spent import Spent
from tui.lists.cells import (
    age_cell,
    age_seconds,
    count_cell,
    host_texts,
    last_change,
    lease_cell,
    lease_text,
    liveness_cell,
    liveness_text,
    liveness_texts,
    short_host,
)
from tui.lists.columns import Cell, Column
from tui.lists.cost_columns import cost_columns
from tui.query.filter import Fields
from tui.text import bars, formats
from tui.text.safe import NONE
from tui.watch.explain.blast_radius import blast_radius
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import LATE, is_expired

_BAR, _CPU, _MEM = 3, 9, 12  # cells of a bar, and of the columns
_BRANCH = "└ "
_BY_URGENCY = (Liveness.LOST, Liveness.STALE, Liveness.LIVE, Liveness.STARTING, Liveness.ENDED)
_URGENCY = {alive: urgency for urgency, alive in enumerate(_BY_URGENCY)}


@dataclass(frozen=True)
class PoolListRow:
    """A pool, or an alloc in it: its running tasks, the resources that they use, and those allocated in the pool.

    What tasks really use is not in the table: `used` is what they requested. `failed` counts the failed flows whose
    latest attempt ran there, of any known run; `expired` counts the stale and lost tasks without a later attempt.
    """

    pool: PoolRow
    alloc: Alloc | None
    tasks: tuple[Task, ...]
    used: Resources
    allocated: Resources = NO_RESOURCES
    failed: int = 0
    expired: int = 0
    within: "PoolListRow | None" = None  # the pool of an alloc

    @property
    def outer(self) -> "PoolListRow":
        """The line of the pool. Sorting compares pools, so that allocs stay with their pool."""
        return self if self.within is None else self.within

    @property
    def row(self) -> PoolRow | Alloc:
        """The pool or alloc of this line."""
        return self.alloc if self.alloc is not None else self.pool


def rows(
    cluster: Cluster,
    tasks: Iterable[Task],
    is_shown: Callable[[PoolRow | Alloc], bool],
    is_running: Callable[[Alloc | Task], bool],
) -> list[PoolListRow]:
    """Return the pools that `is_shown`, worst first, with their allocs and the `tasks` that run there.

    Lost pools come first, then stale ones, those with stale or lost tasks, and those with failed flows. A pool or alloc
    with a running task is shown in any case: one that has ended is an incident. Allocs and tasks for which `is_running`
    count as using resources.
    """
    tasks_in: defaultdict[Digest, list[Task]] = defaultdict(list)
    for task in tasks:
        tasks_in[task.alloc_id].append(task)
    failed = Counter(task.alloc_id for run in cluster.runs for task in cluster.tally(run.id).failures())
    allocs_of: defaultdict[Digest, list[Alloc]] = defaultdict(list)
    for alloc in sorted(cluster.allocs, key=lambda alloc: alloc.alloc_id):
        allocs_of[alloc.pool_id].append(alloc)

    def make(pool: PoolRow, alloc: Alloc | None, allocs: Sequence[Alloc], within: PoolListRow | None) -> PoolListRow:
        there = tuple(task for each in allocs for task in tasks_in[each.id])
        return PoolListRow(
            pool,
            alloc,
            there,
            used=_sum(task.resources for task in there if is_running(task)),
            allocated=_sum(each.resources for each in allocs if is_running(each)) if alloc is None else NO_RESOURCES,
            failed=sum(failed[each.id] for each in allocs),
            expired=sum(cluster.task_state(task).is_expired and not cluster.is_retried(task) for task in there),
            within=within,
        )

    def is_needed(line: PoolListRow) -> bool:
        return is_shown(line.row) or any(map(is_running, line.tasks))

    outer = [make(pool, None, allocs_of[pool.id], None) for pool in cluster.pools]
    found = sorted(filter(is_needed, outer), key=lambda line: _worst_first(cluster, line))
    return [
        line
        for pool in found
        for line in (pool, *(make(pool.pool, alloc, [alloc], pool) for alloc in allocs_of[pool.pool.id]))
        if line is pool or is_needed(line)
    ]


def tasks_on(cluster: Cluster, row: PoolRow | Alloc) -> list[Task]:
    """Return all known tasks that ran in a pool or an alloc, of any run."""
    ids = {row.id} if isinstance(row, Alloc) else {alloc.id for alloc in cluster.allocs if alloc.pool_id == row.id}
    return [task for run in cluster.runs for task in cluster.tally(run.id).tasks.values() if task.alloc_id in ids]


def cluster_name(pool: PoolRow) -> str:
    """Return the name of a pool's cluster. Not yet safe to show."""
    id = pool.cluster
    return " ".join(filter(None, (id.cluster_name, formats.user(id.user) if id.user else "", id.reflow_version)))


def columns(
    cluster: Cluster, now: Callable[[], datetime], seen_at: Callable[[], datetime], costs: Costs | None = None
) -> list[Column[PoolListRow]]:
    """Return the columns, at the time `now()`. Allocs stay with their pool, whatever the order.

    Costs are those of pools; they are unknown without `costs`.
    """

    def name(line: PoolListRow) -> Cell:
        if line.alloc is None:
            return Cell(str(line.pool.pool_id) or line.pool.id.short, "strong")
        return Cell(_BRANCH + (line.alloc.alloc_id.rpartition("/")[2] or line.alloc.id.short))

    def of_pool(text: Callable[[PoolRow], str]) -> Callable[[PoolListRow], Cell]:
        return lambda line: Cell("" if line.alloc is not None else text(line.pool) or NONE)

    def state(line: PoolListRow) -> Cell:
        cell = liveness_cell(cluster, line.row, seen_at())
        return Cell(cell.text, "critical") if has_ended_early(cluster, line) else cell

    def age(line: PoolListRow) -> Cell:
        return age_cell(line.row, now())

    def pool_id(line: PoolListRow) -> str:
        return str(line.pool.pool_id)

    return [
        Column("pool", "POOL / ALLOC", 19, name, pool_id, plain=lambda line: name(line).text.removeprefix(_BRANCH)),
        Column(
            "type",
            "TYPE",
            11,
            of_pool(lambda pool: pool.pool_type),
            lambda line: line.pool.pool_type,
            2,
            flex=True,
            max_width=14,
        ),
        Column("host", "HOST", 12, of_pool(short_host), lambda line: short_host(line.pool), 3, flex=True, max_width=44),
        Column("cluster", "CLUSTER", 8, of_pool(cluster_name), lambda line: cluster_name(line.pool), 6, flex=True),
        Column(
            "state",
            "STATE",
            10,
            state,
            lambda line: _URGENCY[cluster.liveness(line.pool)],
            plain=lambda line: liveness_text(cluster, line.row, seen_at()),
        ),
        Column(
            "lease",
            "LEASE",
            11,
            lambda line: lease_cell(cluster, line.row, seen_at()),
            lambda line: line.pool.keepalive,
            4,
            plain=lambda line: lease_text(cluster, line.row, seen_at()),
        ),
        Column("age", "AGE", 6, age, lambda line: age_seconds(line.pool, now()), 5, "right"),
        Column(
            "tasks",
            "TASKS",
            5,
            lambda line: Cell(str(len(line.tasks))),
            lambda line: len(line.outer.tasks),
            align="right",
        ),
        Column(
            "failed",
            "FAIL",
            4,
            _failed,
            lambda line: line.outer.failed,
            1,
            "right",
            plain=lambda line: str(line.failed),
        ),
        Column(
            "at_stake",
            "AT STAKE",
            8,
            lambda line: _at_stake(cluster, line),
            lambda line: work_at_stake(cluster, line.pool),
            7,
            "right",
        ),
        Column("cpu", "CPU REQ", _CPU, _used("cpu", _CPU), _share("cpu"), 1, descends=True, plain=_used_text("cpu")),
        Column("mem", "MEM REQ", _MEM, _used("mem", _MEM), _share("mem"), 1, descends=True, plain=_used_text("mem")),
        Column("alloc", "ALLOC", 5, _allocated, lambda line: allocated_share(line.outer), 1, "right"),
        *_cost_columns(costs),
    ]


def _cost_columns(costs: Costs | None) -> list[Column[PoolListRow]]:
    """Return the cost columns of pools. Allocs have no cost of their own and sort with their pool."""

    def by_pool(column: Column[PoolListRow]) -> Column[PoolListRow]:
        key = column.sort_key
        return column if key is None else msgspec.structs.replace(column, sort_key=lambda line: key(line.outer))

    def spent(costs: Costs, line: PoolListRow) -> Spent | None:
        return costs.pool(line.pool).spent if line.alloc is None else None

    return list(map(by_pool, cost_columns(costs, spent)))


def _used(resource: str, width: int) -> Callable[[PoolListRow], Cell]:
    def cell(line: PoolListRow) -> Cell:
        amounts = (line.used, line.allocated, line.row.resources)
        used, allocated, offered = (amount.get(resource, 0.0) for amount in amounts)
        if not offered:
            return Cell(f"{_short(resource, used)}/{NONE}" if used else NONE)
        text = _ratio(resource, used, offered)
        bar = bars.usage(used, allocated, offered, max(1, min(_BAR, width - 1 - len(text))))
        return Cell(f"{bar} {text}")

    return cell


def _used_text(resource: str) -> Callable[[PoolListRow], str]:
    def text(line: PoolListRow) -> str:
        used, offered = (amount.get(resource, 0.0) for amount in (line.used, line.row.resources))
        return _ratio(resource, used, offered) if offered else f"{_short(resource, used)}/{NONE}" if used else NONE

    return text


def _share(resource: str) -> Callable[[PoolListRow], float]:
    return lambda line: line.outer.used.get(resource, 0.0) / (line.pool.resources.get(resource) or 1.0)


def _allocated(line: PoolListRow) -> Cell:
    if line.alloc is not None:
        return Cell("")
    return Cell(formats.percent(allocated_share(line)) if line.pool.resources and not _is_released(line) else NONE)


def _is_released(line: PoolListRow) -> bool:
    """Return whether a pool or alloc has ended, and no alloc holds resources there; in the past it may still."""
    return line.row.end is not None and not any(line.outer.allocated.values())


def _failed(line: PoolListRow) -> Cell:
    return count_cell(line.failed, "critical")


def work_at_stake(cluster: Cluster, row: PoolRow | Alloc) -> timedelta:
    """Return the time that tasks have run on a dead pool or alloc, together; 0 on one that is alive."""
    is_dead = row.end is not None or is_expired(cluster.liveness(row))
    return blast_radius(cluster, row).work if is_dead else timedelta()


def _at_stake(cluster: Cluster, line: PoolListRow) -> Cell:
    work = work_at_stake(cluster, line.row)
    return Cell(f"{formats.decimal(work / timedelta(hours=1))}h", "critical") if work else Cell(NONE, "muted")


def fields(cluster: Cluster, now: datetime) -> Fields[PoolListRow]:
    """Return the filter fields of pools and allocs, including those of the tasks that run there."""

    return Fields(
        {
            "state": lambda line: liveness_texts(cluster, line.row, now),
            "pool": lambda line: (str(line.pool.pool_id), line.pool.pool_type, cluster_name(line.pool)),
            "type": lambda line: (line.pool.pool_type,),
            "host": lambda line: host_texts(line.pool),
            "ident": lambda line: {task.ident for task in line.tasks},
            "user": lambda line: {run.user for task in line.tasks if (run := cluster.run(task.run_id))},
            "run": lambda line: {task.run_id.hex for task in line.tasks},
            "id": lambda line: (line.row.id.hex,),
        },
        {"age": lambda line: age_seconds(line.row, now)},
        words={"state": [*Liveness, LATE]},
        times={"since": lambda line: last_change(line.row)},
        now=now,
    )


def allocated_share(line: PoolListRow) -> float:
    """Return the allocated share of the pool: of cpu or mem, the larger."""
    offered = Resources({name: line.pool.resources.get(name, 0.0) for name in ("cpu", "mem")})
    return line.allocated.max_ratio(offered)


def _short(resource: str, amount: float) -> str:
    if resource == "mem":
        return formats.size(amount, digits=0)
    return f"{amount:.0f}" if amount >= 10 else f"{amount:.2g}"


def _ratio(resource: str, used: float, offered: float) -> str:
    """Return two amounts; a unit that both have is shown once: `6/16`, `40/61G`."""
    first, second = _short(resource, used), _short(resource, offered)
    return f"{first[:-1] if first[-1] == second[-1] and resource == 'mem' else first}/{second}"


def usage_text(line: PoolListRow) -> str:
    """Return the resources that tasks requested, that are allocated and offered: `cpu 6 requested, 16 allocated of 16`.

    Nothing is allocated on a host that has ended.
    """
    is_released = _is_released(line)
    texts = []
    for resource in ("cpu", "mem"):
        amounts = (line.used, line.allocated, line.row.resources)
        used, allocated, offered = (_short(resource, amount.get(resource, 0.0)) for amount in amounts)
        held = "" if line.alloc is not None or is_released else f", {allocated} allocated"
        total = offered if line.row.resources.get(resource) else "unknown"
        texts.append(f"{resource} {used} requested{held} of {total}")
    return "; ".join(texts)


def _worst_first(cluster: Cluster, line: PoolListRow) -> tuple[int, int, int, str, str]:
    rank = _URGENCY[Liveness.LOST if has_ended_early(cluster, line) else cluster.liveness(line.pool)]
    return rank, -line.expired, -line.failed, cluster_name(line.pool), str(line.pool.pool_id)


def has_ended_early(cluster: Cluster, line: PoolListRow) -> bool:
    """Return whether tasks run in a pool or alloc that has ended, which is as much of an incident as a lost one.

    Tasks with a later attempt, and those of ended runs, do not count.
    """
    return cluster.liveness(line.row) is Liveness.ENDED and any(map(cluster.is_wanted, line.tasks))


def _sum(resources: Iterable[Resources]) -> Resources:
    return sum(resources, Resources())
