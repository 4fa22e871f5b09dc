"""The rows and columns of the list of runs; tests/unit/tui/commands/test_ps.py prints them."""

from typing import Any

import pytest

from store import Alloc, PoolRow, Run, Task
from tests.support.clusters import cluster_of
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id
from tui.lists import runs as run_list
from tui.lists.columns import Cell
from tui.lists.runs import RunRow
from tui.query.filter import parse
from tui.text.safe import NONE
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import run_name
from tui.watch.model.states import State

FLOW = digest("flow")


def cells(cluster: Cluster, run: Run, **marks: object) -> dict[str, Cell]:
    row = run_list.row(cluster, run)
    columns = run_list.columns(cluster, lambda: NOW, lambda: NOW, **marks)  # type: ignore[arg-type]
    return {column.id: column.cell(row) for column in columns}


def test_the_most_urgent_run_comes_first() -> None:
    failed = [make_task(n, n, end=ago(seconds=5), err=OOM) for n in (1, 2)]
    cluster = cluster_of(
        make_run(3, end=ago(minutes=1)),
        make_run(4, start=ago(minutes=20)),
        make_run(5, start=ago(minutes=10)),
        make_run(6, start=None),
        make_run(7, keepalive=ago(minutes=9)),
        make_run(1),
        make_run(2),
        *failed,
        make_task(3, 2, end=ago(seconds=5), err=OOM),
        make_run(8, start=ago(hours=9)),
        make_task(4, 8),
        make_task(5, 8, keepalive=ago(minutes=9), start=ago(hours=1)),
        make_task(6, 3, keepalive=ago(minutes=9), start=ago(hours=1)),
    )
    found = run_list.rows(cluster)
    # Two failed flows before one, lost, with a lost task, running from the newest to the one without a start, ended.
    assert [row.run.id[0] for row in found] == [2, 1, 7, 8, 5, 4, 6, 3]
    assert {row.run.id[0]: row.lost_tasks for row in found if row.lost_tasks} == {8: 1}


def test_a_running_run_that_loses_tasks_comes_before_runs_that_have_ended_as_failed() -> None:
    stale, failed = make_run(1, keepalive=ago(minutes=2)), make_run(2, end=ago(minutes=1))
    error = make_task(1, 2, end=ago(minutes=2), err=OOM)
    losing, orphaning = make_run(3), make_run(4)
    gone: dict[str, Any] = {"keepalive": ago(minutes=9), "start": ago(hours=1)}
    tasks = [make_task(2, 3, alloc_id=digest("a2"), **gone), make_task(3, 3, alloc_id=digest("a2"))]
    tasks += [make_task(n, 4) for n in (4, 5)]
    hosts: list[Alloc | PoolRow] = [make_pool(**gone), make_alloc(**gone), make_pool("i-2"), make_alloc("a2", "i-2")]
    rows = run_list.rows(cluster_of(stale, failed, error, losing, orphaning, make_run(5), *tasks, *hosts))
    assert [row.run.id[0] for row in rows] == [1, 4, 3, 2, 5]
    assert [(row.lost_tasks, row.orphaned_tasks) for row in rows] == [(0, 0), (0, 2), (1, 0), (0, 0), (0, 0)]


def test_lost_tasks_are_counted_beside_failed_flows() -> None:
    gone: dict[str, Any] = {"keepalive": ago(minutes=9), "start": ago(hours=1)}
    rows: list[Run | Task] = [
        make_run(1),
        make_run(2),
        make_task(1, 1),
        make_task(2, 1, **gone),
        make_task(3, 2, alloc_id=digest("a2")),
    ]
    cluster = cluster_of(*rows, make_pool(**gone), make_alloc(**gone), make_pool("i-2"), make_alloc("a2", "i-2"))
    losing, healthy = (cells(cluster, make_run(n)) for n in (1, 2))
    assert (losing["lost"], losing["state"]) == (Cell("2", "critical"), Cell("● running", "warning"))
    assert (healthy["lost"], healthy["state"]) == (Cell("0", "muted"), Cell("● running", "good"))
    cluster.outcomes = {}  # of the past it is not known which hosts are dead
    cluster.add([])
    assert cells(cluster, make_run(1))["lost"] == Cell("1", "critical")


def test_a_row_counts_flows_and_attempts() -> None:
    tasks = [
        make_task(1, 1, end=ago(minutes=3), err=OOM, flow_id=FLOW, attempt=0),
        make_task(2, 1, end=ago(minutes=2), err=OOM, flow_id=FLOW, attempt=1),
        make_task(3, 1, end=ago(minutes=2)),
        make_task(4, 1),
    ]
    cluster = cluster_of(make_run(1), *tasks, make_alloc(), make_pool())
    row = run_list.row(cluster, make_run(1))
    assert (row.done, row.total, row.failed_flows, row.retried_attempts, row.pools) == (3, 4, 1, 1, 1)
    shown = cells(cluster, make_run(1))
    assert (shown["failed"].text, shown["failed"].style) == ("1", "critical")
    assert shown["retried"] == Cell("1", "")
    assert shown["tasks"].text == "3/4+"
    idle = cells(cluster_of(make_run(1)), make_run(1))
    assert (idle["failed"].style, idle["retried"].style) == ("muted", "muted")


@pytest.mark.parametrize(
    ("labels", "name", "short"),
    [
        ({"Name": "align", "project": "p1", "batch": "2"}, "align batch=2 project=p1", "align"),
        ({"name": "align"}, "align", "align"),
        ({"project": "p1"}, "project=p1", ""),
        ({}, "", ""),
    ],
)
def test_a_run_is_called_by_its_label_name(labels: dict[str, str], name: str, short: str) -> None:
    run = make_run(1, labels=labels)
    assert (run_list.name(run), run_name(run)) == (name, short)


@pytest.mark.parametrize(
    ("user", "is_theirs"),
    [("amy@example.com", True), ("amy", True), ("am", False), ("", False), ("example.com", False)],
)
def test_a_run_is_of_a_user_by_whole_name_or_the_part_before_the_at(user: str, is_theirs: bool) -> None:
    assert run_list.is_of(make_run(1), user) is is_theirs


def test_marked_and_new_runs_have_their_marks() -> None:
    run = make_run(1, labels={"Name": "align"})
    cluster = cluster_of(run)
    assert cells(cluster, run)["name"] == Cell("align", "")
    both = cells(cluster, run, marked={run.id}, new={run.id})["name"]
    assert (both.text, both.style) == ("» ◆ align", "strong")
    other = make_run(2)
    assert cells(cluster_of(other), other, marked={run.id})["name"].text == NONE


def test_missing_fields_of_a_run_are_dashes() -> None:
    run = make_run(1, start=None, user="")
    shown = cells(cluster_of(run), run)
    assert {shown[name].text for name in ("user", "name", "started", "age", "args", "bundle")} == {NONE}


def test_rows_without_a_value_sort_last_by_its_column() -> None:
    run = make_run(1, start=None, keepalive=None)
    cluster = cluster_of(run)
    row = run_list.row(cluster, run)
    columns = {column.id: column for column in run_list.columns(cluster, lambda: NOW, lambda: NOW)}
    for name in ("started", "age", "lease"):
        sort_key = columns[name].sort_key
        assert sort_key is not None
        assert sort_key(row) is None


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("user:amy", [1]),
        ("user:bob", [2]),
        ("state:failing", [1]),
        ("label:project=p1", [1]),
        ("id:0101", [1]),
        ("id:0102", []),
        ("ident:samtools", [1]),
        ("error:oom", [1]),
        ("pool:r5", [1]),
        ("pool:i-0abc", [1]),
        ("host:example", [1]),
        ("age:>2h", [2]),
        ("align", [1]),
    ],
)
def test_runs_match_by_their_own_fields_and_those_of_their_tasks(text: str, runs: list[int]) -> None:
    cluster = cluster_of(
        make_run(1, labels={"Name": "align", "project": "p1"}),
        make_run(2, user="bob@example.com", start=ago(hours=3)),
        make_task(1, 1),
        make_task(2, 1, end=ago(seconds=9), err=OOM),
        make_alloc(),
        make_pool(),
    )
    matches = parse(text).matcher(run_list.fields(cluster, NOW))
    assert [row.run.id for row in run_list.rows(cluster) if matches(row)] == [run_id(n) for n in runs]


def test_large_counts_are_shortened_in_cells_but_not_in_pipes() -> None:
    row = RunRow(make_run(1), State.FAILING, 12_000, 12_345, 11_000, 10_500, 3, is_counted=False, lost_tasks=10_001)
    columns = {column.id: column for column in run_list.columns(Cluster(NOW), lambda: NOW, lambda: NOW)}
    texts = {id: (columns[id].cell(row).text, columns[id].plain) for id in ("tasks", "failed", "lost", "retried")}
    assert {id: text for id, (text, _) in texts.items()} == {
        "tasks": "97% 12k+",
        "failed": "11k",
        "lost": "10k",
        "retried": "10k",
    }
    plain = [plain(row) for _, plain in texts.values() if plain is not None]
    assert plain == ["12000/12345+", "11000", "10001", "10500"]
    assert all(len(text) <= columns[id].width for id, (text, _) in texts.items())


def test_an_error_that_was_retried_is_no_error_of_the_run() -> None:
    cluster = cluster_of(
        make_run(1),
        make_task(1, 1, end=ago(minutes=3), err=OOM, flow_id=FLOW, attempt=0),
        make_task(2, 1, end=ago(minutes=2), flow_id=FLOW, attempt=1),
    )
    assert not parse("error:oom").matcher(run_list.fields(cluster, NOW))(run_list.row(cluster, make_run(1)))
