"""Findings from the index of open rows, compared with findings from a scan of all rows."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Alloc, Digest, Error, ErrorKind, Liveness, PoolRow, Run, RunID, Snapshot, Task
from store.lease import BOOT, LEASE
from tests.support.rows import NOW, digest, make_alloc, make_pool, make_run, make_task
from tui.watch.findings.failure_groups import FailureGrouper
from tui.watch.findings.finding import FindingKind
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster
from tui.watch.model.open_rows import OpenRows
from tui.watch.model.rows import Row
from tui.watch.model.usual_duration import UsualDuration

MINUTE = timedelta(minutes=1)
EXPIRED = (Liveness.STALE, Liveness.LOST)
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


def told(findings: Findings) -> list[Told]:
    found = findings.find()
    assert found == sorted(found, key=lambda finding: finding.severity)
    return sorted((each.kind, each.reason, frozenset(row.id for row in each.rows), each.first) for each in found)


def gone_through(cluster: Cluster) -> Iterator[tuple[FindingKind, frozenset[Digest]]]:
    """The findings in all rows of a cluster: their kinds and rows."""
    tasks = [task for run in all_runs(cluster) for task in cluster.tally(run).tasks.values()]
    live = [task for task in tasks if cluster.liveness(task) in LIVE]
    yield from in_runs(cluster)
    stopped = retried_on_gone_hosts(cluster, tasks)
    left = [task for task in tasks if task.end is None and cluster.tally(task.run_id).is_latest(task)]
    found = [*dead(cluster, [task for task in left if not is_over(cluster, task)])]
    yield from found
    for pool_id, attempts in stopped.items():
        others = [task for task in left if pool_of(cluster, task, ended=True) == pool_id and not is_over(cluster, task)]
        is_reported = any(kind is FindingKind.LOST_HOST and pool_id in rows for kind, rows in found)
        if attempts and not others and not is_reported:
            last = {
                (task.run_id, task.flow_id): task for task in sorted(attempts, key=lambda task: (task.attempt, task.id))
            }
            yield FindingKind.LOST_HOST, ids(last.values()) | {pool_id}
    for ident, usual in USUAL.items():
        if slow := [task for task in live if task.ident == ident and task.start and cluster.as_of - task.start > usual]:
            yield FindingKind.SLOW, ids(slow)
    in_use = {alloc.pool_id for alloc in cluster.allocs if cluster.liveness(alloc) in LIVE}
    pools = [pool for pool in cluster.pools if pool.id not in in_use and cluster.liveness(pool) in LIVE]
    if idle := [pool for pool in pools if pool.start is None or cluster.as_of - pool.start >= BOOT]:
        yield FindingKind.IDLE_POOLS, ids(idle)


def in_runs(cluster: Cluster) -> Iterator[tuple[FindingKind, frozenset[Digest]]]:
    for group in FailureGrouper().group(
        cluster, [task for run in cluster.runs for task in cluster.tally(run.id).failures()]
    ):
        yield FindingKind.FAILING, ids(group.tasks)
    for run in cluster.runs:
        retried = [task for task in cluster.tally(run.id).often_retried() if task.end is None or task.err]
        if retried and run.end is None:
            yield FindingKind.RETRIED, ids(retried)


def retried_on_gone_hosts(cluster: Cluster, tasks: list[Task]) -> dict[Digest, list[Task]]:
    """Attempts that stopped on each host that is lost or has ended, and that have a later attempt."""
    found: dict[Digest, list[Task]] = {}
    for pool in cluster.pools:
        is_lost = cluster.liveness(pool) is Liveness.LOST
        if is_lost or pool.end is not None:
            here = [task for task in tasks if pool_of(cluster, task, ended=True) == pool.id]
            retried = [task for task in here if not cluster.tally(task.run_id).is_latest(task)]
            found[pool.id] = [
                task for task in retried if task.end is None or (is_lost and failed_late(cluster, task, pool))
            ]
    return found


def failed_late(cluster: Cluster, task: Task, pool: PoolRow) -> bool:
    is_known = cluster.run(task.run_id) is not None
    last_renewal = None if pool.keepalive is None else pool.keepalive - LEASE
    return is_known and bool(task.err and task.end and last_renewal and task.end >= last_renewal)


def pool_of(cluster: Cluster, task: Task, *, ended: bool = False) -> Digest | None:
    """The pool of the open alloc of a task, or of its alloc."""
    alloc = cluster.alloc(task.alloc_id)
    return None if alloc is None or (alloc.end is not None and not ended) else alloc.pool_id


def is_over(cluster: Cluster, task: Task) -> bool:
    run = cluster.run(task.run_id)
    return run is not None and run.end is not None


def dead(cluster: Cluster, tasks: list[Task]) -> Iterator[tuple[FindingKind, frozenset[Digest]]]:
    """One finding for each dead host, run and alloc, and one for the other expired tasks of each run."""
    found: defaultdict[tuple[str, Digest], list[Task]] = defaultdict(list)
    for task in tasks:
        if (cause := cause_of(cluster, task)) is not None:
            found[cause].append(task)
    for cause in [cause for cause in found if cause[0] == "host"]:
        pool = cluster.pool(cause[1])
        if all(is_explained_by_run(cluster, task, pool) for task in found[cause]):
            for task in found.pop(cause):
                found["run", task.run_id].append(task)
    for run in cluster.runs:
        if has_expired(cluster, run):
            found.setdefault(("run", run.id), [])
    words = {Liveness.STALE: "stale", Liveness.LOST: "lost", Liveness.ENDED: "lost"}
    for (name, id), affected in found.items():
        if name == "tasks":
            yield FindingKind.STALE_TASKS, ids(affected)
        else:
            row = cluster.pool(id) or cluster.alloc(id) or cluster.run(RunID(id))
            assert row is not None
            yield FindingKind(f"{words[cluster.liveness(row)]} {name}"), ids(affected) | {id}


def cause_of(cluster: Cluster, task: Task) -> tuple[str, Digest] | None:
    alloc = cluster.alloc(task.alloc_id)
    pool = None if alloc is None else cluster.pool(alloc.pool_id)
    if pool is not None and takes(cluster, pool, task):
        return "host", pool.id
    if alloc is not None and takes(cluster, alloc, task) and not is_explained_by_run(cluster, task, alloc):
        return "alloc", alloc.id
    if is_of_dead_run(cluster, task):
        return "run", task.run_id
    return ("tasks", task.run_id) if has_expired(cluster, task) else None


def has_expired(cluster: Cluster, row: Row | None) -> bool:
    return row is not None and cluster.liveness(row) in EXPIRED


def is_of_dead_run(cluster: Cluster, task: Task) -> bool:
    return has_expired(cluster, task) and has_expired(cluster, cluster.run(task.run_id))


def is_explained_by_run(cluster: Cluster, task: Task, place: Row | None) -> bool:
    run = cluster.run(task.run_id)
    if run is None or place is None or not is_of_dead_run(cluster, task):
        return False
    died = place.end or place.keepalive
    return died is None or run.keepalive is None or run.keepalive <= died


def takes(cluster: Cluster, place: Row, task: Task) -> bool:
    return cluster.liveness(place) in GONE or (has_expired(cluster, place) and has_expired(cluster, task))


def ids(rows: Iterable[Row]) -> frozenset[Digest]:
    return frozenset(row.id for row in rows)


def all_runs(cluster: Cluster) -> set[Any]:
    return {run.id for run in cluster.runs} | set(cluster._rows.tallies)


Step = tuple[list[Row], int, bool]


@settings(max_examples=300)
@given(st.lists(st.tuples(st.lists(rows(), max_size=8), st.integers(0, 6), st.booleans()), max_size=6))
def test_findings_are_those_of_going_through_all_rows(steps: list[Step]) -> None:
    cluster = Cluster(NOW)
    cluster.usual = {ident: UsualDuration(100, usual, usual) for ident, usual in USUAL.items()}
    findings = Findings(cluster)
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
        assert found == told(Findings(cluster))
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
