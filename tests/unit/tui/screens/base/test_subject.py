from store import Digest
from tests.support.rows import NOW, digest, make_alloc, make_pool, make_run, make_task, run_id, task_id
from tui.screens.base.subject import IncidentScope, Subject
from tui.watch.model.cluster import Cluster


def cluster() -> Cluster:
    found = Cluster(NOW)
    found.add([make_run(1), make_task(1, 1), make_alloc(), make_pool()])
    return found


def test_no_run_is_an_empty_subject() -> None:
    assert Subject.for_run(cluster(), None) == Subject()
    assert not Subject().copy_items


def test_a_run_with_its_texts_and_its_bundle() -> None:
    subject = Subject.for_run(cluster(), run_id(1))
    assert (subject.run_id, subject.row) == (run_id(1), make_run(1))
    assert subject.copy_items[0] == ("id", str(run_id(1)))
    assert subject.incident == IncidentScope([run_id(1)])
    assert subject.pool_id == Digest.ZERO


def test_a_run_that_is_not_known_is_still_pointed_at() -> None:
    subject = Subject.for_run(cluster(), run_id(2))
    assert (subject.run_id, subject.row, list(subject.copy_items)) == (run_id(2), None, [])
    assert subject.incident.run_ids == [run_id(2)]


def test_a_task_points_at_its_run_and_its_pool() -> None:
    subject = Subject.for_task(cluster(), make_task(1, 1))
    assert (subject.run_id, subject.row, subject.pool_id) == (run_id(1), make_task(1, 1), digest("i-0abc"))
    assert subject.copy_items[0] == ("id", str(task_id(1)))
    assert subject.incident == IncidentScope([run_id(1)])


def test_a_task_on_an_unknown_pool() -> None:
    assert Subject.for_task(cluster(), make_task(1, 1, alloc_id=digest("gone"))).pool_id == Digest.ZERO
