"""`reflowtop failures`."""

import json
from typing import Any

import pytest

from tests.support.findings import find
from tests.support.list_commands import run_list
from tests.support.rows import NOW, OOM, ago, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui.exit_status import ExitCode
from tui.query.time_expressions import Moment

Captured = pytest.CaptureFixture[str]


def database() -> ScriptedDB:
    return ScriptedDB(
        make_run(1),
        make_task(1, 1, end=ago(minutes=40), err=OOM, start=ago(minutes=50), keepalive=ago(minutes=40)),
        make_run(2, user="bob", keepalive=ago(minutes=3)),
        make_run(3, end=ago(minutes=2)),
        make_task(2, 3, end=ago(minutes=3), err=OOM, ident="align"),
        make_alloc(),
        make_pool(),
    )


async def kinds(capsys: Captured, **given: Any) -> list[str]:
    assert await run_list("failures", database(), "csv", fields="kind", headers=False, **given) is ExitCode.OK
    return capsys.readouterr().out.splitlines()


async def test_findings_are_listed_worst_first_including_ended_runs(capsys: Captured) -> None:
    assert await kinds(capsys) == ["failing", "failing", "stale run"]
    assert await kinds(capsys, user="bob") == ["stale run"]
    assert await kinds(capsys, filter="state:failing ident:align") == ["failing"]
    assert await kinds(capsys, sort="first:asc") == ["failing", "failing", "stale run"]


async def test_a_finding_is_found_by_its_own_id(capsys: Captured) -> None:
    await run_list("failures", database(), "csv", fields="id,kind", headers=False)
    ids = {kind: id for id, kind in (line.split(",") for line in capsys.readouterr().out.splitlines())}
    for text in (ids["stale run"][:8], f"id:{ids['stale run'][:8]}", f"id:{ids['stale run']}", "id:02020202"):
        assert "stale run" in await kinds(capsys, filter=text), text
    assert await kinds(capsys, filter=f"id:{ids['stale run'][:8]}") == ["stale run"]


async def test_a_pipe_gets_one_word_for_each_column(capsys: Captured) -> None:
    await run_list("failures", database(), "table", filter="state:stale")
    header, line = capsys.readouterr().out.splitlines()
    assert header.split() == ["KIND", "COUNT", "FIRST", "LAST", "ID", "WHY", "RUN", "USER", "HOST"]
    assert line.split() == [
        *("stale_run", "1", "3m", "3m", "76c06e86", "run_02020202_is_stale:_its_lease_expired_at_12:00:41_UTC"),
        *("02020202", "bob", "-"),
    ]


async def test_ids_are_those_of_the_rows_that_failed_last(capsys: Captured) -> None:
    await run_list("failures", database(), "name")
    assert [line[-2:] for line in capsys.readouterr().out.splitlines()] == ["02", "01", "02"]


async def test_slow_tasks_are_found_by_the_usual_time_of_their_ident(capsys: Captured) -> None:
    usual = [make_task(n, 1, start=ago(minutes=20), end=ago(minutes=14)) for n in range(30, 60)]
    db = ScriptedDB(make_run(1, start=ago(hours=4)), make_task(1, 1, start=ago(hours=3)), *usual)
    await run_list("failures", db, "ndjson")
    (found,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (found["kind"], found["severity"]) == ("slow tasks", "note")
    db.failures["ident"] = THROTTLED
    assert await run_list("failures", db, "ndjson") is ExitCode.FAILED


async def test_findings_of_the_past_are_those_of_that_time(capsys: Captured) -> None:
    db = ScriptedDB(
        make_run(1, start=ago(hours=9), keepalive=NOW, end=NOW),
        make_task(1, 1, start=ago(hours=5), end=ago(hours=4), keepalive=ago(hours=4), err=OOM),
        make_pool(start=ago(hours=9)),
    )
    db.cost = 0.0
    then = Moment("3h", time=ago(hours=3))
    await run_list("failures", db, "ndjson", since=then, until=then, fields="kind,count")
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [{"kind": "failing", "count": 1}]


async def test_explained_findings_are_paragraphs(capsys: Captured) -> None:
    assert await run_list("failures", database(), "table", explain=True) is ExitCode.OK
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("    id ")] == [
        finding.id for finding in find(*database().rows.values())
    ]
    assert [line for line in lines if not line.startswith("    id ")] == [
        "failing  align: OOM error in 1 flow on r5.2xlarge, killed",
        "    runs      03030303 (amy)",
        "    shared    not enough data: 1 failure and 0 others to compare",
        "failing  samtools.sort: OOM error in 1 flow on r5.2xlarge, killed",
        "    runs      01010101 (amy)",
        "    shared    not enough data: 1 failure and 0 others to compare",
        "stale run  run 02020202 is stale: its lease expired at 12:00:41 UTC",
        "    runs      02020202 (bob)",
        "    cause     It stopped renewing while none of its tasks ran: the process that ran it is gone or cut off.",
        "    run       02020202  stale, lease until 2026-11-01 12:00:41 UTC, expired 3m ago",
    ]
    await run_list("failures", database(), "table", explain=True, filter="state:lost")
    assert "No failures found" in capsys.readouterr().err


async def test_explained_findings_are_a_page_of_markdown(capsys: Captured) -> None:
    assert await run_list("failures", database(), "markdown", explain=True, filter="run:02") is ExitCode.OK
    assert (
        capsys.readouterr().out
        == """\
# 1 finding

* As of 2026-11-01 12:03:41 UTC; table reflow-prod, filter run:02, alive since 10m, ended since 1h, lost since 1d.

## Stale run (warning)

```text
run 02020202 is stale: its lease expired at 12:00:41 UTC
    since       2026-11-01 12:00:41 UTC
    id          76c06e861d0b3469
    runs        02020202 (bob)
    cause       It stopped renewing while none of its tasks ran: the process that ran it is gone or cut off.
    run         02020202  stale, lease until 2026-11-01 12:00:41 UTC, expired 3m ago
```
"""
    )


async def test_json_explains_each_finding(capsys: Captured) -> None:
    await run_list("failures", database(), "ndjson", filter="state:stale", fields="explanation")
    (line,) = capsys.readouterr().out.splitlines()
    assert [each["name"] for each in json.loads(line)["explanation"]] == ["cause", "run"]
