"""The explanations of findings."""

from typing import Any

from store import Task
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task
from tui.watch.explain.explanations import Explanations
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row


def explanations() -> Explanations:
    """Return those of two runs: tasks of `samtools.sort` fail on host `i-1`, and those of `merge` do not."""
    cluster = Cluster(NOW)
    hosts: list[Row] = [make_pool("i-1"), make_pool("i-2"), make_alloc("a1", "i-1"), make_alloc("a2", "i-2")]
    times: dict[str, Any] = {"start": ago(minutes=30), "end": ago(minutes=25)}
    failed = [make_task(number, 1 + number % 2, err=OOM, **times) for number in range(10)]
    passed = [make_task(100 + number, 1 + number % 2, alloc_id=digest("a2"), **times) for number in range(20)]
    others = [make_task(200 + number, 1, ident="merge", **times) for number in range(50)]
    cluster.add([make_run(1), make_run(2), *hosts, *failed, *passed, *others])
    return Explanations(cluster, Findings(cluster).find())


def test_failures_of_all_runs_are_compared_with_tasks_of_their_ident() -> None:
    made = explanations()
    (failing,) = (each for each in made.findings if each.tasks and each.tasks[0].err)
    comparison = made.compare(failing)
    assert (comparison.failed, comparison.passed) == (10, 20)
    assert [shared.value.text for shared in comparison.features] == ["i-1"]
    assert made.compare(failing) is comparison


def test_a_failed_task_belongs_to_its_finding() -> None:
    made = explanations()
    task = next(iter(made.findings[0].tasks))
    assert made.finding_of(task) is made.findings[0]
    assert made.finding_of(Task()) is None
