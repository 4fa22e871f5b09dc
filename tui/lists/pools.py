"""The list of pools, each with its allocs below it: state, lease, and resources."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from store import Alloc, Digest, PoolRow, Resources, Task
from tui.lists.cells import age_cell, age_seconds, host, lease_cell, liveness_cell
from tui.lists.columns import Cell, Column
from tui.query.filter import Fields
from tui.text import bars, formats
from tui.text.safe import NONE
from tui.watch.model.cluster import Cluster

_BAR = 6
_BRANCH = "└ "


@dataclass(frozen=True)
class PoolListRow:
    """A pool, or an alloc in it: its running tasks, and the resources allocated there or requested by tasks."""

    pool: PoolRow
    alloc: Alloc | None
    tasks: tuple[Task, ...]
    taken: Resources
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
    is_taken: Callable[[Alloc | Task], bool],
) -> list[PoolListRow]:
    """Return the pools that `is_shown` by cluster and id, with their allocs and the `tasks` that run there.

    Allocs and tasks for which `is_taken` count as using resources.
    """
    running: defaultdict[Digest, list[Task]] = defaultdict(list)
    for task in tasks:
        running[task.alloc_id].append(task)
    inside: defaultdict[Digest, list[Alloc]] = defaultdict(list)
    for alloc in cluster.allocs:
        inside[alloc.pool_id].append(alloc)
    found = []
    for pool in sorted(filter(is_shown, cluster.pools), key=_by_cluster):
        allocs = sorted(inside[pool.id], key=lambda alloc: alloc.alloc_id)
        there = tuple(task for alloc in allocs for task in running[alloc.id])
        outer = PoolListRow(pool, None, there, _sum(alloc.resources for alloc in allocs if is_taken(alloc)))
        found.append(outer)
        found += [
            PoolListRow(pool, alloc, tuple(tasks), _sum(task.resources for task in tasks if is_taken(task)), outer)
            for alloc, tasks in ((alloc, running[alloc.id]) for alloc in allocs if is_shown(alloc))
        ]
    return found


def tasks_on(cluster: Cluster, row: PoolRow | Alloc) -> list[Task]:
    """Return all known tasks that ran in a pool or an alloc, of any run."""
    ids = {row.id} if isinstance(row, Alloc) else {alloc.id for alloc in cluster.allocs if alloc.pool_id == row.id}
    return [task for run in cluster.runs for task in cluster.tally(run.id).tasks.values() if task.alloc_id in ids]


def cluster_name(pool: PoolRow) -> str:
    """Return the name of a pool's cluster. Not yet safe to show."""
    id = pool.cluster
    return " ".join(filter(None, (id.cluster_name, formats.user(id.user) if id.user else "", id.reflow_version)))


def columns(
    cluster: Cluster, now: Callable[[], datetime], seen_at: Callable[[], datetime]
) -> list[Column[PoolListRow]]:
    """Return the columns, at the time `now()`. Allocs stay with their pool, whatever the order."""

    def name(line: PoolListRow) -> Cell:
        if line.alloc is None:
            return Cell(str(line.pool.pool_id) or line.pool.id.short, "strong")
        return Cell(_BRANCH + (line.alloc.alloc_id.rpartition("/")[2] or line.alloc.id.short))

    def of_pool(text: Callable[[PoolRow], str]) -> Callable[[PoolListRow], Cell]:
        return lambda line: Cell("" if line.alloc is not None else text(line.pool) or NONE)

    def state(line: PoolListRow) -> Cell:
        return liveness_cell(cluster, line.row, seen_at())

    def age(line: PoolListRow) -> Cell:
        return age_cell(line.row, now())

    def used(resource: str) -> Callable[[PoolListRow], Cell]:
        def cell(line: PoolListRow) -> Cell:
            offered, taken = line.row.resources.get(resource, 0.0), line.taken.get(resource, 0.0)
            if not offered:
                return Cell(NONE)
            bar = bars.progress(int(1000 * min(taken / offered, 1)), 1000, _BAR)
            return Cell(f"{bar} {_short(resource, taken)}/{_short(resource, offered)}")

        return cell

    def share(resource: str) -> Callable[[PoolListRow], float]:
        return lambda line: line.outer.taken.get(resource, 0.0) / (line.pool.resources.get(resource) or 1.0)

    def pool_id(line: PoolListRow) -> str:
        return str(line.pool.pool_id)

    return [
        Column("pool", "POOL / ALLOC", 21, name, pool_id),
        Column("type", "TYPE", 12, of_pool(lambda pool: pool.pool_type), lambda line: line.pool.pool_type, 1),
        Column("host", "HOST", 14, of_pool(host), lambda line: host(line.pool), 2, flex=True, max_width=44),
        Column("cluster", "CLUSTER", 8, of_pool(cluster_name), lambda line: cluster_name(line.pool), 6, flex=True),
        Column("state", "STATE", 10, state, lambda line: cluster.liveness(line.pool)),
        Column(
            "lease",
            "LEASE",
            11,
            lambda line: lease_cell(cluster, line.row, seen_at()),
            lambda line: line.pool.keepalive,
            4,
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
        Column("cpu", "CPU TAKEN", 12, used("cpu"), share("cpu"), 1, descends=True),
        Column("mem", "MEM TAKEN", 16, used("mem"), share("mem"), 3, descends=True),
    ]


def fields(cluster: Cluster, now: datetime) -> Fields[PoolListRow]:
    """Return the filter fields of pools and allocs, including those of the tasks that run there."""

    return Fields(
        {
            "state": lambda line: (cluster.liveness(line.row),),
            "pool": lambda line: (str(line.pool.pool_id), line.pool.pool_type, cluster_name(line.pool)),
            "host": lambda line: (host(line.pool),),
            "ident": lambda line: {task.ident for task in line.tasks},
            "user": lambda line: {run.user for task in line.tasks if (run := cluster.run(task.run_id))},
            "id": lambda line: (line.row.id.hex,),
        },
        {"age": lambda line: age_seconds(line.row, now)},
    )


def _short(resource: str, amount: float) -> str:
    return formats.size(amount, digits=0) if resource == "mem" else f"{amount:g}"


def _by_cluster(pool: PoolRow) -> tuple[str, str]:
    return cluster_name(pool), str(pool.pool_id)


def _sum(resources: Iterable[Resources]) -> Resources:
    return sum(resources, Resources())
