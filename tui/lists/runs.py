"""The list of runs, the same in the dashboard and in `ps`."""

from collections.abc import Callable, Container, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from store import Digest, PoolRow, Run, RunID, Task
from tui.lists.cells import (
    NEW,
    age_cell,
    age_seconds,
    count_cell,
    host_texts,
    last_change,
    lease_cell,
    lease_text,
    outcome_cell,
    outcome_text,
    progress_cell,
    state_cell,
    state_texts,
    time_text,
)
from tui.lists.columns import Cell, Column
from tui.lists.cost_columns import cost_columns
from tui.query.filter import Fields
from tui.text import durations, formats
from tui.text.safe import NONE
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import LATE, State

if TYPE_CHECKING:
    from tui.cost.costs import Costs

_BAR = 10
_MARK = "◆ "


class RunRow(msgspec.Struct, frozen=True):
    """A run with its state and counts. The counts are too low unless `is_counted`.

    `retried_attempts` are failed, stale or lost, and have a later attempt. `orphaned_tasks` are not lost themselves,
    but on a lost or ended host or alloc.
    """

    run: Run
    state: State
    done: int
    total: int
    failed_flows: int
    retried_attempts: int
    pools: int
    is_counted: bool
    lost_tasks: int = 0
    orphaned_tasks: int = 0

    @property
    def has_counts(self) -> bool:
        """Whether any task of the run was read, or it has none; until then, counts are unknown rather than 0."""
        return self.is_counted or self.total > 0

    @property
    def all_lost(self) -> int:
        """The number of tasks that are lost, or on a lost or ended host or alloc."""
        return self.lost_tasks + self.orphaned_tasks

    @property
    def is_losing(self) -> bool:
        """Whether the run looks healthy, but some of its tasks are lost or on a dead host."""
        return self.state is State.RUNNING and self.all_lost > 0


def rows(cluster: Cluster) -> list[RunRow]:
    """Return all runs: by urgency of the state, then failed flows and lost tasks, then the newest first.

    Runs that lose tasks while they run come after stale runs, and before those that have ended as failed.
    """

    def order(row: RunRow) -> tuple[int, int, int, int, float, RunID]:
        start = row.run.start.timestamp() if row.run.start else 0.0
        urgency = min(row.state.urgency, State.STALE.urgency) if row.is_losing else row.state.urgency
        return urgency, row.state.urgency, -row.failed_flows, -row.all_lost, -start, row.run.id

    return sorted((row(cluster, run) for run in cluster.runs), key=order)


def row(cluster: Cluster, run: Run) -> RunRow:
    """Return the row of a run of `cluster`."""
    tally = cluster.tally(run.id)
    return RunRow(
        run,
        cluster.run_state(run.id),
        tally.done,
        tally.total,
        tally.failed_flows,
        cluster.retried_attempts_of(run.id),
        len(cluster.open_pools(run.id)),
        cluster.has_all_tasks(run.id),
        cluster.lost_tasks_of(run),
        cluster.orphaned_tasks_of(run),
    )


def is_of(run: Run, user: str) -> bool:
    """Return whether `run` belongs to `user`: the whole name, or the part before the `@`."""
    return user in (run.user, run.user.partition("@")[0])


def name(run: Run) -> str:
    """Return the name of a run: its label `Name`, then its other labels. Not yet safe to show."""
    return " ".join(_names(run))


def _names(run: Run) -> list[str]:
    named = [value for key, value in run.labels.items() if key.lower() == "name"]
    return named + [f"{key}={value}" for key, value in sorted(run.labels.items()) if key.lower() != "name"]


def count(row: RunRow) -> str:
    """Return ended and all tasks, `55/80`; a `+` while older tasks may be missing, and `-` while all are."""
    return NONE if not row.has_counts else f"{row.done}/{row.total}{_more(row)}"


def _more(row: RunRow) -> str:
    return "" if row.is_counted else "+"


def fields(cluster: Cluster, now: datetime) -> Fields[RunRow]:
    """Return the filter fields of runs: their own, and those of any of their tasks."""

    def tasks(row: RunRow) -> Iterable[Task]:
        return cluster.tally(row.run.id).tasks.values()

    def pools(row: RunRow) -> Iterable[PoolRow]:
        known = (cluster.pool(id) for id in cluster.open_pools(row.run.id))
        return (pool for pool in known if pool is not None)

    return Fields(
        {
            "user": lambda row: (row.run.user,),
            "state": lambda row: state_texts(row.state, is_late=cluster.is_late(row.run, now)),
            "label": lambda row: (f"{key}={value}" for key, value in row.run.labels.items()),
            "run": lambda row: (row.run.id.hex,),
            "id": lambda row: (row.run.id.hex,),
            "ident": lambda row: {task.ident for task in tasks(row)},
            "error": lambda row: (formats.error(task.err) for task in cluster.tally(row.run.id).failures()),
            "pool": lambda row: (text for pool in pools(row) for text in (str(pool.pool_id), pool.pool_type)),
            "type": lambda row: (pool.pool_type for pool in pools(row)),
            "host": lambda row: (text for pool in pools(row) for text in host_texts(pool)),
        },
        {"age": lambda row: age_seconds(row.run, now)},
        words={"state": [*State, LATE]},
        times={"since": lambda row: last_change(row.run)},
        now=now,
    )


def run_state_cell(cluster: Cluster, row: RunRow, seen_at: datetime) -> Cell:
    """Return the state of a run; `late` in place of `running` if its lease has expired. A warning if it loses tasks."""
    cell = state_cell(row.state, is_late=cluster.is_late(row.run, seen_at))
    return Cell(cell.text, "warning") if row.is_losing else cell


def columns(
    cluster: Cluster,
    now: Callable[[], datetime],
    seen_at: Callable[[], datetime],
    marked: Container[RunID] = (),
    new: Container[Digest] = (),
    costs: "Costs | None" = None,
) -> list[Column[RunRow]]:
    """Return the columns at the time `now()`, leases measured at `seen_at()`; `marked` and `new` runs are marked so.

    Costs are unknown without `costs`.
    """

    def called(row: RunRow) -> Cell:
        marks = f"{NEW if row.run.id in new else ''}{_MARK if row.run.id in marked else ''}"
        return Cell(f"{marks}{name(row.run) or NONE}", "strong" if row.run.id in new else "")

    def age(row: RunRow) -> Cell:
        return age_cell(row.run, now())

    def state(row: RunRow) -> Cell:
        return run_state_cell(cluster, row, seen_at())

    def lease(row: RunRow) -> Cell:
        return lease_cell(cluster, row.run, seen_at())

    def later(row: RunRow) -> Cell:
        return outcome_cell(cluster, row.run)

    def state_word(row: RunRow) -> str:
        return state_texts(row.state, is_late=cluster.is_late(row.run, seen_at()))[-1]

    def plain_lease(row: RunRow) -> str:
        return lease_text(cluster, row.run, seen_at())

    outcomes = Column(
        "later",
        "LATER",
        11,
        later,
        lambda row: later(row).text,
        1,
        plain=lambda row: outcome_text(cluster, row.run),
    )
    # The owner and what is lost or failed come first; then the name and the progress; then the age.
    return [
        Column(
            "run",
            "RUN",
            8,
            lambda row: Cell(formats.digest(row.run.id), "strong"),
            lambda row: row.run.id,
            has_letter=False,
        ),
        Column("user", "USER", 7, lambda row: Cell(formats.user(row.run.user)), lambda row: row.run.user, 1),
        Column(
            "name",
            "NAME / LABELS",
            7,
            called,
            lambda row: name(row.run),
            2,
            flex=True,
            comfort=14,
            plain=lambda row: ",".join(_names(row.run)),
        ),
        Column(
            "started",
            "START",
            5,
            lambda row: Cell(durations.clock(row.run.start, now())[:5]),  # the date alone, unless it is today's
            lambda row: row.run.start,
            6,
            descends=True,
            plain=lambda row: time_text(row.run.start),
        ),
        Column("age", "AGE", 6, age, lambda row: age_seconds(row.run, now()), 3, "right"),
        Column("state", "STATE", 11, state, lambda row: row.state.urgency, plain=state_word),
        *([] if cluster.outcomes is None else [outcomes]),
        Column("lease", "LEASE", 11, lease, lambda row: row.run.keepalive, 3, plain=plain_lease),
        Column("progress", "", _BAR, _progress, priority=5),
        Column("tasks", "TASKS", 8, _tasks, lambda row: row.total, 2, "right", plain=count),
        _counting("failed", "FAIL", 4, lambda row: row.failed_flows, 0, "critical"),
        _counting("lost", "LOST", 4, lambda row: row.all_lost, 1, "critical"),
        Column("pools", "POOLS", 5, _pools, lambda row: row.pools, 4, "right"),
        *cost_columns(costs, lambda costs, row: costs.run(row.run.id), lambda row: row.is_counted),
        _counting("retried", "RETRIED", 7, lambda row: row.retried_attempts, 8),
        Column("args", "ARGS", 24, lambda row: Cell(_args(row)), _args, 7, flex=True, max_width=100),
        Column("bundle", "BUNDLE", 8, lambda row: Cell(formats.digest(row.run.bundle)), priority=9),
    ]


def _progress(row: RunRow) -> Cell:
    return progress_cell(row.done, row.failed_flows, row.total, _BAR)


def _tasks(row: RunRow) -> Cell:
    return Cell(formats.part(row.done, row.total, _more(row)) if row.has_counts else NONE)


def _counting(
    id: str, title: str, width: int, number: Callable[[RunRow], int], priority: int, style: str = ""
) -> Column[RunRow]:
    """Return a column with a number, which is unknown until a task of the run was read."""

    def cell(row: RunRow) -> Cell:
        found = count_cell(number(row), style)
        return found if row.has_counts else Cell(NONE, found.style)

    def plain(row: RunRow) -> str:
        return str(number(row)) if row.has_counts else NONE

    return Column(id, title, width, cell, number, priority, "right", plain=plain)


def _pools(row: RunRow) -> Cell:
    return Cell(str(row.pools) if row.has_counts else NONE)


def _args(row: RunRow) -> str:
    return " ".join(row.run.args) or NONE
