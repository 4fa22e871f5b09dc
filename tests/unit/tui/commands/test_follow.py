"""`failures --follow` and `watch --all`."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.support.clock import settle
from tests.support.rows import OOM, ago, ahead, digest, make_run, make_task, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.unit.tui.commands.test_watch import SETTINGS, Captured, end_run, end_task, running
from tui import cli, exit_status
from tui.commands import failures
from tui.commands.follow import FailureFeed, Handler, RunFeed, follow
from tui.commands.listing import ListOptions, make_plan
from tui.exit_status import ExitCode
from tui.export.formats.output_formats import OutputFormat
from tui.query.filter import parse


class Following:
    """The command under way, with a table and a clock that the test sets."""

    def __init__(self, db: ScriptedDB, task: "asyncio.Task[ExitCode]", stop: asyncio.Event, captured: Captured) -> None:
        self.db = db
        self.task = task
        self.stop = stop
        self._captured = captured
        self.errors: list[str] = []

    async def after(self, seconds: float) -> list[str]:
        """Let time pass; returns the lines that were printed."""
        await self.db.clock.advance(seconds)
        await settle()
        printed = self._captured.readouterr()
        self.errors += printed.err.splitlines()
        return printed.out.splitlines()


@asynccontextmanager
async def following(db: ScriptedDB, captured: Captured, handle: Handler) -> AsyncIterator[Following]:
    stop = asyncio.Event()
    command = follow(db, SETTINGS, handle, stop, clock=db.clock.now, sleep=db.clock.sleep)
    task = asyncio.create_task(command)
    await settle()
    yield Following(db, task, stop, captured)
    stop.set()
    assert await task is ExitCode.INTERRUPTED


def failure_feed(db: ScriptedDB, user: str | None = None, **options: Any) -> FailureFeed:
    settings = replace(SETTINGS, user=user)
    return FailureFeed(make_plan(failures.LIST, ListOptions(**options), settings, db.now))


async def test_findings_appear_grow_and_are_resolved(capsys: Captured) -> None:
    db = running()
    db.put(make_task(2, 1, keepalive=ahead(hours=9)), make_task(3, 1, keepalive=ahead(hours=9)))
    async with following(db, capsys, failure_feed(db, output=OutputFormat.NDJSON)) as feed:
        assert await feed.after(6) == []
        end_task(db, 1, OOM)
        (line,) = await feed.after(6)
        appeared = json.loads(line)
        assert list(appeared) == [
            *("time", "event", "id", "kind", "severity", "reason"),
            *("count", "count_before", "first", "last", "run_ids", "users"),
        ]
        assert (appeared["event"], appeared["kind"], appeared["severity"]) == ("appeared", "failing", "critical")
        assert (appeared["count"], appeared["count_before"]) == (1, 0)
        assert (appeared["run_ids"], appeared["users"]) == ([str(run_id(1))], ["amy@example.com"])
        assert await feed.after(60) == []
        end_task(db, 2, OOM)
        (line,) = await feed.after(6)
        grew = json.loads(line)
        assert (grew["event"], grew["id"], grew["count"], grew["count_before"]) == ("grew", appeared["id"], 2, 1)


async def test_finding_appears_with_the_failures_before_the_window(capsys: Captured) -> None:
    """The first refresh reads the last ten minutes only: the finding would appear small, and grow without a cause."""
    db = running()
    for n, minutes in ((2, 60), (3, 1)):
        end = ago(minutes=minutes)
        db.put(make_task(n, 1, start=ago(hours=2), end=end, keepalive=end, err=OOM, flow_id=digest(f"flow {n}")))
    async with following(db, capsys, failure_feed(db, output=OutputFormat.NDJSON)) as feed:
        events = [json.loads(line) for line in await feed.after(60)]
        assert [(event["event"], event["count"]) for event in events] == [("appeared", 2)]


async def test_finding_appears_with_the_failures_of_runs_that_ended(capsys: Captured) -> None:
    db = running()
    end = ago(minutes=40)
    db.put(
        make_run(3, start=ago(hours=2), end=end, keepalive=end),
        make_task(3, 3, start=ago(hours=1), end=end, keepalive=end, err=OOM, flow_id=digest("flow 3")),
        make_task(1, 1, end=ago(minutes=1), err=OOM),
    )
    async with following(db, capsys, failure_feed(db, output=OutputFormat.NDJSON)) as feed:
        events = [json.loads(line) for line in await feed.after(60)]
        assert [(event["event"], event["count"]) for event in events] == [("appeared", 2)]


async def test_finding_appears_though_not_all_tasks_of_its_run_can_be_read(capsys: Captured) -> None:
    db = running()
    db.failures["tasks"] = THROTTLED
    async with following(db, capsys, failure_feed(db, output=OutputFormat.NDJSON)) as feed:
        end_task(db, 1, OOM)
        (line,) = await feed.after(20)
        assert json.loads(line)["event"] == "appeared"


async def test_finding_is_resolved_when_its_cause_is_gone(capsys: Captured) -> None:
    db = running()
    db.put(make_run(1, keepalive=ahead(seconds=100)))
    async with following(db, capsys, failure_feed(db, filter="user:amy")) as feed:
        (line,) = await feed.after(200)
        assert "  appeared  warning " in line
        db.put(make_run(1, keepalive=db.now + timedelta(hours=9)))
        (line,) = await feed.after(90)
        assert "  resolved  warning " in line


async def test_text_is_a_line_for_each_change_of_the_users_findings(capsys: Captured) -> None:
    db = running()
    db.put(make_task(2, 2, keepalive=ahead(hours=9), ident="b.other", img_cmd_id=digest("x")))
    async with following(db, capsys, failure_feed(db, user="amy")) as feed:
        end_task(db, 2, OOM)
        assert await feed.after(6) == []
        end_task(db, 1, OOM)
        (line,) = await feed.after(6)
        assert "  appeared  critical  " in line
        assert line.endswith("  01010101  amy@example.com")


async def test_filter_selects_findings(capsys: Captured) -> None:
    db = running()
    async with following(db, capsys, failure_feed(db, filter="ident:nosuch")) as feed:
        end_task(db, 1, OOM)
        assert await feed.after(6) == []


@pytest.mark.parametrize("of_runs", [False, True])
async def test_outages_are_reported_once_and_survived(of_runs: bool, capsys: Captured) -> None:
    db = running()
    handle = RunFeed(SETTINGS, parse(""), as_json=False) if of_runs else failure_feed(db)
    async with following(db, capsys, handle) as feed:
        await feed.after(6)
        db.failure = THROTTLED
        assert await feed.after(600) == []
        (trouble,) = feed.errors
        assert "AWS throttles the reads" in trouble
        db.failure = None
        end_task(db, 1, OOM)
        (line,) = await feed.after(90)
        assert ("failing" if of_runs else "appeared") in line
        assert feed.errors == [trouble, "reflowtop: reads succeed again"]


async def test_every_run_of_the_user_is_watched_and_new_ones_too(capsys: Captured) -> None:
    db = running()
    db.put(make_run(3, end=db.now, keepalive=db.now))
    async with following(db, capsys, RunFeed(replace(SETTINGS, user="amy"), parse(""), as_json=True)) as feed:
        (line,) = await feed.after(6)
        record = json.loads(line)
        assert (record["id"], record["before"], record["state"]) == (str(run_id(1)), None, "running")
        end_task(db, 1, OOM)
        db.put(make_run(4, start=db.now, keepalive=ahead(hours=9)))
        states = {record["id"][-2:]: record["state"] for record in map(json.loads, await feed.after(90))}
        assert states == {"01": "failing", "04": "running"}
        end_run(db)
        (line,) = await feed.after(60)
        assert json.loads(line)["state"] == "failed"


async def test_runs_that_ended_and_were_forgotten_are_not_kept_for_months(capsys: Captured) -> None:
    db = running()
    db.put(make_run(1, keepalive=ahead(minutes=2)))
    feed = RunFeed(SETTINGS, parse("user:amy"), as_json=False)
    async with following(db, capsys, feed) as watched:
        await watched.after(6)
        assert len(feed.watched) == 1
        end_task(db)
        end_run(db)
        lines = await watched.after(60)
        assert ["succeeded" in line for line in lines] == [True]
        assert len(feed.watched) == 1
        for _ in range(75):
            assert await watched.after(60) == []
        assert len(feed.watched) == 0


async def test_runs_that_the_backfill_finds_ended_are_not_reported(capsys: Captured) -> None:
    """A run that ended half an hour ago is no change, though it comes after the first refresh."""
    db = running()
    db.put(make_run(3, start=ago(hours=2), end=ago(minutes=30), keepalive=ago(minutes=30)))
    async with following(db, capsys, RunFeed(SETTINGS, parse("user:amy"), as_json=False)) as feed:
        (line,) = await feed.after(60)
        assert "01010101  running" in line
        assert ("backfill" in dict(db.calls), feed.errors) == (True, [])


async def test_tasks_that_are_read_later_of_a_run_that_had_ended_are_no_change(capsys: Captured) -> None:
    db = running()
    ended = {"start": ago(hours=2), "end": ago(minutes=30), "keepalive": ago(minutes=30)}
    db.put(make_run(3, **ended), make_task(7, 3, **ended, err=OOM))
    async with following(db, capsys, RunFeed(SETTINGS, parse("user:amy"), as_json=False)) as feed:
        (line,) = await feed.after(600)
        assert "01010101  running" in line


async def test_feed_without_a_run_says_so_once(capsys: Captured) -> None:
    async with following(running(), capsys, RunFeed(SETTINGS, parse("user:nobody"), as_json=False)) as feed:
        assert await feed.after(60) == []
        assert feed.errors == ["reflowtop: no run matches yet"]


async def test_filter_selects_runs(capsys: Captured) -> None:
    async with following(running(), capsys, RunFeed(SETTINGS, parse("user:bob"), as_json=False)) as feed:
        (line,) = await feed.after(6)
        assert "02020202  running" in line


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("failures", "--follow", "-o", "csv"), "--follow prints text or -o ndjson"),
        (("failures", "--follow", "--until", "5m"), "--follow and --until cannot be used together"),
        (("watch",), "Missing argument 'RUN...'; --all watches all runs"),
        (("watch", "--all", "--until", "failed"), "--all and --until cannot be used together"),
        (("watch", "--all", "--exit-status"), "--all and --exit-status cannot be used together"),
        (("watch", "--all", "--notify"), "--all and --notify cannot be used together"),
        (("watch", "--all", "nosuch:x"), "FILTER: no key 'nosuch'"),
    ],
)
def test_invalid_arguments_are_usage_errors(args: tuple[str, ...], words: str, capsys: Captured) -> None:
    assert exit_status.run_command(cli.reflowtop, [*args, "--table", "reflow-prod"]) == ExitCode.USAGE
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("args", [("failures", "--follow"), ("watch", "--all")])
def test_signals_end_a_feed_with_130(args: tuple[str, ...], number: signal.Signals, program: Path) -> None:
    flags = ("--table", "reflow-prod", "--endpoint-url", "http://127.0.0.1:1", "--region", "us-west-2")
    process = subprocess.Popen([str(program), *args, *flags], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    line = process.stderr.readline()  # it survives the outage
    assert "The service cannot be reached" in line
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=60)
    assert (out, err, process.returncode) == ("", "", ExitCode.INTERRUPTED)
