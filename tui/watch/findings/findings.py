"""The findings about a cluster."""

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TypeVar

import msgspec

from store import Alloc, Digest, Liveness, PoolRow, Run, RunID, Task
from store.lease import BOOT, SKEW
from tui.watch.findings.failure_groups import FailureGroup, FailureGrouper, failure_groups
from tui.watch.model.cluster import Cluster
from tui.watch.model.open_rows import Row
from tui.watch.model.states import is_expired
from tui.watch.polling.durations import IdentDurations

__all__ = ["FailureGroup", "Finding", "FindingKind", "Findings", "Severity", "failure_groups"]

R = TypeVar("R", Task, PoolRow)

_NEVER = datetime.min.replace(tzinfo=UTC)


class Severity(enum.IntEnum):
    """How much a finding matters; the smallest number first."""

    BAD = 0  # work is lost or fails
    WARNING = 1  # work may be lost
    NOTE = 2  # it costs money or time


class FindingKind(enum.StrEnum):
    """The kind of a finding."""

    FAILING = "failing"
    STALE_RUN = "stale run"
    STALE_TASKS = "stale tasks"
    ORPHANED = "orphaned tasks"
    SLOW = "slow tasks"
    IDLE_POOLS = "idle pools"
    RETRIED = "retried flows"


class Finding(msgspec.Struct, frozen=True):
    """A finding: what was found, why it deserves attention, and the rows that it is about.

    `reason` is a clause such as `3 tasks run on a pool that is lost`; it quotes rows, so it is not yet safe to show.
    `since` is when it began, if that is known.
    """

    kind: FindingKind
    severity: Severity
    reason: str
    rows: tuple[Row, ...]
    since: datetime | None = None


class Findings:
    """Finds what deserves attention in a cluster; expensive results are cached between calls.

    It visits rows that are expired, failed or ended rather than every row: a cluster of any size takes a few
    milliseconds.
    """

    def __init__(self, cluster: Cluster, durations: IdentDurations) -> None:
        self._cluster = cluster
        self._durations = durations
        self._groups = FailureGrouper()

    def find(self) -> list[Finding]:
        """Return all findings, the most severe first, then the newest."""
        rows = _OpenStates(self._cluster)
        found = chain(
            self._failing(),
            _stale_runs(rows),
            _stale_tasks(rows),
            _orphaned(rows),
            self._slow(rows),
            _idle_pools(rows),
            self._retried(),
        )
        return sorted(found, key=_order)

    def _failing(self) -> Iterator[Finding]:
        failures = chain.from_iterable(self._cluster.tally(run.id).failures() for run in self._cluster.runs)
        for group in self._groups.group(self._cluster, failures):
            says = f", {group.message}" if group.message not in ("", group.error) else ""
            where = f" on {group.pool_type}" if group.pool_type else ""
            reason = f"{_count(group.count, 'flow')} of {group.ident or 'no ident'} failed{where}: {group.error}{says}"
            yield Finding(FindingKind.FAILING, Severity.BAD, reason, group.tasks, group.newest)

    def _slow(self, rows: "_OpenStates") -> Iterator[Finding]:
        for ident, usual in self._durations.known():
            began = rows.now - usual
            tasks = _by_start(
                task
                for task in rows.open.tasks_of.get(ident, {}).values()
                if task.start is not None and task.start < began and task.id not in rows.expired
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


class _OpenStates:
    """The open rows of a cluster, and those of them that are `expired`: stale or lost."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.open = cluster.open
        self.now = cluster.as_of
        self.expired: dict[Digest, tuple[Row, Liveness]] = {}
        self.gone = set(self.open.ended)  # and the tasks on those that are lost
        for row in self.open.expired_before(self.now - SKEW):
            state = cluster.liveness(row)
            if is_expired(state):
                self.expired[row.id] = row, state
                if state is Liveness.LOST and isinstance(row, Alloc | PoolRow):
                    self.gone.add(row.id)


def _stale_runs(rows: _OpenStates) -> Iterator[Finding]:
    for run, state in rows.expired.values():
        if isinstance(run, Run):
            severity = Severity.BAD if state is Liveness.LOST else Severity.WARNING
            yield Finding(
                FindingKind.STALE_RUN, severity, f"run {run.id.short} is {_expired(run, state)}", (run,), run.keepalive
            )


def _stale_tasks(rows: _OpenStates) -> Iterator[Finding]:
    by_run: defaultdict[RunID, list[Task]] = defaultdict(list)
    for task, _ in rows.expired.values():
        if isinstance(task, Task):
            by_run[task.run_id].append(task)
    for run_id, tasks in by_run.items():
        run = rows.cluster.run(run_id)
        if run is not None and run.end is not None:
            continue  # tasks are as dead as their run, whatever their own leases say
        since = min((task.keepalive for task in tasks if task.keepalive is not None), default=None)
        reason = f"{_count(len(tasks), 'task')} of run {run_id.short} stale or lost"
        yield Finding(FindingKind.STALE_TASKS, Severity.WARNING, reason, _by_start(tasks), since)


def _orphaned(rows: _OpenStates) -> Iterator[Finding]:
    allocs = rows.gone & rows.open.tasks_on.keys()
    for pool_id in rows.gone & rows.open.allocs_in.keys():
        allocs |= rows.open.allocs_in[pool_id].keys() & rows.open.tasks_on.keys()
    orphaned: defaultdict[Digest, list[Task]] = defaultdict(list)
    for alloc_id in allocs:
        live = [task for id, task in rows.open.tasks_on[alloc_id].items() if id not in rows.expired]
        gone = _gone(rows, alloc_id) if live else None
        if gone is not None:
            orphaned[gone.id] += live
    for id, tasks in orphaned.items():
        row = rows.cluster.pool(id) or rows.cluster.alloc(id)
        if row is not None:
            what = f"pool {row.pool_id}" if isinstance(row, PoolRow) else f"alloc {row.id.short}"
            fate = "lost" if row.end is None else "ended"
            reason = f"{_count(len(tasks), 'live task')} on {what}, which is {fate}"
            yield Finding(
                FindingKind.ORPHANED, Severity.BAD, reason, (row, *_by_start(tasks)), row.end or row.keepalive
            )


def _gone(rows: _OpenStates, alloc_id: Digest) -> Alloc | PoolRow | None:
    """The pool of an alloc if it is lost or ended, else the alloc if it is."""
    alloc = rows.cluster.alloc(alloc_id)
    if alloc is None:
        return None
    pool = rows.cluster.pool(alloc.pool_id)
    if pool is not None and pool.id in rows.gone:
        return pool
    return alloc if alloc.id in rows.gone else None


def _idle_pools(rows: _OpenStates) -> Iterator[Finding]:
    without = rows.open.pools.keys() - rows.open.allocs_in.keys()
    for pool_id in {alloc.pool_id for alloc, _ in rows.expired.values() if isinstance(alloc, Alloc)}:
        if rows.open.allocs_in[pool_id].keys() <= rows.expired.keys():
            without.add(pool_id)
    pools = (rows.open.pools[id] for id in without & rows.open.pools.keys() if id not in rows.expired)
    idle = _by_start(pool for pool in pools if pool.start is None or rows.now - pool.start >= BOOT)
    if idle:
        reason = f"{_count(len(idle), 'pool')} without a live alloc"
        yield Finding(FindingKind.IDLE_POOLS, Severity.NOTE, reason, idle)


def _expired(run: Run, state: Liveness) -> str:
    until = "it never had a lease" if run.keepalive is None else f"its lease was until {run.keepalive:%H:%M:%S} UTC"
    return f"{state}: {until}"


def _by_start(rows: Iterable[R]) -> tuple[R, ...]:
    """Rows by start time, the oldest first."""
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
