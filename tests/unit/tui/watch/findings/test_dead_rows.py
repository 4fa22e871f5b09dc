"""Findings about rows whose lease expired: one for each cause."""

from typing import Any

import pytest

from store import Alloc, Run, Task
from tests.support.findings import find, find_only
from tests.support.rows import NOW, ago, digest, make_alloc, make_pool, make_run, make_task
from tui.watch.findings.finding import FindingKind, Severity

LOST: dict[str, Any] = {"keepalive": ago(minutes=5), "start": ago(hours=1)}
STALE: dict[str, Any] = {"keepalive": ago(minutes=2), "start": ago(hours=1)}


def test_a_dead_run_and_its_tasks_are_one_finding() -> None:
    lost, stale = make_run(1, **LOST), make_run(2, **STALE)
    tasks = [make_task(1, 1, **LOST), make_task(2, 1, **STALE), make_task(3, 2), make_task(4, 1, end=NOW)]
    findings = find(lost, stale, *tasks)
    assert [(finding.kind, finding.severity, finding.reason) for finding in findings] == [
        (
            FindingKind.LOST_RUN,
            Severity.CRITICAL,
            "run 01010101 is lost: its lease expired at 11:58:41 UTC, with 2 running tasks",
        ),
        (FindingKind.STALE_RUN, Severity.WARNING, "run 02020202 is stale: its lease expired at 12:01:41 UTC"),
    ]
    assert findings[0].rows == (lost, *tasks[:2])
    assert (findings[0].first, findings[0].last) == (ago(minutes=5), ago(minutes=2))


def test_a_dead_host_with_tasks_of_three_runs_is_one_finding() -> None:
    runs = [make_run(n, user=f"user{n}") for n in (1, 2, 3)]
    tasks = [make_task(n, 1 + n % 3, **LOST) for n in range(8)]
    alloc, pool = make_alloc(**LOST), make_pool(**LOST)
    (finding,) = find(*runs, *tasks, alloc, pool)
    assert (finding.kind, finding.severity, finding.count) == (FindingKind.LOST_HOST, Severity.CRITICAL, 8)
    assert finding.reason == ("host i-0abc is lost: its lease expired at 11:58:41 UTC, with 8 running tasks of 3 runs")
    assert finding.rows == (pool, *tasks)


def test_a_host_on_which_only_tasks_of_a_dead_run_ran_is_explained_by_the_run() -> None:
    findings = find(make_run(1, **LOST), make_task(1, 1, **LOST), make_alloc(**LOST), make_pool(**LOST))
    assert [finding.kind for finding in findings] == [FindingKind.LOST_RUN]


def test_a_host_that_died_before_the_run_stays_the_cause() -> None:
    run, pool = make_run(1, **STALE), make_pool(end=ago(minutes=4))
    task = make_task(1, 1, **STALE)
    findings = find(run, task, make_alloc(**STALE), pool)
    assert [(finding.kind, finding.rows) for finding in findings] == [
        (FindingKind.LOST_HOST, (pool, task)),
        (FindingKind.STALE_RUN, (run,)),
    ]


def test_an_alloc_that_died_before_the_run_takes_its_tasks_from_the_run() -> None:
    run, alloc, task = make_run(1, **STALE), make_alloc(end=ago(minutes=4)), make_task(1, 1, **STALE)
    findings = find(run, task, alloc, make_alloc("a2"), make_pool())
    assert [(finding.kind, finding.rows) for finding in findings] == [
        (FindingKind.LOST_ALLOC, (alloc, task)),
        (FindingKind.STALE_RUN, (run,)),
    ]


def test_other_stale_tasks_are_a_finding_of_their_run() -> None:
    tasks = [make_task(1, 1, **LOST), make_task(2, 1, **STALE)]
    finding = find_only(FindingKind.STALE_TASKS, make_run(1), *tasks, make_task(3, 1), make_alloc(), make_pool())
    assert (finding.reason, finding.rows) == ("2 tasks of run 01010101 stale or lost", tuple(tasks))


def test_tasks_of_a_run_that_ended_are_over() -> None:
    assert find(make_run(1, end=NOW), make_task(1, 1, **LOST), make_pool(**LOST), make_alloc(**LOST)) == []


def test_a_run_without_a_lease() -> None:
    finding = find_only(FindingKind.LOST_RUN, make_run(1, keepalive=None))
    assert finding.reason == "run 01010101 is lost: it never had a lease"


@pytest.mark.parametrize(
    ("fate", "reason"),
    [
        (LOST, "host i-0abc is lost: its lease expired at 11:58:41 UTC, with 2 running tasks"),
        ({"end": ago(minutes=1)}, "2 running tasks on terminated host i-0abc"),
    ],
)
def test_a_host_that_is_gone_takes_live_tasks_with_it(fate: dict[str, Any], reason: str) -> None:
    pool = make_pool(**fate)
    tasks = [make_task(1, 1), make_task(2, 1, alloc_id=digest("a2"))]
    finding = find_only(FindingKind.LOST_HOST, make_run(1), *tasks, make_alloc(), make_alloc("a2"), pool)
    assert (finding.severity, finding.rows, finding.reason) == (Severity.CRITICAL, (pool, *tasks), reason)
    assert finding.first == finding.last == (pool.end or pool.keepalive)


def test_a_stale_host_takes_only_expired_tasks_with_it() -> None:
    pool, tasks = make_pool(**STALE), [make_task(1, 1, **STALE), make_task(2, 1)]
    finding = find_only(FindingKind.STALE_HOST, make_run(1), *tasks, make_alloc(), pool)
    assert (finding.severity, finding.rows) == (Severity.WARNING, (pool, tasks[0]))
    assert find(make_run(1), tasks[1], make_alloc(), pool) == []


def test_running_tasks_on_an_alloc_that_ended() -> None:
    alloc = make_alloc(end=ago(minutes=1))
    finding = find_only(FindingKind.LOST_ALLOC, make_run(1), make_task(1, 1), alloc, make_alloc("a2"), make_pool())
    assert finding.reason == "1 running task on terminated alloc a1"


def test_an_unknown_host_takes_no_tasks_with_it() -> None:
    findings = find(make_run(1), make_task(1, 1, alloc_id=digest("unknown")), make_alloc(end=NOW))
    assert findings == []


def test_the_cause_stays_while_rows_severity_and_counts_change() -> None:
    rows: list[Run | Alloc | Task] = [make_run(1), make_alloc(**STALE), make_task(1, 1, **STALE)]
    stale = find_only(FindingKind.STALE_HOST, *rows, make_pool(**STALE))
    lost = find_only(FindingKind.LOST_HOST, *rows, make_task(2, 1, **LOST), make_pool(**LOST))
    assert stale.cause == lost.cause
