"""Estimates of the ends of running tasks and runs, from the usual durations of idents; and their texts."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from store import RunID, Task
from tui.lists.columns import Cell, Column
from tui.text import durations, formats
from tui.text.safe import NONE
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State
from tui.watch.model.usual_duration import UsualDuration

_SLOW = Cell("slow", "warning")
_PAST = "due"  # beyond p95, but not for long enough to be slow
_ZERO = timedelta()
_MOST_IDENTS = 5


class Estimate(NamedTuple):
    """The time left until the p50 and p95 of the usual duration; 0 after that.

    `p50` is None in recordings of older versions. The estimate of a run uses `known` of its `running` tasks.
    """

    p50: timedelta | None
    p95: timedelta
    known: int = 1
    running: int = 1


class IdentTime(NamedTuple):
    """The tasks of an ident in a run: their number, the longest duration, and whether the longest one still runs."""

    ident: str
    tasks: int
    longest: timedelta
    is_running: bool


def estimate_task(cluster: Cluster, task: Task, now: datetime) -> Estimate | None:
    """Return the time left of a running task; None if its usual duration is unknown, or it is on a dead host."""
    usual = cluster.usual.get(task.ident)
    if usual is None or usual.p95 is None or task.start is None or not _is_running(cluster, task):
        return None
    return _left(usual, usual.p95, now - task.start)


def estimate_run(cluster: Cluster, run_id: RunID, now: datetime) -> Estimate | None:
    """Return the time left of the slowest running task of a run; None if it is unknown for all of them.

    It is a lower bound for the run: the table has no tasks that are yet to start.
    """
    if not cluster.usual:
        return None
    running = [task for task in cluster.tally(run_id).tasks.values() if task.end is None and _is_running(cluster, task)]
    found = [left for left in (estimate_task(cluster, task, now) for task in running) if left is not None]
    if not found:
        return None
    halves = [left.p50 for left in found if left.p50 is not None]
    return Estimate(max(halves, default=None), max(left.p95 for left in found), len(found), len(running))


def find_slowest(cluster: Cluster, run_id: RunID, now: datetime, limit: int = _MOST_IDENTS) -> list[IdentTime]:
    """Return the idents with the longest tasks of a run, longest first. Stale and lost tasks have no duration."""
    tasks: defaultdict[str, list[Task]] = defaultdict(list)
    for task in cluster.tally(run_id).tasks.values():
        if task.ident and task.start is not None and (task.end is not None or _is_running(cluster, task)):
            tasks[task.ident].append(task)

    def took(task: Task) -> timedelta:
        return (task.end or now) - (task.start or now)

    longest = {ident: max(some, key=took) for ident, some in tasks.items()}
    idents = sorted(longest, key=lambda ident: (-took(longest[ident]), ident))[:limit]
    return [IdentTime(ident, len(tasks[ident]), took(longest[ident]), longest[ident].end is None) for ident in idents]


def eta_column(cluster: Cluster, now: Callable[[], datetime]) -> Column[Task]:
    """Return the column with the time left of running tasks at `now()`, from p50 to p95."""

    def cell(task: Task) -> Cell:
        left = estimate_task(cluster, task, now())
        if left is None:
            return Cell("" if task.end is not None else NONE, "muted")
        return _SLOW if cluster.is_slow(task) else Cell(_short_text(left))

    def key(task: Task) -> timedelta | None:
        left = estimate_task(cluster, task, now())
        return None if left is None else left.p95

    return Column(
        "eta", "ETA", 11, cell, key, 6, has_letter=False, descends=True, plain=lambda task: cell(task).text or NONE
    )


def _short_text(left: Estimate) -> str:
    """Return the range of the time left: `12m-27m`; `<27m` once p50 has passed."""
    if left.p95 <= _ZERO:
        return _PAST
    until = durations.age(left.p95)
    if left.p50 is None or left.p50 <= _ZERO:
        return f"<{until}"
    since = durations.age(left.p50)
    return until if since == until else f"{since}-{until}"


def usual_text(usual: UsualDuration | None) -> str:
    """Return `usually 24m, p95 39m`, or that there is not enough data; empty if durations were not read."""
    if usual is None:
        return ""
    if usual.p95 is None:
        return f"not enough data ({usual.count} succeeded)"
    if usual.p50 is None:
        return f"p95 {durations.duration(usual.p95)}"
    return f"usually {durations.duration(usual.p50)}, p95 {durations.duration(usual.p95)}"


def task_text(cluster: Cluster, task: Task, now: datetime) -> str:
    """Return the usual duration of a task, and the time left if it runs: `usually 24m, p95 39m: 12m-27m left`."""
    usual = usual_text(cluster.usual.get(task.ident))
    left = estimate_task(cluster, task, now)
    if left is None:
        return usual
    if cluster.is_slow(task):
        return f"{usual}: slow"
    return f"{usual}: {'due now' if left.p95 <= _ZERO else f'{_short_text(left)} left'}"


def run_text(cluster: Cluster, run_id: RunID, now: datetime) -> str:
    """Return the least time left of a run, such as `at least 12m, p95 27m, by 3 of 4 running tasks; …`."""
    left = estimate_run(cluster, run_id, now)
    if left is None:
        return ""
    known = f"{left.known} of {formats.count(left.running, 'running task')}"
    return f"{_least_text(left)}, by {known}; later tasks are not known"


def run_line(cluster: Cluster, run_id: RunID, now: datetime) -> str:
    """Return the first part of `run_text`, for a preview; empty if nothing is known."""
    left = estimate_run(cluster, run_id, now)
    return "" if left is None else f"ETA {_least_text(left)}"


def _least_text(left: Estimate) -> str:
    if left.p95 <= _ZERO:
        return "unknown, beyond p95"
    if left.p50 is None:
        return f"p95 {durations.age(left.p95)}"
    if left.p50 <= _ZERO:
        return f"past the median, p95 {durations.age(left.p95)}"
    return f"at least {durations.age(left.p50)}, p95 {durations.age(left.p95)}"


def slowest_fields(cluster: Cluster, run_id: RunID, now: datetime) -> Iterator[tuple[str, str]]:
    """Yield the slowest idents of a run, each with its longest and its usual duration."""
    for each in find_slowest(cluster, run_id, now):
        usual = cluster.usual.get(each.ident)
        over = usual is not None and usual.slow_after is not None and each.longest > usual.slow_after
        took = f"{durations.age(each.longest)}+" if each.is_running else durations.duration(each.longest)
        most = took if each.tasks == 1 else f"longest of {each.tasks} tasks {took}"
        yield each.ident, "; ".join(filter(None, (most, usual_text(usual), "slow" if over else "")))


def _left(usual: UsualDuration, p95: timedelta, age: timedelta) -> Estimate:
    half = None if usual.p50 is None else max(usual.p50 - age, _ZERO)
    return Estimate(half, max(p95 - age, _ZERO))


def _is_running(cluster: Cluster, task: Task) -> bool:
    return cluster.task_state(task) in (State.RUNNING, State.STARTING) and not cluster.is_on_dead_host(task)
