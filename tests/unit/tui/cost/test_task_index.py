"""The tasks of a cluster by pool."""

from store import Digest
from tests.support.clusters import scanned_cluster
from tests.support.costs import host, task
from tests.support.rows import NOW, ago, digest, make_run, run_id
from tui.cost.task_index import TaskIndex


def ids(index: TaskIndex, pool: str = "i-0abc") -> list[Digest]:
    return sorted(task.id for _, tasks in index.tasks_in(digest(pool)) for task in tasks)


def test_new_and_ended_tasks_change_their_pool() -> None:
    first, second = task(1, 1, None), task(2, 1, None, run=2)
    cluster = scanned_cluster(*host(), make_run(1), make_run(2), first, second)
    index = TaskIndex(cluster)
    assert index.update()
    assert ids(index) == [first.id, second.id]
    assert index.changed == {digest("i-0abc")}
    assert [*index.pools_of(run_id(2))] == [digest("i-0abc")]
    index.changed.clear()
    index.update()
    assert not index.changed
    cluster.add([task(1, 1, 0)])
    index.update()
    assert index.changed == {digest("i-0abc")}


def test_an_alloc_is_placed_once_it_is_known() -> None:
    cluster = scanned_cluster(make_run(1), task(1, 1, None))
    index = TaskIndex(cluster)
    index.update()
    assert (index.unplaced(run_id(1)), ids(index)) == (1, [])
    cluster.add(host())
    index.update()
    assert (index.unplaced(run_id(1)), ids(index)) == (0, [task(1, 1, None).id])


def test_a_forgotten_run_leaves_its_last_end() -> None:
    ended = make_run(1, end=ago(hours=1), keepalive=ago(hours=1))
    done = task(1, 2, 1, keepalive=ago(hours=1))
    cluster = scanned_cluster(*host(end=None), ended, done, make_run(2), task(2, 1, None, run=2))
    index = TaskIndex(cluster)
    index.update()
    cluster.forget(ago(minutes=30))
    index.update()
    assert ids(index) == [task(2, 1, None).id]
    assert index.forgotten == {digest("i-0abc"): ago(hours=1)}
    assert not index.pools_of(run_id(1))


def test_the_last_end_on_a_pool_is_forgotten_with_the_pool() -> None:
    ended = make_run(1, end=ago(hours=1), keepalive=ago(hours=1))
    cluster = scanned_cluster(*host(), ended, task(1, 2, 1, keepalive=ago(hours=1)))
    index = TaskIndex(cluster)
    index.update()
    cluster.forget(ago(minutes=30))
    cluster.remove([digest("i-0abc")])
    index.update()
    assert index.forgotten == {}


def test_a_limit_stops_after_a_run() -> None:
    cluster = scanned_cluster(*host(), *map(make_run, (1, 2, 3)), *(task(n, 1, None, run=n) for n in (1, 2, 3)))
    index = TaskIndex(cluster)
    assert [index.update(limit=1) for _ in range(4)] == [False, False, True, True]
    assert cluster.as_of == NOW
