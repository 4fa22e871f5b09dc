"""Counts over the tasks of a run."""

from hypothesis import given
from hypothesis import strategies as st

from store import Digest
from tests.support.clusters import scanned_cluster
from tests.support.rows import (
    NOW,
    OOM,
    ago,
    digest,
    make_run,
    make_task,
    run_id,
    task_id,
)
from tui.lists import flows as flow_list
from tui.lists import tasks as task_list
from tui.watch.model.states import State


def test_a_failed_attempt_with_a_later_success_is_a_retry() -> None:
    flow = digest("flow")
    first = make_task(1, 1, flow_id=flow, end=ago(minutes=5), err=OOM, start=ago(minutes=9))
    second = make_task(2, 1, flow_id=flow, attempt=1, end=ago(minutes=1), start=ago(minutes=4))
    tally = scanned_cluster(make_run(1), second, first).tally(run_id(1))
    assert (tally.done, tally.total, tally.failed_flows, tally.failed_attempts) == (2, 2, 0, 1)
    assert tally.failures() == []
    assert tally.is_latest(second)
    assert not tally.is_latest(first)
    assert tally.retried_failures() == [first]
    assert tally.latest(first) == second


def test_a_flow_being_retried_has_not_failed() -> None:
    flow = digest("flow")
    cluster = scanned_cluster(make_run(1), make_task(1, 1, flow_id=flow, end=NOW, err=OOM))
    assert cluster.run_state(run_id(1)) is State.FAILING
    cluster.add([make_task(2, 1, flow_id=flow, attempt=1)])
    assert cluster.run_state(run_id(1)) is State.RUNNING
    cluster.add([make_task(2, 1, flow_id=flow, attempt=1, end=NOW, err=OOM)])
    assert cluster.tally(run_id(1)).failed_flows == 1
    assert [task.id for task in cluster.tally(run_id(1)).failures()] == [task_id(2)]


def test_tasks_without_a_flow_count_each_on_its_own() -> None:
    failed = [make_task(n, 1, flow_id=Digest.ZERO, end=NOW, err=OOM) for n in (1, 2)]
    assert scanned_cluster(make_run(1), *failed).tally(run_id(1)).failed_flows == 2


@given(st.permutations(range(4)), st.permutations([5, 6, 6, 7]))
def test_lists_and_counts_have_the_same_latest_attempt_where_numbers_are_equal(
    ids: list[int], minutes: list[int]
) -> None:
    flow = digest("flow")
    tasks = [
        make_task(id, 1, flow_id=flow, start=ago(minutes=begun), end=NOW, err=OOM if id % 2 else None)
        for id, begun in zip(ids, minutes, strict=True)
    ]
    cluster = scanned_cluster(make_run(1), *tasks)
    latest = cluster.tally(run_id(1)).latest(tasks[0])
    assert latest == max(tasks, key=lambda task: (task.start, task.id))
    assert task_list.attempts(cluster, tasks[0])[-1] == latest
    (found,) = flow_list.flows(cluster, run_id(1), NOW)
    assert (found.last, found.state) == (latest, cluster.task_state(latest))


events = st.tuples(st.integers(1, 9), st.booleans(), st.booleans())


@given(st.lists(events, max_size=30))
def test_counts_equal_the_rows(history: list[tuple[int, bool, bool]]) -> None:
    cluster = scanned_cluster(make_run(1))
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
    retried = {task.id for task in rows if task.end is not None and task.err is not None and task not in latest}
    assert {task.id for task in tally.retried_failures()} == retried
