"""Findings about lost and terminated hosts whose tasks were retried elsewhere."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Task
from tests.support.findings import find
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task
from tui.watch.findings.finding import Finding, FindingKind, Severity
from tui.watch.findings.findings import Findings
from tui.watch.findings.open_states import OpenStates
from tui.watch.findings.recovered_hosts import recovered_hosts, stopped_attempts
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row

LOST: dict[str, Any] = {"keepalive": ago(minutes=9), "start": ago(hours=1)}
HOSTS: list[Row] = [make_pool(**LOST), make_alloc(**LOST), make_pool("i-2"), make_alloc("a2", "i-2")]


def stopped(flow: int, **fields: Any) -> Task:
    """Return the first attempt of a flow, on the lost host; it fails when its run finds that out."""
    values: dict[str, Any] = {"start": ago(minutes=20), "end": ago(minutes=5), "err": OOM, **fields}
    return make_task(flow, 1, flow_id=digest(f"flow {flow}"), **values)


def retry(flow: int, **fields: Any) -> Task:
    """Return the second attempt of a flow, on another host."""
    values: dict[str, Any] = {"alloc_id": digest("a2"), "attempt": 1, "start": ago(minutes=4), **fields}
    return make_task(100 + flow, 1, flow_id=digest(f"flow {flow}"), **values)


def about_host(*rows: Row) -> list[Finding]:
    return [each for each in find(make_run(1), *HOSTS, *rows) if each.kind is FindingKind.LOST_HOST]


def test_a_lost_host_whose_tasks_were_retried_is_a_note() -> None:
    tasks = [stopped(n) for n in range(4)]
    retries = [retry(0), retry(1, end=ago(minutes=1)), retry(2, end=ago(minutes=1)), retry(3, end=NOW, err=OOM)]
    (finding,) = about_host(*tasks, *retries)
    assert (finding.severity, finding.count, finding.rows) == (Severity.NOTE, 4, (HOSTS[0], *tasks))
    assert finding.reason == (
        "host i-0abc is lost: its lease expired at 11:54:41 UTC; "
        "4 tasks that stopped there were retried: 2 succeeded, 1 running, 1 failed again"
    )
    assert (finding.first, finding.last) == (ago(minutes=9), ago(minutes=5))


@pytest.mark.parametrize(
    ("lease", "word"), [({}, "running"), ({"keepalive": ago(minutes=2)}, "stale again"), (LOST, "lost again")]
)
def test_an_attempt_that_never_ended_and_its_retry(lease: dict[str, Any], word: str) -> None:
    """The engine that retries may leave the first attempt open."""
    (finding,) = about_host(stopped(1, end=None, err=None, keepalive=ago(minutes=8)), retry(1, **lease))
    assert finding.severity is Severity.NOTE
    assert finding.reason.endswith(f"1 task that stopped there was retried: 1 {word}")


@pytest.mark.parametrize("alloc", [{}, {"end": ago(minutes=7)}], ids=["open alloc", "ended alloc"])
def test_a_terminated_host_with_attempts_that_never_ended(alloc: dict[str, Any]) -> None:
    host: list[Row] = [make_pool(end=ago(minutes=7)), make_alloc(**alloc)]
    left = stopped(1, end=None, err=None, keepalive=ago(minutes=6))
    (critical,) = about_host(*host, left)
    assert (critical.severity, critical.reason) == (
        Severity.CRITICAL,
        "host i-0abc was terminated with 1 running task",
    )
    (note,) = about_host(*host, left, stopped(2), retry(1), retry(2))
    assert (note.severity, note.tasks, note.cause) == (Severity.NOTE, [left], critical.cause)
    assert note.reason == (
        "host i-0abc was terminated at 11:56:41 UTC; 1 task that stopped there was retried: 1 running"
    )


def test_a_host_with_other_running_tasks_is_critical_and_counts_only_those() -> None:
    running = make_task(9, 1)
    (finding,) = about_host(stopped(1), retry(1), running)
    assert (finding.severity, finding.tasks) == (Severity.CRITICAL, [running])
    (later,) = about_host(stopped(1), retry(1))
    assert later.cause == finding.cause


def test_a_host_with_a_task_that_its_lost_run_explains_has_no_note() -> None:
    """The run of that task stopped before the host: the finding about the run names the task."""
    lost = make_run(2, start=ago(hours=1), keepalive=ago(minutes=14))
    left = make_task(9, 2, start=ago(hours=1), keepalive=ago(minutes=13))
    assert about_host(stopped(1), retry(1), lost, left) == []
    assert len(about_host(stopped(1), retry(1), make_run(2, end=ago(minutes=14)), left)) == 1


def test_a_task_that_failed_before_the_host_stopped_was_not_taken_down_by_it() -> None:
    assert about_host(stopped(1, end=ago(minutes=12)), retry(1)) == []
    assert len(about_host(stopped(1, end=ago(minutes=11)), retry(1))) == 1


def test_hosts_that_are_well_or_have_ended_or_were_not_retried_have_no_note() -> None:
    assert about_host(stopped(1)) == []
    fates: list[dict[str, Any]] = [{}, {"end": ago(minutes=6)}, {"keepalive": ago(minutes=2)}]
    for fate in fates:
        assert about_host(stopped(1), retry(1), make_pool(**fate)) == []


def test_the_last_of_two_attempts_on_the_host_counts() -> None:
    again = make_task(50, 1, flow_id=digest("flow 1"), attempt=1, end=ago(minutes=4), err=OOM, start=ago(minutes=5))
    (finding,) = about_host(stopped(1), again, retry(1, attempt=2))
    assert finding.tasks == [again]


@given(
    st.lists(st.tuples(st.sampled_from(["open", "failed", "early"]), st.booleans()), max_size=6), st.integers(-600, 60)
)
def test_every_attempt_on_a_lost_host_is_in_one_finding_at_most(flows: list[tuple[str, bool]], lease: int) -> None:
    """Either a task is at stake on the host, or it was retried; a lost host with such tasks has a finding."""
    pool = make_pool(start=ago(hours=1), keepalive=NOW + timedelta(seconds=lease))
    fates: dict[str, dict[str, Any]] = {
        "open": {"end": None, "err": None},
        "failed": {"end": NOW},
        "early": {"end": ago(minutes=15)},
    }
    tasks = [stopped(n, **fates[fate]) for n, (fate, _) in enumerate(flows)]
    retries = [retry(n) for n, (_, is_retried) in enumerate(flows) if is_retried]
    cluster = Cluster(NOW)
    cluster.add([make_run(1), *HOSTS[1:], pool, *tasks, *retries])
    found = [each for each in Findings(cluster).find() if pool in each.rows and each.cause != "idle"]
    rows = OpenStates(cluster)
    expected = [
        task
        for task, (fate, is_retried) in zip(tasks, flows, strict=True)
        if is_retried and fate != "early" and pool.id in rows.gone
    ]
    assert set(stopped_attempts(rows).get(pool.id, [])) == set(expected)
    at_stake = [
        task for task, (fate, is_retried) in zip(tasks, flows, strict=True) if fate == "open" and not is_retried
    ]
    if pool.id in rows.gone:
        assert [set(each.tasks) for each in found] == (
            [set(at_stake)] if at_stake else [set(expected)] * bool(expected)
        )
    assert list(recovered_hosts(rows, stopped_attempts(rows), {each.cause for each in found})) == []
