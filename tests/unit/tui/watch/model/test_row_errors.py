from store import Digest, Error, ErrorKind, FailureReason, Run
from tests.support.rows import NOW, digest, make_alloc, make_pool, make_run, make_task, run_id, task_id
from tui.watch.model.cluster import Cluster
from tui.watch.model.row_errors import concerning

AMY, BOB = "amy@example.com", "bob@example.com"


def unreadable(id: Digest | str, column: str = "URI") -> Error:
    return Error(ErrorKind.INVALID, "decode row", (str(id), column), "of another type", reason=FailureReason.UNREADABLE)


def is_amys(run: Run) -> bool:
    return run.user == AMY


def cluster() -> Cluster:
    """A run of each user, each with a task in an alloc of its own, and both with one in a shared alloc."""
    found = Cluster(NOW)
    found.add([make_run(1, user=AMY), make_run(2, user=BOB), make_run(3, user="")])
    found.add([make_alloc("a1", "i-1"), make_alloc("a2", "i-2"), make_alloc("both", "i-both")])
    found.add([make_pool("i-1"), make_pool("i-2"), make_pool("i-both")])
    for run in (1, 2):
        found.add([make_task(run, run, alloc_id=digest(f"a{run}")), make_task(10 + run, run, alloc_id=digest("both"))])
    return found


def kept(*ids: Digest) -> list[Digest]:
    """Return those rows whose errors concern amy."""
    errors = [unreadable(id) for id in ids]
    return [Digest.parse(error.args[0]) for error in concerning(errors, cluster(), is_amys)]


def test_errors_of_rows_concern_only_the_users_of_their_runs() -> None:
    assert kept(run_id(1), run_id(2)) == [run_id(1)]
    assert kept(task_id(1), task_id(2)) == [task_id(1)]
    assert kept(digest("a1"), digest("a2")) == [digest("a1")]
    assert kept(digest("i-1"), digest("i-2")) == [digest("i-1")]


def test_shared_allocs_and_pools_concern_all_of_their_users() -> None:
    assert kept(digest("both"), digest("i-both")) == [digest("both"), digest("i-both")]


def test_rows_that_belong_to_no_known_run_may_concern_the_user() -> None:
    assert kept(task_id(99), digest("unknown alloc")) == [task_id(99), digest("unknown alloc")]


def test_a_run_whose_user_is_unreadable_may_be_the_users() -> None:
    assert kept(run_id(3)) == [run_id(3)]


def test_other_errors_concern_everybody() -> None:
    errors = [
        Error(ErrorKind.UNAVAILABLE, "decode row", (str(run_id(2)),), "throttled"),
        Error(ErrorKind.INVALID, "query", (str(run_id(2)),)),
        Error(ErrorKind.INVALID, "decode row", (), "no JSON", reason=FailureReason.UNREADABLE),
        unreadable("<zero>"),
        unreadable("no digest"),
    ]
    assert concerning(iter(errors), cluster(), is_amys) == errors
