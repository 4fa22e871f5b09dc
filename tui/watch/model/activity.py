"""Counts of running tasks and failed flows for each minute of the last hour."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice

from store import Digest, RunID, Task
from store.lease import SKEW
from store.times import LATEST
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State
from tui.watch.model.tallies import Tally

MINUTES = 60


@dataclass(frozen=True)
class Series:
    """Counts by minute; the last minute contains `until` and is not over.

    `running` counts the tasks at the end of each minute, `failed` the failed flows whose latest attempt ended in it.
    Minutes in which some tasks are unknown are left out, so there may be fewer than 60, or none.
    """

    until: datetime
    running: Sequence[int]
    failed: Sequence[int]

    @property
    def since(self) -> datetime:
        """The start of the first minute."""
        return _minute_at(_minute(self.until) + 1 - len(self.running))

    @property
    def is_whole(self) -> bool:
        """Whether the counts cover the whole hour."""
        return len(self.running) == MINUTES

    def bars(self, minutes: int) -> int:
        """Return the largest possible number of bars of `minutes` each."""
        return MINUTES // minutes + 1

    def running_by(self, minutes: int) -> list[int]:
        """Return the peak number of running tasks in each bar of `minutes`."""
        return [max(some) for some in self._steps(self.running, minutes)]

    def failed_by(self, minutes: int) -> list[int]:
        """Return the number of failed flows in each bar of `minutes`."""
        return [sum(some) for some in self._steps(self.failed, minutes)]

    def _steps(self, counts: Sequence[int], minutes: int) -> Iterable[Sequence[int]]:
        # Bars start at multiples of their length within the hour, so that they stay put as minutes pass.
        start = -((_minute(self.until) + 1 - len(counts)) % minutes)
        return (counts[max(0, at) : at + minutes] for at in range(start, len(counts), minutes))


class Activity:
    """Counts the tasks of a cluster incrementally: a run without new starts or ends costs nothing."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self._runs: dict[RunID, _Counted] = {}

    def series(self, run_ids: Collection[RunID], until: datetime, known_since: datetime | None = None) -> Series:
        """Return the counts of these runs in the hour before `until`.

        All tasks are known from `known_since` on; by default the cluster tells from when.
        """
        cluster, last = self.cluster, _minute(until)
        first = last + 1 - MINUTES
        lost = self._lost()
        changes: defaultdict[int, int] = defaultdict(int)
        failed: defaultdict[int, int] = defaultdict(int)
        before = 0
        for id in run_ids:
            counted = self._count(id, first)
            before += counted.before
            for minute, count in counted.changes.items():
                changes[minute] += count
            for task in cluster.tally(id).failures():
                if task.end is not None:
                    failed[_minute(task.end)] += 1
            for expired in lost.get(id, ()):
                if expired < first:
                    before -= 1
                else:
                    changes[expired] -= 1
        # A tally that the cluster has forgotten would keep all its tasks in memory.
        for id in [id for id, counted in self._runs.items() if self._is_forgotten(id, counted)]:
            del self._runs[id]
        running = list(accumulate((changes[minute] for minute in range(first, last + 1)), initial=before))[1:]
        fails = [failed[minute] for minute in range(first, last + 1)]
        known = self._known_from(run_ids) if known_since is None else _minute(known_since)
        unknown = max(0, min(known - first, MINUTES))
        return Series(until, running[unknown:], fails[unknown:])

    def _is_forgotten(self, id: RunID, counted: "_Counted") -> bool:
        tally = self.cluster.tally(id)
        return tally is not counted.tally or (self.cluster.run(id) is None and not tally.tasks)

    def _count(self, run_id: RunID, first: int) -> "_Counted":
        tally = self.cluster.tally(run_id)
        counted = self._runs.get(run_id)
        if counted is None or counted.tally is not tally:  # forgotten, then read again
            counted = self._runs[run_id] = _Counted(tally)
        counted.update(first)
        return counted

    def _known_from(self, run_ids: Iterable[RunID]) -> int:
        """Return the first minute in which all tasks are known."""
        if all(map(self.cluster.has_all_tasks, run_ids)):
            return 0
        covered = self.cluster.covered_since
        # Before the first refresh nothing is known; the minute in which the scanned window starts is incomplete.
        return _minute(LATEST) if covered is None else _minute(covered) + 1

    def _lost(self) -> dict[RunID, list[int]]:
        """Return the minutes in which tasks were lost, by run: such tasks no longer count as running.

        The lease of a lost task expired then; or its host or alloc, which is lost or has ended, stopped.
        """
        cluster, found = self.cluster, dict[RunID, list[int]]()

        def add(task: Task, stopped: datetime | None) -> None:
            if task.start is not None:
                found.setdefault(task.run_id, []).append(_minute(max(stopped or task.start, task.start)))

        for task in cluster.open.expired_before(cluster.as_of - SKEW):
            if isinstance(task, Task) and cluster.task_state(task) is State.LOST:
                add(task, task.keepalive)
        for task in cluster.tasks_on_dead_hosts():
            if cluster.task_state(task) is not State.LOST:
                places = [place for place in (cluster.alloc(task.alloc_id), cluster.pool_of(task)) if place is not None]
                ends = [place.end for place in places if place.end is not None]
                add(task, min(ends or [place.keepalive for place in places if place.keepalive], default=None))
        return found


@dataclass
class _Counted:
    """The counted tasks of a run by minute: starts minus ends.

    `before` is the number of running tasks at the start of minute `first`; earlier minutes are dropped.
    """

    tally: Tally
    before: int = 0
    changes: defaultdict[int, int] = field(default_factory=lambda: defaultdict(int))
    _first: int = 0
    _open: dict[Digest, None] = field(default_factory=dict)
    _seen: int = 0
    _ended: int = 0

    def update(self, first: int) -> None:
        """Count new tasks and ends. New tasks are the last ones of a tally, and a task ends only once."""
        tasks, total, done, begin = self.tally.tasks, self.tally.total, self.tally.done, _minute_at(first)
        if first == self._first and (total, done) == (self._seen, self._ended):
            return
        if done != self._ended:
            for id in [id for id in self._open if tasks[id].end is not None]:
                del self._open[id]
                self._end(tasks[id])
        for task in islice(reversed(tasks.values()), total - self._seen):
            if task.end is not None and task.end < begin:
                continue
            if task.start is not None:
                self.changes[_minute(task.start)] += 1
            if task.end is None:
                self._open[task.id] = None
            else:
                self._end(task)
        self._first, self._seen, self._ended = first, total, done
        for minute in [minute for minute in self.changes if minute < first]:
            self.before += self.changes.pop(minute)

    def _end(self, task: Task) -> None:
        if task.start is not None and task.end is not None:
            self.changes[_minute(task.end)] -= 1


def _minute(time: datetime) -> int:
    return int(time.timestamp()) // 60


def _minute_at(minute: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(minutes=minute)
