from tests.support.incidents import filled, incident
from tests.support.rows import OOM, ago, make_task, run_id, task_id
from tui.export.incident.contents import findings_about, runs_of
from tui.watch.findings.findings import Findings
from tui.watch.model.states import State


def test_known_runs_are_reported_once_in_the_order_given() -> None:
    reports = runs_of(filled(), [run_id(4), run_id(9), run_id(1), run_id(4)])
    assert [report.run.id for report in reports] == [run_id(4), run_id(1)]


def test_a_report_has_the_state_the_tasks_and_the_last_failures_of_flows() -> None:
    cluster = filled()
    cluster.add([make_task(6, 1, end=ago(seconds=9), err=OOM, attempt=0), make_task(7, 1, end=ago(seconds=8))])
    (report,) = runs_of(cluster, [run_id(1)])
    assert report.row.state is State.FAILING
    assert {task.id for task in report.tasks} == {task_id(n) for n in (1, 2, 5, 6, 7)}
    # Task 5 failed, too, and was tried again: task 1 is the last attempt of its flow.
    assert {task.id for task in report.failures} == {task_id(1), task_id(6)}


def test_a_report_does_not_change_with_the_cluster() -> None:
    cluster = filled()
    (report,) = runs_of(cluster, [run_id(1)])
    before = len(report.tasks)
    cluster.add([make_task(20, 1)])
    assert len(report.tasks) == before


def test_findings_are_those_about_any_of_the_runs() -> None:
    cluster = filled()
    every = Findings(cluster).find()
    about = findings_about(iter(every), [run_id(1)])
    assert about
    assert all(run_id(1) in {getattr(row, "run_id", row.id) for row in finding.rows} for finding in about)
    assert findings_about(every, [run_id(2), run_id(4)]) == []
    assert findings_about(every, []) == []


def test_files_are_named_after_the_only_run() -> None:
    assert incident(filled(), run_id(1)).name == "01010101"
    assert incident(filled(), run_id(1), run_id(2)).name == "runs"
    assert incident(filled(), run_id(9)).name == "runs"
