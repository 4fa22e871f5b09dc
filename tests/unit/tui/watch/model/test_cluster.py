from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Alloc, Digest, Error, PoolRow, Run, RunID, Snapshot, Task
from tests.support.rows import (
    NOW,
    OOM,
    ago,
    ahead,
    digest,
    make_alloc,
    make_pool,
    make_run,
    make_task,
    run_id,
    task_id,
)
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.merge import merged
from tui.watch.model.states import State

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


def cluster_of(*rows: Run | Task | Alloc | PoolRow, since: datetime = SINCE) -> Cluster:
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


# One row


def test_an_unchanged_row_is_kept_as_it_is() -> None:
    old = make_run(1)
    assert merged(old, make_run(1)) is old


def test_the_lease_never_goes_backwards() -> None:
    old = make_run(1, keepalive=ahead(minutes=2), labels={"a": "b"})
    stale = make_run(1, keepalive=ahead(minutes=1))
    assert merged(old, stale) == old
    renewed = make_run(1, keepalive=ahead(minutes=3))
    assert merged(stale, renewed).keepalive == ahead(minutes=3)
    assert merged(old, make_run(1, keepalive=None)) == old


def test_an_end_is_final_and_beats_a_later_lease() -> None:
    ended = make_run(1, end=NOW, run_log=digest("log"))
    later = make_run(1, keepalive=ahead(minutes=9))
    both = merged(ended, later)
    assert (both.end, both.run_log, both.keepalive) == (NOW, digest("log"), ahead(minutes=9))
    assert merged(later, ended) == both


def test_known_fields_stay_known() -> None:
    old = make_task(1, 1, stdout=digest("out"), uri="exec/1")
    new = make_task(1, 1, stderr=digest("err"), end=NOW)
    both = merged(old, new)
    assert (both.stdout, both.stderr, both.uri, both.end) == (digest("out"), digest("err"), "exec/1", NOW)


def test_a_second_completion_can_take_the_error_away() -> None:
    failed = make_task(1, 1, end=ago(seconds=9), err=OOM)
    completed = make_task(1, 1, end=NOW)
    assert merged(failed, completed).err is None


times = st.none() | st.integers(-300, 300).map(lambda seconds: NOW + timedelta(seconds=seconds))
tasks = st.builds(
    lambda keepalive, end, err, uri: make_task(1, 1, keepalive=keepalive, end=end, err=err, uri=uri),
    times,
    times,
    st.none() | st.just(OOM),
    st.sampled_from(["", "exec/1"]),
)


@given(st.lists(tasks, min_size=1, max_size=6))
def test_no_merge_loses_a_lease_end_or_field(reads: list[Task]) -> None:
    known = reads[0]
    for read in reads[1:]:
        now = merged(known, read)
        assert now.end is not None or (known.end is None and read.end is None)
        leases = [row.keepalive for row in (known, read) if row.keepalive]
        assert now.keepalive == max(leases, default=None)
        assert now.uri == (known.uri or read.uri)
        assert merged(now, read) == merged(now, known) == now or now.end is not None
        known = now


# Counts


def test_a_failed_attempt_with_a_later_success_is_a_retry() -> None:
    flow = digest("flow")
    first = make_task(1, 1, flow_id=flow, end=ago(minutes=5), err=OOM, start=ago(minutes=9))
    second = make_task(2, 1, flow_id=flow, attempt=1, end=ago(minutes=1), start=ago(minutes=4))
    tally = cluster_of(make_run(1), second, first).tally(run_id(1))
    assert (tally.done, tally.total, tally.failed_flows, tally.failed_attempts) == (2, 2, 0, 1)
    assert tally.failures() == []
    assert tally.is_latest(second)
    assert not tally.is_latest(first)


def test_a_flow_being_retried_has_not_failed() -> None:
    flow = digest("flow")
    cluster = cluster_of(make_run(1), make_task(1, 1, flow_id=flow, end=NOW, err=OOM))
    assert cluster.run_state(run_id(1)) is State.FAILING
    cluster.add([make_task(2, 1, flow_id=flow, attempt=1)])
    assert cluster.run_state(run_id(1)) is State.RUNNING
    cluster.add([make_task(2, 1, flow_id=flow, attempt=1, end=NOW, err=OOM)])
    assert cluster.tally(run_id(1)).failed_flows == 1
    assert [task.id for task in cluster.tally(run_id(1)).failures()] == [task_id(2)]


def test_tasks_without_a_flow_count_each_on_its_own() -> None:
    failed = [make_task(n, 1, flow_id=Digest.ZERO, end=NOW, err=OOM) for n in (1, 2)]
    assert cluster_of(make_run(1), *failed).tally(run_id(1)).failed_flows == 2


events = st.tuples(st.integers(1, 9), st.booleans(), st.booleans())


@given(st.lists(events, max_size=30))
def test_counts_equal_the_rows(history: list[tuple[int, bool, bool]]) -> None:
    cluster = cluster_of(make_run(1))
    for n, ended, failed in history:
        end = NOW if ended else None
        task = make_task(n, 1, flow_id=digest(f"flow {n % 3}"), attempt=n, end=end, err=OOM if failed else None)
        cluster.add([task])
    tally = cluster.tally(run_id(1))
    rows = list(tally.tasks.values())
    latest = {task.flow_id: task for task in sorted(rows, key=lambda task: task.attempt)}.values()
    assert tally.total == len(rows)
    assert tally.done == sum(task.end is not None for task in rows)
    assert tally.failed_attempts == sum(task.end is not None and task.err is not None for task in rows)
    assert tally.failed_flows == sum(task.end is not None and task.err is not None for task in latest)
    assert set(tally.open_allocs) == {task.alloc_id for task in rows if task.end is None}


# States


@pytest.mark.parametrize(
    ("run", "state"),
    [
        (make_run(1, start=ago(seconds=5), keepalive=None), State.STARTING),
        (make_run(1), State.RUNNING),
        (make_run(1, keepalive=ago(seconds=50)), State.RUNNING),  # within the allowance for clocks
        (make_run(1, keepalive=ago(seconds=70)), State.STALE),
        (make_run(1, keepalive=ago(minutes=4)), State.LOST),
        (make_run(1, end=ago(minutes=1)), State.SUCCEEDED),
    ],
)
def test_the_state_of_a_run(run: Run, state: State) -> None:
    assert cluster_of(run).run_state(run.id) is state
    failing = {State.STARTING: State.FAILING, State.RUNNING: State.FAILING, State.SUCCEEDED: State.FAILED}
    with_failure = cluster_of(run, make_task(1, 1, end=NOW, err=OOM))
    assert with_failure.run_state(run.id) is failing.get(state, state)


def test_the_state_of_a_task() -> None:
    tasks = [
        make_task(1, 1),
        make_task(2, 1, keepalive=ago(minutes=2), start=ago(minutes=9)),
        make_task(3, 1, end=NOW),
        make_task(4, 1, end=NOW, err=OOM),
        make_task(5, 1, start=ago(seconds=3), keepalive=ago(seconds=3)),
    ]
    cluster = cluster_of(make_run(1), *tasks)
    states = [cluster.task_state(task) for task in tasks]
    assert states == [State.RUNNING, State.STALE, State.SUCCEEDED, State.FAILED, State.STARTING]


def test_states_change_with_complete_sweeps_only() -> None:
    cluster = cluster_of(make_run(1))
    late = ahead(minutes=9)
    part = cluster.merge_snapshot(snapshot(at=late), SINCE, complete=False)
    assert (part, cluster.run_state(run_id(1)), cluster.as_of) == (Changes(), State.RUNNING, NOW)
    cluster.add([make_run(2)])
    assert cluster.run_state(run_id(1)) is State.RUNNING
    whole = cluster.merge_snapshot(snapshot(at=late), SINCE)
    assert (whole.runs, cluster.run_state(run_id(1))) == ({run_id(1), run_id(2)}, State.LOST)


def test_a_moving_lease_is_live_whatever_the_writers_clock() -> None:
    behind = make_run(1, keepalive=ago(minutes=30))
    cluster = cluster_of(behind)
    assert cluster.run_state(run_id(1)) is State.LOST
    renewed = msgspec.structs.replace(behind, keepalive=ago(minutes=28))
    cluster.merge_snapshot(snapshot([renewed], at=ahead(seconds=5)), SINCE)
    assert cluster.run_state(run_id(1)) is State.RUNNING
    cluster.merge_snapshot(snapshot([renewed], at=ahead(minutes=7)), SINCE)
    assert cluster.run_state(run_id(1)) is State.LOST


def test_a_lease_that_moved_during_an_outage_does_not_count_from_its_end() -> None:
    cluster = cluster_of(make_run(1))
    died = make_run(1, keepalive=ahead(minutes=20))
    cluster.merge_snapshot(snapshot([died], at=ahead(hours=1)), SINCE)
    assert cluster.run_state(run_id(1)) is State.LOST


# What came, what is missing, what goes


def test_changes_name_added_and_changed_rows() -> None:
    cluster = Cluster(NOW)
    task, alloc, pool = make_task(1, 1), make_alloc(), make_pool()
    first = cluster.merge_snapshot(snapshot([make_run(1), make_run(2)], [task], [alloc], [pool]), SINCE)
    assert first.added == {run_id(1), run_id(2), task.id, alloc.id, pool.id}
    assert (first.changed, first.removed, first.runs) == ({}, set(), {run_id(1), run_id(2)})
    again = cluster.merge_snapshot(snapshot([make_run(1), make_run(2)], [task], [alloc], [pool]), SINCE)
    assert not again
    ended = cluster.merge_snapshot(snapshot([], [msgspec.structs.replace(task, end=NOW)]), SINCE)
    assert (ended.added, ended.changed, ended.runs) == (set(), {task.id: {"end"}}, {run_id(1)})


def test_a_row_added_and_removed_counts_as_removed() -> None:
    one, two = run_id(1), run_id(2)
    changes = Changes(added={one}, changed={two: {"keepalive"}})
    changes.update(Changes(removed={one, two}))
    assert (changes.added, changes.changed, changes.removed) == (set(), {}, {one, two})
    changes.update(Changes(added={one}))
    assert (changes.added, changes.removed) == ({one}, {two})


def test_a_row_that_a_sweep_does_not_bring_stays() -> None:
    cluster = cluster_of(make_run(1), make_task(1, 1))
    assert not cluster.merge_snapshot(snapshot(), SINCE)
    assert [run.id for run in cluster.runs] == [run_id(1)]


def test_tasks_are_joined_with_alloc_and_pool() -> None:
    task, alloc, pool = make_task(1, 1), make_alloc(), make_pool()
    cluster = cluster_of(make_run(1), task)
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
    cluster = cluster_of(make_task(1, 1))
    assert (cluster.missing.runs, cluster.missing.allocs) == ({run_id(1)}, {make_alloc().id})
    cluster.add([make_run(1), make_alloc()])
    assert (cluster.missing.runs, cluster.missing.allocs) == (set(), set())
    assert cluster.missing.pools == {make_pool().id}
    cluster.add([make_pool()])
    assert cluster.missing.pools == set()


def test_a_run_is_complete_when_scans_reach_its_start_or_its_tasks_were_read() -> None:
    cluster = cluster_of(make_run(1), make_run(2, start=ago(minutes=8)), make_run(3, start=None))
    assert [cluster.has_all_tasks(run_id(n)) for n in (1, 2, 3)] == [False, True, False]
    cluster.mark_complete(run_id(1), Changes())
    assert cluster.has_all_tasks(run_id(1))


def test_forget_removes_ended_runs_and_their_rows() -> None:
    before = ago(minutes=10)
    old: dict[str, Any] = {"start": ago(hours=2), "keepalive": ago(minutes=58)}
    ended = {**old, "end": ago(hours=1)}
    rows: list[Any] = [
        make_run(1, **ended),
        make_task(1, 1, alloc_id=digest("a1"), **ended),
        make_run(2, keepalive=ago(minutes=58)),  # silent: it never ended
        make_task(2, 2, alloc_id=digest("a2"), **old),
        make_run(3, **ended),
        make_alloc("a1", "p1", **ended),
        make_alloc("a2", "p2", **old),
        make_pool("p1", **ended),
        make_pool("p2", **old),
        make_task(9, 9, **ended),
    ]
    cluster = cluster_of(*rows)
    changes = cluster.forget(before, keep={run_id(3)})
    assert changes.removed == {run_id(1), task_id(1), digest("a1"), digest("p1"), run_id(9), task_id(9)}
    assert {run.id for run in cluster.runs} == {run_id(2), run_id(3)}
    assert cluster.tally(run_id(1)).total == 0
    assert cluster.alloc(digest("a1")) is None
    assert cluster.pool(digest("p2")) is not None
    assert not cluster.forget(before, keep={run_id(3)})


def test_an_unknown_run_has_no_state() -> None:
    cluster = Cluster(NOW)
    assert cluster.run(RunID.new()) is None
    assert cluster.tally(run_id(1)).total == 0
    with pytest.raises(KeyError):
        cluster.run_state(run_id(1))


def test_a_merged_run_has_a_state_before_the_refresh_ends() -> None:
    cluster = Cluster(NOW)
    cluster.merge([make_run(1)], Changes())
    assert cluster.run_state(run_id(1)) is State.RUNNING
    with pytest.raises(KeyError):
        cluster.run_state(run_id(2))
