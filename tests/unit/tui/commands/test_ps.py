"""`reflowtop ps`."""

import asyncio
import json
from datetime import datetime
from typing import Any

import pytest

from store import ClusterID, Digest, Error, ErrorKind, Resources, Run, Task
from tests.support.clock import settle
from tests.support.rows import NOW, OOM, ago, ahead, digest, make_alloc, make_pool, make_run, make_task, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.terminal import DASHBOARD, Terminal
from tui.commands import ps as ps_command
from tui.commands.ps import OutputFormat, PsOutput
from tui.exit_status import ExitCode
from tui.query.time_expressions import Moment
from tui.settings import Settings
from tui.watch.polling.error_texts import explain

Captured = pytest.CaptureFixture[str]


async def ps(
    db: ScriptedDB, capsys: Captured, form: OutputFormat = OutputFormat.JSON, *, ended: bool = False, **given: Any
) -> str:
    settings = Settings(table="reflow-prod", **given)
    code = await ps_command.ps(db, settings, NOW, form=form, ended=ended)
    captured = capsys.readouterr()
    assert (code, captured.err) == (ExitCode.OK, "")
    return captured.out


async def ids(db: ScriptedDB, **given: Any) -> list[int]:
    ended = given.pop("ended", False)
    listing = await ps_command.find_runs(db, Settings(table="reflow-prod", **given), NOW, ended=ended)
    return [row.run.id[0] for row in listing.rows]


async def past(db: ScriptedDB, since: datetime, until: datetime, **given: Any) -> PsOutput:
    settings = Settings(table="reflow-prod", since=at(since), **given)
    finding = asyncio.create_task(ps_command.find_past_runs(db, settings, until, NOW, sleep=db.clock.sleep))
    await db.clock.advance(3600)
    return await finding


def at(time: datetime) -> Moment:
    return Moment(time.isoformat(), time=time)


async def test_active_runs_are_listed_by_urgency() -> None:
    db = ScriptedDB(
        make_run(1, start=ago(hours=3)),
        make_run(2, user="bob@example.com"),
        make_run(3, keepalive=ago(minutes=5)),
        make_run(4, end=NOW),
        make_run(5),
        make_task(1, 5, end=NOW, err=OOM),
        make_run(6, keepalive=ago(hours=2)),
    )
    assert await ids(db) == [5, 3, 2, 1]
    assert await ids(db, ended=True) == [5, 3, 2, 1, 4]


@pytest.mark.parametrize("user", ["bob", "bob@example.com"])
async def test_runs_of_one_user_are_listed(user: str) -> None:
    db = ScriptedDB(make_run(1), make_run(2, user="bob@example.com"), make_run(3, user="bobby"))
    assert await ids(db, user=user) == [2]


async def test_past_window_lists_the_runs_of_that_time() -> None:
    db = ScriptedDB(
        make_run(1, start=ago(hours=9), keepalive=ago(hours=7), end=ago(hours=7)),
        make_run(2, start=ago(hours=9), keepalive=ago(hours=4), end=ago(hours=4)),
        make_run(3, start=ago(hours=9)),
        make_run(4, start=ago(hours=1)),
        make_run(5, start=ago(hours=9), keepalive=ago(hours=7)),  # lost before the window
        make_run(6, start=ago(hours=9), user="bob"),
        make_task(1, 3, start=ago(hours=5), keepalive=ago(hours=4), end=ago(hours=4)),
        make_task(2, 3, start=ago(hours=1)),
    )
    listing = await past(db, ago(hours=6), ago(hours=3), user="amy")
    assert [row.run.id[0] for row in listing.rows] == [5, 3, 2]
    assert (listing.rows[1].total, listing.rows[1].whole) == (1, True)
    assert listing.errors == []


async def test_until_prints_the_states_of_that_time(capsys: Captured) -> None:
    ended = make_run(1, start=ago(hours=3), keepalive=ago(hours=2), end=ago(hours=2))
    db = ScriptedDB(ended, make_run(2, start=ago(hours=1)))
    db.cost = 0.0
    found = json.loads(await ps(db, capsys, since=at(ago(hours=3)), until=at(ago(hours=2))))
    assert [(run["id"][7:9], run["state"]) for run in found["runs"]] == [("01", "succeeded")]


async def test_past_is_read_within_the_budget_with_a_progress_line(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    db = ScriptedDB(make_run(1, start=ago(days=3)))
    db.cost = 600.0
    settings = Settings(table="reflow-prod", since=at(ago(days=2)), read_budget=10)
    finding = asyncio.create_task(ps_command.find_past_runs(db, settings, ago(days=1), NOW, sleep=db.clock.sleep))
    await db.clock.advance(100)
    assert not finding.done()
    assert capsys.readouterr().err.split("\r\x1b[K") == ["", *(f"reflowtop: {n}% read" for n in (0, 20, 40))]
    finding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await finding
    assert capsys.readouterr().err == "\r\x1b[K"


def test_ctrl_c_interrupts_reading_the_past() -> None:
    window = ("--since", "5h", "--until", "4h")
    terminal = Terminal("-m", "tui", "ps", *DASHBOARD[2:], *window, AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x")
    try:
        terminal.wait_for(b"reflowtop: 0% read")
        terminal.press("\x03")
        assert terminal.exit_code() == ExitCode.INTERRUPTED
    finally:
        terminal.end()
    assert terminal.output.rstrip().endswith(b"\x1b[K")
    assert b"Traceback" not in terminal.output


async def test_unreadable_first_day_is_an_error() -> None:
    db = ScriptedDB(make_run(1))
    db.failures["active"] = THROTTLED
    with pytest.raises(Error) as raised:
        await past(db, ago(days=5), ago(days=4))
    assert raised.value is THROTTLED
    assert len(db.called("active")) == 1


async def test_unreadable_later_days_are_reported_and_the_rest_printed() -> None:
    db = ScriptedDB(make_run(1, start=ago(days=3), keepalive=ago(hours=47)))
    db.cost = 600.0
    settings = Settings(table="reflow-prod", since=at(ago(days=2)))
    finding = asyncio.create_task(ps_command.find_past_runs(db, settings, ago(days=1), NOW, sleep=db.clock.sleep))
    await settle()
    db.failures["active"] = THROTTLED
    await db.clock.advance(60)
    listing = await finding
    assert [row.run.id[0] for row in listing.rows] == [1]
    assert set(map(str, listing.errors)) == {str(THROTTLED)}


async def test_tasks_are_read_for_listed_runs_only() -> None:
    db = ScriptedDB(make_run(1), make_run(2, user="bob"), make_run(3, start=ago(minutes=5)))
    await ids(db, user="amy")
    assert db.called("tasks") == [run_id(1)]


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
    (found,) = json.loads(await ps(db, capsys))["runs"]
    (found_task,) = found.pop("tasks")
    assert found == {
        "id": f"sha256:{'01' * 32}",
        "state": "failing",
        "flows_failed": 1,
        "attempts_retried": 0,
        "start": "2026-11-01T11:03:41Z",
        "keepalive": "2026-11-01T12:04:41Z",
        "end": None,
        "labels": {"Name": "align", "project": "p1"},
        "user": "amy@example.com",
        "bundle": str(digest("bundle")),
        "args": ["-n", "1"],
        "run_log": str(digest("log")),
        "eval_graph": None,
        "trace": None,
        "exec_log": None,
        "sys_log": None,
    }
    alloc = found_task.pop("alloc")
    assert found_task == {
        "id": str(task.id),
        "state": "failed",
        "start": "2026-11-01T11:33:41Z",
        "keepalive": "2026-11-01T11:43:41Z",
        "end": "2026-11-01T11:43:41Z",
        "run_id": str(full.id),
        "alloc_id": str(digest("a1")),
        "flow_id": str(digest("flow")),
        "result_id": None,
        "img_cmd_id": None,
        "ident": "samtools.sort",
        "attempt": 2,
        "err": "exec a b: OOM error: killed",
        "err_kind": "OOM",
        "resources": {"mem": 1024.0, "cpu": 0.5},
        "uri": None,
        "stdout": None,
        "stderr": str(digest("stderr")),
        "inspect": None,
    }
    found_pool = alloc.pop("pool")
    assert (alloc["id"], alloc["alloc_id"], alloc["pool_id"]) == (str(digest("a1")), "a1", str(digest("i-0abc")))
    assert (found_pool["pool_id"], found_pool["pool_type"]) == ("i-0abc", "r5.2xlarge")
    assert found_pool["cluster"] == {"cluster_name": "c1", "user": "amy", "reflow_version": "1.2"}


async def test_json_of_a_task_without_error_and_alloc(capsys: Captured) -> None:
    db = ScriptedDB(make_run(1, labels={}), make_task(1, 1, alloc_id=Digest.ZERO, resources=Resources()))
    (run,) = json.loads(await ps(db, capsys))["runs"]
    (task,) = run["tasks"]
    assert (task["err"], task["err_kind"], task["alloc"], task["resources"]) == (None, None, None, {})
    assert (run["labels"], run["args"]) == ({}, [])


async def test_output_without_runs(capsys: Captured) -> None:
    assert json.loads(await ps(ScriptedDB(), capsys)) == {"runs": []}
    assert await ps(ScriptedDB(), capsys, OutputFormat.NDJSON) == ""


async def test_ndjson_has_one_run_per_line(capsys: Captured) -> None:
    db = ScriptedDB(make_run(1), make_run(2), make_run(3))
    lines = (await ps(db, capsys, OutputFormat.NDJSON)).splitlines()
    runs = json.loads(await ps(db, capsys))["runs"]
    assert [json.loads(line) for line in lines] == runs
    assert len(lines) == 3


async def test_json_of_hostile_text_is_plain_ascii(capsys: Captured) -> None:
    text = "\x1b]52;c;x\x07\x7f\x9b\u202e\ud800[/x]"
    out = await ps(ScriptedDB(make_run(1, user=text)), capsys)
    assert all(char == "\n" or " " <= char <= "~" for char in out)
    assert json.loads(out)["runs"][0]["user"] == text


async def test_table_output(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    db = ScriptedDB(
        make_run(1, labels={"Name": "align", "project": "p1"}, start=ago(minutes=8)),
        make_task(1, 1, end=NOW),
        make_task(2, 1),
        make_run(2, user="bob", keepalive=ago(minutes=3), start=ago(minutes=9)),
        make_alloc(),
        make_pool(),
    )
    out = await ps(db, capsys, OutputFormat.TABLE)
    assert [line.split() for line in out.splitlines()] == [
        ["RUN", "USER", "NAME", "/", "LABELS", "START", "UTC", "AGE", "STATE", "LEASE", "TASKS", "FAIL", "POOLS"],
        ["02020202", "bob", "-", "11:54", "9m", "◌", "stale", "expired", "3m", "·" * 10, "0/0", "0", "0"],
        [
            "01010101",
            "amy",
            "align",
            "project=p1",
            "11:55",
            "8m",
            "●",
            "running",
            "1m40s",
            "left",
            "━━━━━╌╌╌╌╌",
            *("1/2", "0", "1"),
        ],
    ]
    columns = {line.index(word) for line, word in zip(out.splitlines(), ("STATE", "◌", "●"), strict=True)}
    assert len(columns) == 1


async def test_table_fits_the_terminal(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    db = ScriptedDB(make_run(1, labels={"Name": "x" * 500}))
    for width in (80, 100, 200):
        monkeypatch.setenv("COLUMNS", str(width))
        lines = (await ps(db, capsys, OutputFormat.TABLE)).splitlines()
        assert max(map(len, lines)) <= width
    monkeypatch.setenv("COLUMNS", "80")
    head = (await ps(db, capsys, OutputFormat.TABLE)).splitlines()[0]
    assert all(title in head for title in ("RUN", "USER", "NAME / LABELS", "AGE", "STATE", "TASKS", "FAIL"))


async def test_table_replaces_hostile_text(capsys: Captured) -> None:
    out = await ps(
        ScriptedDB(make_run(1, user="\x1b[31m\x9b\u202e", labels={"a\nb": "\x07"})), capsys, OutputFormat.TABLE
    )
    assert len(out.splitlines()) == 2
    assert all(char == "\n" or char.isprintable() for char in out)


async def test_colours_need_a_terminal_and_no_no_color(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    listing = await ps_command.find_runs(ScriptedDB(make_run(1)), Settings(table="reflow-prod"), NOW, ended=False)
    assert "\x1b" not in "".join(ps_command.format_runs(listing, OutputFormat.TABLE, NOW))
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert "\x1b[32m● running\x1b[0m" in "".join(ps_command.format_runs(listing, OutputFormat.TABLE, NOW))
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in "".join(ps_command.format_runs(listing, OutputFormat.TABLE, NOW))


async def test_failed_reads_are_reported_and_the_rest_printed(capsys: Captured) -> None:
    db = ScriptedDB(make_run(1), make_run(2))
    db.failures["tasks"] = THROTTLED
    db.row_errors = [Error(ErrorKind.INVALID, "decode row", ("sha256:00", "Keepalive"), "not a\ntime")]
    code = await ps_command.ps(db, Settings(table="reflow-prod"), NOW, form=OutputFormat.JSON, ended=False)
    captured = capsys.readouterr()
    assert code is ExitCode.FAILED
    assert len(json.loads(captured.out)["runs"]) == 2
    assert captured.err.splitlines() == [
        "reflowtop: row sha256:00 Keepalive: not a time",
        *(f"reflowtop: tasks of run {id}: {explain(THROTTLED)}" for id in ("01010101", "02020202")),
    ]


async def test_reading_nothing_is_an_error() -> None:
    db = ScriptedDB()
    db.failure = THROTTLED
    with pytest.raises(Error):
        await ps_command.find_runs(db, Settings(table="reflow-prod"), NOW, ended=False)


def unreadable(id: Digest, column: str) -> Error:
    return Error(ErrorKind.INVALID, "decode row", (str(id), column), "not so")


async def test_unreadable_rows_of_other_users_are_ignored(capsys: Captured) -> None:
    db = ScriptedDB(
        make_run(1, user="bob@example.com"),
        make_run(2, user="amy"),
        make_task(1, 1, alloc_id=digest("a1")),
        make_task(2, 2, alloc_id=digest("a2")),
        make_task(3, 2, alloc_id=digest("a3")),
        make_task(4, 1, alloc_id=digest("a3")),
        *(make_alloc(name, f"i-{name}") for name in ("a1", "a2", "a3")),
        *(make_pool(f"i-{name}") for name in ("a1", "a2", "a3")),
    )
    amys = [run_id(2), make_task(2, 2).id, digest("a2"), digest("i-a2")]
    db.row_errors = [unreadable(id, "Keepalive") for id in amys]
    assert await ps(db, capsys, user="bob")
    bobs = [run_id(1), make_task(1, 1).id, digest("a1"), digest("i-a1"), digest("a3"), digest("i-a3")]
    db.row_errors += [unreadable(id, "URI") for id in bobs]
    listing = await ps_command.find_runs(db, Settings(table="reflow-prod", user="bob"), NOW, ended=False)
    assert listing.errors == [unreadable(id, "URI") for id in bobs]
    listing = await ps_command.find_runs(db, Settings(table="reflow-prod"), NOW, ended=False)
    assert listing.errors == db.row_errors


async def test_unreadable_rows_of_unknown_users_are_reported() -> None:
    db = ScriptedDB(make_run(1, user=""), make_run(2, user="amy"), make_task(1, 1), make_task(2, 9))
    ids = [run_id(1), make_task(1, 1).id, make_task(2, 9).id, digest("never read"), Digest.ZERO]
    db.row_errors = [
        *(unreadable(id, "User") for id in ids),
        Error(ErrorKind.INVALID, "decode row", (), "not JSON"),
        Error(ErrorKind.INVALID, "decode row", ("x" * 64,)),
        Error(ErrorKind.INVALID, "parse time", (str(run_id(2)),)),
        Error(ErrorKind.TIMEOUT, "decode row", (str(run_id(2)),)),
    ]
    listing = await ps_command.find_runs(db, Settings(table="reflow-prod", user="bob"), NOW, ended=False)
    assert listing.errors == db.row_errors
