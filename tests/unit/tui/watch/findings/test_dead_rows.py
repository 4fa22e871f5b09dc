"""Findings about rows whose lease expired: one for each cause."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from store import Alloc, PoolRow, Run, Task
from store.lease import GRACE, LEASE, SKEW
from tests.support.findings import find, find_only
from tests.support.rows import NOW, ago, digest, make_alloc, make_pool, make_run, make_task
from tui.watch.findings.acknowledgements import Acknowledgements, Signature
from tui.watch.findings.finding import Finding, FindingKind, Severity
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster

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
    assert (finding.reason, finding.rows) == ("run 01010101: 2 tasks stale or lost", tuple(tasks))


def test_tasks_of_a_run_that_ended_are_over() -> None:
    assert find(make_run(1, end=NOW), make_task(1, 1, **LOST), make_pool(**LOST), make_alloc(**LOST)) == []


def test_a_run_without_a_lease() -> None:
    finding = find_only(FindingKind.LOST_RUN, make_run(1, keepalive=None))
    assert finding.reason == "run 01010101 is lost: it never had a lease"


@pytest.mark.parametrize(
    ("fate", "reason"),
    [
        (LOST, "host i-0abc is lost: its lease expired at 11:58:41 UTC, with 2 running tasks"),
        ({"end": ago(minutes=1)}, "host i-0abc was terminated with 2 running tasks"),
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
    assert finding.reason == "alloc a1 was terminated with 1 running task"


def test_an_unknown_host_takes_no_tasks_with_it() -> None:
    findings = find(make_run(1), make_task(1, 1, alloc_id=digest("unknown")), make_alloc(end=NOW))
    assert findings == []


def test_the_cause_stays_while_rows_severity_and_counts_change() -> None:
    rows: list[Run | Alloc | Task] = [make_run(1), make_alloc(**STALE), make_task(1, 1, **STALE)]
    stale = find_only(FindingKind.STALE_HOST, *rows, make_pool(**STALE))
    lost = find_only(FindingKind.LOST_HOST, *rows, make_task(2, 1, **LOST), make_pool(**LOST))
    assert stale.cause == lost.cause


ENDED = ago(minutes=30)
"""The end of the host in tests that follow it and its run over time."""


def rows_of_host(*, renewed: tuple[int, int], task_on_live_host: bool = False) -> list[Run | Alloc | Task | PoolRow]:
    """Return a run, and two tasks on a host that ended; their last renewals are in seconds after that end.

    The tasks renewed at the two given times, and the run halfway.
    """
    starts: dict[str, Any] = {"start": ago(hours=1)}
    leases = [ENDED + timedelta(seconds=seconds) + LEASE for seconds in (*renewed, sum(renewed) / 2)]
    far: list[Run | Alloc | Task | PoolRow] = []
    if task_on_live_host:
        live: dict[str, Any] = {"keepalive": NOW + timedelta(hours=1)}
        on_live = make_task(3, 1, alloc_id=digest("a2"), keepalive=leases[0], **starts)
        far = [make_pool("i-2", **live), make_alloc("a2", "i-2", **live), on_live]
    return [
        make_run(1, keepalive=leases[2], **starts),
        make_pool(end=ENDED, keepalive=ENDED, **starts),
        make_alloc(end=ENDED, keepalive=ENDED, **starts),
        *(make_task(number, 1, keepalive=leases[number - 1], **starts) for number in (1, 2)),
        *far,
    ]


def findings_at(time: datetime, rows: list[Run | Alloc | Task | PoolRow]) -> list[Finding]:
    """Return the findings about rows at a time, without that of hosts that have nothing to do."""
    cluster = Cluster(time)
    cluster.add(rows)
    return [each for each in Findings(cluster).find() if each.kind is not FindingKind.IDLE_POOLS]


def times_around(rows: list[Run | Alloc | Task | PoolRow]) -> list[datetime]:
    """Return times from the end of the host until all rows are lost: before and after each changes its state."""
    leases = [row.keepalive for row in rows if isinstance(row, Run | Task) and row.keepalive is not None]
    changes = [lease + after for lease in leases for after in (timedelta(), SKEW, GRACE)]
    second = timedelta(seconds=1)
    return sorted({ENDED + second, *(change + side for change in changes for side in (-second, second))})


@pytest.mark.parametrize("renewed", [(-80, -60), (-85, 15), (-5, -2), (3, 8), (20, 80)], ids=str)
def test_a_host_that_ended_stays_a_finding_while_its_tasks_and_its_run_expire(renewed: tuple[int, int]) -> None:
    run, pool, _, *tasks = rows = rows_of_host(renewed=renewed)
    states: set[tuple[FindingKind, ...]] = set()
    for time in times_around(rows):
        host, *others = findings_at(time, rows)
        assert (host.kind, host.severity) == (FindingKind.LOST_HOST, Severity.CRITICAL)
        assert set(host.rows) == {pool, *tasks}
        assert host.reason == "host i-0abc was terminated with 2 running tasks"
        assert [each.rows for each in others] in ([], [(run,)])
        states.add(tuple(each.kind for each in others))
    assert states == {(), (FindingKind.STALE_RUN,), (FindingKind.LOST_RUN,)}


def test_a_host_that_ended_after_its_run_stopped_is_named_by_the_critical_finding_of_the_run() -> None:
    """A host without work terminates itself: that its run stopped is known once the leases of its tasks expired."""
    run, _, _, *tasks = rows = rows_of_host(renewed=(-150, -110))
    kinds: list[FindingKind] = []
    acknowledgements = Acknowledgements()
    for time in times_around(rows):
        finding, *others = findings_at(time, rows)
        if not kinds:
            acknowledgements.acknowledge(Signature.for_finding(finding), time)
        assert acknowledgements.is_acknowledged(Signature.for_finding(finding), time), "it is one incident"
        assert finding.severity is Severity.CRITICAL
        assert [each.rows for each in others] in ([], [(run,)])
        assert "i-0abc" in finding.reason
        assert set(finding.tasks) == set(tasks)
        kinds.append(finding.kind)
    assert list(dict.fromkeys(kinds)) == [FindingKind.LOST_HOST, FindingKind.STALE_RUN, FindingKind.LOST_RUN]
    (stale,) = findings_at(ENDED + timedelta(seconds=72), rows)
    assert stale.rows == (run, *tasks)
    assert stale.reason == (
        "run 01010101 is stale, with 2 running tasks on terminated host i-0abc: "
        "the lease of the run expired at 11:33:31 UTC, the host ended at 11:33:41 UTC"
    )


def test_the_finding_of_a_run_counts_its_tasks_on_hosts_that_ended() -> None:
    rows = rows_of_host(renewed=(-150, -110), task_on_live_host=True)
    (finding,) = findings_at(ENDED + timedelta(seconds=72), rows)
    assert (finding.kind, finding.severity) == (FindingKind.STALE_RUN, Severity.CRITICAL)
    assert finding.reason.startswith(
        "run 01010101 is stale, with 3 running tasks, 2 of them on terminated host i-0abc: "
    )


def test_the_finding_of_a_run_names_the_host_with_most_of_its_tasks() -> None:
    ended: dict[str, Any] = {"end": ago(minutes=1)}
    pools, allocs = [make_pool(**ended), make_pool("i-2", end=NOW)], [make_alloc(**ended), make_alloc("a2", "i-2")]
    tasks = [make_task(n, 1, alloc_id=digest("a1" if n == 1 else "a2"), **STALE) for n in (1, 2, 3)]
    (finding,) = find(make_run(1, **STALE), *pools, *allocs, *tasks)
    assert finding.reason == (
        "run 01010101 is stale, with 3 running tasks on terminated host i-2 and 1 other: "
        "the lease of the run expired at 12:01:41 UTC, these ended by 12:03:41 UTC"
    )


@pytest.mark.parametrize("first", ["host", "run"])
def test_the_first_to_expire_of_a_host_and_run_that_stopped_together_stays_the_cause(first: str) -> None:
    """Their leases tell no order, so the finding keeps its cause when the second lease expires."""
    early, late = {**STALE, "keepalive": ago(seconds=150)}, STALE
    run, pool = make_run(1, **(early if first == "run" else late)), make_pool(**(late if first == "run" else early))
    findings = find(run, make_task(1, 1, **early), make_alloc(**early), pool)
    kinds = [finding.kind for finding in findings if finding.tasks]
    assert kinds == [FindingKind.STALE_RUN if first == "run" else FindingKind.STALE_HOST]
