from tests.support.rows import NOW, OOM, digest, make_alloc, make_pool, make_run, make_task, run_id, task_id
from tui.export.copy_items import CopyItem, alloc_items, pool_items, run_items, task_items
from tui.watch.model.cluster import Cluster

HOSTILE = "\x1b]52;c;aGk=\x07\nrm -rf ~"


def test_a_run_with_everything() -> None:
    run = make_run(1, args=("--in", "s3://b/x"), run_log=digest("log"), trace=digest("t"), eval_graph=digest("g"))
    assert run_items(run) == [
        ("id", str(run_id(1))),
        ("user", "amy@example.com"),
        ("args", "--in s3://b/x"),
        ("log", str(digest("log"))),
        ("trace", str(digest("t"))),
        ("graph", str(digest("g"))),
    ]


def test_empty_fields_of_a_row_are_left_out() -> None:
    assert [item.name for item in run_items(make_run(1, user=""))] == ["id"]
    cluster = Cluster(NOW)
    task = make_task(1, 1, ident="", flow_id=digest("f"), alloc_id=digest("unknown"))
    assert [item.name for item in task_items(cluster, task)] == ["id", "run", "flow"]


def test_a_task_with_its_alloc_pool_and_host() -> None:
    cluster = Cluster(NOW)
    task = make_task(1, 1, uri="i-0abc/execs/1", err=OOM, end=NOW, stdout=digest("out"), stderr=digest("err"))
    cluster.add([task, make_alloc("host/a1"), make_alloc(), make_pool()])
    found = dict(task_items(cluster, task))
    assert next(iter(found)) == "id"
    assert found == {
        "id": str(task_id(1)),
        "uri": "i-0abc/execs/1",
        "host": "i-0abc.example.com",
        "error": "exec samtools: OOM error: killed",
        "ident": "samtools.sort",
        "run": str(run_id(1)),
        "flow": str(task.flow_id),
        "stdout": str(digest("out")),
        "stderr": str(digest("err")),
        "alloc": "a1",
        "pool": "i-0abc",
    }


def test_an_alloc_without_a_readable_string_id_is_named_by_its_digest() -> None:
    alloc = make_alloc(alloc_id="")
    assert alloc_items(alloc) == [CopyItem("id", str(digest("a1"))), CopyItem("digest", str(digest("a1")))]
    cluster = Cluster(NOW)
    cluster.add([alloc])
    assert dict(task_items(cluster, make_task(1, 1)))["alloc"] == str(digest("a1"))
    assert alloc_items(make_alloc("a2")) == [("id", "a2"), ("digest", str(digest("a2")))]


def test_a_pool_by_its_instance_id_and_its_digest() -> None:
    assert pool_items(make_pool()) == [
        ("id", "i-0abc"),
        ("host", "i-0abc.example.com"),
        ("uri", "https://i-0abc.example.com:9000/v1"),
        ("digest", str(digest("i-0abc"))),
    ]


def test_texts_are_as_they_stand_in_the_row() -> None:
    # Whatever writes one to a terminal makes it visible first.
    assert dict(run_items(make_run(1, user=HOSTILE, args=(HOSTILE,))))["args"] == HOSTILE
