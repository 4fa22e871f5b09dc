from hypothesis import given
from hypothesis import strategies as st

from tests.support.deltas import applied, do, seen, steps
from tests.support.rows import NOW, ahead, make_run, make_task, run_id
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.delta import micros, second, time_of


@given(st.lists(steps, max_size=12), st.sets(st.integers(0, 12)))
def test_a_cluster_is_rebuilt_from_deltas(history: list[object], looks: set[int]) -> None:
    original, again = Cluster(NOW), Cluster(NOW)
    applied(again, original.delta())
    changes = Changes()
    for place, step in enumerate(history):
        do(original, step, changes)
        if place in looks or place == len(history) - 1:
            applied(again, original.delta(changes))
            changes = Changes()
            assert seen(again) == seen(original)


@given(st.lists(steps, max_size=12))
def test_a_cluster_is_rebuilt_from_a_keyframe(history: list[object]) -> None:
    original, again = Cluster(NOW), Cluster(NOW)
    for step in history:
        do(original, step, Changes())
    applied(again, original.delta())
    assert seen(again) == seen(original)


def test_a_lease_that_moved_is_a_lease_and_no_row() -> None:
    cluster, run = Cluster(NOW), make_run(1)
    cluster.add([run, make_task(1, 1)])
    changes = cluster.add([make_run(1, keepalive=ahead(minutes=3)), make_task(1, 1, uri="exec")])
    delta = cluster.delta(changes)
    leases = delta.leases
    assert (leases.ids, [*map(second, leases.until)], leases.seen) == ([run_id(1)], [ahead(minutes=3)], [NOW])
    assert [row.id for row in delta.rows] == [make_task(1, 1).id]
    assert leases.ids[0] is run.id, "an id of its own would take 72 bytes in each of 360 refreshes"


@given(st.datetimes(timezones=st.just(NOW.tzinfo)))
def test_times_are_kept_to_the_microsecond(time: object) -> None:
    assert time_of(micros(time)) == time  # type: ignore[arg-type]
