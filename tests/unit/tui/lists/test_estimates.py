"""Estimates of when tasks and runs end."""

from datetime import timedelta
from typing import Any

import pytest

from store import Task
from tests.support.rows import NOW, OOM, ago, make_alloc, make_pool, make_run, make_task, run_id
from tui.lists import estimates
from tui.lists.estimates import Estimate, IdentTime
from tui.watch.model.cluster import Cluster
from tui.watch.model.usual_duration import UsualDuration

MINUTE = timedelta(minutes=1)
USUAL = UsualDuration(100, 24 * MINUTE, 39 * MINUTE)
SORT = "samtools.sort"


def make_cluster(*rows: Any, **usual: UsualDuration) -> Cluster:
    cluster = Cluster(NOW)
    cluster.add(rows)
    cluster.usual = {SORT: USUAL, **usual}
    return cluster


def running(minutes: int, number: int = 1, **fields: Any) -> Task:
    return make_task(number, 1, start=ago(minutes=minutes), **fields)


@pytest.mark.parametrize(
    ("age", "cell", "text"),
    [
        (4, "20m-35m", "usually 24m00s, p95 39m00s: 20m-35m left"),
        (24, "<15m", "usually 24m00s, p95 39m00s: <15m left"),
        (38, "<1m", "usually 24m00s, p95 39m00s: <1m left"),
        (39, "due", "usually 24m00s, p95 39m00s: due now"),
        (40, "slow", "usually 24m00s, p95 39m00s: slow"),
    ],
)
def test_a_task_has_the_time_left_of_the_usual_duration(age: int, cell: str, text: str) -> None:
    task = running(age)
    cluster = make_cluster(task)
    column = estimates.eta_column(cluster, lambda: NOW)
    assert column.cell(task).text == cell
    assert estimates.task_text(cluster, task, NOW) == text


def test_slow_agrees_with_the_cluster() -> None:
    """A task of 4 minutes is not slow, though 95 of 100 of its ident take 2."""
    task = running(4)
    cluster = make_cluster(task, **{SORT: UsualDuration(100, MINUTE, 2 * MINUTE)})
    assert not cluster.is_slow(task)
    assert estimates.eta_column(cluster, lambda: NOW).cell(task).text == "due"


@pytest.mark.parametrize(
    "task",
    [
        running(40, ident="other"),
        running(40, end=NOW),
        running(40, end=NOW, err=OOM),
        running(40, keepalive=ago(minutes=5)),
        make_task(1, 1, start=None),
    ],
    ids=["not read", "succeeded", "failed", "stale", "without a start"],
)
def test_tasks_without_enough_data_have_no_estimate(task: Task) -> None:
    cluster = make_cluster(task)
    column = estimates.eta_column(cluster, lambda: NOW)
    assert estimates.estimate_task(cluster, task, NOW) is None
    assert column.plain is not None
    assert column.plain(task) == "-"
    assert column.sort_key is not None
    assert column.sort_key(task) is None
    assert not cluster.is_slow(task)


def test_tasks_on_a_terminated_host_have_no_estimate_and_are_not_slow() -> None:
    task = running(40)
    host = make_pool(end=ago(minutes=1)), make_alloc(end=ago(minutes=1))
    cluster = make_cluster(task)
    assert cluster.is_slow(task)
    assert estimates.find_slowest(cluster, task.run_id, NOW)
    cluster.add(host)
    assert not cluster.is_slow(task)
    assert estimates.estimate_task(cluster, task, NOW) is None
    assert estimates.estimate_run(cluster, task.run_id, NOW) is None
    assert estimates.find_slowest(cluster, task.run_id, NOW) == []


def test_few_tasks_are_not_enough_data() -> None:
    task = running(40)
    cluster = make_cluster(task, **{SORT: UsualDuration(7)})
    assert estimates.task_text(cluster, task, NOW) == "not enough data (7 succeeded)"
    assert estimates.estimate_task(cluster, task, NOW) is None


def test_an_ended_task_has_the_usual_duration() -> None:
    task = running(40, end=NOW)
    assert estimates.task_text(make_cluster(task), task, NOW) == "usually 24m00s, p95 39m00s"


def test_only_p95_is_known_from_older_recordings() -> None:
    task = running(10)
    cluster = make_cluster(make_run(1), task, **{SORT: UsualDuration(p95=39 * MINUTE)})
    assert estimates.task_text(cluster, task, NOW) == "p95 39m00s: <29m left"
    assert estimates.run_line(cluster, run_id(1), NOW) == "ETA p95 29m"


def test_a_run_takes_at_least_as_long_as_its_slowest_running_task() -> None:
    tasks = running(20), running(4, 2), running(1, 3, ident="other"), running(1, 4, end=NOW)
    cluster = make_cluster(make_run(1), *tasks)
    assert estimates.estimate_run(cluster, run_id(1), NOW) == Estimate(20 * MINUTE, 35 * MINUTE, known=2, running=3)
    assert estimates.run_line(cluster, run_id(1), NOW) == "ETA at least 20m, p95 35m"
    expected = "at least 20m, p95 35m, by 2 of 3 running tasks; later tasks are not known"
    assert estimates.run_text(cluster, run_id(1), NOW) == expected


@pytest.mark.parametrize(
    ("age", "line"), [(30, "ETA past the median, p95 9m"), (60, "ETA unknown, beyond p95"), (None, "")]
)
def test_a_run_whose_tasks_take_long(age: int | None, line: str) -> None:
    cluster = make_cluster(make_run(1), *([] if age is None else [running(age)]))
    assert estimates.run_line(cluster, run_id(1), NOW) == line


def test_the_slowest_idents_of_a_run_have_usual_durations() -> None:
    tasks = (
        running(50),
        make_task(2, 1, start=ago(minutes=30), end=NOW),
        make_task(3, 1, ident="align", start=ago(hours=3), end=NOW),
        make_task(4, 1, ident="qc", start=ago(minutes=2), end=ago(minutes=1)),
    )
    cluster = make_cluster(make_run(1), *tasks, align=UsualDuration(3))
    assert estimates.find_slowest(cluster, run_id(1), NOW, limit=2) == [
        IdentTime("align", 1, timedelta(hours=3), is_running=False),
        IdentTime(SORT, 2, 50 * MINUTE, is_running=True),
    ]
    assert list(estimates.slowest_fields(cluster, run_id(1), NOW)) == [
        ("align", "3h00m; not enough data (3 succeeded)"),
        (SORT, "longest of 2 tasks 50m+; usually 24m00s, p95 39m00s; slow"),
        ("qc", "1m00s"),
    ]
