"""The list of idents: the tasks of each, by state, and how long they take."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from store import Task
from tui.lists.cells import TASK_STATES, count_cell, last_change, progress_cell, state_cell
from tui.lists.columns import Cell, Column
from tui.query.filter import Fields
from tui.text import durations, formats
from tui.text.safe import NONE
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import RETRIED, State
from tui.watch.model.usual_duration import percentile

_BAR = 10
_EXPIRED = [state for state in State if state.is_expired]
_urgency = attrgetter("task_urgency")


@dataclass(frozen=True)
class IdentRow:
    """The tasks of one ident, counted by state; `retried` counts attempts with a later attempt, which have no other.

    `done` is the number of tasks that have ended. `oldest` is the earliest start of the open tasks. `p50` and `p95` are
    those of the durations of all ended tasks, failed ones too; None if there are none.
    """

    ident: str
    tasks: Sequence[Task]
    states: Mapping[State, int]
    retried: int
    oldest: datetime | None
    p50: timedelta | None
    p95: timedelta | None
    done: int = 0

    @property
    def state(self) -> State:
        """The most urgent state among the tasks."""
        return min((state for state, count in self.states.items() if count), key=_urgency, default=State.SUCCEEDED)

    @property
    def expired(self) -> int:
        """The number of stale and lost tasks."""
        return sum(count for state, count in self.states.items() if state.is_expired)


def rows(cluster: Cluster, tasks: Iterable[Task]) -> list[IdentRow]:
    """Return `tasks` by ident: most failed flows first, then stale and lost, running, ended."""
    by_ident: defaultdict[str, list[Task]] = defaultdict(list)
    for task in tasks:
        by_ident[task.ident].append(task)

    def order(row: IdentRow) -> tuple[int, int, str]:
        return row.state.task_urgency, -row.states.get(State.FAILED, 0), row.ident

    return sorted((_row(cluster, ident, some) for ident, some in by_ident.items()), key=order)


def _row(cluster: Cluster, ident: str, tasks: Sequence[Task]) -> IdentRow:
    states: Counter[State] = Counter()
    retried = done = 0
    oldest: datetime | None = None
    spans: list[timedelta] = []
    for task in tasks:
        if cluster.is_retried(task):
            retried += 1
        else:
            states[cluster.task_state(task)] += 1
        done += task.end is not None
        if task.start is None:
            continue
        if task.end is not None:
            spans.append(task.end - task.start)
        elif oldest is None or task.start < oldest:
            oldest = task.start
    spans.sort()
    return IdentRow(ident, tasks, states, retried, oldest, percentile(spans, 50), percentile(spans, 95), done)


def fields(now: datetime) -> Fields[IdentRow]:
    """Return the filter fields of idents: those of any of their tasks. The age is that of the oldest open task."""
    return Fields(
        {
            "ident": lambda row: (row.ident,),
            "state": lambda row: (word for word, count in [*row.states.items(), (RETRIED, row.retried)] if count),
            "error": lambda row: (formats.error(task.err) for task in row.tasks if task.err is not None),
        },
        {"age": lambda row: None if row.oldest is None else (now - row.oldest).total_seconds()},
        words={"state": [*TASK_STATES, RETRIED]},
        times={"since": lambda row: max(filter(None, map(last_change, row.tasks)), default=None)},
        now=now,
    )


def columns(now: Callable[[], datetime]) -> list[Column[IdentRow]]:
    """Return the columns, at the time `now()`."""

    def counted(*states: State, style: str = "") -> Callable[[IdentRow], Cell]:
        def cell(row: IdentRow) -> Cell:
            return count_cell(sum(row.states.get(state, 0) for state in states), style)

        return cell

    def by(*states: State) -> Callable[[IdentRow], int]:
        return lambda row: sum(row.states.get(state, 0) for state in states)

    def took(span: timedelta | None) -> Cell:
        return Cell(NONE, "muted") if span is None else Cell(durations.duration(span))

    def longest(row: IdentRow) -> Cell:
        return took(None if row.oldest is None else now() - row.oldest)

    def bar(row: IdentRow) -> Cell:
        return progress_cell(row.done, row.states.get(State.FAILED, 0), len(row.tasks), _BAR)

    return [
        Column(
            "ident",
            "IDENT",
            16,
            lambda row: Cell(row.ident or NONE, "strong"),
            lambda row: row.ident,
            flex=True,
        ),
        Column("state", "STATE", 11, lambda row: state_cell(row.state), lambda row: row.state.task_urgency),
        Column("progress", "", _BAR, bar, priority=6),
        Column(
            "tasks",
            "TASKS",
            9,
            lambda row: Cell(formats.part(row.done, len(row.tasks), limit=9)),
            lambda row: len(row.tasks),
            align="right",
        ),
        Column("failed", "FAIL", 4, counted(State.FAILED, style="critical"), by(State.FAILED), align="right"),
        Column("running", "RUN", 4, counted(State.RUNNING, style="good"), by(State.RUNNING), align="right"),
        Column("waiting", "WAIT", 4, counted(State.STARTING), by(State.STARTING), 4, "right"),
        Column("expired", "EXPIRED", 7, counted(*_EXPIRED, style="warning"), by(*_EXPIRED), 1, "right"),
        Column(
            "retried",
            "RETRIED",
            7,
            lambda row: count_cell(row.retried),
            lambda row: row.retried,
            5,
            "right",
        ),
        Column("longest", "LONGEST", 7, longest, lambda row: row.oldest and now() - row.oldest, 1, "right"),
        Column("p50", "P50", 6, lambda row: took(row.p50), lambda row: row.p50, 2, "right"),
        Column("p95", "P95", 6, lambda row: took(row.p95), lambda row: row.p95, 3, "right"),
    ]
