"""The states of the rows of a cluster, as refreshes, scans and lookups bring them."""

from typing import Any

import msgspec
import pytest

from store import Liveness, Run, RunID
from store.lease import GRACE
from tests.support.clusters import SINCE, scanned_cluster, snapshot
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
from tui.watch.model.rows import Row
from tui.watch.model.states import State


@pytest.mark.parametrize(
    ("run", "state"),
    [
        (make_run(1, start=ago(seconds=5), keepalive=None), State.STARTING),
        (make_run(1), State.RUNNING),
        (make_run(1, keepalive=ago(seconds=50)), State.RUNNING),  # within the allowance for clocks
        (make_run(1, keepalive=ago(seconds=70)), State.STALE),
        (make_run(1, keepalive=NOW - GRACE), State.LOST),
        (make_run(1, end=ago(minutes=1)), State.SUCCEEDED),
    ],
)
def test_the_state_of_a_run(run: Run, state: State) -> None:
    assert scanned_cluster(run).run_state(run.id) is state
    failing = {State.STARTING: State.FAILING, State.RUNNING: State.FAILING, State.SUCCEEDED: State.FAILED}
    with_failure = scanned_cluster(run, make_task(1, 1, end=NOW, err=OOM))
    assert with_failure.run_state(run.id) is failing.get(state, state)


def test_the_state_of_a_task() -> None:
    tasks = [
        make_task(1, 1),
        make_task(2, 1, keepalive=ago(minutes=2), start=ago(minutes=9)),
        make_task(3, 1, end=NOW),
        make_task(4, 1, end=NOW, err=OOM),
        make_task(5, 1, start=ago(seconds=3), keepalive=ago(seconds=3)),
    ]
    cluster = scanned_cluster(make_run(1), *tasks)
    states = [cluster.task_state(task) for task in tasks]
    assert states == [State.RUNNING, State.STALE, State.SUCCEEDED, State.FAILED, State.STARTING]


def test_a_run_all_of_whose_running_tasks_have_expired_is_stalled() -> None:
    expired: dict[str, Any] = {"keepalive": ago(minutes=3), "start": ago(minutes=30)}
    done = make_task(9, 1, end=NOW)
    both = [make_task(1, 1, **expired), make_task(2, 1, **expired)]
    assert scanned_cluster(make_run(1), done, *both).run_state(run_id(1)) is State.STALLED
    assert scanned_cluster(make_run(1), done).run_state(run_id(1)) is State.RUNNING
    assert scanned_cluster(make_run(1), done, *both, make_task(3, 1)).run_state(run_id(1)) is State.RUNNING
    assert scanned_cluster(make_run(1), make_run(2), both[0]).run_state(run_id(2)) is State.RUNNING


def test_a_run_is_not_stalled_by_attempts_that_were_retried() -> None:
    flow: dict[str, Any] = {"flow_id": digest("flow"), "start": ago(minutes=30)}
    lost, done = make_task(1, 1, keepalive=ago(minutes=9), **flow), make_task(2, 1, attempt=1, end=NOW, **flow)
    assert scanned_cluster(make_run(1), lost).run_state(run_id(1)) is State.STALLED
    assert scanned_cluster(make_run(1), lost, done).run_state(run_id(1)) is State.RUNNING
    stale = make_task(3, 1, keepalive=ago(minutes=3), start=ago(minutes=30))
    assert scanned_cluster(make_run(1), lost, done, stale).run_state(run_id(1)) is State.STALLED


def test_a_stalled_run_runs_again_when_a_task_is_renewed() -> None:
    expired = make_task(1, 1, keepalive=ago(minutes=3), start=ago(minutes=30))
    cluster = scanned_cluster(make_run(1), expired)
    changes = cluster.add([msgspec.structs.replace(expired, keepalive=ahead(minutes=2))])
    assert (cluster.run_state(run_id(1)), changes.runs) == (State.RUNNING, {run_id(1)})


def test_states_change_with_complete_refreshes_only() -> None:
    cluster = scanned_cluster(make_run(1))
    late = ahead(minutes=9)
    part = cluster.merge_snapshot(snapshot(at=late), SINCE, complete=False)
    assert (part, cluster.run_state(run_id(1)), cluster.as_of) == (Changes(), State.RUNNING, NOW)
    cluster.add([make_run(2)])
    assert cluster.run_state(run_id(1)) is State.RUNNING
    whole = cluster.merge_snapshot(snapshot(at=late), SINCE)
    assert (whole.runs, cluster.run_state(run_id(1))) == ({run_id(1), run_id(2)}, State.LOST)


def test_a_moving_lease_is_live_whatever_the_writers_clock() -> None:
    behind = make_run(1, keepalive=ago(minutes=30))
    cluster = scanned_cluster(behind)
    assert cluster.run_state(run_id(1)) is State.LOST
    renewed = msgspec.structs.replace(behind, keepalive=ago(minutes=28))
    cluster.merge_snapshot(snapshot([renewed], at=ahead(seconds=5)), SINCE)
    assert cluster.run_state(run_id(1)) is State.RUNNING
    cluster.merge_snapshot(snapshot([renewed], at=ahead(minutes=7)), SINCE)
    assert cluster.run_state(run_id(1)) is State.LOST


def test_a_lease_that_moved_during_an_outage_does_not_count_from_its_end() -> None:
    cluster = scanned_cluster(make_run(1))
    died = make_run(1, keepalive=ahead(minutes=20))
    cluster.merge_snapshot(snapshot([died], at=ahead(hours=1)), SINCE)
    assert cluster.run_state(run_id(1)) is State.LOST


def test_a_row_that_a_refresh_does_not_bring_stays() -> None:
    cluster = scanned_cluster(make_run(1), make_task(1, 1))
    assert not cluster.merge_snapshot(snapshot(), SINCE)
    assert [run.id for run in cluster.runs] == [run_id(1)]


def test_a_run_is_complete_when_scans_reach_its_start_or_its_tasks_were_read() -> None:
    cluster = scanned_cluster(make_run(1), make_run(2, start=ago(minutes=8)), make_run(3, start=None))
    assert [cluster.has_all_tasks(run_id(n)) for n in (1, 2, 3)] == [False, True, False]
    cluster.mark_complete(run_id(1), Changes())
    assert cluster.has_all_tasks(run_id(1))


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


def test_the_state_of_a_row_whose_lease_was_not_read_in_time_stays() -> None:
    cluster = Cluster(NOW)
    changes = Changes()
    rows: list[Row] = [make_run(1), make_task(1, 1), make_alloc(), make_pool(start=ago(hours=1))]
    cluster.merge(rows, changes)
    cluster.finish_refresh(NOW, None, changes)
    cluster.open.hold_back(NOW, ahead(minutes=30))
    cluster.finish_refresh(ahead(minutes=30), None, changes)
    assert cluster.run_state(run_id(1)) is State.RUNNING
    assert {cluster.liveness(row) for row in rows} == {Liveness.LIVE}
    assert not any(cluster.is_late(row, ahead(minutes=30)) or cluster.has_lease(row) for row in rows)
    assert list(cluster.open.expired_before(ahead(minutes=30))) == []
    cluster.open.confirm(task_id(1))
    assert cluster.task_state(make_task(1, 1)) is State.LOST
    cluster.merge([make_alloc(keepalive=ahead(minutes=31))], changes)
    assert cluster.has_lease(make_alloc(keepalive=ahead(minutes=31)))
    cluster.open.confirm_all()
    assert cluster.liveness(rows[3]) is Liveness.LOST
    assert {row.id for row in cluster.open.expired_before(ahead(minutes=30))} == {rows[0].id, rows[1].id, rows[3].id}


def test_an_unread_row_that_ends_or_is_removed_leaves_nothing_behind() -> None:
    cluster = Cluster(NOW)
    changes = Changes()
    cluster.merge([make_run(1), make_task(1, 1), make_task(2, 1)], changes)
    cluster.open.hold_back(NOW, ahead(minutes=30))
    cluster.merge([make_task(1, 1, end=ahead(minutes=1))], changes)
    cluster.open.remove(task_id(2))
    cluster.open.confirm_all()
    assert [row.id for row in cluster.open.expired_before(ahead(minutes=30))] == [run_id(1)]
