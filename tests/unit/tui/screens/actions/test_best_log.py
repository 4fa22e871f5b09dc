"""The choice of the log to open."""

import pytest

from store import Run, Task
from tests.support.rows import NOW, OOM, ago, digest, make_run, make_task, run_id, task_id
from tui.screens.actions.best_log import best_log
from tui.screens.base.subject import Subject
from tui.watch.model.cluster import Cluster

OLD = make_task(1, 1, end=ago(minutes=9), err=OOM)
FAILED = make_task(2, 1, end=ago(minutes=3), err=OOM)
RETRIED = make_task(3, 1, end=ago(minutes=2), err=OOM, flow_id=digest("f"))
AGAIN = make_task(4, 1, end=ago(minutes=1), flow_id=digest("f"), attempt=1)
RUNNING = make_task(5, 1, start=ago(seconds=20))
TASKS = [OLD, FAILED, RETRIED, AGAIN, RUNNING]


def chosen(subject: Subject, *rows: Run | Task) -> tuple[int, str]:
    """The last byte of the id whose logs are opened for `subject`, and why."""
    cluster = Cluster(NOW)
    cluster.add(rows)
    route = best_log(cluster, subject)
    assert route is not None
    assert route.row.id == route.id
    return route.id[-1], route.reason


@pytest.mark.parametrize(
    ("tasks", "expected"),
    [
        ([], (1, "")),
        ([RUNNING, AGAIN], (5, "newest task; the run has no run log")),
        (TASKS, (2, "newest failed task; the run has no run log")),
        ([RETRIED, AGAIN], (4, "newest task; the run has no run log")),
    ],
)
def test_a_run_without_a_run_log(tasks: list[Task], expected: tuple[int, str]) -> None:
    run = make_run(1)
    assert chosen(Subject(run.id, run), run, *tasks) == expected


def test_a_run_with_a_run_log_opens_it() -> None:
    run = make_run(1, run_log=digest("log"))
    assert chosen(Subject(run.id, run), run, *TASKS) == (1, "")


def test_a_task_opens_its_own_logs_whatever_else_is_known() -> None:
    assert chosen(Subject(run_id(1), OLD, tasks=lambda: TASKS), make_run(1), *TASKS) == (1, "")


@pytest.mark.parametrize(
    ("noun", "expected"),
    [
        ("finding", (5, "newest task of the finding")),
        ("host", (2, "newest failed task of the host")),
        ("ident", (2, "newest failed task of the ident")),
    ],
)
def test_tasks_of_something_else(noun: str, expected: tuple[int, str]) -> None:
    run = make_run(1, run_log=digest("log"))
    assert chosen(Subject(run.id, run, tasks=lambda: TASKS, noun=noun), run, *TASKS) == expected
    healthy = Subject(run.id, run, tasks=lambda: [AGAIN, RUNNING], noun=noun)
    assert chosen(healthy, run, *TASKS) == (5, f"newest task of the {noun}")


def test_nothing_has_no_log() -> None:
    assert best_log(Cluster(NOW), Subject()) is None
    assert best_log(Cluster(NOW), Subject(run_id(1))) is None


def test_tasks_that_ended_together_are_told_apart_by_id() -> None:
    twins = [make_task(n, 1, end=NOW, err=OOM) for n in (7, 6)]
    assert chosen(Subject(tasks=lambda: twins, noun="host"))[0] == task_id(7)[-1]
