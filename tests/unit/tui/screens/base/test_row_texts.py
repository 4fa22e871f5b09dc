"""Texts about runs and tasks; tests/screens has them in their lines."""

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from store import Alloc, Error, ErrorKind, PoolRow, Run
from tests.support.clusters import cluster_of
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.watched import Watched
from tui.lists import runs as run_list
from tui.lists.runs import RunRow
from tui.query.time_expressions import parse_window
from tui.screens.base import row_texts
from tui.screens.base.row_texts import LostRows
from tui.screens.base.session import Session
from tui.settings import Settings
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.model.states import State
from tui.watch.polling.budget import Budget
from tui.watch.polling.past import PastView
from tui.watch.polling.status import Progress
from tui.widgets.status_line import Part

HOSTILE = "\x1b]0;x\x07[/x]\n"


def texts(parts: Sequence[Part]) -> list[str]:
    return [part.content.plain for part in parts]


def row_of(run: Run, *rows: Row) -> tuple[Cluster, RunRow]:
    cluster = cluster_of(run, *rows)
    return cluster, run_list.row(cluster, run)


def no_screen(*_: Any) -> Any:
    raise AssertionError


def session(**settings: Any) -> Session:
    return Session(Watched(ScriptedDB()).poller, Settings(table="t", **settings), no_screen)


# The list of runs.


def test_runs_are_counted_by_the_states_that_need_attention() -> None:
    cluster = cluster_of(
        make_run(1),
        make_run(2, keepalive=ago(minutes=3)),
        make_run(3),
        make_task(1, 3, end=ago(seconds=5), err=OOM),
        make_run(4),
        make_task(2, 4, end=ago(seconds=5), err=OOM),
    )
    shown = session()
    shown.past = PastView(NOW, NOW, shown.source.budget)
    shown.past.cluster = cluster
    unknown, _ = row_texts.runs_summary(shown, run_list.rows(cluster), row_texts.count_lost(shown))
    assert texts(unknown) == ["- failing", "- stale", "- lost", "- running"]
    shown.past.progress = Progress(NOW, NOW, NOW)
    states, scope = row_texts.runs_summary(shown, run_list.rows(cluster), row_texts.count_lost(shown))
    assert texts(scope) == ["4 runs", "user all"]
    assert texts(states) == ["2 failing", "1 stale", "0 lost", "1 running"]
    assert {part.content.plain: part.priority for part in states}["0 lost"] > states[1].priority
    assert states[0].action == "screen.run('state', 'failing')"


@pytest.mark.parametrize("state", [each for each in State if each not in (State.STARTING, State.SUCCEEDED)])
def test_runs_in_any_state_but_those_of_no_interest_are_counted(state: State) -> None:
    _, row = row_of(make_run(1))
    shown = session()
    shown.past = PastView(NOW, NOW, shown.source.budget)
    shown.past.progress = Progress(NOW, NOW, NOW)
    states, _ = row_texts.runs_summary(shown, [msgspec.structs.replace(row, state=state)], LostRows())
    assert f"1 {state}" in texts(states), "name the new state in `_COUNTED`, or here"


def test_the_scope_names_the_user_and_the_window() -> None:
    chosen = session(user="amy@example.com")
    chosen.since = parse_window("2026-11-01", NOW).since
    chosen.show_ended = True
    _, what = row_texts.runs_summary(chosen, [], row_texts.count_lost(chosen))
    assert texts(what) == ["- runs", "user amy", "since 2026-11-01 00:00 UTC", "all"]
    chosen.since = parse_window("10m", NOW).since
    chosen.show_ended = False
    assert texts(row_texts.runs_summary(chosen, [], row_texts.count_lost(chosen))[1])[2:] == [
        "in the last 10m",
        "active",
    ]


async def test_counts_of_the_past_stay_unknown_after_a_failed_read() -> None:
    db = ScriptedDB()
    db.failures["active"] = THROTTLED
    shown = session()
    shown.past = PastView(NOW, NOW, shown.source.budget, clock=lambda: NOW)
    await shown.past.read(db)
    assert shown.past.progress.share == 1
    assert texts(row_texts.runs_summary(shown, [], row_texts.count_lost(shown))[0]) == [
        "- failing",
        "- stale",
        "- lost",
    ]


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [
        (0, ["❮❮ as of 2026-11-01 12:03:41 UTC, 0% read", "L live"]),
        (30, ["❮❮ as of 2026-11-01 12:33:41 UTC, 0% read", "ran since 2026-11-01 12:03", "L live"]),
    ],
)
def test_a_window_of_the_past_is_named_with_its_progress_and_the_way_back(minutes: int, shown: list[str]) -> None:
    until = ago(minutes=-minutes)
    past = PastView(NOW, until, Budget(100, 0.125), clock=lambda: NOW)
    parts = row_texts.past_parts(past, "L")
    assert texts(parts) == shown
    assert max(parts[0].priority, parts[-1].priority) < 0  # they go last


# A run.


def test_why_a_run_is_stale() -> None:
    cluster, row = row_of(make_run(1, keepalive=ago(minutes=3)))
    found = texts(row_texts.run_explanation(cluster, row))
    assert found[:2] == ["01010101", "stale: lease expired at 2026-11-01 12:00:41 UTC"]


def test_a_run_without_a_lease_is_starting() -> None:
    cluster, row = row_of(make_run(1, start=ago(seconds=5), keepalive=None))
    assert "no lease yet" in texts(row_texts.run_explanation(cluster, row))


def test_at_most_five_reasons_of_failed_flows() -> None:
    tasks = [make_task(n, 1, end=ago(seconds=5), err=OOM, ident=f"ident{n}") for n in range(1, 9)]
    cluster, row = row_of(make_run(1), *tasks, make_alloc(), make_pool())
    parts = row_texts.run_explanation(cluster, row)
    assert texts(parts)[1] == "8 flows failed:"
    assert len(parts) == 2 + 5
    assert "ident" in texts(parts)[2]
    assert texts(parts)[2].endswith(" on r5.2xlarge")
    assert [part.priority for part in parts[2:]] == [1, 2, 3, 4, 5]
    cluster, row = row_of(make_run(1), tasks[0])
    assert texts(row_texts.run_explanation(cluster, row))[1] == "1 flow failed:"


def test_causes_have_a_line_each_and_the_last_counts_the_rest() -> None:
    tasks = [make_task(n, 1, end=ago(seconds=5), err=OOM, ident=f"ident{n}") for n in range(1, 5)]
    cluster, row = row_of(make_run(1), *tasks, make_alloc(), make_pool())

    def lines(most: int, width: int) -> list[str]:
        return [line.plain for line in row_texts.failure_causes(cluster, row, most, width)]

    every = [f"1 × OOM error in ident{n} on r5.2xlarge" for n in range(1, 5)]
    assert lines(4, 80) == every
    assert lines(3, 80) == [*every[:2], f"{every[2]}, and 1 other error"]
    assert lines(1, 40) == ["1 × OOM error in id…, and 3 other errors"]
    assert texts(row_texts.run_explanation(cluster, row, has_causes=False)) == ["01010101", "4 flows failed:"]


def test_progress_and_retried_attempts_of_a_run() -> None:
    flow = digest("flow")
    tasks = [
        make_task(1, 1, end=ago(minutes=2), err=OOM, flow_id=flow, attempt=0),
        make_task(2, 1, end=ago(minutes=1), flow_id=flow, attempt=1),
        make_task(3, 1),
    ]
    cluster, row = row_of(make_run(1), *tasks)
    assert texts(row_texts.run_explanation(cluster, row))[1:] == ["2 of 3 or more tasks done", "1 retried attempt"]


def test_the_heading_of_a_run() -> None:
    _, row = row_of(make_run(1, labels={"Name": "align"}))
    what, how = row_texts.run_heading(Cluster(NOW), row, NOW, NOW)
    assert texts(what)[:3] == ["01010101", "align", "amy"]
    assert texts(what)[3].startswith("started 11:03")
    assert texts(what)[3].endswith(", 1h00m ago")
    assert texts(how)[0] == "● running"
    _, ended = row_of(make_run(1, end=ago(minutes=30)))
    text = texts(row_texts.run_heading(Cluster(NOW), ended, NOW, NOW)[0])[3]
    assert ", ended 11:33" in text
    assert text.endswith(", took 30m")


@pytest.mark.parametrize("failed", [0, 1])
def test_failed_flows_are_critical_if_there_are_any(failed: int) -> None:
    tasks = [make_task(n, 1, end=ago(seconds=5), err=OOM) for n in range(1, failed + 1)]
    _, row = row_of(make_run(1), make_task(3, 1), *tasks)
    part = row_texts.run_counts(row)[1]
    assert part.content.plain == f"{failed} failed"
    assert (part.content.spans[0].style == "$text-error") is bool(failed)


def test_lost_tasks_and_those_on_dead_hosts_are_counted() -> None:
    gone: dict[str, Any] = {"keepalive": ago(minutes=9), "start": ago(hours=1)}
    hosts: list[Alloc | PoolRow] = [make_pool(end=ago(minutes=1)), make_alloc(end=ago(minutes=1))]
    cluster, row = row_of(make_run(1), make_task(1, 1), make_task(2, 1), make_task(3, 1, **gone), *hosts)
    assert texts(row_texts.run_counts(row)) == ["0/3+ tasks", "0 failed", "3 lost"]
    assert texts(row_texts.run_explanation(cluster, row))[1:3] == ["1 lost task", "2 tasks on dead hosts"]


def test_counts_of_a_run_are_unknown_until_its_tasks_are_read() -> None:
    cluster, row = row_of(make_run(1))
    assert texts(row_texts.run_counts(row)) == ["- tasks", "- failed"]
    assert texts(row_texts.run_explanation(cluster, row))[-1] == "tasks not read yet"


def test_objects_and_arguments_of_a_run() -> None:
    run = make_run(1, run_log=digest("log"), bundle=digest("b"), args=("-n", "1"))
    parts = row_texts.run_logs(run)
    assert texts(parts) == [f"log {digest('log').short}", f"bundle {digest('b').short}", "args -n 1"]
    assert [part.priority for part in parts] == [0, 1, 2]
    assert row_texts.run_logs(make_run(1)) == []


# A task.


def test_the_four_lines_of_a_task() -> None:
    flow = digest("flow")
    task = make_task(1, 1, end=ago(seconds=20), err=OOM, flow_id=flow, stderr=digest("err"))
    cluster = cluster_of(task, make_task(2, 1, attempt=1, flow_id=flow), make_alloc(), make_pool())
    first, second, third, fourth = row_texts.task_details(cluster, task, NOW, NOW).plain.split("\n")
    assert f"attempt 1 of flow {flow.short}" in first
    assert "✗ retried" in first
    assert second == "alloc a1  pool i-0abc  r5.2xlarge  host i-0abc.example.com  mem:16G cpu:4"
    assert f"stderr {digest('err').short}" in third
    assert "stdout -" in third
    assert fourth == "exec samtools: OOM error: killed"


def test_a_task_on_an_unknown_alloc_is_named_by_its_digest() -> None:
    _, alloc, logs = row_texts.task_details(cluster_of(), make_task(1, 1), NOW, NOW).plain.split("\n")
    assert alloc == f"alloc {digest('a1').short}  mem:16G cpu:4"
    assert logs.startswith("stdout -  stderr -")


def test_hostile_text_is_shown_literally_on_its_line() -> None:
    error = Error(ErrorKind.OTHER, HOSTILE, (HOSTILE,), HOSTILE)
    task = make_task(1, 1, end=NOW, err=error, ident=HOSTILE)
    run = make_run(1, user=HOSTILE, labels={HOSTILE: HOSTILE}, args=(HOSTILE,))
    pool = make_pool(pool_type=HOSTILE, uri=HOSTILE)
    cluster, row = row_of(run, task, make_alloc(alloc_id=HOSTILE), pool)
    details = row_texts.task_details(cluster, task, NOW, NOW).plain
    assert details.count("\n") == 3
    what, how = row_texts.run_heading(Cluster(NOW), row, NOW, NOW)
    parts = [*what, *how, *row_texts.run_explanation(cluster, row), *row_texts.run_logs(run)]
    assert all(text.isprintable() for text in (*details.split("\n"), *texts(parts)))
    assert str(run_id(1))[7:15] in texts(parts)
