"""Findings from the index of open rows, compared with findings from a scan of all rows."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Alloc, Digest, Error, ErrorKind, Liveness, PoolRow, Run, Snapshot, Task
from store.lease import GRACE
from tests.support.rows import NOW, digest, make_alloc, make_pool, make_run, make_task
from tui.watch.findings.failure_groups import FailureGrouper
from tui.watch.findings.findings import FindingKind, Findings
from tui.watch.model.cluster import Cluster
from tui.watch.model.open_rows import OpenRows, Row
from tui.watch.polling.durations import IdentDurations

MINUTE = timedelta(minutes=1)
SILENT = (Liveness.STALE, Liveness.LOST)
LIVE = (Liveness.LIVE, Liveness.STARTING)
USUAL = {"sort": 6 * MINUTE, "merge": 20 * MINUTE}
GONE = (Liveness.ENDED, Liveness.LOST)

Told = tuple[FindingKind, str, frozenset[Digest], datetime | None]

minutes = st.integers(-15, 15).map(lambda number: NOW + number * MINUTE)
times: dict[str, Any] = {"start": st.none() | minutes, "keepalive": st.none() | minutes, "end": st.none() | minutes}
errors = st.none() | st.sampled_from([Error(ErrorKind.OOM, cause="killed"), Error(cause="exit 1"), Error(cause="gone")])
NAMES = ["x1", "x2", "x3"]


def rows() -> st.SearchStrategy[Row]:
    def fixed(make: Callable[..., Row], **fields: Any) -> st.SearchStrategy[Row]:
        return st.fixed_dictionaries({**times, **fields}).map(lambda values: make(**values))

    tasks = fixed(
        lambda n, **fields: make_task(n, n % 4 + 1, **fields),
        n=st.integers(1, 12),
        err=errors,
        attempt=st.integers(0, 3),
        flow_id=st.sampled_from(["f", "g", "h"]).map(digest),
        ident=st.sampled_from(["sort", "merge", ""]),
        alloc_id=st.sampled_from([*map(digest, NAMES), Digest.ZERO]),
    )
    allocs = fixed(
        make_alloc,
        name=st.sampled_from(NAMES),
        pool=st.sampled_from(["i-1", "i-2"]),
    )
    pools = fixed(
        make_pool,
        name=st.sampled_from(["i-1", "i-2", "i-3"]),
        pool_type=st.sampled_from(["", "c5.large"]),
    )
    return st.one_of(fixed(make_run, n=st.integers(1, 4)), tasks, allocs, pools)


def durations() -> IdentDurations:
    known = IdentDurations()
    known._usual = {ident: (NOW, usual) for ident, usual in USUAL.items()}
    return known


def told(findings: Findings) -> list[Told]:
    found = findings.find()
    assert found == sorted(found, key=lambda finding: finding.severity)
    return sorted((each.kind, each.reason, frozenset(row.id for row in each.rows), each.since) for each in found)


def gone_through(cluster: Cluster) -> Iterator[tuple[FindingKind, frozenset[Digest]]]:
    """The findings in all rows of a cluster: their kinds and rows."""
    tasks = [task for run in all_runs(cluster) for task in cluster.tally(run).tasks.values()]
    live = [task for task in tasks if cluster.liveness(task) in LIVE]
    yield from in_runs(cluster)
    for id in {task.run_id for task in tasks}:
        run = cluster.run(id)
        silent = [task for task in tasks if task.run_id == id and cluster.liveness(task) in SILENT]
        if silent and (run is None or run.end is None):
            yield FindingKind.STALE_TASKS, ids(silent)
    for ident, usual in USUAL.items():
        if slow := [task for task in live if task.ident == ident and task.start and cluster.as_of - task.start > usual]:
            yield FindingKind.SLOW, ids(slow)
    yield from on_hosts(cluster, live)


def in_runs(cluster: Cluster) -> Iterator[tuple[FindingKind, frozenset[Digest]]]:
    for group in FailureGrouper().group(
        cluster, [task for run in cluster.runs for task in cluster.tally(run.id).failures()]
    ):
        yield FindingKind.FAILING, ids(group.tasks)
    for run in cluster.runs:
        if cluster.liveness(run) in SILENT:
            yield FindingKind.STALE_RUN, ids([run])
        retried = [task for task in cluster.tally(run.id).retried() if task.end is None or task.err]
        if retried and run.end is None:
            yield FindingKind.RETRIED, ids(retried)


def on_hosts(cluster: Cluster, live: list[Task]) -> Iterator[tuple[FindingKind, frozenset[Digest]]]:
    orphaned = defaultdict(list)
    for task in live:
        alloc = cluster.alloc(task.alloc_id)
        hosts = [] if alloc is None else [cluster.pool(alloc.pool_id), alloc]
        host = next((host for host in hosts if host is not None and cluster.liveness(host) in GONE), None)
        if host is not None:
            orphaned[host.id].append(task)
    for host_id, on_it in orphaned.items():
        yield FindingKind.ORPHANED, ids(on_it) | {host_id}
    in_use = {alloc.pool_id for alloc in cluster.allocs if cluster.liveness(alloc) in LIVE}
    pools = [pool for pool in cluster.pools if pool.id not in in_use and cluster.liveness(pool) in LIVE]
    if idle := [pool for pool in pools if pool.start is None or cluster.as_of - pool.start > GRACE]:
        yield FindingKind.IDLE_POOLS, ids(idle)


def ids(rows: Iterable[Row]) -> frozenset[Digest]:
    return frozenset(row.id for row in rows)


def all_runs(cluster: Cluster) -> set[Any]:
    return {run.id for run in cluster.runs} | set(cluster._rows.tallies)


Step = tuple[list[Row], int, bool]


@settings(max_examples=300)
@given(st.lists(st.tuples(st.lists(rows(), max_size=8), st.integers(0, 6), st.booleans()), max_size=6))
def test_findings_are_those_of_going_through_all_rows(steps: list[Step]) -> None:
    cluster = Cluster(NOW)
    findings = Findings(cluster, durations())
    now = NOW - 15 * MINUTE
    for read, later, forgets in steps:
        now += later * MINUTE
        snapshot = Snapshot(
            runs=[row for row in read if isinstance(row, Run)],
            tasks=[row for row in read if isinstance(row, Task)],
            allocs=[row for row in read if isinstance(row, Alloc)],
            pools=[row for row in read if isinstance(row, PoolRow)],
            as_of=now,
        )
        cluster.merge_snapshot(snapshot, now - 10 * MINUTE)
        if forgets:
            cluster.forget(now)
        found = told(findings)
        assert found == told(Findings(cluster, durations()))
        # By hand: what is looked up must be what is there.
        assert sorted((kind, sorted(rows)) for kind, _, rows, _ in found) == sorted(
            (kind, sorted(rows)) for kind, rows in gone_through(cluster)
        )


def test_an_id_that_comes_back_as_a_row_of_another_type() -> None:
    rows = OpenRows()
    pool = make_pool()
    alloc = Alloc(id=pool.id, pool_id=digest("i-1"), start=NOW)
    rows.put(pool)
    rows.put(alloc)
    assert (rows.pools, list(rows.expired_before(NOW))) == ({}, [alloc])
    rows.put(pool)
    assert not rows.allocs_in


def test_removed_rows_leave_no_trace() -> None:
    rows = OpenRows()
    for row in (make_run(1), make_task(1, 1), make_alloc(), make_pool()):
        rows.put(row)
        rows.put(msgspec.structs.replace(row, keepalive=None))
        rows.put(msgspec.structs.replace(row, end=NOW))
    assert rows.ended == {make_alloc().id, make_pool().id}
    for id in list(rows.ended):
        rows.remove(id)
    assert not any(vars(rows).values())
