"""`reflowtop pools`."""

import json
from typing import Any

import pytest

from store import Resources
from tests.support.list_commands import run_list
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tui.exit_status import ExitCode
from tui.query.time_expressions import Moment

Captured = pytest.CaptureFixture[str]


def database() -> ScriptedDB:
    return ScriptedDB(
        make_run(1),
        make_run(2, user="bob"),
        make_task(1, 1),
        make_task(2, 1, end=ago(minutes=30), err=OOM),
        make_task(3, 2, alloc_id=digest("a2")),
        make_alloc(),
        make_alloc("a2", "i-2"),
        make_pool(resources=Resources({"cpu": 16})),
        make_pool("i-2", keepalive=ago(minutes=3)),
        make_pool("i-3", end=ago(minutes=1)),
    )


async def names(capsys: Captured, **given: Any) -> list[str]:
    assert await run_list("pools", database(), "name", **given) is ExitCode.OK
    return capsys.readouterr().out.split()


async def test_running_pools_are_listed_worst_first(capsys: Captured) -> None:
    assert await names(capsys) == ["i-2", "i-0abc"]
    assert await names(capsys, ended=True) == ["i-2", "i-0abc", "i-3"]
    assert await names(capsys, user="amy") == ["i-0abc"]
    assert await names(capsys, filter="state:lost,stale") == ["i-2"]
    assert await names(capsys, sort="pool") == ["i-0abc", "i-2"]


async def test_allocs_flag_lists_allocs(capsys: Captured) -> None:
    assert await names(capsys, nested=True) == ["i-2", "a2", "i-0abc", "a1"]
    await run_list("pools", database(), "ndjson", nested=True, fields="type,pool,alloc,tasks_running")
    assert [list(json.loads(line).values()) for line in capsys.readouterr().out.splitlines()] == [
        ["pool", "i-2", None, 1],
        ["alloc", "i-2", "a2", 1],
        ["pool", "i-0abc", None, 1],
        ["alloc", "i-0abc", "a1", 1],
    ]


async def test_failures_before_the_window_are_counted(capsys: Captured) -> None:
    await run_list("pools", database(), "table", columns="pool,failed,cpu,state,lease")
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["POOL", "FAILED", "CPU", "STATE", "LEASE"],
        ["i-2", "0", "4/-", "stale", "-3m00s"],
        ["i-0abc", "1", "4/16", "live", "1m30s"],
    ]


async def test_pools_of_the_past_are_those_that_ran_then(capsys: Captured) -> None:
    db = ScriptedDB(
        make_run(1, start=ago(hours=9)),
        make_task(1, 1, start=ago(hours=5), keepalive=NOW, end=NOW),
        make_alloc(start=ago(hours=6)),
        make_pool(start=ago(hours=6)),
        make_pool("i-2", start=ago(hours=1)),
    )
    db.cost = 0.0
    since, until = Moment("4h", time=ago(hours=4)), Moment("3h", time=ago(hours=3))
    await run_list("pools", db, "ndjson", since=since, until=until, fields="pool,tasks_running,age_seconds")
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"pool": "i-0abc", "tasks_running": 1, "age_seconds": 10800}
    ]
