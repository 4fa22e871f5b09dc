"""The tasks of a run by host, in words."""

from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id
from tui.lists.host_tasks import run_hosts
from tui.watch.model.cluster import Cluster


def test_all_hosts_of_a_run_are_listed_and_running_ones_first() -> None:
    cluster = Cluster(NOW)
    cluster.add(
        [
            make_run(1),
            *(make_alloc(f"a{n}", f"i-{n}") for n in (1, 2, 3, 4)),
            make_pool("i-1"),
            make_pool("i-2", keepalive=ago(minutes=10)),
            make_pool("i-3", end=ago(minutes=20)),
            make_task(1, 1, end=NOW),
            make_task(2, 1, end=ago(minutes=3), err=OOM, flow_id=digest("flow")),
            make_task(3, 1, attempt=1, flow_id=digest("flow"), alloc_id=digest("a2")),
            make_task(4, 1, end=ago(minutes=21), err=OOM, alloc_id=digest("a3")),
            make_task(6, 1, alloc_id=digest("a2"), start=ago(hours=1), keepalive=ago(minutes=10)),
            make_task(5, 1, alloc_id=digest("a4")),  # its pool is not in the table
        ]
    )
    assert run_hosts(cluster, run_id(1)) == [
        "i-2 r5.2xlarge  ✗ lost  2 tasks: 1 running, 1 stale or lost  i-2.example.com",
        "i-3 r5.2xlarge  ■ ended  1 task: 1 failed  i-3.example.com",
        "i-1 r5.2xlarge  2 tasks: 1 retried  i-1.example.com",
    ]


def test_many_hosts_are_counted() -> None:
    cluster = Cluster(NOW)
    for number in range(23):
        cluster.add([make_pool(f"i-{number:02}"), make_alloc(f"b{number}", f"i-{number:02}")])
        cluster.add([make_task(number, 1, alloc_id=digest(f"b{number}"), end=NOW)])
    lines = run_hosts(cluster, run_id(1))
    assert (len(lines), lines[-1]) == (21, "and 3 other hosts")
