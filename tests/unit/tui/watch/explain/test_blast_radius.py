"""The tasks, runs, owners and work that hang on a host."""

from datetime import timedelta

from store import Alloc, PoolRow
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id, task_id
from tui.watch.explain.blast_radius import BlastRadius, blast_radius
from tui.watch.model.cluster import Cluster


def cluster() -> Cluster:
    """Return two runs of amy and one of bob, on two hosts; bob's and amy's second run use only the first host."""
    made = Cluster(NOW)
    made.add(
        [
            make_run(1),
            make_run(2, user="bob@example.com"),
            make_run(3),
            make_run(4, end=ago(minutes=1)),
            make_pool("i-1"),
            make_pool("i-2"),
            make_alloc("a1", "i-1"),
            make_alloc("a2", "i-1", end=ago(minutes=5)),
            make_alloc("b1", "i-2"),
            make_task(1, 1, start=ago(minutes=30)),
            make_task(2, 1, start=ago(minutes=10), alloc_id=digest("a2")),
            make_task(3, 1, alloc_id=digest("b1")),
            make_task(4, 2, start=ago(minutes=20)),
            make_task(5, 3, start=ago(minutes=60)),
            make_task(6, 3, start=ago(minutes=60), end=ago(minutes=10), err=OOM),
            make_task(7, 4, start=ago(minutes=60)),
        ]
    )
    return made


def radius_of(place: PoolRow | Alloc) -> BlastRadius:
    return blast_radius(cluster(), place)


def test_a_pool_takes_the_tasks_of_all_of_its_allocs() -> None:
    radius = radius_of(make_pool("i-1"))
    assert [task.id for task in radius.tasks] == [task_id(5), task_id(1), task_id(4), task_id(2)]
    assert radius.runs == (run_id(1), run_id(2), run_id(3))
    assert radius.users == ("amy@example.com", "bob@example.com")
    assert radius.waiting == (run_id(2), run_id(3))
    assert radius.work == timedelta(hours=2)


def test_an_alloc_takes_its_own_tasks() -> None:
    radius = radius_of(make_alloc("a2", "i-1", end=ago(minutes=5)))
    assert [task.id for task in radius.tasks] == [task_id(2)]
    assert radius.waiting == ()
    assert radius.work == timedelta(minutes=5), "until the alloc ended"


def test_work_counts_until_the_lease_of_a_lost_host_expired() -> None:
    assert radius_of(make_alloc("b1", "i-2", keepalive=ago(minutes=9))).work == timedelta()
    assert radius_of(make_alloc("a1", "i-1", keepalive=ago(minutes=9))).work == timedelta(minutes=21 + 11 + 51)


def test_attempts_that_were_retried_are_not_at_stake() -> None:
    made = cluster()
    made.add([make_task(8, 3, attempt=1, alloc_id=digest("b1"), flow_id=digest("flow 5"))])
    radius = blast_radius(made, make_pool("i-1"))
    assert [task.id for task in radius.tasks] == [task_id(1), task_id(4), task_id(2)]
    assert (radius.waiting, radius.work) == ((run_id(2),), timedelta(hours=1))


def test_a_run_waits_for_a_host_though_a_lost_attempt_elsewhere_was_retried_there() -> None:
    made = cluster()
    lost = make_task(3, 2, start=ago(hours=1), keepalive=ago(minutes=9), alloc_id=digest("b1"), flow_id=digest("flow"))
    made.add([lost, make_task(8, 2, attempt=1, flow_id=digest("flow"))])
    assert run_id(2) in blast_radius(made, make_pool("i-1")).waiting


def test_nothing_hangs_on_an_idle_pool() -> None:
    assert radius_of(make_pool("i-3")) == BlastRadius()


def test_tasks_of_an_unknown_run_count() -> None:
    made = Cluster(NOW)
    made.add([make_pool("i-1"), make_alloc("a1", "i-1"), make_task(1, 1)])
    radius = blast_radius(made, make_pool("i-1"))
    assert radius.runs == radius.waiting == (run_id(1),)
    assert radius.users == ()
