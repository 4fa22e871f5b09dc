"""The flows of a run over time: a bar for each flow with its attempts, and the critical path."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from store import Digest, RunID, Task
from tui.text import time_zone
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State
from tui.watch.model.tallies import attempt_order

WAITING, RETRIED, RUNNING, EXPIRED, NOW = "─", "▒", "█", "·", "┊"
# The steps in which the time range of a run grows: about a cell each.
_STEPS = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 15, 60, 300, 900, 3600))
_STEPS_IN_SPAN = 100


@dataclass(frozen=True)
class Flow:
    """The attempts of a flow, the first one first; `is_critical` if it is on the critical path.

    `waits_since` is when the task before the first attempt on the critical path ended, or the run started; None if that
    attempt is not on it. The table says nothing of other flows before they start: a task's row is written when the task
    is given to its alloc.
    """

    attempts: tuple[Task, ...]
    state: State
    is_critical: bool
    waits_since: datetime | None = None

    @property
    def id(self) -> Digest:
        return self.last.flow_id or self.last.id

    @property
    def last(self) -> Task:
        return self.attempts[-1]

    @property
    def start(self) -> datetime | None:
        """The start of the first attempt."""
        return self.attempts[0].start

    @property
    def waits(self) -> list[tuple[datetime, datetime]]:
        """The times between attempts, and between the task before on the critical path and the first attempt."""
        pairs = [(self.waits_since, self.start), *((one.end, other.start) for one, other in pairwise(self.attempts))]
        return [(start, end) for start, end in pairs if start is not None and end is not None and start < end]

    @property
    def waited(self) -> timedelta:
        """The sum of the waits."""
        return sum((end - start for start, end in self.waits), timedelta())


@dataclass(frozen=True)
class TimeRange:
    """The time range on screen: `length` from `start` on."""

    start: datetime
    length: timedelta

    def at(self, time: datetime, width: int) -> float:
        """Return the cell of a time in a range of `width` cells; outside of them if the time is."""
        return (time - self.start) / self.length * width


def end(task: Task, now: datetime) -> datetime:
    """Return the end of a task, or `now` if it has none."""
    return now if task.end is None else min(task.end, now)


def flows(cluster: Cluster, run_id: RunID, now: datetime) -> list[Flow]:
    """Return the flows of a run by the start of their first attempt.

    Tasks without a start time are left out.
    """
    attempts: dict[Digest, list[Task]] = {}
    for task in cluster.tally(run_id).tasks.values():
        if task.start is not None:
            attempts.setdefault(task.flow_id or task.id, []).append(task)
    run = cluster.run(run_id)
    critical = critical_path([task for some in attempts.values() for task in some], now)
    ends = [None if run is None else run.start, *(end(task, now) for task in critical)]
    since = {task.id: before for task, before in zip(critical, ends, strict=False)}
    found = []
    for some in attempts.values():
        some.sort(key=attempt_order)
        is_critical = any(task.id in since for task in some)
        found.append(Flow(tuple(some), cluster.task_state(some[-1]), is_critical, since.get(some[0].id)))
    return sorted(found, key=lambda flow: (flow.start or now, flow.id))


def without_times(cluster: Cluster, run_id: RunID) -> int:
    """Return the number of tasks of a run without a start time."""
    return sum(task.start is None for task in cluster.tally(run_id).tasks.values())


def critical_path(tasks: Iterable[Task], now: datetime) -> list[Task]:
    """Return the task that ended last, after the last one to end before that started, and so on; the first one first.

    The table does not say what a task waits for; this is what the times suggest. Between two of them the run may have
    waited for a host, or for something elsewhere.
    """
    by_end = sorted(tasks, key=lambda task: end(task, now))
    ends = [end(task, now) for task in by_end]
    path: list[Task] = []
    at = len(by_end) - 1
    while at >= 0:
        path.append(by_end[at])
        start = by_end[at].start or now
        at = min(bisect_right(ends, start), at) - 1  # never a later one in the order, so that the loop ends
    return path[::-1]


def whole(flows: Sequence[Flow], run_start: datetime | None, now: datetime) -> TimeRange:
    """Return the range of all flows, rounded up to a full step: growing all the time would move every bar."""
    starts = [flow.start for flow in flows if flow.start is not None]
    ends = [end(task, now) for flow in flows for task in flow.attempts]
    start = min([*starts, *([run_start] if run_start is not None else [])], default=now)
    length = max(max(ends, default=now) - start, timedelta(seconds=1))
    step = next((step for step in _STEPS if length < _STEPS_IN_SPAN * step), _STEPS[-1])
    return TimeRange(start, -(-length // step) * step)


def bar(flow: Flow, span: TimeRange, width: int, now: datetime) -> str:
    """Return the attempts of a flow in `width` cells: retried ones, the waits, the latest one.

    A lost attempt is drawn up to the expiry of its lease, and as expired after that. The bar of a failed, stale or lost
    flow ends in the glyph of its state.
    """
    cells = [" "] * width
    for since, until in flow.waits:
        if since < now:
            _fill(cells, span, since, min(until, now), WAITING)
    for task in flow.attempts:
        _fill(cells, span, task.start, end(task, now), RUNNING if task is flow.last else RETRIED)
    last, until = flow.last, end(flow.last, now)
    is_over = flow.state is State.FAILED and until == last.end
    if flow.state.is_expired and last.start is not None and last.keepalive is not None and last.keepalive < now:
        until, is_over = max(last.keepalive, last.start), True
        _fill(cells, span, until, now, EXPIRED)
    at = max(int(span.at(last.start or now, width)) + 1, round(span.at(until, width))) - 1
    if is_over and 0 <= at < width:
        cells[at] = flow.state.glyph
    here = span.at(now, width)
    if 0 <= here < width and cells[int(here)] == " ":
        cells[int(here)] = NOW
    return "".join(cells).rstrip()


def ruler(span: TimeRange, width: int) -> str:
    """Return the times above the bars, each at its place: five of them, with less room three or one."""
    form = "%H:%M:%S" if span.length < timedelta(minutes=10) else "%H:%M"
    for steps in (4, 2):
        times = [_time(span.start + span.length * step / steps, form) for step in range(steps + 1)]
        room = width - sum(map(len, times))
        if room >= steps:
            gaps = [room * step // steps for step in range(steps + 1)]
            return times[0] + "".join(
                f"{' ' * (after - before)}{time}"
                for time, (before, after) in zip(times[1:], pairwise(gaps), strict=True)
            )
    return _time(span.start, form)[:width]


def _time(time: datetime, form: str) -> str:
    return format(time_zone.localize(time), form)


def _fill(cells: list[str], span: TimeRange, start: datetime | None, end: datetime | None, char: str) -> None:
    if start is None or end is None:
        return
    first, last = span.at(start, len(cells)), span.at(end, len(cells))
    if last < 0 or first >= len(cells):
        return
    for cell in range(max(0, int(first)), min(len(cells), max(int(first) + 1, round(last)))):
        cells[cell] = char
