"""The list of tasks: its order and its columns."""

from collections.abc import Callable, Container, Iterable, Sequence
from datetime import datetime
from operator import attrgetter

import msgspec

from store import Digest, Error, ErrorKind, PoolRow, Run, RunID, Task
from tui.cost.costs import Costs
from tui.lists.cells import (
    NEW,
    TASK_STATES,
    alloc_name,
    host_texts,
    last_change,
    lease_cell,
    lease_text,
    outcome_cell,
    outcome_text,
    short_host,
    task_state_cell,
    task_state_texts,
    time_text,
    took_cell,
    took_seconds,
)
from tui.lists.columns import Cell, Column
from tui.lists.cost_columns import cost_columns
from tui.lists.estimates import eta_column
from tui.query.filter import Fields
from tui.text import durations, formats
from tui.text.safe import NONE
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import LATE, RETRIED, State
from tui.watch.model.tallies import attempt_order

# A retried failure is less urgent than any open task, and more urgent than a success.
_RETRIED_URGENCY = State.SUCCEEDED.task_urgency - 0.5
_run_id, _alloc_id, _ident = map(attrgetter, ("run_id", "alloc_id", "ident"))


def tasks(cluster: Cluster, run_id: RunID) -> list[Task]:
    """Return the tasks of a run, in order."""
    return in_order(cluster, cluster.tally(run_id).tasks.values())


def in_order(cluster: Cluster, tasks: Iterable[Task]) -> list[Task]:
    """Return tasks in order: failures first, then stale and lost ones; retried attempts come late."""

    def order(task: Task) -> tuple[float, float, Digest]:
        return _urgency(cluster, task), -task.start.timestamp() if task.start else 0.0, task.id

    return sorted(tasks, key=order)


def _urgency(cluster: Cluster, task: Task) -> float:
    return _RETRIED_URGENCY if cluster.is_retried(task) else cluster.task_state(task).task_urgency


def attempts(cluster: Cluster, task: Task) -> list[Task]:
    """Return the attempts of the flow of `task`, the first one first; it is one of them even if it is not loaded."""
    if not task.flow_id:
        return [task]
    known = cluster.tally(task.run_id).tasks
    found = [each for each in known.values() if each.flow_id == task.flow_id]
    if task.id not in known:  # in earlier data, which the user may go back to while the page of a task is open
        found.append(task)
    return sorted(found, key=attempt_order)


def failure(error: Error | None) -> str:
    """Return the kind of an error and its innermost cause, for narrow columns. Not yet safe to show."""
    if error is None:
        return ""
    *_, last = error.chain()
    kinds = (node.kind for node in error.chain() if isinstance(node, Error))
    kind = next((kind for kind in kinds if kind is not ErrorKind.OTHER), None)
    return str(last) if kind is None or last is error else f"{kind.description}: {last}"


def _memory(task: Task) -> float:
    return task.resources.get("mem", 0.0)


def _failure_key(task: Task) -> str | None:
    return failure(task.err) or None


def fields(cluster: Cluster, now: datetime) -> Fields[Task]:
    """Return the filter fields of tasks: their own, and those of their run and host."""

    def run(task: Task) -> Run:
        return cluster.run(task.run_id) or Run()

    def pool(task: Task) -> tuple[str, ...]:
        found = cluster.pool_of(task)
        return () if found is None else (str(found.pool_id), found.pool_type)

    def pool_type(task: Task) -> tuple[str, ...]:
        return pool(task)[1:]

    return Fields(
        {
            "user": lambda task: (run(task).user,),
            "run": lambda task: (task.run_id.hex,),
            "state": lambda task: task_state_texts(cluster, task, now),
            "label": lambda task: (f"{key}={value}" for key, value in run(task).labels.items()),
            "ident": lambda task: (task.ident,),
            "error": lambda task: () if task.err is None else (formats.error(task.err),),
            "type": pool_type,
            "pool": pool,
            "host": lambda task: host_texts(cluster.pool_of(task)),
            "id": lambda task: (bytes.hex(task.id),),
        },
        {
            "attempt": lambda task: task.attempt + 1,
            "age": lambda task: took_seconds(task, now),
        },
        alike={
            **dict.fromkeys(("user", "run", "label"), _run_id),
            **dict.fromkeys(("pool", "type", "host"), _alloc_id),
            "ident": _ident,
            "error": lambda task: id(task.err),
            "state": lambda task: (cluster.task_word(task), cluster.is_late(task, now)),
        },
        words={"state": [*TASK_STATES, LATE, RETRIED]},
        times={"since": last_change},
        now=now,
    )


def run_columns(cluster: Cluster) -> list[Column[Task]]:
    """Return the columns that tell tasks of several runs apart."""

    def user(task: Task) -> str:
        run = cluster.run(task.run_id)
        return "" if run is None else run.user

    return [
        Column(
            "run",
            "RUN",
            8,
            lambda task: Cell(formats.digest(task.run_id)),
            lambda task: task.run_id,
            3,
            has_letter=False,
        ),
        Column("user", "USER", 7, lambda task: Cell(formats.user(user(task))), user),
    ]


def columns_of_runs(columns: Sequence[Column[Task]]) -> list[Column[Task]]:
    """Return `columns` for tasks of several runs in 80 cells: the owner has the room of the duration."""
    return [msgspec.structs.replace(column, priority=1) if column.id == "took" else column for column in columns]


def columns(
    cluster: Cluster,
    now: Callable[[], datetime],
    seen_at: Callable[[], datetime],
    new: Container[Digest] = (),
    costs: Costs | None = None,
) -> list[Column[Task]]:
    """Return the columns at the time `now()`, leases measured at `seen_at()`; `new` tasks are marked so.

    Costs are unknown without `costs`.

    The most important ones in 80 cells are id, ident, error, owner and host, then times. Other digests come last.
    """

    def ident(task: Task) -> Cell:
        return Cell(f"{NEW if task.id in new else ''}{task.ident or NONE}", "strong" if task.id in new else "")

    def took(task: Task) -> Cell:
        return took_cell(task, now())

    def clock(time: datetime | None) -> Cell:
        return Cell(durations.clock(time, now())[:5])  # the date alone, unless it is today's

    def state(task: Task) -> Cell:
        return task_state_cell(cluster, task, seen_at())

    def urgency(task: Task) -> float:
        return _urgency(cluster, task)

    def lease(task: Task) -> Cell:
        return lease_cell(cluster, task, seen_at())

    def later(task: Task) -> Cell:
        return outcome_cell(cluster, task)

    outcomes = Column(
        "later",
        "LATER",
        11,
        later,
        lambda task: later(task).text,
        plain=lambda task: outcome_text(cluster, task),
    )
    return [
        Column(
            "task",
            "TASK",
            8,
            lambda task: Cell(formats.digest(task.id), "strong"),
            lambda task: task.id,
            has_letter=False,
        ),
        Column("ident", "IDENT", 12, ident, lambda task: task.ident, flex=True, comfort=16),
        Column("attempt", "ATT", 3, lambda task: Cell(str(task.attempt + 1)), lambda task: task.attempt, 1, "right"),
        Column(
            "state",
            "STATE",
            11,
            state,
            urgency,
            plain=lambda task: task_state_texts(cluster, task, seen_at())[-1],
        ),
        *([] if cluster.outcomes is None else [outcomes]),
        Column(
            "started",
            "STARTED",
            7,
            lambda task: clock(task.start),
            lambda task: task.start,
            2,
            descends=True,
            plain=lambda task: time_text(task.start),
        ),
        Column(
            "ended",
            "ENDED",
            5,
            lambda task: clock(task.end),
            lambda task: task.end,
            2,
            descends=True,
            plain=lambda task: time_text(task.end),
        ),
        Column("took", "TOOK", 7, took, lambda task: took_seconds(task, now()), align="right"),
        eta_column(cluster, now),
        Column(
            "error",
            "ERROR",
            10,  # "OOM error:" in 80 cells, beside id, ident, state and host, and in 60 without the host
            lambda task: Cell(failure(task.err), "critical"),
            _failure_key,
            flex=True,
            comfort=24,
            max_width=200,
        ),
        *_place_columns(cluster),
        Column(
            "lease",
            "LEASE",
            11,
            lease,
            lambda task: task.keepalive,
            6,
            plain=lambda task: lease_text(cluster, task, seen_at()),
        ),
        Column(
            "requested",
            "REQUESTED",
            20,
            lambda task: Cell(formats.resources(task.resources)),
            _memory,
            8,
            plain=lambda task: formats.resources(task.resources).replace(" ", ","),
        ),
        *_cost_columns(costs),
        *_digest_columns(),
    ]


def _place_columns(cluster: Cluster) -> list[Column[Task]]:
    """Return the columns that say where a task runs."""

    def cell(text: Callable[[PoolRow], str]) -> Callable[[Task], Cell]:
        return lambda task: Cell(NONE if (found := cluster.pool_of(task)) is None else text(found) or NONE)

    def key(text: Callable[[PoolRow], str]) -> Callable[[Task], str | None]:
        return lambda task: None if (found := cluster.pool_of(task)) is None else text(found)

    def pool_type(pool: PoolRow) -> str:
        return pool.pool_type

    def pool_id(pool: PoolRow) -> str:
        return str(pool.pool_id)

    def alloc(task: Task) -> Cell:
        return Cell(alloc_name(task, cluster.alloc(task.alloc_id)))

    return [
        Column("host", "HOST", 15, cell(short_host), key(short_host), flex=True, comfort=16),
        Column("type", "TYPE", 11, cell(pool_type), key(pool_type), 5),
        Column("pool", "POOL", 19, cell(pool_id), key(pool_id), 7),
        Column("alloc", "ALLOC", 8, alloc, lambda task: task.alloc_id, 9, has_letter=False),
    ]


def _cost_columns(costs: Costs | None) -> list[Column[Task]]:
    columns: list[Column[Task]] = cost_columns(costs, lambda costs, task: costs.task(task))
    return [msgspec.structs.replace(column, priority=max(column.priority, 8)) for column in columns]


def _digest_columns() -> list[Column[Task]]:
    return [
        Column("stderr", "STDERR", 8, lambda task: Cell(formats.digest(task.stderr)), priority=10),
        Column("stdout", "STDOUT", 8, lambda task: Cell(formats.digest(task.stdout)), priority=11),
        Column("inspect", "INSPECT", 8, lambda task: Cell(formats.digest(task.inspect)), priority=12),
    ]
