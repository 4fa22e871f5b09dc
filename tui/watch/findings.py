"""What deserves attention, and why."""

import dataclasses
import enum
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain

from store import Alloc, Digest, Liveness, PoolRow, Run, Task
from store.lease import GRACE, SKEW
from tui.watch.cluster import Cluster
from tui.watch.durations import Durations
from tui.watch.groups import FailureGroup, Groups, failure_groups
from tui.watch.union import Row

__all__ = ["FailureGroup", "Finding", "Findings", "Kind", "Severity", "failure_groups"]

_NEVER = datetime.min.replace(tzinfo=UTC)


class Severity(enum.IntEnum):
    """How much a finding matters; the least number first."""

    BAD = 0  # work is lost or fails
    WARNING = 1  # it may be
    NOTE = 2  # money, or time


class Kind(enum.StrEnum):
    """What is found."""

    FAILING = "failing"
    SILENT_RUN = "silent run"
    SILENT_TASKS = "silent tasks"
    STRANDED = "stranded tasks"
    SLOW = "slow tasks"
    IDLE_POOLS = "idle pools"
    RETRIED = "retried flows"


@dataclasses.dataclass(frozen=True)
class Finding:
    """What was found, why it deserves attention, and the rows it is about.

    `reason` is a clause such as `3 tasks run on a pool that is lost`; it quotes rows: not yet safe to show. `since` is
    when it began, as far as that is known.
    """

    kind: Kind
    severity: Severity
    reason: str
    rows: tuple[Row, ...]
    since: datetime | None = None


class Findings:
    """Finds what deserves attention in a cluster, over and over: what takes long to find out is remembered."""

    def __init__(self, cluster: Cluster, durations: Durations) -> None:
        self._cluster = cluster
        self._durations = durations
        self._groups = Groups()

    def find(self) -> list[Finding]:
        """All findings, what matters most first, and of that what is newest."""
        rows = _Open(self._cluster)
        found = chain(
            self._failing(),
            _silent_runs(rows),
            _silent_tasks(rows),
            _stranded(rows),
            self._slow(rows),
            _idle_pools(rows),
            self._retried(),
        )
        return sorted(found, key=lambda finding: (finding.severity, -(finding.since or _NEVER).timestamp()))

    def _failing(self) -> Iterator[Finding]:
        failures = chain.from_iterable(self._cluster.tally(run.id).failures() for run in self._cluster.runs)
        for group in self._groups.of(self._cluster, failures):
            says = f", {group.message}" if group.message not in ("", group.error) else ""
            where = f" on {group.pool_type}" if group.pool_type else ""
            reason = f"{_count(group.count, 'flow')} of {group.ident or 'no ident'} failed{where}: {group.error}{says}"
            yield Finding(Kind.FAILING, Severity.BAD, reason, group.tasks, group.newest)

    def _slow(self, rows: "_Open") -> Iterator[Finding]:
        slow: defaultdict[str, list[Task]] = defaultdict(list)
        for task in rows.live_tasks:
            usual = self._durations.usual(task.ident)
            if usual is not None and task.start is not None and rows.now - task.start > usual:
                slow[task.ident].append(task)
        for ident, tasks in slow.items():
            usual = self._durations.usual(ident) or timedelta()
            begun = min(task.start for task in tasks if task.start is not None)
            reason = f"{_count(len(tasks), 'task')} of {ident} run for longer than the {_minutes(usual)} that 95 % take"
            yield Finding(Kind.SLOW, Severity.NOTE, reason, tuple(tasks), begun + usual)

    def _retried(self) -> Iterator[Finding]:
        for run in self._cluster.runs:
            tasks = [task for task in self._cluster.tally(run.id).retried() if task.end is None or task.err]
            if tasks and run.end is None:
                most = max(task.attempt for task in tasks) + 1
                reason = f"{_count(len(tasks), 'flow')} of run {run.id.short} on attempt 3 or later, up to {most}"
                yield Finding(Kind.RETRIED, Severity.WARNING, reason, tuple(tasks), _newest_start(tasks))


class _Open:
    """The rows that have not ended, by how alive they are."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.now = cluster.as_of
        self.silent: list[tuple[Row, Liveness]] = []
        self.lost: set[Digest] = set()
        self.live_tasks: list[Task] = []
        self.live_allocs: list[Alloc] = []
        self.live_pools: list[PoolRow] = []
        held = self.now - SKEW
        for row in cluster.open_rows:
            if row.keepalive is None or row.keepalive < held:
                state = cluster.liveness(row)
                if state in (Liveness.STALE, Liveness.LOST):
                    self.silent.append((row, state))
                    if state is Liveness.LOST:
                        self.lost.add(row.id)
                    continue
            if isinstance(row, Task):
                self.live_tasks.append(row)
            elif isinstance(row, Alloc):
                self.live_allocs.append(row)
            elif isinstance(row, PoolRow):
                self.live_pools.append(row)

    def fate(self, row: Alloc | PoolRow) -> str:
        """`ended` or `lost` if it is either, else empty."""
        if row.end is not None:
            return "ended"
        return "lost" if row.id in self.lost else ""


def _silent_runs(rows: _Open) -> Iterator[Finding]:
    for run, state in rows.silent:
        if isinstance(run, Run):
            severity = Severity.BAD if state is Liveness.LOST else Severity.WARNING
            yield Finding(
                Kind.SILENT_RUN, severity, f"run {run.id.short} is {_silent(run, state)}", (run,), run.keepalive
            )


def _silent_tasks(rows: _Open) -> Iterator[Finding]:
    by_run: defaultdict[Digest, list[Task]] = defaultdict(list)
    for task, _ in rows.silent:
        if isinstance(task, Task):
            by_run[task.run_id].append(task)
    for run_id, tasks in by_run.items():
        run = rows.cluster.run(tasks[0].run_id)
        if run is not None and run.end is not None:
            continue  # with the run they are over, whatever they say
        since = min((task.keepalive for task in tasks if task.keepalive is not None), default=None)
        reason = f"{_count(len(tasks), 'task')} of run {run_id.short} went silent"
        yield Finding(Kind.SILENT_TASKS, Severity.WARNING, reason, tuple(tasks), since)


def _stranded(rows: _Open) -> Iterator[Finding]:
    fates: dict[Digest, tuple[Alloc | PoolRow, str] | None] = {}
    stranded: defaultdict[Digest, list[Task]] = defaultdict(list)
    for task in rows.live_tasks:
        if task.alloc_id not in fates:
            fates[task.alloc_id] = _gone(rows, task.alloc_id)
        gone = fates[task.alloc_id]
        if gone is not None:
            stranded[gone[0].id].append(task)
            fates[gone[0].id] = gone
    for id, tasks in stranded.items():
        gone = fates[id]
        if gone is not None:
            row, fate = gone
            what = f"pool {row.pool_id}" if isinstance(row, PoolRow) else f"alloc {row.id.short}"
            reason = f"{_count(len(tasks), 'live task')} on {what}, which is {fate}"
            yield Finding(Kind.STRANDED, Severity.BAD, reason, (row, *tasks), row.end or row.keepalive)


def _gone(rows: _Open, alloc_id: Digest) -> tuple[Alloc | PoolRow, str] | None:
    """The pool of an alloc if that is gone, else the alloc if it is, with its fate."""
    alloc = rows.cluster.alloc(alloc_id)
    if alloc is None:
        return None
    pool = rows.cluster.pool(alloc.pool_id)
    if pool is not None and (fate := rows.fate(pool)):
        return pool, fate
    fate = rows.fate(alloc)
    return (alloc, fate) if fate else None


def _idle_pools(rows: _Open) -> Iterator[Finding]:
    in_use = {alloc.pool_id for alloc in rows.live_allocs}
    idle = [
        pool
        for pool in rows.live_pools
        if pool.id not in in_use and (pool.start is None or rows.now - pool.start > GRACE)
    ]
    if idle:
        reason = f"{_count(len(idle), 'pool')} without a live alloc"
        yield Finding(Kind.IDLE_POOLS, Severity.NOTE, reason, tuple(idle))


def _silent(run: Run, state: Liveness) -> str:
    until = "it never had a lease" if run.keepalive is None else f"its lease was until {run.keepalive:%H:%M:%S} UTC"
    return f"{state}: {until}"


def _newest_start(tasks: list[Task]) -> datetime | None:
    return max((task.start for task in tasks if task.start is not None), default=None)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _minutes(span: timedelta) -> str:
    hours, minutes = divmod(round(span.total_seconds() / 60), 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m"
