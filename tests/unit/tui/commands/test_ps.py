"""`reflowtop ps`."""

import json
from typing import Any

import pytest

from store import ClusterID, Error, ErrorKind, FailureReason, Resources, Run, Task
from tests.support.list_commands import run_list
from tests.support.rows import NOW, ago, ahead, digest, make_alloc, make_pool, make_run, make_task, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.terminal import DASHBOARD, Terminal
from tui.exit_status import ExitCode
from tui.query.time_expressions import Moment
from tui.watch.polling.error_texts import explain

Captured = pytest.CaptureFixture[str]


async def ps(db: ScriptedDB, capsys: Captured, output: str = "json", **given: Any) -> str:
    """Return what the command prints; it must succeed, and find a run."""
    code = await run_list("ps", db, output, **given)
    captured = capsys.readouterr()
    assert (code, captured.err) == (ExitCode.OK, "")
    return captured.out


async def test_until_prints_the_states_of_that_time(capsys: Captured) -> None:
    ended = make_run(1, start=ago(hours=3), keepalive=ago(hours=2), end=ago(hours=2))
    db = ScriptedDB(ended, make_run(2, start=ago(hours=1)))
    db.cost = 0.0
    since, until = Moment("3h", time=ago(hours=3)), Moment("2h", time=ago(hours=2))
    found = json.loads(await ps(db, capsys, since=since, until=until))
    assert [(run["id"][7:9], run["state"]) for run in found["runs"]] == [("01", "succeeded")]
    assert found["as_of"] == "2026-11-01T10:03:41Z"


def test_ctrl_c_interrupts_reading_the_past() -> None:
    window = ("--since", "5h", "--until", "4h")
    terminal = Terminal(
        *("-m", "tui", "ps", *DASHBOARD[2:], *window), forked=True, AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x"
    )
    try:
        terminal.wait_for(b"reflowtop: 0% read")
        terminal.press("\x03")
        assert terminal.exit_code() == ExitCode.INTERRUPTED
    finally:
        terminal.end()
    assert terminal.output.rstrip().endswith(b"\x1b[K")
    assert b"Traceback" not in terminal.output


async def test_json_has_every_field(capsys: Captured) -> None:
    full = Run(
        id=run_id(1),
        start=ago(hours=1),
        keepalive=ahead(minutes=1),
        labels={"Name": "align", "project": "p1"},
        user="amy@example.com",
        bundle=digest("bundle"),
        args=("-n", "1"),
        run_log=digest("log"),
    )
    task = Task(
        id=make_task(1, 1).id,
        run_id=full.id,
        start=ago(minutes=30),
        keepalive=ago(minutes=20),
        end=ago(minutes=20),
        alloc_id=digest("a1"),
        flow_id=digest("flow"),
        ident="samtools.sort",
        attempt=2,
        err=Error(ErrorKind.OOM, "exec", ("a", "b"), "killed"),
        resources=Resources({"mem": 1024, "cpu": 0.5}),
        stderr=digest("stderr"),
    )
    pool = make_pool(cluster=ClusterID("c1", "amy", "1.2"), keepalive=ago(hours=1))
    db = ScriptedDB(full, task, make_alloc(keepalive=ago(hours=1)), pool)
    (found,) = json.loads(await ps(db, capsys, nested=True))["runs"]
    (found_task,) = found.pop("tasks")
    assert found == {
        "id": f"sha256:{'01' * 32}",
        "state": "failing",
        "name": "align",
        "user": "amy@example.com",
        "labels": {"Name": "align", "project": "p1"},
        "args": ["-n", "1"],
        "start": "2026-11-01T11:03:41Z",
        "end": None,
        "keepalive": "2026-11-01T12:04:41Z",
        "age_seconds": 3600,
        "duration_seconds": 3600,
        "lease_seconds": 60,
        "is_late": False,
        "eta_seconds": None,
        "eta_p95_seconds": None,
        "tasks_total": 1,
        "tasks_done": 1,
        "tasks_running": 0,
        "tasks_lost": 0,
        "tasks_orphaned": 0,
        "flows_failed": 1,
        "attempts_retried": 0,
        "pools": 0,
        "is_counted": True,
        "cost_usd": None,
        "cost_usd_kind": "unknown",
        "cost_failed_usd": None,
        "cost_retried_usd": 0.0,
        "cost_per_hour_usd": None,
        "cost_pools": 1,
        "cost_pools_priced": 0,
        "later_state": None,
        "later_end": None,
        "bundle": str(digest("bundle")),
        "run_log": str(digest("log")),
        "eval_graph": None,
        "trace": None,
        "exec_log": None,
        "sys_log": None,
    }
    assert found_task == {
        "id": str(task.id),
        "state": "failed",
        "run_id": str(full.id),
        "user": "amy@example.com",
        "ident": "samtools.sort",
        "attempt": 2,
        "flow_id": str(digest("flow")),
        "start": "2026-11-01T11:33:41Z",
        "end": "2026-11-01T11:43:41Z",
        "keepalive": "2026-11-01T11:43:41Z",
        "age_seconds": 1800,
        "duration_seconds": 600,
        "lease_seconds": None,
        "is_late": False,
        "usual_seconds": None,
        "usual_p95_seconds": None,
        "is_slow": None,
        "eta_seconds": None,
        "eta_p95_seconds": None,
        "err": "exec a b: OOM error: killed",
        "err_kind": "OOM",
        "pool": "i-0abc",
        "pool_type": "r5.2xlarge",
        "host": "i-0abc.example.com",
        "alloc": "a1",
        "alloc_id": str(digest("a1")),
        "resources": {"mem": 1024.0, "cpu": 0.5},
        "cost_usd": None,
        "cost_usd_kind": "unknown",
        "uri": None,
        "later_state": None,
        "later_end": None,
        "stdout": None,
        "stderr": str(digest("stderr")),
        "inspect": None,
        "result_id": None,
        "img_cmd_id": None,
    }


async def test_json_has_tasks_only_with_the_flag(capsys: Captured) -> None:
    db = ScriptedDB(make_run(1), make_task(2, 1), make_task(1, 1, start=ago(minutes=9)), make_task(3, 2))
    (run,) = json.loads(await ps(db, capsys, user="amy"))["runs"]
    assert "tasks" not in run
    assert (run["tasks_total"], run["tasks_running"]) == (2, 2)
    for output in ("json", "ndjson"):
        printed = json.loads(await ps(db, capsys, output, nested=True, user="amy"))
        (run,) = printed["runs"] if output == "json" else [printed]
        assert [task["id"][-1] for task in run["tasks"]] == ["1", "2"]  # the oldest first


async def test_output_without_runs(capsys: Captured) -> None:
    for output, printed in (("json", '"runs": []}\n'), ("ndjson", ""), ("csv", "id,state,name"), ("name", "")):
        assert await run_list("ps", ScriptedDB(), output) is ExitCode.OK
        captured = capsys.readouterr()
        assert printed in captured.out
        assert bool(printed) == bool(captured.out)
        assert captured.err == "reflowtop: No runs found (active, alive since 10m, ended since 1h, lost since 1d)\n"


async def test_ndjson_has_one_run_per_line(capsys: Captured) -> None:
    db = ScriptedDB(make_run(1), make_run(2), make_run(3))
    lines = (await ps(db, capsys, "ndjson")).splitlines()
    runs = json.loads(await ps(db, capsys))["runs"]
    assert [json.loads(line) for line in lines] == runs
    assert len(lines) == 3


async def test_json_of_hostile_text_is_plain_ascii(capsys: Captured) -> None:
    text = "\x1b]52;c;x\x07\x7f\x9b\u202e\ud800[/x]"
    out = await ps(ScriptedDB(make_run(1, user=text)), capsys)
    assert all(char == "\n" or " " <= char <= "~" for char in out)
    assert json.loads(out)["runs"][0]["user"] == text


async def test_ended_flag_lists_ended_runs(capsys: Captured) -> None:
    db = ScriptedDB(make_run(1), make_run(2, end=NOW))
    assert [line[7:9] for line in (await ps(db, capsys, "name")).splitlines()] == ["01"]
    assert [line[7:9] for line in (await ps(db, capsys, "name", ended=True)).splitlines()] == ["01", "02"]


async def test_failed_reads_are_reported_and_the_rest_printed(capsys: Captured) -> None:
    db = ScriptedDB(make_run(1), make_run(2))
    db.failures["tasks"] = THROTTLED
    db.row_errors = [
        Error(
            ErrorKind.INVALID, "decode row", ("sha256:00", "Keepalive"), "not a\ntime", reason=FailureReason.UNREADABLE
        )
    ]
    assert await run_list("ps", db) is ExitCode.FAILED
    captured = capsys.readouterr()
    found = json.loads(captured.out)
    assert (len(found["runs"]), found["is_complete"]) == (2, False)
    assert [(run["is_counted"], run["tasks_total"]) for run in found["runs"]] == [(False, None)] * 2
    assert captured.err.splitlines() == [
        "reflowtop: row sha256:00 Keepalive: not a time",
        *(f"reflowtop: tasks of run {id}: {explain(THROTTLED)}" for id in ("01010101", "02020202")),
    ]


async def test_durations_are_read_only_if_a_chosen_field_needs_them(capsys: Captured) -> None:
    ended = [make_task(n, 2, start=ago(hours=2), end=ago(hours=1), ident="sort") for n in range(30, 60)]
    db = ScriptedDB(make_run(1), make_task(1, 1, start=ago(minutes=4), ident="sort"), *ended)
    (found,) = json.loads(await ps(db, capsys))["runs"]
    assert (found["eta_seconds"], db.called("ident")) == (None, [])
    (found,) = json.loads(await ps(db, capsys, fields="eta_seconds,eta_p95_seconds"))["runs"]
    assert found == {"eta_seconds": 56 * 60, "eta_p95_seconds": 56 * 60}
    assert db.called("ident") == ["sort"]
