"""The rows and columns of the list of tasks."""

import pytest

from store import Digest, Error, ErrorKind, Task
from tests.support.clusters import cluster_of
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id, task_id
from tui.lists import tasks as task_list
from tui.lists.columns import Cell, Column
from tui.query.filter import parse
from tui.text.safe import NONE
from tui.watch.model.cluster import Cluster

FLOW = digest("flow")


def columns(cluster: Cluster, new: set[Digest] | None = None) -> dict[str, Column[Task]]:
    every = [*task_list.run_columns(cluster), *task_list.columns(cluster, lambda: NOW, lambda: NOW, new or set())]
    return {column.id: column for column in every}


def cell(cluster: Cluster, task: Task, name: str) -> Cell:
    return columns(cluster)[name].cell(task)


def test_failures_come_first_and_retried_attempts_late() -> None:
    tasks = [
        make_task(1, 1, end=ago(minutes=5)),  # succeeded
        make_task(2, 1, end=ago(minutes=4), err=OOM, flow_id=FLOW, attempt=0),  # retried
        make_task(3, 1, flow_id=FLOW, attempt=1),
        make_task(4, 1, end=ago(minutes=3), err=OOM),
        make_task(5, 1, start=ago(minutes=30), keepalive=ago(minutes=9)),  # lost
        make_task(6, 1, start=ago(seconds=30)),
        make_task(7, 1, start=None),
    ]
    cluster = cluster_of(make_run(1), *tasks)
    order = [task.id[-1] for task in task_list.tasks(cluster, run_id(1))]
    assert order.index(4) == 0
    assert order.index(5) == 1
    assert order[-2:] == [2, 1]
    assert order.index(6) < order.index(3)  # the newest first
    assert task_list.tasks(cluster, run_id(2)) == []


def test_attempts_of_a_flow_are_in_order() -> None:
    tasks = [make_task(n, 1, attempt=3 - n, flow_id=FLOW) for n in (1, 2, 3)]
    cluster = cluster_of(make_run(1), *tasks, make_task(4, 1), make_task(5, 2, flow_id=FLOW))
    assert [task.id for task in task_list.attempts(cluster, tasks[0])] == [task_id(n) for n in (3, 2, 1)]


def test_a_task_without_a_flow_is_its_only_attempt() -> None:
    task = make_task(1, 1, flow_id=Digest.ZERO)
    assert task_list.attempts(cluster_of(task, make_task(2, 1, flow_id=Digest.ZERO)), task) == [task]


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (None, ""),
        (OOM, "OOM error: killed"),
        (Error(ErrorKind.OTHER, "exec", (), "x"), "x"),
        (Error(ErrorKind.OTHER, "a", (), Error(ErrorKind.NET, "b", (), "reset")), "network error: reset"),
        (Error(ErrorKind.OOM, "exec"), "exec: OOM error"),
        (Error(ErrorKind.OTHER, "exec", ("x",)), "exec x"),
    ],
)
def test_an_error_in_a_narrow_column_is_its_kind_and_its_innermost_cause(error: Error | None, text: str) -> None:
    assert task_list.failure(error) == text


# Columns.


def test_cells_of_a_task_with_its_host() -> None:
    task = make_task(1, 1, attempt=1, end=ago(seconds=20), err=OOM, stderr=digest("err"))
    cluster = cluster_of(make_run(1), task, make_alloc("host/a1"), make_alloc(), make_pool())
    shown = {name: column.cell(task).text for name, column in columns(cluster).items()}
    assert shown["run"] == "01010101"
    assert shown["user"] == "amy"
    assert shown["attempt"] == "2"
    assert (shown["type"], shown["pool"], shown["host"]) == ("r5.2xlarge", "i-0abc", "i-0abc")
    assert (shown["alloc"], shown["stderr"], shown["stdout"]) == ("a1", digest("err").short, NONE)
    assert shown["error"] == "OOM error: killed"


def test_unknown_fields_of_a_task_are_dashes() -> None:
    cluster = cluster_of()
    task = make_task(1, 1, ident="", start=None)
    assert {cell(cluster, task, name).text for name in ("ident", "type", "pool", "host", "took", "user")} == {NONE}
    for name in ("type", "pool", "host", "took", "error"):
        sort_key = columns(cluster)[name].sort_key
        assert sort_key is not None
        assert sort_key(task) is None, name


def test_new_tasks_are_marked() -> None:
    task = make_task(1, 1)
    assert columns(cluster_of(task), {task.id})["ident"].cell(task) == Cell("» samtools.sort", "strong")
    assert columns(cluster_of(task))["ident"].cell(task) == Cell("samtools.sort", "")


def test_states_sort_by_urgency() -> None:
    tasks = [
        make_task(1, 1, end=ago(minutes=5)),
        make_task(2, 1),
        make_task(3, 1, start=ago(minutes=30), keepalive=ago(minutes=9)),
        make_task(4, 1, end=ago(minutes=3), err=OOM),
        make_task(5, 1, start=ago(minutes=30), keepalive=ago(minutes=3)),  # stale
    ]
    sort_key = columns(cluster_of(make_run(1), *tasks))["state"].sort_key
    assert sort_key is not None
    assert [task.id[-1] for task in sorted(tasks, key=sort_key)] == [4, 3, 5, 2, 1]


# Filters.


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        ("user:amy", [1]),
        ("run:01", [1]),
        ("run:02,09", [2]),
        ("0909", [2]),
        ("090", []),  # too short: a text of a few digits is no run
        ("label:project=p1", [1]),
        ("state:failed", [1]),
        ("state:running", [2]),
        ("ident:samtools", [1, 2]),
        ("error:oom", [1]),
        ("pool:r5", [1]),
        ("pool:i-0abc", [1]),
        ("host:i-0abc.example", [1]),
        ("attempt:2", [1]),
        ("attempt:>1", [1]),
        ("age:<50s", [1]),
        ("killed", [1]),
    ],
)
def test_tasks_match_by_their_own_fields_and_those_of_run_and_host(text: str, tasks: list[int]) -> None:
    every = [
        make_task(1, 1, attempt=1, end=ago(seconds=20), err=OOM),
        make_task(2, 9, alloc_id=digest("unknown")),
    ]
    cluster = cluster_of(make_run(1, labels={"project": "p1"}), *every, make_alloc(), make_pool())
    matches = parse(text).matcher(task_list.fields(cluster, NOW))
    assert [task.id for task in every if matches(task)] == [task_id(n) for n in tasks]
