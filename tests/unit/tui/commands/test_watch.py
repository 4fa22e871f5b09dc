"""`reflowtop watch`."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from store import Error, Task
from tests.support.clock import settle
from tests.support.rows import OOM, ago, ahead, make_run, make_task, run_id, task_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui import cli, exit_status
from tui.commands import watch as watch_command
from tui.commands.watch import WatchOptions, watch
from tui.commands.watched_runs import Until
from tui.exit_status import ExitCode
from tui.settings import Settings
from tui.text import time_zone

SETTINGS = Settings(table="reflow-prod", interval=timedelta(seconds=5))
ONE, TWO = run_id(1).hex, run_id(2).hex
Captured = pytest.CaptureFixture[str]


class Watching:
    """The command under way, with a table and a clock that the test sets."""

    def __init__(self, db: ScriptedDB, task: "asyncio.Task[ExitCode]", captured: Captured) -> None:
        self.db = db
        self.task = task
        self._captured = captured
        self.errors: list[str] = []

    async def after(self, seconds: float) -> list[str]:
        """Let time pass; returns the lines that were printed."""
        await self.db.clock.advance(seconds)
        await settle()
        return self.printed()

    def printed(self) -> list[str]:
        printed = self._captured.readouterr()
        self.errors += printed.err.splitlines()
        return printed.out.splitlines()


@asynccontextmanager
async def watching(db: ScriptedDB, captured: Captured, *ids: str, **options: Any) -> AsyncIterator[Watching]:
    command = watch(db, SETTINGS, ids or (ONE,), WatchOptions(**options), clock=db.clock.now, sleep=db.clock.sleep)
    task = asyncio.create_task(command)
    await settle()
    yield Watching(db, task, captured)
    task.cancel()
    await asyncio.wait([task])


def running() -> ScriptedDB:
    return ScriptedDB(
        make_run(1, labels={"Name": "align"}, keepalive=ahead(hours=9)),
        make_task(1, 1, keepalive=ahead(hours=9)),
        make_run(2, user="bob@example.com", start=ago(minutes=9), keepalive=ahead(hours=9)),
    )


def end_task(db: ScriptedDB, n: int = 1, err: Error | None = None) -> None:
    task = db.rows[task_id(n)]
    assert isinstance(task, Task)
    db.put(msgspec.structs.replace(task, end=db.now, err=err))


def end_run(db: ScriptedDB, n: int = 1) -> None:
    db.put(msgspec.structs.replace(db.rows[run_id(n)], end=db.now))


async def test_each_change_is_a_line_until_the_run_ends(capsys: Captured) -> None:
    db = running()
    async with watching(db, capsys) as command:
        assert command.printed() == ["2026-11-01T12:03:41Z  01010101  running    0/1 tasks  amy@example.com  align"]
        assert await command.after(60) == []
        end_task(db, err=OOM)
        (line,) = await command.after(6)
        assert "  01010101  failing    1/1 tasks, 1 flow failed  " in line
        assert not command.task.done()
        end_run(db)
        (line,) = await command.after(6)
        assert "  01010101  failed     1/1 tasks, 1 flow failed  " in line
        assert await command.task == ExitCode.OK
        assert not command.errors


@pytest.mark.parametrize("err", [None, OOM])
async def test_exit_status_reflects_the_final_state(err: Error | None, capsys: Captured) -> None:
    db = running()
    async with watching(db, capsys, exit_status=True) as command:
        end_task(db, err=err)
        end_run(db)
        await command.after(6)
        assert await command.task == (ExitCode.FAILED if err else ExitCode.OK)


async def test_run_that_ended_long_ago_is_reported_at_once(capsys: Captured) -> None:
    db = ScriptedDB(
        make_run(1, start=ago(days=3), keepalive=ago(days=2), end=ago(days=2)),
        make_task(1, 1, start=ago(days=3), keepalive=ago(days=2), end=ago(days=2), err=OOM),
    )
    async with watching(db, capsys, exit_status=True) as command:
        assert await command.task == ExitCode.FAILED
        (line,) = command.printed()
        assert "failed     1/1 tasks, 1 flow failed" in line


async def test_until_failed_ends_at_the_first_failure(capsys: Captured) -> None:
    db = running()
    async with watching(db, capsys, until=(Until.FAILED,)) as command:
        end_task(db, err=OOM)
        await command.after(6)
        assert await command.task == ExitCode.OK


async def test_until_stale_ends_when_the_lease_expires(capsys: Captured) -> None:
    db = running()
    db.put(make_run(1, keepalive=ahead(seconds=100)))
    async with watching(db, capsys, until=(Until.STALE, Until.FAILED), exit_status=True) as command:
        assert "running" in command.printed()[0]
        (line,) = await command.after(170)
        assert "stale" in line
        assert await command.task == ExitCode.FAILED


async def test_lost_run_is_watched_until_it_ends(capsys: Captured) -> None:
    db = running()
    db.put(make_run(1, keepalive=ahead(seconds=100)))
    async with watching(db, capsys) as command:
        command.printed()
        assert [line.split()[2] for line in await command.after(600)] == ["stale", "lost"]
        assert await command.after(600) == []
        assert command.errors == [
            "reflowtop: run 01010101 is lost and may never end; --until stale stops there",
        ]
        db.put(make_run(1, keepalive=db.now + timedelta(hours=1)))
        assert [line.split()[2] for line in await command.after(90)] == ["running"]
        assert not command.task.done()


async def test_several_runs_are_all_waited_for(capsys: Captured) -> None:
    db = running()
    async with watching(db, capsys, ONE, TWO, ONE) as command:
        assert [line.split()[1] for line in command.printed()] == ["01010101", "02020202"]
        end_run(db, 2)
        assert [line.split()[1:3] for line in await command.after(6)] == [["02020202", "succeeded"]]
        assert not command.task.done()
        end_run(db, 1)
        await command.after(6)
        assert await command.task == ExitCode.OK


async def test_tasks_are_read_once_more_after_the_end(capsys: Captured) -> None:
    db = running()
    async with watching(db, capsys, exit_status=True) as command:
        command.printed()
        end_run(db)
        # The index returns the end of the run before the failure of its task.
        failed = msgspec.structs.replace(db.rows[task_id(1)], keepalive=ago(days=1), start=ago(days=1))
        db.put(msgspec.structs.replace(failed, end=ago(days=1), err=OOM))
        (line,) = await command.after(6)
        assert "failed" in line
        assert await command.task == ExitCode.FAILED


async def test_failing_reads_are_reported_once_and_retried(capsys: Captured) -> None:
    db = running()
    async with watching(db, capsys) as command:
        command.printed()
        polls = len(db.called("active"))
        db.failure = THROTTLED
        assert await command.after(600) == []
        (trouble,) = command.errors
        assert trouble.startswith("reflowtop: ")
        assert "throttled" in trouble.lower()
        # The interval backs off to a minute: 9 polls in ten minutes, and a few before, each of up to two ranges.
        assert 9 <= len(db.called("active")) - polls <= 30
        db.failure = None
        end_run(db)
        (line,) = await command.after(80)
        assert "succeeded" in line
        assert command.errors == [trouble, "reflowtop: reads succeed again"]
        assert await command.task == ExitCode.OK


async def test_run_is_not_reported_until_its_tasks_are_read(capsys: Captured) -> None:
    db = running()
    db.put(make_run(1, end=ago(hours=1), start=ago(hours=2), keepalive=ago(hours=1)))
    db.history_errors = [THROTTLED]
    async with watching(db, capsys, exit_status=True) as command:
        assert await command.after(60) == []
        assert len(command.errors) == 1
        end_task(db, err=OOM)
        db.history_errors = []
        (line,) = await command.after(60)
        assert "failed" in line
        assert await command.task == ExitCode.FAILED


async def test_json_output(capsys: Captured) -> None:
    db = running()
    async with watching(db, capsys, as_json=True) as command:
        assert json.loads(command.printed()[0]) == {
            "time": "2026-11-01T12:03:41Z",
            "id": str(run_id(1)),
            "before": None,
            "state": "running",
            "tasks_done": 0,
            "tasks": 1,
            "flows_failed": 0,
            "user": "amy@example.com",
            "labels": {"Name": "align"},
        }
        end_run(db)
        (line,) = await command.after(6)
        assert (json.loads(line)["before"], json.loads(line)["state"]) == ("running", "succeeded")


async def test_terminal_is_notified_of_failures(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TMUX", "STY", "TERM_PROGRAM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "foot")
    db, terminal = running(), io.StringIO()
    async with watching(db, capsys, terminal=terminal) as command:
        assert not terminal.getvalue()
        end_task(db, err=OOM)
        await command.after(6)
        assert terminal.getvalue() == (
            "\a\x1b]777;notify;run 01010101 is failing;align, amy@example.com, 1/1 tasks, 1 flow failed\a"
        )


async def test_hostile_names_are_printed_safely(capsys: Captured) -> None:
    db = running()
    db.put(make_run(1, labels={"Name": "a\x1b]0;x\x07\nb"}, user="\x9b31m"))
    async with watching(db, capsys) as command:
        (line,) = command.printed()
        assert line.isprintable()


async def test_unknown_run_is_an_error(capsys: Captured) -> None:
    async with watching(running(), capsys, run_id(9).hex) as command:
        with pytest.raises(Error, match="no run or task has the id prefix '09090909"):
            await command.task


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "Missing argument 'RUN...'"),
        (("77aa01ff", "--until", "never"), "'never' is not one of 'ended', 'failed', 'stale'"),
        (("77aa01ff", "--interval", "0s"), "too short"),
        (("77aa01ff", "--since", "1h"), "RUN and --since cannot be used together; --all watches all runs of a user"),
    ],
)
def test_invalid_arguments_are_usage_errors(args: tuple[str, ...], words: str, capsys: Captured) -> None:
    assert exit_status.run_command(cli.reflowtop, ["watch", "--table", "reflow-prod", *args]) == ExitCode.USAGE
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("form", ["json", "ndjson"])
def test_flags_reach_the_command(form: str, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    arguments: list[Any] = []

    def run(settings: Settings, ids: tuple[str, ...], options: WatchOptions) -> ExitCode:
        arguments.extend((settings.interval, ids, options))
        return ExitCode.FAILED

    monkeypatch.setattr(watch_command, "run", run)
    flags = ["--until", "failed", "--until", "stale", "--exit-status", "--notify", "-o", form]
    assert (
        exit_status.run_command(cli.reflowtop, ["--table", "reflow-prod", "watch", "77aa01ff", "4f2a91c0", *flags])
        == ExitCode.FAILED
    )
    assert arguments == [
        timedelta(seconds=5),
        ("77aa01ff", "4f2a91c0"),
        WatchOptions(until=frozenset((Until.FAILED, Until.STALE)), exit_status=True, as_json=True),
    ]
    assert "--notify is ignored: neither standard output nor" in capsys.readouterr().err


def test_unreachable_service_is_reported(capsys: Captured) -> None:
    args = ["watch", "77aa01ff", "--table", "reflow-prod", "--endpoint-url", "http://127.0.0.1:1"]
    assert exit_status.run_command(cli.reflowtop, args) == ExitCode.SERVICE
    (line,) = capsys.readouterr().err.splitlines()
    assert "127.0.0.1:1" in line


async def test_times_are_in_the_chosen_zone(capsys: Captured) -> None:
    time_zone.use(time_zone.parse("Europe/Berlin"))
    try:
        async with watching(running(), capsys) as command:
            assert command.printed()[0].startswith("2026-11-01T13:03:41+01:00  01010101")
        async with watching(running(), capsys, as_json=True) as command:
            assert json.loads(command.printed()[0])["time"] == "2026-11-01T12:03:41Z"
    finally:
        time_zone.use(time_zone.UTC_ZONE)
