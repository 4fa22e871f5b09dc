"""The findings about a cluster."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import chain

from store import Alloc, Task
from store.lease import BOOT
from store.time_slices import in_slices, run_in_slices
from store.times import EARLIEST
from tui.watch.findings.dead_rows import dead_rows
from tui.watch.findings.failure_groups import FailureGrouper, describe_failures
from tui.watch.findings.finding import Finding, FindingKind, Severity, by_start, count, order
from tui.watch.findings.open_states import OpenStates
from tui.watch.findings.recovered_hosts import recovered_hosts, stopped_attempts
from tui.watch.model.cluster import Cluster


class Findings:
    """Finds what deserves attention in a cluster; expensive results are cached between calls.

    It visits rows that are expired, failed or ended rather than every row: a healthy cluster of any size takes a few
    milliseconds.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._groups = FailureGrouper()

    def find(self) -> list[Finding]:
        """Return all findings: the most severe first, then those with most tasks, then the newest."""
        return _in_order(self._steps())

    async def find_in_slices(self) -> list[Finding]:
        """Return the same as `find`, in slices between which the event loop runs.

        The errors of 1,000 new failures with texts of their own take 80 ms, and 2,000 dead hosts 30 ms.
        """
        async for part in in_slices(list(self._failures())):
            self._groups.learn(part)
        return _in_order(await run_in_slices(self._steps()))

    def _steps(self) -> Iterator[Finding | None]:
        """Yield the findings in no order, and None after other steps of the work."""
        rows = OpenStates(self._cluster)
        stopped = stopped_attempts(rows)
        yield None
        yield from self._failing()
        causes: set[str] = set()
        for each in dead_rows(rows):
            if each is not None:
                causes.add(each.cause)
            yield each
        yield from recovered_hosts(rows, stopped, causes)
        yield from self._slow(rows)
        yield from _idle_pools(rows)
        yield from self._retried()

    def _failing(self) -> Iterator[Finding]:
        for group in self._groups.steps(self._cluster, self._failures()):
            yield Finding(
                FindingKind.FAILING,
                Severity.CRITICAL,
                group.cause,
                describe_failures(group),
                group.tasks,
                group.oldest,
                group.newest,
            )

    def _failures(self) -> Iterator[Task]:
        return chain.from_iterable(self._cluster.tally(run.id).failures() for run in self._cluster.runs)

    def _slow(self, rows: OpenStates) -> Iterator[Finding]:
        for ident, usual in list(self._cluster.usual.items()):
            limit = usual.slow_after
            if limit is None:
                continue
            began = rows.now - limit  # leaves out most tasks at little cost
            old = (
                task
                for task in rows.open.tasks_of.get(ident, {}).values()
                if task.start is not None and task.start < began
            )
            tasks = by_start(filter(self._cluster.is_slow, old))
            if tasks:
                reason = f"{ident}: {count(len(tasks), 'task')} slower than p95, {_minutes(limit)}"
                first, last = ((task.start or EARLIEST) + limit for task in (tasks[0], tasks[-1]))
                yield Finding(FindingKind.SLOW, Severity.NOTE, f"slow:{ident}", reason, tasks, first, last)

    def _retried(self) -> Iterator[Finding]:
        for run in list(self._cluster.runs):
            tasks = [task for task in self._cluster.tally(run.id).often_retried() if task.end is None or task.err]
            if tasks and run.end is None:
                most = max(task.attempt for task in tasks) + 1
                reason = f"run {run.id.short}: {count(len(tasks), 'flow')} on attempt 3 or later, up to {most}"
                rows = by_start(tasks)
                cause = f"retried:{run.id.hex}"
                yield Finding(FindingKind.RETRIED, Severity.WARNING, cause, reason, rows, rows[0].start, rows[-1].start)


def _in_order(steps: Iterable[Finding | None]) -> list[Finding]:
    return sorted((each for each in steps if each is not None), key=order)


def _idle_pools(rows: OpenStates) -> Iterator[Finding]:
    without = rows.open.pools.keys() - rows.open.allocs_in.keys()
    for pool_id in {alloc.pool_id for alloc, _ in rows.expired.values() if isinstance(alloc, Alloc)}:
        if rows.open.allocs_in[pool_id].keys() <= rows.expired.keys():
            without.add(pool_id)
    pools = (rows.open.pools[id] for id in without & rows.open.pools.keys() if id not in rows.expired)
    idle = by_start(pool for pool in pools if pool.start is None or rows.now - pool.start >= BOOT)
    if idle:
        reason = f"{count(len(idle), 'pool')} without a live alloc"
        yield Finding(FindingKind.IDLE_POOLS, Severity.NOTE, "idle", reason, idle, idle[0].start, idle[-1].start)


def _minutes(span: timedelta) -> str:
    hours, minutes = divmod(round(span.total_seconds() / 60), 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m"
