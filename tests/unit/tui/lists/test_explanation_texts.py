"""Explanations in words."""

from datetime import timedelta
from typing import Any

import pytest

from store import Alloc, PoolRow, Run, Task
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id
from tui.lists.explanation_texts import explain, radius_text, shared_text
from tui.watch.explain.blast_radius import BlastRadius
from tui.watch.explain.explanations import Explanations
from tui.watch.explain.shared_features import SharedFeature
from tui.watch.explain.task_features import Feature, Value
from tui.watch.findings.finding import Finding, FindingKind
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Value(Feature.HOST, "i-09a5"), "on host i-09a5"),
        (Value(Feature.RUN, "b55d3ade"), "in run b55d3ade"),
        (Value(Feature.IMAGE, "57a03bfa"), "with image and command 57a03bfa"),
        (Value(Feature.VERSION, "reflow1.28.0"), "on pools of reflow1.28.0"),
        (Value(Feature.POOL_TYPE, "r5.2xlarge"), "on r5.2xlarge"),
        (Value(Feature.REQUESTED, '{"cpu":2,"mem":17179869184}'), "with mem:16G cpu:2 requested"),
        (Value(Feature.ATTEMPT, "2"), "at attempt 2"),
        (Value(Feature.STARTED, since=ago(minutes=30)), "started since 11:33"),
        (Value(Feature.STARTED, before=ago(minutes=30)), "started before 11:33"),
        (Value(Feature.STARTED, since=ago(minutes=30), before=ago(minutes=3)), "started 11:33 to 12:00"),
    ],
)
def test_a_shared_feature_shows_its_evidence(value: Value, words: str) -> None:
    shared = SharedFeature(value, failed=11, all_failed=12, passed=2, all_passed=51, p=1e-9)
    assert shared_text(shared, NOW) == f"11 of 12 failures {words}, 2 of 51 others (p < 0.001)"


def test_explanations_of_some_runs_name_the_scope() -> None:
    shared = SharedFeature(Value(Feature.HOST, "i-1"), failed=3, all_failed=3, passed=0, all_passed=12, p=0.002)
    assert shared_text(shared, NOW, "of this run") == (
        "3 of 3 failures of this run on host i-1, 0 of 12 others of this run (p = 0.002)"
    )
    cluster = Cluster(NOW)
    cluster.add([make_run(1), make_task(1, 1, start=ago(minutes=30), end=ago(minutes=25), err=OOM)])
    explanations = Explanations(cluster, Findings(cluster).find(), scope="of this run")
    (found,) = explain(explanations, explanations.findings[0], NOW, NOW)
    assert found.text == "not enough data: 1 failure and 0 others of this run to compare"


def test_values_of_the_same_tasks_are_named() -> None:
    also = (Value(Feature.POOL_TYPE, "m5.large"), Value(Feature.VERSION, "v2"))
    shared = SharedFeature(Value(Feature.HOST, "i-1"), 3, 3, 0, 12, 0.0022, also)
    assert shared_text(shared, NOW) == (
        "3 of 3 failures on host i-1, 0 of 12 others (p = 0.002); "
        "all of them are on m5.large and on pools of v2, so the cause may be the host type or the version"
    )
    shared = SharedFeature(Value(Feature.POOL_TYPE, "r5.2xlarge"), 10, 10, 28, 146, 1e-9, (Value(Feature.RUN, "b55d"),))
    assert shared_text(shared, NOW).endswith("; all of them are in run b55d, so the cause may be the run")


@pytest.mark.parametrize(
    ("radius", "text"),
    [
        (BlastRadius(), ""),
        (
            BlastRadius((Task(),), (run_id(1),), ("amy@example.com",), (), timedelta(minutes=6)),
            "1 task of 1 run (amy), 0.1 task-hours",
        ),
        (
            BlastRadius((Task(),) * 8, (run_id(1), run_id(2)), ("amy", "bob"), (run_id(2),), timedelta(hours=6.2)),
            "8 tasks of 2 runs (amy, bob), 6.2 task-hours; nothing else runs in 02020202, which waits for them",
        ),
        (
            BlastRadius((Task(),) * 9, tuple(map(run_id, range(1, 7))), (), tuple(map(run_id, range(1, 7)))),
            (
                "9 tasks of 6 runs, 0.0 task-hours; "
                "nothing else runs in 01010101, 02020202, 03030303, 04040404 and 2 more, which wait for them"
            ),
        ),
    ],
)
def test_tasks_runs_and_work_at_stake(radius: BlastRadius, text: str) -> None:
    assert radius_text(radius) == text


def test_work_at_stake_of_one_run() -> None:
    radius = BlastRadius((Task(),), (run_id(1),), ("amy@example.com",), (), timedelta(minutes=6))
    assert radius_text(radius, "of this run") == "1 task of this run, 0.1 task-hours"


def names_and_texts(row: Run | Task | PoolRow | Alloc, *rows: Row) -> list[tuple[str, str]]:
    cluster = Cluster(NOW)
    cluster.add([row, *rows])
    explanations = Explanations(cluster, Findings(cluster).find())
    return [each[:2] for each in explain(explanations, row, NOW, NOW)]


@pytest.mark.parametrize(
    "row", [make_run(1), make_task(1, 1), make_pool(), make_alloc()], ids=lambda row: type(row).__name__
)
def test_a_row_that_is_well_needs_no_explanation(row: Run | Task | PoolRow | Alloc) -> None:
    assert names_and_texts(row) == []


def test_a_lost_pool_has_work_at_stake() -> None:
    pool = make_pool(keepalive=ago(minutes=10))
    lease = "i-0abc  lost, lease until 2026-11-01 11:53:41 UTC, expired 10m ago"
    assert names_and_texts(pool) == [
        ("cause", "It stopped renewing while nothing ran there: the host is gone or cut off."),
        ("host", lease),
        ("at stake", "no task runs here"),
    ]
    rows: list[Row] = [make_run(1), make_alloc(), make_task(1, 1, start=ago(minutes=30))]
    cause = (
        "Only the keepalive of the host is hung: 1 of 1 alloc and 1 of 1 task there renewed their leases in the last "
        "40s, so the host is alive."
    )
    assert names_and_texts(pool, *rows) == [
        ("cause", cause),
        ("host", lease),
        ("alloc", "a1  live, lease until 2026-11-01 12:05:11 UTC, 1m30s left"),
        ("task", "00000000  live, lease until 2026-11-01 12:05:01 UTC, 1m20s left"),
        ("at stake", "1 task of 1 run (amy), 0.3 task-hours; nothing else runs in 01010101, which waits for them"),
    ]


def test_a_lost_task_has_a_cause_and_evidence() -> None:
    task = make_task(1, 1, keepalive=ago(minutes=10), start=ago(hours=1))
    rows: list[Row] = [make_run(1), make_alloc(), make_pool(keepalive=ago(minutes=10))]
    names = [name for name, _ in names_and_texts(task, *rows)]
    assert names == ["cause", "task", "alloc", "host", "run", "error"]


def test_the_error_and_the_last_line_of_a_task_are_evidence() -> None:
    lost: dict[str, Any] = {"keepalive": ago(minutes=10), "start": ago(hours=1)}
    task, other = make_task(1, 1, err=OOM, **lost), make_task(2, 1, **lost)
    host = make_pool(keepalive=ago(minutes=10))
    cluster = Cluster(NOW)
    cluster.add([make_run(1, keepalive=ago(minutes=12)), make_alloc(), host, task, other])
    explanations = Explanations(cluster, Findings(cluster).find(), last_line=lambda task: f"reading [{task.id[-1]}]")

    def shown(row: Task | Run | Finding) -> dict[str, str]:
        found = explain(explanations, row, NOW, NOW)
        return {each.name: each.text for each in found if each.name in ("error", "last line")}

    assert shown(task) == {"error": "exec samtools: OOM error: killed", "last line": "reading [1]"}
    assert shown(other) == {"error": "no error was recorded", "last line": "reading [2]"}
    expected = {
        "error": "task 00000000 samtools.sort: no error was recorded",
        "last line": "task 00000000 samtools.sort: reading [2]",
    }
    assert shown(make_run(1, keepalive=ago(minutes=12))) == expected
    (finding,) = (each for each in explanations.findings if each.kind is FindingKind.LOST_RUN)
    assert shown(finding) == expected


def test_a_failed_task_says_what_its_group_shares() -> None:
    failed = [make_task(n, 1, start=ago(minutes=30), end=ago(minutes=25), err=OOM) for n in range(1, 12)]
    passed = [
        make_task(100 + n, 1, start=ago(minutes=30), end=ago(minutes=25), alloc_id=digest("a2")) for n in range(20)
    ]
    hosts: list[Row] = [make_run(1), make_pool(), make_pool("i-2"), make_alloc(), make_alloc("a2", "i-2")]
    assert names_and_texts(failed[0], *failed, *passed, *hosts) == [
        ("shared", "11 of 11 failures on host i-0abc, 0 of 20 others (p < 0.001)")
    ]
    assert names_and_texts(failed[0], *failed, *hosts) == []


@pytest.mark.parametrize(
    ("others", "text"),
    [
        (0, "not enough data: 11 failures and 0 others to compare"),
        (20, "nothing stands out among 11 failures and 20 others"),
    ],
)
def test_a_finding_says_that_nothing_stands_out(others: int, text: str) -> None:
    times: dict[str, Any] = {"start": ago(minutes=30), "end": ago(minutes=25)}
    cluster = Cluster(NOW)
    cluster.add([make_run(1), make_pool(), make_alloc()])
    cluster.add(make_task(n, 1, err=OOM if n <= 11 else None, **times) for n in range(1, 12 + others))
    explanations = Explanations(cluster, Findings(cluster).find())
    assert [each[:2] for each in explain(explanations, explanations.findings[0], NOW, NOW)] == [("shared", text)]


def test_failures_that_take_no_part_are_counted() -> None:
    """One task failed after an hour: others that started so recently may still fail."""
    cluster = Cluster(NOW)
    cluster.add([make_run(1), make_pool(), make_alloc()])
    quick: dict[str, Any] = {"start": ago(minutes=30), "end": ago(minutes=25)}
    cluster.add(make_task(n, 1, err=OOM if n <= 11 else None, **quick) for n in range(1, 31))
    cluster.add([make_task(99, 1, err=OOM, start=ago(minutes=90), end=ago(minutes=2))])
    explanations = Explanations(cluster, Findings(cluster).find())
    (found,) = explain(explanations, explanations.findings[0], NOW, NOW)
    assert found.text == "nothing stands out among 11 of 12 failures and 19 others"
