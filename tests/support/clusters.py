"""Clusters for tests of the model."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hypothesis import strategies as st

from store import Alloc, Error, PoolRow, Run, Snapshot, Task
from tests.support.rows import (
    NOW,
    OOM,
    ago,
    make_task,
)
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row

SINCE = ago(minutes=10)


def snapshot(
    runs: Sequence[Run] = (),
    tasks: Sequence[Task] = (),
    allocs: Sequence[Alloc] = (),
    pools: Sequence[PoolRow] = (),
    *,
    at: datetime = NOW,
    errors: Sequence[Error] = (),
) -> Snapshot:
    return Snapshot(runs=runs, tasks=tasks, allocs=allocs, pools=pools, as_of=at, errors=errors)


def cluster_of(*rows: Row) -> Cluster:
    """Return a cluster in which rows were read outside of a refresh."""
    cluster = Cluster(NOW)
    cluster.add(rows)
    return cluster


def scanned_cluster(*rows: Row, since: datetime = SINCE) -> Cluster:
    """Return a cluster after a full scan since `since` that found rows."""
    cluster = Cluster(NOW)
    cluster.merge_snapshot(
        snapshot(
            [row for row in rows if isinstance(row, Run)],
            [row for row in rows if isinstance(row, Task)],
            [row for row in rows if isinstance(row, Alloc)],
            [row for row in rows if isinstance(row, PoolRow)],
        ),
        since,
    )
    return cluster


times = st.none() | st.integers(-300, 300).map(lambda seconds: NOW + timedelta(seconds=seconds))


tasks = st.builds(
    lambda keepalive, end, err, uri: make_task(1, 1, keepalive=keepalive, end=end, err=err, uri=uri),
    times,
    times,
    st.none() | st.just(OOM),
    st.sampled_from(["", "exec/1"]),
)
