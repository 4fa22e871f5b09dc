"""`reflowtop describe`."""

import json
from typing import Any

import pytest

from store import Digest, Error, ErrorKind, FailureReason, Resources
from tests.support.logged_db import LoggedDB
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task, run_id, task_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui.commands import describe as describe_command
from tui.exit_status import ExitCode
from tui.settings import Settings
from tui.watch.model.rows import Row

Captured = pytest.CaptureFixture[str]
SETTINGS = Settings(table="reflow-prod")
DENIED = Error(ErrorKind.NOT_ALLOWED, "query", ("reflow-prod",), "denied", FailureReason.DENIED)


def database() -> ScriptedDB:
    flow = digest("flow")
    return ScriptedDB(
        make_run(1, args=("--token", "s3cret", "x\x1b"), labels={"Name": "align"}),
        make_task(1, 1, end=ago(minutes=2), err=OOM, flow_id=flow, keepalive=ago(minutes=2)),
        make_task(2, 1, end=ago(minutes=1), err=OOM, flow_id=flow, attempt=1),
        make_task(3, 1),
        make_alloc("host:9000/abcdef0123456789", resources=Resources({"cpu": 8})),
        make_alloc(),
        make_pool(),
    )


async def describe(db: ScriptedDB, *ids: str, as_json: bool = False) -> ExitCode:
    return await describe_command.describe(db, SETTINGS, ids, NOW, as_json=as_json)


async def printed(capsys: Captured, *ids: str) -> str:
    assert await describe(database(), *ids) is ExitCode.OK
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


async def test_a_run_has_its_counts_findings_and_arguments_without_secrets(capsys: Captured) -> None:
    out = await printed(capsys, run_id(1).hex)
    lines = out.splitlines()
    assert lines[0] == "Run 01010101"
    assert "  state    ▲ failing" in lines
    assert "  tasks    2 of 3 done, 1 failed flow, 1 retried attempt" in lines
    assert "  failing  samtools.sort: OOM error in 1 flow on r5.2xlarge, killed" in [
        line.replace("exec samtools, ", "") for line in lines
    ]
    assert "  --token [redacted] x␛" in lines


async def test_a_task_has_its_error_host_and_other_attempts(capsys: Captured) -> None:
    lines = (await printed(capsys, task_id(2).hex)).splitlines()
    assert lines[0] == "Task 00000000"
    assert "  state      ✗ failed" in lines
    assert "  run        01010101  amy  align" in lines
    assert "  attempt    2" in lines
    assert "  host       i-0abc r5.2xlarge i-0abc.example.com" in lines
    assert "  requested  mem:16G cpu:4" in lines
    assert "  exec samtools: OOM error: killed" in lines
    assert any("attempt 1  ✗ retried" in line for line in lines)


@pytest.mark.parametrize("id", ["i-0abc", "i-0", digest("i-0abc").hex])
async def test_a_pool_is_found_by_its_string_id_its_beginning_or_its_digest(id: str, capsys: Captured) -> None:
    lines = (await printed(capsys, id)).splitlines()
    assert lines[0] == "Pool i-0abc"
    assert any(line.startswith("  00000000  ● running") for line in lines)


@pytest.mark.parametrize("id", ["host:9000/abcdef0123456789", "host:9000/ab", "abcdef012345"])
async def test_an_alloc_is_found_by_its_string_id_or_its_end(id: str, capsys: Captured) -> None:
    lines = (await printed(capsys, id)).splitlines()
    assert lines[0] == "Alloc host:9000/abcdef0123456789"
    assert "  host     i-0abc r5.2xlarge i-0abc.example.com" in lines


async def test_rows_that_the_dashboard_shows_are_found_by_a_short_prefix(capsys: Captured) -> None:
    lost = make_pool("i-0ffee", start=ago(hours=9), keepalive=ago(hours=3))
    assert await describe(ScriptedDB(lost, make_run(7, start=ago(hours=9), keepalive=ago(hours=3))), "i-0f", "07") == 0
    out = capsys.readouterr().out
    assert out.startswith("Pool i-0ffee\n")
    assert "\nRun 07070707\n" in out


async def test_several_ids_are_described_with_a_line_between(capsys: Captured) -> None:
    out = await printed(capsys, run_id(1).hex, "i-0abc")
    assert "\n\nPool i-0abc\n" in out


async def test_json_has_the_records_of_lists_with_findings(capsys: Captured) -> None:
    ids = [run_id(1).hex, task_id(2).hex, "i-0abc", "a1"]
    assert await describe(database(), *ids, as_json=True) is ExitCode.OK
    document: Any = json.loads(capsys.readouterr().out)
    run, task, pool, alloc = document["rows"]
    assert (document["is_complete"], document["as_of"]) == (True, "2026-11-01T12:03:41Z")
    assert (run["type"], run["state"], run["flows_failed"]) == ("run", "failing", 1)
    assert [finding["kind"] for finding in run["findings"]] == ["failing"]
    assert [finding["kind"] for finding in pool["findings"]] == ["failing"]
    assert (task["type"], task["err_kind"], len(task["findings"])) == ("task", "OOM", 1)
    assert (pool["type"], pool["pool"], pool["tasks_running"]) == ("pool", "i-0abc", 1)
    assert [each["id"] for each in pool["tasks"]] == [str(task_id(3))]
    assert (alloc["type"], alloc["alloc"], len(alloc["tasks"])) == ("alloc", "a1", 1)


async def test_json_without_the_row_of_an_id_is_not_complete(capsys: Captured) -> None:
    assert await describe(database(), run_id(1).hex, "99999999", as_json=True) is ExitCode.FAILED
    document: Any = json.loads(capsys.readouterr().out)
    assert (document["is_complete"], len(document["rows"])) == (False, 1)


async def test_an_ambiguous_id_lists_the_candidates(capsys: Captured) -> None:
    db = ScriptedDB(make_pool("i-1", start=ago(hours=2)), make_pool("i-2", end=NOW))
    assert await describe(db, "i-") is ExitCode.USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    title, header, *rows = captured.err.splitlines()
    assert title == "reflowtop: the id prefix 'i-' is ambiguous; give more digits of one of these 2 rows:"
    assert header.split() == ["ID", "TYPE", "NAME", "STATE", "AGE"]
    assert sorted(line.split()[1:] for line in rows) == [
        ["pool", "i-1", "live", "2h00m"],
        ["pool", "i-2", "ended", "1h00m"],
    ]
    assert {line.split()[0] for line in rows} == {digest(name).hex[:12] for name in ("i-1", "i-2")}


async def test_an_unknown_id_fails_and_other_ids_are_printed(capsys: Captured) -> None:
    assert await describe(database(), "zzz", run_id(1).hex) is ExitCode.FAILED
    captured = capsys.readouterr()
    assert captured.err == (
        "reflowtop: no run, task, pool or alloc has the id prefix 'zzz' among active rows; "
        "give 8 digits or more to find others\n"
    )
    assert captured.out.startswith("Run 01010101\n")


async def test_an_id_that_may_be_that_of_a_finding_names_the_command(capsys: Captured) -> None:
    assert await describe(database(), "7cfde989") is ExitCode.FAILED
    assert capsys.readouterr().err.splitlines() == [
        "reflowtop: no run, task, pool or alloc has the id prefix '7cfde989'",
        "if it is the id of a finding: reflowtop failures id:7cfde989 --table reflow-prod",
    ]


async def test_a_service_that_denies_is_reported_once() -> None:
    db = database()
    db.failure = DENIED
    with pytest.raises(Error) as raised:
        await describe(db, run_id(1).hex, run_id(2).hex)
    assert raised.value is DENIED


async def test_failed_reads_are_reported_and_the_rest_printed(capsys: Captured) -> None:
    db = database()
    db.history_errors = [THROTTLED]
    assert await describe(db, run_id(1).hex) is ExitCode.FAILED
    captured = capsys.readouterr()
    assert captured.out.startswith("Run 01010101\n")
    assert captured.err.startswith("reflowtop: ")
    db.failures["active"] = THROTTLED
    assert await describe(db, digest("i-0abc").hex, as_json=True) is ExitCode.FAILED
    document = json.loads(capsys.readouterr().out)
    assert (document["is_complete"], document["rows"][0]["pool"]) == (False, "i-0abc")


async def test_an_alloc_without_a_pool_has_a_description(capsys: Captured) -> None:
    db = ScriptedDB(make_alloc(pool_id=Digest.ZERO))
    assert await describe(db, "a1", as_json=True) is ExitCode.OK
    (alloc,) = json.loads(capsys.readouterr().out)["rows"]
    assert (alloc["type"], alloc["alloc"], alloc["pool"]) == ("alloc", "a1", None)


async def test_a_few_digits_find_an_active_run(capsys: Captured) -> None:
    assert await describe(database(), run_id(1).hex[:4]) is ExitCode.OK
    assert capsys.readouterr().out.startswith("Run 01010101\n")


async def test_a_run_is_described_with_its_slowest_idents(capsys: Captured) -> None:
    ended = [make_task(n, 2, start=ago(hours=2), end=ago(hours=1), ident="align") for n in range(30, 60)]
    run = make_run(1), make_task(1, 1, start=ago(hours=3), ident="align"), make_task(2, 1, end=NOW, ident="qc")
    db = ScriptedDB(*run, *ended)
    assert await describe(db, run_id(1).hex) is ExitCode.OK
    lines = capsys.readouterr().out.splitlines()
    first = lines.index("Slowest idents") + 1
    assert lines[first] == "  align  3h00m+; usually 1h00m, p95 1h00m; slow"
    assert lines[first + 1].endswith("not enough data (1 succeeded)")
    assert "  ETA      unknown, beyond p95, by 1 of 1 running task; later tasks are not known" in lines
    assert {*db.called("ident")} == {"align", "qc"}


async def test_a_lost_task_is_described_with_its_last_log_line(capsys: Captured) -> None:
    lost = make_task(9, 1, start=ago(hours=1), keepalive=ago(minutes=10), stderr=digest("nine"))
    db = LoggedDB(lost, text=b"begin\naligned [/x] password=hunter2\n")
    assert await describe(db, task_id(9).hex) is ExitCode.OK
    assert "  last line  aligned [/x] password=[redacted]" in capsys.readouterr().out.splitlines()
    db.reads.clear()
    assert await describe(db, task_id(9).hex, as_json=True) is ExitCode.OK
    assert db.reads == []


async def test_an_ended_task_is_described_with_the_usual_duration(capsys: Captured) -> None:
    ended = [make_task(n, 2, start=ago(hours=2), end=ago(hours=1), ident="align") for n in range(30, 60)]
    db = ScriptedDB(make_run(1), make_task(1, 1, end=NOW, ident="align"), *ended)
    assert await describe(db, task_id(1).hex) is ExitCode.OK
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["usual", "usually", "1h00m,", "p95", "1h00m"] in lines


def many_failures() -> list[Row]:
    """Tasks of an ident in two runs: those on `i-sick` fail, and most of them belong to run 1."""
    rows: list[Row] = [make_run(1, labels={"Name": "align"}), make_run(2, user="bob")]
    rows += [make_pool("i-sick"), make_pool("i-well"), make_alloc("a1", "i-sick"), make_alloc("a2", "i-well")]
    for number in range(40):
        is_sick = number < 9
        rows.append(
            make_task(
                number,
                1 if number < 24 else 2,
                start=ago(minutes=40),
                end=ago(minutes=30),
                keepalive=ago(minutes=30),
                err=OOM if is_sick else None,
                alloc_id=digest("a1" if is_sick else "a2"),
            )
        )
    return rows


async def test_a_run_is_explained_by_its_own_tasks_and_says_so(capsys: Captured) -> None:
    await describe(ScriptedDB(*many_failures()), run_id(1).hex)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    place = lines.index("Findings of this run")
    assert lines[place + 1 : place + 3] == [
        "failing samtools.sort: OOM error in 9 flows on r5.2xlarge, killed",
        "shared 9 of 9 failures of this run on host i-sick, 0 of 15 others of this run (p < 0.001)",
    ]


async def test_a_task_is_explained_by_the_tasks_of_its_run(capsys: Captured) -> None:
    await describe(ScriptedDB(*many_failures()), task_id(1).hex)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "shared 9 of 9 failures of its run on host i-sick, 0 of 15 others of its run (p < 0.001)" in lines
    assert "Findings of its run" in lines


async def test_a_description_of_a_live_host_has_its_failures(capsys: Captured) -> None:
    await describe(ScriptedDB(*many_failures()), "i-sick")
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "state ● live" in lines
    assert "tasks 9 tasks: 9 failed" in lines
    place = lines.index("Findings")
    assert lines[place + 1 : place + 3] == [
        "failing samtools.sort: OOM error in 9 flows on r5.2xlarge, killed; 9 of them here",
        "shared 9 of 9 failures on host i-sick, 0 of 31 others (p < 0.001)",
    ]
    await describe(ScriptedDB(*many_failures()), "i-well")
    assert "failing" not in capsys.readouterr().out


async def test_a_live_run_with_a_lost_task_says_why(capsys: Captured) -> None:
    lost = make_task(1, 1, start=ago(hours=1), keepalive=ago(minutes=9))
    db = ScriptedDB(make_run(1), lost, make_task(2, 1), make_alloc(), make_pool())
    await describe(db, run_id(1).hex)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert "stale tasks run 01010101: 1 task stale or lost" in lines
    assert any(line.startswith("cause Only this task stopped; its host i-0abc is alive") for line in lines)


async def test_failures_of_a_run_can_be_compared_with_all(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    await describe(ScriptedDB(*many_failures()), run_id(1).hex)
    hint = "reflowtop failures --explain run:01010101 --table reflow-prod"
    assert capsys.readouterr().err == f"reflowtop: to compare with the tasks of all runs: {hint}\n"


async def test_a_lost_task_is_judged_by_the_tasks_of_other_runs_on_its_host(capsys: Captured) -> None:
    """The host stopped renewing but works: a task of another run there is alive."""
    died: dict[str, Any] = {"start": ago(hours=1), "keepalive": ago(minutes=20)}
    rows: list[Row] = [make_run(1), make_run(2), make_pool(**died), make_alloc(**died)]
    rows += [make_task(1, 1, **died), make_task(2, 2, start=ago(hours=1))]
    for id in (task_id(1).hex, run_id(1).hex):
        await describe(ScriptedDB(*rows), id)
        lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
        if id == task_id(1).hex:
            assert any(line.startswith("cause Its host i-0abc stopped renewing") for line in lines)
            assert any("but 1 task there kept renewing: the host may be alive" in line for line in lines)
        else:
            assert "tasks 0 of 1 done, 1 stale or lost, 0 failed flows" in lines
            assert any(line.startswith("at stake 2 tasks of 2 runs (amy)") for line in lines)


async def test_a_task_that_was_lost_days_ago_is_judged_by_its_run_alone(capsys: Captured) -> None:
    died: dict[str, Any] = {"start": ago(days=9), "keepalive": ago(days=3)}
    db = ScriptedDB(make_run(1, **died), make_pool(**died), make_alloc(**died), make_task(1, 1, **died))
    await describe(db, task_id(1).hex)
    assert "Findings of its run" in capsys.readouterr().out
    assert db.called("active") == []
