"""Histories of a cluster, for tests of deltas."""

from datetime import timedelta

from hypothesis import strategies as st

from tests.support.rows import NOW, OOM, ago, ahead, digest, make_alloc, make_pool, make_run, make_task, run_id
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.delta import Delta
from tui.watch.model.rows import Row

leases = st.integers(-300, 300).map(lambda seconds: NOW + timedelta(seconds=seconds))
ends = st.none() | leases
errors = st.sampled_from([None, OOM])
rows = st.one_of(
    st.builds(lambda n, lease, end: make_run(n, keepalive=lease, end=end), st.integers(1, 3), leases, ends),
    st.builds(
        lambda n, lease, end, err: make_task(
            n,
            1 + n % 4,
            keepalive=lease,
            end=end,
            err=err if end else None,
            attempt=n // 3,
            flow_id=digest(f"f{n % 2}"),
        ),
        st.integers(1, 6),
        leases,
        ends,
        errors,
    ),
    st.builds(lambda n, lease, end: make_alloc(f"a{n}", keepalive=lease, end=end), st.integers(1, 3), leases, ends),
    st.builds(lambda n, lease, end: make_pool(f"i-{n}", keepalive=lease, end=end), st.integers(1, 3), leases, ends),
)
steps = st.one_of(
    st.lists(rows, min_size=1, max_size=6),
    st.sampled_from(["forget", "absent", "history", "conclude", "hold"]),
)


def do(cluster: Cluster, step: object, changes: Changes) -> None:
    match step:
        case "forget":
            changes.update(cluster.forget(ahead(minutes=9)))
        case "absent":
            cluster.mark_absent(cluster.missing.ids())
            cluster.update_states(changes)
        case "hold":
            cluster.open.hold_back(ago(minutes=3), cluster.as_of)
            cluster.update_states(changes)
        case "history":
            cluster.mark_complete(run_id(1), changes)
        case "conclude":
            cluster.finish_refresh(cluster.as_of + timedelta(seconds=5), ago(minutes=10), changes)
        case list():
            cluster.merge(step, changes)
            cluster.update_states(changes)


def applied(cluster: Cluster, delta: Delta) -> None:
    for _ in cluster.apply(delta, Changes()):
        pass


def seen(cluster: Cluster) -> object:
    """Everything observable about a cluster."""
    runs = sorted(cluster.runs, key=lambda run: run.id)
    tasks = [task for run in runs for _, task in sorted(cluster.tally(run.id).tasks.items())]
    every: list[Row] = [*runs, *tasks, *cluster.allocs, *cluster.pools]
    return (
        (cluster.as_of, cluster.full_as_of, cluster.clock_offset, cluster.covered_since),
        {row.id: (row, cluster.liveness(row)) for row in every},
        {row.id: row for row in cluster.open_rows},
        [(cluster.run_state(run.id), cluster.has_all_tasks(run.id)) for run in runs],
        [(task.id, cluster.task_state(task), cluster.tally(task.run_id).is_latest(task)) for task in tasks],
        [(tally.done, tally.failed_flows, tally.failed_attempts) for run in runs if (tally := cluster.tally(run.id))],
    )
