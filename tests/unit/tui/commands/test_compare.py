"""`reflowtop compare`."""

import csv
import json

import click
import pytest

from tests.support.rows import NOW, OOM, ago, make_run, make_task, run_id
from tests.support.scripted_db import ScriptedDB
from tui.commands.compare import compare
from tui.commands.listing import ListOptions
from tui.exit_status import ExitCode
from tui.export.formats.output_formats import OutputFormat
from tui.settings import Settings

Captured = pytest.CaptureFixture[str]
SETTINGS = Settings(table="reflow-prod")


def database() -> ScriptedDB:
    labels = {"Name": "align"}
    return ScriptedDB(
        make_run(1, labels=labels),
        make_task(1, 1, start=ago(minutes=50), end=ago(minutes=40), err=OOM),
        make_run(2, labels=labels, start=ago(hours=30), end=ago(hours=29), keepalive=ago(hours=29)),
        make_task(2, 2, start=ago(hours=30), end=ago(hours=29.9), keepalive=ago(hours=29.9)),
    )


async def test_a_run_is_compared_with_the_last_good_one(capsys: Captured) -> None:
    assert await compare(database(), SETTINGS, [run_id(1).hex], ListOptions(), NOW) is ExitCode.OK
    out, err = capsys.readouterr()
    assert err == ""
    header, line = out.splitlines()
    assert header.split() == ["IDENT", "TASKS", "FAILED", "RETRIED", "TYPICAL", "CHANGE", "REQUESTED", "IMAGE"]
    assert line.split()[:5] == ["samtools.sort", "1/1", "1/0", "0/0", "-/6m00s"]


async def test_a_page_begins_with_the_runs_and_what_differs(capsys: Captured) -> None:
    assert await compare(database(), SETTINGS, [run_id(1).hex], ListOptions(), NOW, as_page=True) is ExitCode.OK
    out, err = capsys.readouterr()
    assert err == ""
    first, second, blank, difference, _, header, line = out.splitlines()
    assert first.startswith("01010101 align, failing")
    assert second.startswith("compared with 02020202 align, succeeded")
    assert (blank, difference) == ("", "samtools.sort: 1 of 1 failed, 0 of 1 then")
    assert (header.split()[0], line.split()[0]) == ("IDENT", "samtools.sort")


async def test_a_page_without_differences_says_so(capsys: Captured) -> None:
    db = database()
    db.put(make_run(3, labels={"Name": "align"}), make_task(3, 3, start=ago(minutes=12), end=ago(minutes=6)))
    ids = [run_id(3).hex, run_id(2).hex]
    assert await compare(db, SETTINGS, ids, ListOptions(), NOW, as_page=True) is ExitCode.OK
    assert "\n\nnothing stands out\n\nIDENT" in capsys.readouterr().out


async def test_two_runs_are_compared_as_json(capsys: Captured) -> None:
    options = ListOptions(output=OutputFormat.JSON)
    assert await compare(database(), SETTINGS, [run_id(2).hex, run_id(1).hex], options, NOW) is ExitCode.OK
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["run"].startswith("sha256:0202")
    assert found["compared_with"].startswith("sha256:0101")
    assert found["idents"][0]["failed"] == [0, 1]
    assert err == ""


async def test_csv_has_one_value_in_each_cell(capsys: Captured) -> None:
    options = ListOptions(output=OutputFormat.CSV)
    assert await compare(database(), SETTINGS, [run_id(1).hex, run_id(2).hex], options, NOW) is ExitCode.OK
    (row,) = csv.DictReader(capsys.readouterr().out.splitlines())
    assert list(row)[:5] == ["ident", "tasks_now", "tasks_then", "failed_now", "failed_then"]
    assert (row["ident"], row["failed_now"], row["failed_then"], row["differs"]) == ("samtools.sort", "1", "0", "true")
    assert (row["typical_seconds_now"], row["typical_seconds_then"]) == ("", "360.0")


async def test_no_comparable_run_is_told_with_the_reason(capsys: Captured) -> None:
    db = ScriptedDB(make_run(1, labels={"Name": "align"}), make_task(1, 1))
    assert await compare(db, SETTINGS, [run_id(1).hex], ListOptions(), NOW) is ExitCode.FAILED
    out, err = capsys.readouterr()
    assert out == ""
    assert "with: no run named align of its user succeeded in the last 100 tasks of samtools.sort" in err
    assert "`compare 01010101 RUN` takes any other" in err


@pytest.mark.parametrize("other", [run_id(1).hex, str(run_id(1))])
async def test_a_run_is_not_compared_with_itself(other: str, capsys: Captured) -> None:
    with pytest.raises(click.UsageError, match=r"both RUNs are 01010101; name a different run, or none for"):
        await compare(database(), SETTINGS, [run_id(1).hex, other], ListOptions(), NOW)
    assert capsys.readouterr().out == ""
