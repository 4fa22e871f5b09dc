"""Two runs side by side."""

from datetime import timedelta
from typing import Any

from store import ImgCmdID, Resources, Task
from tests.support.rows import NOW, OOM, ago, digest, make_run, make_task, run_id
from tui.lists.ident_comparison import differences, record, run_line
from tui.watch.explain.run_comparison import IdentComparison, compare_runs
from tui.watch.model.cluster import Cluster


def task(n: int, run: int, minutes: float, **fields: Any) -> Task:
    values: dict[str, Any] = {"start": ago(hours=1), "end": ago(hours=1) + timedelta(minutes=minutes)}
    return make_task(n, run, **{**values, **fields})


def compared(now: list[Task], then: list[Task]) -> list[IdentComparison]:
    here, there = Cluster(NOW), Cluster(NOW)
    here.add([make_run(1), *now])
    there.add([make_run(2), *then])
    return compare_runs(here, run_id(1), there, run_id(2))


def test_idents_are_aligned_in_the_order_of_their_start() -> None:
    now = [task(1, 1, 2, ident="sort"), task(2, 1, 2, ident="align", start=ago(hours=2))]
    rows = compared(now, [task(3, 2, 2, ident="merge"), task(4, 2, 2, ident="sort")])
    assert [(row.ident, row.now is not None, row.then is not None) for row in rows] == [
        ("align", True, False),
        ("sort", True, True),
        ("merge", False, True),
    ]


def test_facts_count_flows_and_their_attempts() -> None:
    flow = digest("flow")
    now = [
        task(1, 1, 2),
        task(2, 1, 4),
        task(3, 1, 1, err=OOM, flow_id=flow),
        task(4, 1, 9, flow_id=flow, attempt=1),
        task(5, 1, 1, err=OOM),
        make_task(6, 1),
    ]
    (row,) = compared(now, [task(9, 2, 2)])
    assert row.now is not None
    assert (row.now.tasks, row.now.running, row.now.failed, row.now.retried) == (5, 1, 1, 1)
    assert row.now.typical == timedelta(minutes=4)
    assert row.ratio == 2.0


def test_differences_are_sentences() -> None:
    image = ImgCmdID.compute("image", "command")
    now = [task(1, 1, 6, resources=Resources({"mem": 1 << 30}), img_cmd_id=image), task(2, 1, 1, err=OOM)]
    (row, new) = compared([*now, task(3, 1, 1, ident="new", start=ago(minutes=50))], [task(9, 2, 2), task(8, 2, 2)])
    assert list(differences([row, new])) == [
        (
            "samtools.sort: 1 of 2 failed, 0 of 2 then, 6m00s instead of 2m00s, "
            "requests mem:16G cpu:4, mem:1G instead of mem:16G cpu:4, another image or command"
        ),
        "new: new",
    ]


def test_runs_that_are_alike_have_no_differences() -> None:
    rows = compared([task(1, 1, 2)], [task(2, 2, 2.1)])
    assert list(differences(rows)) == []
    assert record(rows[0])["typical_seconds"] == [120.0, 126.0]
    assert record(rows[0])["differs"] is False


def test_a_run_in_words() -> None:
    run = make_run(1, labels={"Name": "align"}, start=ago(hours=1), end=ago(minutes=19))
    assert run_line(run, "failed") == "01010101 align, failed, started 2026-11-01 11:03 UTC, took 41m"
