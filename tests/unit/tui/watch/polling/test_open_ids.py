"""The open rows that plans need."""

from store import Digest, Error, ErrorKind
from tests.support.rows import NOW, ahead, make_alloc, make_pool, make_run, make_task, run_id
from tui.watch.model.cluster import Cluster
from tui.watch.polling.open_ids import open_ids
from tui.watch.polling.read_plan import OTHERS_EVERY, Coverage

FAR = ahead(minutes=30)


def cluster() -> Cluster:
    cluster = Cluster(NOW)
    failure = Error(ErrorKind.OOM, "exec", (), "killed")
    tasks = [
        make_task(1, 1, keepalive=FAR, ident="align"),
        make_task(2, 2, keepalive=FAR, ident="sort"),
        make_task(3, 2, keepalive=FAR, end=NOW, err=failure),
        make_task(4, 1, keepalive=FAR, ident=""),
    ]
    runs = [make_run(number, keepalive=FAR, end=NOW if number == 3 else None) for number in (1, 2, 3)]
    cluster.add([*runs, *tasks, make_pool(keepalive=FAR), make_alloc(keepalive=FAR)])
    return cluster


async def test_open_runs_idents_and_overdue_others_are_collected() -> None:
    later = NOW + OTHERS_EVERY
    covered = Coverage.after_scan(NOW)
    found = await open_ids(cluster(), covered, later)
    assert (set(found.runs), set(found.idents)) == ({run_id(1), run_id(2)}, {"align", "sort"})
    assert len(found.others) == 3
    covered.checked[Digest(make_pool().id)] = later
    assert len((await open_ids(cluster(), covered, later)).others) == 2
    # With few idents none of them must wait.
    assert found.urgent == ()


async def test_idents_of_failing_runs_are_urgent_where_reads_are_rationed() -> None:
    found = await open_ids(cluster(), Coverage.after_scan(NOW), NOW, rationed_limit=100.0)
    assert (list(found.urgent), found.has_hosts) == (["sort"], True)
    poor = await open_ids(cluster(), Coverage.after_scan(NOW), NOW, rationed_limit=0.01)
    assert (poor.others, poor.has_hosts) == ([], False)
