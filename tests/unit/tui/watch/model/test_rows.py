"""The tables of the model."""

from typing import Any

import msgspec

from tests.support.clusters import scanned_cluster
from tests.support.rows import (
    NOW,
    ago,
    digest,
    make_alloc,
    make_pool,
    make_run,
    make_task,
    run_id,
    task_id,
)
from tui.watch.model.cluster import Cluster


def test_tasks_are_joined_with_alloc_and_pool() -> None:
    task, alloc, pool = make_task(1, 1), make_alloc(), make_pool()
    cluster = scanned_cluster(make_run(1), task)
    assert cluster.with_alloc(task) == task
    cluster.add([alloc])
    assert cluster.with_alloc(task).alloc == alloc
    assert cluster.pool_of(task) is None
    cluster.add([pool])
    assert cluster.with_alloc(task).alloc == msgspec.structs.replace(alloc, pool=pool)
    assert cluster.pool_of(task) == pool
    assert cluster.open_pools(run_id(1)) == {pool.id}


def test_joined_rows_are_stored_separately() -> None:
    alloc = msgspec.structs.replace(make_alloc(), pool=make_pool())
    cluster = Cluster(NOW)
    cluster.add([msgspec.structs.replace(make_task(1, 1), alloc=alloc)])
    assert cluster.tally(run_id(1)).tasks[task_id(1)].alloc is None
    assert cluster.alloc(alloc.id) == make_alloc()
    assert cluster.pool(make_pool().id) == make_pool()


def test_rows_that_others_name_are_missing_until_they_come() -> None:
    cluster = scanned_cluster(make_task(1, 1))
    assert (cluster.missing.runs, cluster.missing.allocs) == ({run_id(1)}, {make_alloc().id})
    cluster.add([make_run(1), make_alloc()])
    assert (cluster.missing.runs, cluster.missing.allocs) == (set(), set())
    assert cluster.missing.pools == {make_pool().id}
    cluster.add([make_pool()])
    assert cluster.missing.pools == set()


def test_forget_removes_ended_runs_and_their_rows() -> None:
    before = ago(minutes=10)
    old: dict[str, Any] = {"start": ago(hours=2), "keepalive": ago(minutes=58)}
    ended = {**old, "end": ago(hours=1)}
    rows: list[Any] = [
        make_run(1, **ended),
        make_task(1, 1, alloc_id=digest("a1"), **ended),
        make_run(2, keepalive=ago(minutes=58)),  # expired: it never ended
        make_task(2, 2, alloc_id=digest("a2"), **old),
        make_run(3, **ended),
        make_alloc("a1", "p1", **ended),
        make_alloc("a2", "p2", **old),
        make_pool("p1", **ended),
        make_pool("p2", **old),
        make_task(9, 9, **ended),
    ]
    cluster = scanned_cluster(*rows)
    changes = cluster.forget(before, keep={run_id(3)})
    assert changes.removed == {run_id(1), task_id(1), digest("a1"), digest("p1"), run_id(9), task_id(9)}
    assert {run.id for run in cluster.runs} == {run_id(2), run_id(3)}
    assert cluster.tally(run_id(1)).total == 0
    assert cluster.alloc(digest("a1")) is None
    assert cluster.pool(digest("p2")) is not None
    assert not cluster.forget(before, keep={run_id(3)})
