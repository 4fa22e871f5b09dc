"""The common parts of list commands: options, order, limits, and the message for an empty list."""

import json
from typing import Any

import click
import pytest

from tests.support.list_commands import plan, run_list
from tests.support.rows import NOW, OOM, ago, make_run, make_task
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui.commands import listing
from tui.commands import ps as ps_command
from tui.exit_status import ExitCode
from tui.export.formats.output_formats import OutputFormat
from tui.query.time_expressions import Moment

WINDOW = "alive since 10m, ended since 1h, lost since 1d"
Captured = pytest.CaptureFixture[str]


def database() -> ScriptedDB:
    return ScriptedDB(
        make_run(1, start=ago(hours=3), labels={"Name": "align"}),
        make_run(2, start=ago(hours=1), user="bob@example.com"),
        make_run(3, start=ago(hours=2)),
        make_task(1, 3, end=NOW, err=OOM),
    )


async def names(capsys: Captured, **given: Any) -> str:
    """Return the first digits of the runs that `ps` lists."""
    assert await run_list("ps", database(), "name", **given) is ExitCode.OK
    return "".join(line[8] for line in capsys.readouterr().out.splitlines())


async def test_rows_are_filtered_sorted_and_limited(capsys: Captured) -> None:
    assert await names(capsys) == "321"
    assert await names(capsys, filter="user:amy") == "31"
    assert await names(capsys, filter="state:failing,running !user:amy") == "2"
    assert await names(capsys, user="amy", sort="age") == "13"
    assert await names(capsys, sort="age") == await names(capsys, sort="age:desc") == "132"
    assert await names(capsys, sort="age:asc") == "231"
    assert await names(capsys, sort="user") == "312"
    assert await names(capsys, sort="age", limit=2) == "13"
    assert await names(capsys, limit=0) == ""


async def test_columns_and_titles_are_chosen(capsys: Captured) -> None:
    await run_list("ps", database(), "table", columns="state,run", limit=1)
    assert capsys.readouterr().out == "STATE    RUN\nfailing  03030303\n"
    await run_list("ps", database(), "table", columns="state,run,", limit=1, headers=False)
    assert capsys.readouterr().out == "failing  03030303\n"
    await run_list("ps", database(), "csv", fields="state,tasks_total", limit=1)
    assert capsys.readouterr().out == "state,tasks_total\r\nfailing,1\r\n"


async def test_a_terminal_shows_the_columns_of_the_settings(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, Any] = {"limit": 1, "headers": False, "columns_setting": {"runs": ("state", "run")}}
    await run_list("ps", database(), "table", **given)
    assert capsys.readouterr().out.startswith("03030303 ")  # scripts know what comes
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    await run_list("ps", database(), "table", color="never", **given)
    assert capsys.readouterr().out == "▲ failing    03030303\n"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"filter": "statt:x"}, "FILTER: no key 'statt'"),
        ({"filter": "attempt:2"}, "FILTER: this list has no key 'attempt'"),
        ({"sort": "stat"}, "--sort: no column 'stat' to sort by; did you mean state?"),
        ({"sort": "progress"}, "--sort: no column 'progress' to sort by; choose from run, user"),
        ({"sort": "age:down"}, "--sort: 'down' is not a direction; use age:asc or age:desc"),
        ({"columns": "run,stat"}, "--columns: no column 'stat'; did you mean state?"),
        ({"columns": "run,later"}, "--columns: later needs --until"),
        ({"sort": "later:desc"}, "--sort: later needs --until"),
        ({"columns": " ,"}, "--columns: name at least one of run, user"),
        (
            {"output": OutputFormat.CSV, "fields": "task_total"},
            "--fields: no field 'task_total'; did you mean tasks_total?",
        ),
        ({"fields": "id"}, "--fields needs -o json, ndjson or csv; --columns chooses those of tables"),
        ({"output": OutputFormat.NAME, "columns": "run"}, "--columns needs -o table, wide or markdown; -o name prints"),
        ({"output": OutputFormat.CSV, "columns": "run"}, "--columns needs -o table, wide or markdown; --fields"),
    ],
)
def test_wrong_options_name_the_mistake_and_the_remedy(given: dict[str, Any], message: str) -> None:
    with pytest.raises(click.UsageError, match=r"^--|^FILTER") as raised:
        plan("ps", **given)
    assert message in raised.value.message


def test_a_view_of_the_past_has_a_column_of_its_own() -> None:
    assert plan("ps", columns="later", until=Moment("1h", time=ago(hours=1))).columns == ["later"]


TAKEN = "CDcd12 was taken for a filter: 8 or more digits of an id name a RUN, ended or not"


@pytest.mark.parametrize(
    ("command", "given", "line"),
    [
        ("ps", {}, f"No runs found (active, {WINDOW})"),
        ("ps", {"ended": True, "user": "x\x1b"}, f"No runs found (user x␛, {WINDOW})"),
        ("ps", {"filter": "state:lost"}, f"No runs found (active, filter state:lost, {WINDOW})"),
        ("tasks", {"filter": "zz"}, f"No tasks found (active, filter zz, {WINDOW})"),
        (
            "tasks",
            {"filter": "-state:lost CDcd12"},
            f"No tasks found (active, filter -state:lost CDcd12, {WINDOW}); {TAKEN}",
        ),
        ("pools", {}, f"No pools found (active, {WINDOW})"),
        ("failures", {"user": "amy"}, f"No failures found (user amy, {WINDOW})"),
    ],
)
async def test_an_empty_list_is_explained_on_stderr(
    command: str, given: dict[str, Any], line: str, capsys: Captured
) -> None:
    assert await run_list(command, ScriptedDB(), "table", **given) is ExitCode.OK
    captured = capsys.readouterr()
    assert captured.err == f"reflowtop: {line}\n"
    assert len(captured.out.splitlines()) == 1  # titles


@pytest.mark.parametrize(
    ("command", "filter_text", "left_out"),
    [
        ("ps", "state:succeeded", "runs that have ended"),
        ("ps", "user:amy state:succ,failed", "runs that have ended"),
        ("ps", "state:failed", ""),  # listed for an hour
        ("ps", "state:succeeded,running", ""),
        ("ps", "-state:running", ""),
        ("tasks", "state:=failed", "tasks of runs that have ended"),
        ("pools", "state:ended", "pools that have ended"),
        ("failures", "state:failing", ""),
    ],
)
async def test_rows_that_have_ended_need_an_option(
    command: str, filter_text: str, left_out: str, capsys: Captured
) -> None:
    remedy = f"; {left_out} are left out: add -i"
    await run_list(command, ScriptedDB(), "table", filter=filter_text)
    assert ("add -i" in capsys.readouterr().err, bool(left_out)) in ((True, True), (False, False))
    if left_out:
        await run_list(command, ScriptedDB(), "table", filter=filter_text)
        assert capsys.readouterr().err.endswith(f"{remedy}\n")
        await run_list(command, ScriptedDB(), "table", filter=filter_text, ended=True)
        assert remedy not in capsys.readouterr().err


async def test_an_empty_list_mentions_failed_reads(capsys: Captured) -> None:
    db = database()
    db.failures["tasks"] = THROTTLED
    assert await run_list("ps", db, "name", filter="state:lost") is ExitCode.FAILED
    line = capsys.readouterr().err.splitlines()[0]
    assert line == f"reflowtop: No runs found in the rows that could be read (active, filter state:lost, {WINDOW})"


async def test_a_limit_of_0_prints_no_note_about_an_empty_list(capsys: Captured) -> None:
    assert await run_list("ps", database(), "json", limit=0) is ExitCode.OK
    captured = capsys.readouterr()
    assert (json.loads(captured.out)["runs"], captured.err) == ([], "")


async def test_an_empty_window_of_the_past_names_its_times(capsys: Captured) -> None:
    db = ScriptedDB()
    db.cost = 0.0
    then, later = Moment("02:10", time=ago(hours=5)), Moment("02:20", time=ago(hours=4))
    await run_list("ps", db, since=then, until=then)
    assert capsys.readouterr().err == "reflowtop: No runs found (at 02:10)\n"
    await run_list("ps", db, since=then, until=later)
    assert capsys.readouterr().err == "reflowtop: No runs found (02:10 to 02:20)\n"


@pytest.mark.parametrize(
    ("when", "environ", "on_terminal", "in_pipe"),
    [
        ("auto", {}, True, False),
        ("auto", {"NO_COLOR": "1"}, False, False),
        ("auto", {"NO_COLOR": "", "CLICOLOR_FORCE": "1"}, True, True),
        ("auto", {"CLICOLOR_FORCE": "0"}, True, False),
        ("auto", {"NO_COLOR": "1", "CLICOLOR_FORCE": "1"}, False, False),
        ("always", {"NO_COLOR": "1"}, True, True),
        ("never", {"CLICOLOR_FORCE": "1"}, False, False),
    ],
)
def test_colours_follow_the_flag_then_the_environment(
    when: str, environ: dict[str, str], on_terminal: bool, in_pipe: bool
) -> None:
    assert listing.has_color(when, environ, is_terminal=True) is on_terminal
    assert listing.has_color(when, environ, is_terminal=False) is in_pipe


async def test_forced_colours_reach_a_pipe(capsys: Captured) -> None:
    await run_list("ps", database(), "table", color="always")
    assert "\x1b[31mfailing\x1b[0m" in capsys.readouterr().out


def test_columns_can_be_listed(capsys: Captured) -> None:
    listing.show_columns(ps_command.LIST)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["run", "RUN"]
    assert any(line.split() == ["later", "LATER", "(with", "--until)"] for line in lines)
    assert [line.split()[0] for line in lines] == listing.column_ids(ps_command.LIST)
