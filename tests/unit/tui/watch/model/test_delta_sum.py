import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.deltas import applied, do, seen, steps
from tests.support.rows import NOW, ago, ahead, make_run, make_task, run_id, task_id
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.delta_sum import DeltaSum


@given(st.lists(steps, max_size=12), st.integers(0, 12))
def test_a_sum_of_deltas_has_the_same_effect(history: list[object], begin: int) -> None:
    original, again, total = Cluster(NOW), Cluster(NOW), DeltaSum()
    total.add(original.delta())
    for place, step in enumerate(history):
        changes = Changes()
        do(original, step, changes)
        if place == begin:
            applied(again, original.delta())
            total = DeltaSum()
        total.add(original.delta() if place == begin else original.delta(changes))
    applied(again, total.combined())
    assert seen(again) == seen(original)


def test_one_delta_is_its_own_sum() -> None:
    delta = Cluster(NOW).delta()
    total = DeltaSum()
    total.add(delta)
    assert total.combined() is delta


def test_there_is_no_sum_of_no_delta() -> None:
    with pytest.raises(IndexError, match="no delta was added"):
        DeltaSum().combined()


def test_many_renewals_of_a_lease_are_one() -> None:
    cluster, total = Cluster(NOW), DeltaSum()
    cluster.add([make_run(1), make_task(1, 1)])
    total.add(cluster.delta())
    for seconds in range(100, 200, 10):
        total.add(cluster.delta(cluster.add([make_task(1, 1, keepalive=ahead(seconds=seconds))])))
    summed = total.combined()
    assert summed.leases.ids == [task_id(1)]
    assert len(summed.rows) == 2


def test_a_sum_keeps_its_value_while_more_is_added() -> None:
    cluster, total = Cluster(NOW), DeltaSum()
    cluster.add([make_run(1)])
    total.add(cluster.delta())
    total.add(cluster.delta(cluster.add([make_task(1, 1)])))
    before = total.combined()
    total.add(cluster.delta(cluster.add([make_task(1, 1, uri="exec"), make_task(2, 1)])))
    assert [row.id for row in before.rows] == [run_id(1), task_id(1)]
    assert len(total.combined().rows) == 3


def test_a_row_that_was_forgotten_is_removed_and_no_row() -> None:
    cluster, total = Cluster(NOW), DeltaSum()
    cluster.add([make_run(1, end=ago(minutes=5))])
    total.add(cluster.delta())
    total.add(cluster.delta(cluster.forget(ahead(minutes=9))))
    summed = total.combined()
    assert summed.removed == [run_id(1)]
    assert [row.id for row in summed.rows] == []


@given(st.lists(steps, max_size=12))
def test_a_sum_from_empty_has_the_same_effect_on_an_empty_cluster(history: list[object]) -> None:
    original, again, total = Cluster(NOW), Cluster(NOW), DeltaSum(from_empty=True)
    total.add(original.delta())
    for step in history:
        changes = Changes()
        do(original, step, changes)
        total.add(original.delta(changes))
    applied(again, total.combined())
    assert seen(again) == seen(original)


def test_a_sum_from_empty_does_not_grow_with_the_rows_that_were_removed() -> None:
    cluster, total = Cluster(NOW), DeltaSum(from_empty=True)
    total.add(cluster.delta())
    for number in range(1, 60):
        total.add(cluster.delta(cluster.add([make_run(number, end=ago(minutes=5)), make_task(number, number)])))
        total.add(cluster.delta(cluster.forget(ahead(minutes=9))))
    total.add(cluster.delta(cluster.add([make_run(60)])))
    summed = total.combined()
    assert ([row.id for row in summed.rows], summed.removed) == ([run_id(60)], [])
    assert (summed.moved, list(summed.leases.ids), summed.whole, summed.rowless) == ({}, [], [], [])
