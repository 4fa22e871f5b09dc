"""Descriptions of rows that lack most fields, or have many."""

from typing import Any

import pytest

from store import Alloc, PoolRow, Run, Task
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task
from tui.lists.descriptions import DescriptionContext, describe
from tui.watch.explain.explanations import Explanations
from tui.watch.findings.finding import Finding, FindingKind, Severity
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster

EMPTY = DescriptionContext(Explanations(Cluster(NOW)), NOW, NOW)


@pytest.mark.parametrize(
    "row",
    [
        make_run(1),
        Run(),
        make_task(1, 1, end=NOW, err=OOM),
        Task(),
        PoolRow(),
        Alloc(),
        make_pool(),
        make_alloc(),
        Finding(FindingKind.FAILING, Severity.CRITICAL, "cause", "1 flow failed", ()),
    ],
    ids=lambda row: type(row).__name__,
)
def test_every_row_has_a_description_without_empty_texts(row: Run | Task | PoolRow | Alloc | Finding) -> None:
    groups = describe(EMPTY, row)
    assert groups[0].fields
    assert all(text for group in groups for _, text in group.fields)


def test_ended_run_has_an_end_and_no_lease() -> None:
    (about, *_) = describe(EMPTY, make_run(1, end=NOW))
    names = [name for name, _ in about.fields]
    assert "ended" in names
    assert "took" in names
    assert "lease" not in names


def test_the_tasks_of_a_run_are_stale_or_lost_or_run_on_dead_hosts_but_not_both() -> None:
    cluster = Cluster(NOW)
    host = make_alloc(end=ago(minutes=2)), make_pool(end=ago(minutes=2))
    stale: dict[str, Any] = {"start": ago(hours=1), "keepalive": ago(minutes=2)}
    cluster.add([run := make_run(1), *host, make_task(1, 1, **stale), make_task(2, 1, **stale), make_task(3, 1)])
    (about, *_) = describe(DescriptionContext(Explanations(cluster), NOW, NOW), run)
    assert (
        dict(about.fields)["tasks"] == "0 of 3 or more done, 2 stale or lost, 1 running on dead hosts, 0 failed flows"
    )
    flow: dict[str, Any] = {"flow_id": digest("flow 3"), "alloc_id": digest("a2")}
    cluster.add(
        [make_task(4, 1, attempt=1, **flow), make_task(5, 1, end=NOW, **stale, flow_id=digest("flow 1"), attempt=1)]
    )
    cluster.mark_complete(run.id, Changes())
    (about, *_) = describe(DescriptionContext(Explanations(cluster), NOW, NOW), run)
    assert dict(about.fields)["tasks"] == "1 of 5 done, 1 stale or lost, 0 failed flows, 1 retried attempt"


def test_counts_of_a_run_whose_tasks_were_not_read_are_unknown() -> None:
    cluster = Cluster(NOW)
    cluster.add([run := make_run(1)])
    (about, *_) = describe(DescriptionContext(Explanations(cluster), NOW, NOW), run)
    assert dict(about.fields)["tasks"] == "not read yet"
    cluster.mark_complete(run.id, Changes())
    (about, *_) = describe(DescriptionContext(Explanations(cluster), NOW, NOW), run)
    assert dict(about.fields)["tasks"] == "0 of 0 done, 0 failed flows"


def test_finding_describes_at_most_a_hundred_tasks() -> None:
    tasks = tuple(make_task(number, 1) for number in range(120))
    groups = {
        group.title: group.fields
        for group in describe(EMPTY, Finding(FindingKind.SLOW, Severity.NOTE, "c", "r", tasks))
    }
    assert len(groups["Tasks"]) == 101
    assert groups["Tasks"][-1] == ("", "and 20 more")
