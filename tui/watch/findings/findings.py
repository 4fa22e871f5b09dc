"""What deserves attention, and why."""

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TypeVar

import msgspec

from store import Alloc, Digest, Liveness, PoolRow, Run, RunID, Task
from store.lease import GRACE, SKEW
from tui.watch.findings.failure_groups import FailureGroup, FailureGrouper, failure_groups
from tui.watch.model.cluster import Cluster
from tui.watch.model.open_rows import Row
from tui.watch.model.states import is_expired
from tui.watch.polling.durations import IdentDurations

__all__ = ["FailureGroup", "Finding", "FindingKind", "Findings", "Severity", "failure_groups"]

R = TypeVar("R", Task, PoolRow)

_NEVER = datetime.min.replace(tzinfo=UTC)


class Severity(enum.IntEnum):
    """How much a finding matters; the least number first."""

    BAD = 0  # work is lost or fails
    WARNING = 1  # it may be
    NOTE = 2  # money, or time


class FindingKind(enum.StrEnum):
    """What is found."""

    FAILING = "failing"
    SILENT_RUN = "silent run"
    SILENT_TASKS = "silent tasks"
    STRANDED = "stranded tasks"
    SLOW = "slow tasks"
    IDLE_POOLS = "idle pools"
    RETRIED = "retried flows"


class Finding(msgspec.Struct, frozen=True):
    """What was found, why it deserves attention, and the rows it is about.

    `reason` is a clause such as `3 tasks run on a pool that is lost`; it quotes rows: not yet safe to show. `since` is
    when it began, as far as that is known.
    """

    kind: FindingKind
    severity: Severity
    reason: str
    rows: tuple[Row, ...]
    since: datetime | None = None


class Findings:
    """Finds what deserves attention in a cluster, over and over: what takes long to find out is remembered.

    It looks at what is silent, has failed or is gone, not at every row: a cluster of any size takes a few milliseconds.
    """

    def __init__(self, cluster: Cluster, durations: IdentDurations) -> None:
        self._cluster = cluster
        self._durations = durations
        self._groups = FailureGrouper()

    def find(self) -> list[Finding]:
        """All findings, what matters most first, and of that what is newest."""
        rows = _Standing(self._cluster)
        found = chain(
            self._failing(),
            _silent_runs(rows),
            _silent_tasks(rows),
            _stranded(rows),
            self._slow(rows),
            _idle_pools(rows),
            self._retried(),
        )
        return sorted(found, key=_order)

    def _failing(self) -> Iterator[Finding]:
        failures = chain.from_iterable(self._cluster.tally(run.id).failures() for run in self._cluster.runs)
        for group in self._groups.of(self._cluster, failures):
            says = f", {group.message}" if group.message not in ("", group.error) else ""
            where = f" on {group.pool_type}" if group.pool_type else ""
            reason = f"{_count(group.count, 'flow')} of {group.ident or 'no ident'} failed{where}: {group.error}{says}"
            yield Finding(FindingKind.FAILING, Severity.BAD, reason, group.tasks, group.newest)

    def _slow(self, rows: "_Standing") -> Iterator[Finding]:
        for ident, usual in self._durations.known():
            began = rows.now - usual
            tasks = _by_start(
                task
                for task in rows.open.tasks_of.get(ident, {}).values()
                if task.start is not None and task.start < began and task.id not in rows.silent
            )
            if tasks:
                count = _count(len(tasks), "task")
                reason = f"{count} of {ident} run for longer than the {_minutes(usual)} that 95 % take"
                yield Finding(FindingKind.SLOW, Severity.NOTE, reason, tasks, (tasks[0].start or _NEVER) + usual)

    def _retried(self) -> Iterator[Finding]:
        for run in self._cluster.runs:
            tasks = [task for task in self._cluster.tally(run.id).retried() if task.end is None or task.err]
            if tasks and run.end is None:
                most = max(task.attempt for task in tasks) + 1
                reason = f"{_count(len(tasks), 'flow')} of run {run.id.short} on attempt 3 or later, up to {most}"
                yield Finding(FindingKind.RETRIED, Severity.WARNING, reason, _by_start(tasks), _newest_start(tasks))


class _Standing:
    """The open rows of a cluster, and which of them are `silent`: STALE or LOST."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.open = cluster.open
        self.now = cluster.as_of
        self.silent: dict[Digest, tuple[Row, Liveness]] = {}
        self.gone = set(self.open.ended)  # with those that are lost
        for row in self.open.lapsed(self.now - SKEW):
            state = cluster.liveness(row)
            if is_expired(state):
                self.silent[row.id] = row, state
                if state is Liveness.LOST and isinstance(row, Alloc | PoolRow):
                    self.gone.add(row.id)


def _silent_runs(rows: _Standing) -> Iterator[Finding]:
    for run, state in rows.silent.values():
        if isinstance(run, Run):
            severity = Severity.BAD if state is Liveness.LOST else Severity.WARNING
            yield Finding(
                FindingKind.SILENT_RUN, severity, f"run {run.id.short} is {_silent(run, state)}", (run,), run.keepalive
            )


def _silent_tasks(rows: _Standing) -> Iterator[Finding]:
    by_run: defaultdict[RunID, list[Task]] = defaultdict(list)
    for task, _ in rows.silent.values():
        if isinstance(task, Task):
            by_run[task.run_id].append(task)
    for run_id, tasks in by_run.items():
        run = rows.cluster.run(run_id)
        if run is not None and run.end is not None:
            continue  # with the run they are over, whatever they say
        since = min((task.keepalive for task in tasks if task.keepalive is not None), default=None)
        reason = f"{_count(len(tasks), 'task')} of run {run_id.short} went silent"
        yield Finding(FindingKind.SILENT_TASKS, Severity.WARNING, reason, _by_start(tasks), since)


def _stranded(rows: _Standing) -> Iterator[Finding]:
    allocs = rows.gone & rows.open.tasks_on.keys()
    for pool_id in rows.gone & rows.open.allocs_in.keys():
        allocs |= rows.open.allocs_in[pool_id].keys() & rows.open.tasks_on.keys()
    stranded: defaultdict[Digest, list[Task]] = defaultdict(list)
    for alloc_id in allocs:
        live = [task for id, task in rows.open.tasks_on[alloc_id].items() if id not in rows.silent]
        gone = _gone(rows, alloc_id) if live else None
        if gone is not None:
            stranded[gone.id] += live
    for id, tasks in stranded.items():
        row = rows.cluster.pool(id) or rows.cluster.alloc(id)
        if row is not None:
            what = f"pool {row.pool_id}" if isinstance(row, PoolRow) else f"alloc {row.id.short}"
            fate = "lost" if row.end is None else "ended"
            reason = f"{_count(len(tasks), 'live task')} on {what}, which is {fate}"
            yield Finding(
                FindingKind.STRANDED, Severity.BAD, reason, (row, *_by_start(tasks)), row.end or row.keepalive
            )


def _gone(rows: _Standing, alloc_id: Digest) -> Alloc | PoolRow | None:
    """The pool of an alloc if that is gone, else the alloc if it is."""
    alloc = rows.cluster.alloc(alloc_id)
    if alloc is None:
        return None
    pool = rows.cluster.pool(alloc.pool_id)
    if pool is not None and pool.id in rows.gone:
        return pool
    return alloc if alloc.id in rows.gone else None


def _idle_pools(rows: _Standing) -> Iterator[Finding]:
    without = rows.open.pools.keys() - rows.open.allocs_in.keys()
    for pool_id in {alloc.pool_id for alloc, _ in rows.silent.values() if isinstance(alloc, Alloc)}:
        if rows.open.allocs_in[pool_id].keys() <= rows.silent.keys():
            without.add(pool_id)
    pools = (rows.open.pools[id] for id in without & rows.open.pools.keys() if id not in rows.silent)
    idle = _by_start(pool for pool in pools if pool.start is None or rows.now - pool.start > GRACE)
    if idle:
        reason = f"{_count(len(idle), 'pool')} without a live alloc"
        yield Finding(FindingKind.IDLE_POOLS, Severity.NOTE, reason, idle)


def _silent(run: Run, state: Liveness) -> str:
    until = "it never had a lease" if run.keepalive is None else f"its lease was until {run.keepalive:%H:%M:%S} UTC"
    return f"{state}: {until}"


def _by_start(rows: Iterable[R]) -> tuple[R, ...]:
    """Rows as they began, the oldest first."""
    return tuple(sorted(rows, key=lambda row: (row.start or _NEVER, row.id)))


def _order(finding: Finding) -> tuple[Severity, float, FindingKind, str]:
    return finding.severity, -(finding.since or _NEVER).timestamp(), finding.kind, finding.reason


def _newest_start(tasks: list[Task]) -> datetime | None:
    return max((task.start for task in tasks if task.start is not None), default=None)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _minutes(span: timedelta) -> str:
    hours, minutes = divmod(round(span.total_seconds() / 60), 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m"
