"""`reflowtop tasks`."""

import json
from typing import Any

import pytest

from store import Error
from tests.support.list_commands import run_list
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id
from tests.support.scripted_db import ScriptedDB
from tui.exit_status import ExitCode
from tui.query.time_expressions import Moment

Captured = pytest.CaptureFixture[str]


def database() -> ScriptedDB:
    return ScriptedDB(
        make_run(1),
        make_run(2, user="bob"),
        make_run(3, end=ago(minutes=1)),
        make_task(1, 1),
        make_task(2, 1, end=NOW, err=OOM),
        make_task(3, 2, ident="align"),
        make_task(4, 3, end=ago(minutes=1)),
        make_alloc(),
        make_pool(),
    )


async def numbers(capsys: Captured, **given: Any) -> str:
    assert await run_list("tasks", database(), "name", **given) is ExitCode.OK
    return "".join(line[-1] for line in capsys.readouterr().out.splitlines())


async def test_tasks_of_active_runs_are_listed_failed_ones_first(capsys: Captured) -> None:
    assert await numbers(capsys) == "213"
    assert await numbers(capsys, ended=True) == "2134"
    assert await numbers(capsys, user="bob") == "3"
    assert await numbers(capsys, filter="state:running ident:samtools") == "1"
    assert await numbers(capsys, sort="ident", limit=1) == "3"


async def test_only_named_runs_are_read_and_listed(capsys: Captured) -> None:
    db = database()
    await run_list("tasks", db, "name", names=(run_id(3).hex, run_id(2).hex), user="amy")
    assert [line[-1] for line in capsys.readouterr().out.splitlines()] == ["3", "4"]
    assert db.called("active") == []
    with pytest.raises(Error, match="no run or task has the id prefix"):
        await run_list("tasks", db, names=("ab" * 32,))


async def test_tasks_of_the_past_are_as_they_were_then(capsys: Captured) -> None:
    db = ScriptedDB(
        make_run(1, start=ago(hours=9)),
        make_task(1, 1, start=ago(hours=5), keepalive=ago(hours=1), end=ago(hours=1), err=OOM),
        make_task(2, 1, start=ago(hours=1)),
    )
    db.cost = 0.0
    since, until = Moment("4h", time=ago(hours=4)), Moment("3h", time=ago(hours=3))
    await run_list("tasks", db, "ndjson", since=since, until=until, fields="state,later_state,duration_seconds")
    (task,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert task == {"state": "running", "later_state": "failed", "duration_seconds": 7200}


async def test_tasks_that_had_ended_by_a_past_time_are_listed_as_ps_counts_them(capsys: Captured) -> None:
    db = ScriptedDB(
        make_run(1, start=ago(hours=9)),
        make_task(1, 1, start=ago(hours=8), keepalive=ago(hours=7), end=ago(hours=7), err=OOM),
        make_task(2, 1, start=ago(hours=5), keepalive=ago(hours=1), end=ago(hours=1)),
    )
    db.cost = 0.0
    at = Moment("3h", time=ago(hours=3))
    await run_list("tasks", db, "csv", since=at, until=at, fields="state", headers=False)
    assert capsys.readouterr().out.split() == ["failed", "running"]
    await run_list("ps", db, "csv", since=at, until=at, fields="tasks_total,flows_failed", headers=False)
    assert capsys.readouterr().out == "2,1\r\n"


async def test_a_task_has_its_host_and_owner(capsys: Captured) -> None:
    await run_list("tasks", database(), "csv", fields="user,pool,pool_type,host,alloc_id", limit=1, headers=False)
    assert capsys.readouterr().out == f"amy@example.com,i-0abc,r5.2xlarge,i-0abc.example.com,{digest('a1')}\r\n"


async def test_columns_of_the_run_are_for_tasks_of_several(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    def titles() -> list[str]:
        return capsys.readouterr().out.splitlines()[0].split()

    await run_list("tasks", database(), "table", names=(run_id(1).hex,))
    assert titles()[:3] == ["RUN", "USER", "TASK"]  # a pipe gets the same columns whatever is asked for
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    await run_list("tasks", database(), "table", names=(run_id(1).hex,))
    assert titles()[:2] == ["TASK", "IDENT"]
    await run_list("tasks", database(), "table")
    assert titles()[:2] == ["RUN", "USER"]
    monkeypatch.setenv("COLUMNS", "80")
    await run_list("tasks", database(), "table")
    assert titles() == ["TASK", "IDENT", "STATE", "TOOK", "ERROR", "HOST"]  # `describe` and `logs` take ids


async def test_the_column_eta_reads_durations_and_is_shown_only_if_chosen(capsys: Captured) -> None:
    ended = [make_task(n, 9, start=ago(hours=2), end=ago(hours=1), ident="align") for n in range(30, 60)]
    db = ScriptedDB(make_run(1), make_task(1, 1, start=ago(minutes=4), ident="align"), *ended)
    await run_list("tasks", db, "table", sort="took")
    header, line = capsys.readouterr().out.splitlines()
    assert dict(zip(header.split(), line.split(), strict=False))["ETA"] == "-"
    assert db.called("ident") == []
    await run_list("tasks", db, "table", columns="ident,eta", headers=False)
    assert capsys.readouterr().out.split() == ["align", "56m"]
    assert db.called("ident") == ["align"]


async def test_json_has_usual_durations_if_chosen(capsys: Captured) -> None:
    ended = [make_task(n, 9, start=ago(hours=2), end=ago(hours=1), ident="align") for n in range(30, 60)]
    db = ScriptedDB(make_run(1), make_task(1, 1, start=ago(hours=3), ident="align"), *ended)
    await run_list("tasks", db, fields="is_slow,usual_seconds,usual_p95_seconds,eta_seconds,eta_p95_seconds")
    (task,) = json.loads(capsys.readouterr().out)["tasks"]
    assert task == {
        "is_slow": True,
        "usual_seconds": 3600,
        "usual_p95_seconds": 3600,
        "eta_seconds": 0,
        "eta_p95_seconds": 0,
    }
