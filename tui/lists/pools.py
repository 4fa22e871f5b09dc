"""The list of pools, each with its allocs below it: what is offered, what is taken, and whether it is alive."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from store import Alloc, Digest, PoolRow, Resources, Task
from tui.lists.columns import Cell, Column
from tui.lists.tasks import host
from tui.query.filter import Fields
from tui.text import bars, durations, formats
from tui.text.safe import NONE
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import liveness_look

_BAR = 6
_BRANCH = "└ "


@dataclass(frozen=True)
class PoolListRow:
    """A pool, or an alloc in it: its running tasks, and what of its resources is taken by allocs, or by tasks."""

    pool: PoolRow
    alloc: Alloc | None
    tasks: tuple[Task, ...]
    taken: Resources
    within: "PoolListRow | None" = None  # the pool that an alloc is in

    @property
    def outer(self) -> "PoolListRow":
        """The pool: by what that has they are sorted, so that allocs stay with their pool."""
        return self if self.within is None else self.within

    @property
    def row(self) -> PoolRow | Alloc:
        """What it is a line of."""
        return self.alloc if self.alloc is not None else self.pool


def rows(
    cluster: Cluster,
    tasks: Iterable[Task],
    is_shown: Callable[[PoolRow | Alloc], bool],
    is_taken: Callable[[Alloc | Task], bool],
) -> list[PoolListRow]:
    """Pools by cluster and id, their allocs after them, of those that are shown; with the `tasks` that run there.

    What `is_taken` says of allocs and tasks takes of the resources of the pool, or of the alloc.
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
    """All known tasks that ran in a pool or an alloc, of any run."""
    ids = {row.id} if isinstance(row, Alloc) else {alloc.id for alloc in cluster.allocs if alloc.pool_id == row.id}
    return [task for run in cluster.runs for task in cluster.tally(run.id).tasks.values() if task.alloc_id in ids]


def cluster_name(pool: PoolRow) -> str:
    """The cluster that a pool belongs to. Not yet safe to show."""
    id = pool.cluster
    return " ".join(filter(None, (id.cluster_name, formats.user(id.user) if id.user else "", id.reflow_version)))


def columns(
    cluster: Cluster, now: Callable[[], datetime], seen_at: Callable[[], datetime]
) -> list[Column[PoolListRow]]:
    """The columns at the time `now()`. By whatever they are sorted, allocs stay with their pool."""

    def name(place: PoolListRow) -> Cell:
        if place.alloc is None:
            return Cell(str(place.pool.pool_id) or place.pool.id.short, "strong")
        return Cell(_BRANCH + (place.alloc.alloc_id.rpartition("/")[2] or place.alloc.id.short))

    def of_pool(text: Callable[[PoolRow], str]) -> Callable[[PoolListRow], Cell]:
        return lambda place: Cell("" if place.alloc is not None else text(place.pool) or NONE)

    def state(place: PoolListRow) -> Cell:
        look = liveness_look(cluster.liveness(place.row))
        return Cell(look.label, look.tone)

    def age(place: PoolListRow) -> Cell:
        start = place.row.start
        return Cell(NONE if start is None else durations.age((place.row.end or now()) - start))

    def used(resource: str) -> Callable[[PoolListRow], Cell]:
        def cell(place: PoolListRow) -> Cell:
            offered, taken = place.row.resources.get(resource, 0.0), place.taken.get(resource, 0.0)
            if not offered:
                return Cell(NONE)
            bar = bars.progress(int(1000 * min(taken / offered, 1)), 1000, _BAR)
            return Cell(f"{bar} {_short(resource, taken)}/{_short(resource, offered)}")

        return cell

    def share(resource: str) -> Callable[[PoolListRow], float]:
        return lambda place: place.outer.taken.get(resource, 0.0) / (place.pool.resources.get(resource) or 1.0)

    def pool_id(place: PoolListRow) -> str:
        return str(place.pool.pool_id)

    return [
        Column("pool", "POOL / ALLOC", 21, name, pool_id),
        Column("type", "TYPE", 12, of_pool(lambda pool: pool.pool_type), lambda place: place.pool.pool_type, 1),
        Column("host", "HOST", 14, of_pool(host), lambda place: host(place.pool), 2, flex=True, max_width=44),
        Column("cluster", "CLUSTER", 8, of_pool(cluster_name), lambda place: cluster_name(place.pool), 6, flex=True),
        Column("state", "STATE", 10, state, lambda place: cluster.liveness(place.pool)),
        Column(
            "lease",
            "LEASE",
            11,
            lambda place: Cell(durations.steady_lease(place.row, seen_at())),
            lambda place: place.pool.keepalive,
            4,
        ),
        Column("age", "AGE", 6, age, lambda place: place.pool.start, 5, "right"),
        Column(
            "tasks",
            "TASKS",
            5,
            lambda place: Cell(str(len(place.tasks))),
            lambda place: len(place.outer.tasks),
            align="right",
        ),
        Column("cpu", "CPU TAKEN", 12, used("cpu"), share("cpu"), 1),
        Column("mem", "MEM TAKEN", 16, used("mem"), share("mem"), 3),
    ]


def fields(cluster: Cluster, now: datetime) -> Fields[PoolListRow]:
    """What a filter can ask of pools and allocs: also of the tasks that run there."""

    def age(place: PoolListRow) -> float | None:
        return None if place.row.start is None else ((place.row.end or now) - place.row.start).total_seconds()

    return Fields(
        {
            "state": lambda place: (cluster.liveness(place.row),),
            "pool": lambda place: (str(place.pool.pool_id), place.pool.pool_type, cluster_name(place.pool)),
            "host": lambda place: (host(place.pool),),
            "ident": lambda place: {task.ident for task in place.tasks},
            "user": lambda place: {run.user for task in place.tasks if (run := cluster.run(task.run_id))},
            "id": lambda place: (place.row.id.hex,),
        },
        {"age": age},
    )


def _short(resource: str, amount: float) -> str:
    return formats.size(amount, digits=0) if resource == "mem" else f"{amount:g}"


def _by_cluster(pool: PoolRow) -> tuple[str, str]:
    return cluster_name(pool), str(pool.pool_id)


def _sum(resources: Iterable[Resources]) -> Resources:
    return sum(resources, Resources())
