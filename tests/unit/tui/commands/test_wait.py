"""`reflowtop wait`."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from store import Error
from tests.support.clock import settle
from tests.support.rows import OOM, ahead, make_run, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.unit.tui.commands.test_watch import ONE, SETTINGS, TWO, Captured, end_run, end_task, running
from tui import cli, exit_status
from tui.commands import wait as wait_command
from tui.commands.wait import WaitOptions, wait
from tui.commands.watched_runs import Until
from tui.exit_status import ExitCode
from tui.settings import Settings

HOUR = timedelta(hours=1)


@asynccontextmanager
async def waiting(db: ScriptedDB, *ids: str, **options: Any) -> AsyncIterator["asyncio.Task[ExitCode]"]:
    command = wait(db, SETTINGS, ids or (ONE,), WaitOptions(**options), clock=db.clock.now, sleep=db.clock.sleep)
    task = asyncio.create_task(command)
    await settle()
    yield task
    task.cancel()
    await asyncio.wait([task])


async def later(db: ScriptedDB, seconds: float) -> None:
    await db.clock.advance(seconds)
    await settle()


@pytest.mark.parametrize(
    ("exit_status", "err", "code"), [(False, None, 0), (False, OOM, 0), (True, None, 0), (True, OOM, 1)]
)
async def test_wait_returns_when_the_run_has_ended(
    exit_status: bool, err: Error | None, code: int, capsys: Captured
) -> None:
    db = running()
    async with waiting(db, exit_status=exit_status) as task:
        await later(db, 600)
        assert capsys.readouterr() == ("", "")
        end_task(db, err=err)
        end_run(db)
        await later(db, 6)
        assert await task == code
        (line,) = capsys.readouterr().out.splitlines()
        assert f"  01010101  {'failed' if err else 'succeeded'}  " in line


async def test_all_runs_are_waited_for(capsys: Captured) -> None:
    db = running()
    async with waiting(db, ONE, TWO) as task:
        end_run(db, 2)
        await later(db, 6)
        assert not task.done()
        end_run(db, 1)
        await later(db, 6)
        assert await task == ExitCode.OK
        assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["02020202", "01010101"]


async def test_first_failure_ends_the_wait_for_failed(capsys: Captured) -> None:
    db = running()
    async with waiting(db, states=(Until.FAILED,), as_json=True) as task:
        assert capsys.readouterr().out == ""
        end_task(db, err=OOM)
        await later(db, 6)
        assert await task == ExitCode.OK
        record = json.loads(capsys.readouterr().out)
        assert (record["before"], record["state"], record["flows_failed"]) == ("running", "failing", 1)


async def test_run_that_can_no_longer_fail_is_named(capsys: Captured) -> None:
    db = running()
    async with waiting(db, ONE, TWO, states=(Until.FAILED, Until.STALE)) as task:
        end_run(db, 2)
        await later(db, 6)
        assert await task == ExitCode.FAILED
        line = capsys.readouterr().err
        assert line == "reflowtop: run 02020202 has succeeded and can no longer be failed or stale\n"


async def test_stale_counts_even_if_the_run_comes_back(capsys: Captured) -> None:
    db = running()
    db.put(make_run(1, keepalive=ahead(seconds=100)), make_run(2, keepalive=ahead(seconds=400)))
    async with waiting(db, ONE, TWO, states=(Until.STALE,), timeout=HOUR) as task:
        await later(db, 170)
        assert not task.done()
        db.put(make_run(1, keepalive=db.now + HOUR))
        await later(db, 400)
        assert task.done()
        assert await task == ExitCode.OK
        assert [line.split()[1:3] for line in capsys.readouterr().out.splitlines()] == [
            ["01010101", "stale"],
            ["02020202", "stale"],
        ]


async def test_time_out_names_the_runs_and_their_states(capsys: Captured) -> None:
    db = running()
    async with waiting(db, ONE, TWO, timeout=HOUR) as task:
        end_run(db, 2)
        await later(db, 3599)
        assert not task.done()
        await later(db, 1)
        assert await task == ExitCode.FAILED
        assert capsys.readouterr().err == "reflowtop: timed out after 1h00m: run 01010101 is running, not ended\n"


async def test_time_out_of_zero_reads_once(capsys: Captured) -> None:
    db = running()
    async with waiting(db, timeout=timedelta()) as task:
        assert await task == ExitCode.FAILED
        assert "timed out after 0s: run 01010101 is running, not ended" in capsys.readouterr().err
    end_run(db)
    async with waiting(db, timeout=timedelta()) as task:
        assert await task == ExitCode.OK


async def test_time_out_during_an_outage_is_a_failure_of_the_service(capsys: Captured) -> None:
    db = running()
    async with waiting(db, timeout=timedelta(minutes=10)) as task:
        db.failure = THROTTLED
        await later(db, 600)
        assert await task == ExitCode.SERVICE
        trouble, end = capsys.readouterr().err.splitlines()
        assert "AWS throttles the reads" in trouble
        assert end.startswith("reflowtop: timed out after 10m: run 01010101 is in an unknown state, not ended. AWS")


async def test_outage_is_survived(capsys: Captured) -> None:
    db = running()
    async with waiting(db, timeout=HOUR) as task:
        db.failure = THROTTLED
        await later(db, 600)
        db.failure = None
        end_run(db)
        await later(db, 80)
        assert await task == ExitCode.OK
        assert len(capsys.readouterr().err.splitlines()) == 2


async def test_a_read_that_hangs_does_not_outlast_the_time_out(capsys: Captured) -> None:
    db = running()
    db.gate.clear()
    async with waiting(db, timeout=timedelta(milliseconds=10)) as task:
        assert await task == ExitCode.SERVICE
        assert "is in an unknown state, not ended" in capsys.readouterr().err


async def test_a_search_for_the_run_that_hangs_does_not_outlast_the_time_out(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(wait_command, "open_runs", hang)
    async with waiting(running(), "77aa01ff", "4f2a91c0", timeout=timedelta(milliseconds=10)) as task:
        async with asyncio.timeout(60):
            assert await task == ExitCode.SERVICE
        assert capsys.readouterr().err == (
            "reflowtop: timed out after 0s: the service has not answered which run has the id 77aa01ff, 4f2a91c0\n"
        )


async def test_a_lost_run_is_noted_once_unless_that_ends_the_wait(capsys: Captured) -> None:
    db = running()
    db.put(make_run(1, keepalive=ahead(seconds=100)), make_run(2, keepalive=ahead(hours=9)))
    async with waiting(db, ONE, TWO) as task:
        await later(db, 3600)
        assert not task.done()
        note = "reflowtop: run 01010101 is lost and may never end; --for stale stops there\n"
        assert capsys.readouterr().err == note
    async with waiting(db, ONE, TWO, states=(Until.STALE,)):
        await later(db, 60)
        assert capsys.readouterr().err == ""


async def test_unknown_run_is_an_error() -> None:
    async with waiting(running(), run_id(9).hex) as task:
        with pytest.raises(Error, match="no run or task has the id prefix '09090909"):
            await task


def test_flags_reach_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments: list[Any] = []

    def run(settings: Settings, ids: tuple[str, ...], options: WaitOptions) -> ExitCode:
        arguments.extend((settings.table, ids, options))
        return ExitCode.FAILED

    monkeypatch.setattr(wait_command, "run", run)
    args = [
        "wait",
        "--table",
        "t-1",
        "77aa01ff",
        "--for",
        "failed",
        "--for",
        "stale",
        "--timeout",
        "2h",
        "--exit-status",
    ]
    assert exit_status.run_command(cli.reflowtop, args) == ExitCode.FAILED
    states = frozenset((Until.FAILED, Until.STALE))
    assert arguments == ["t-1", ("77aa01ff",), WaitOptions(states=states, timeout=2 * HOUR, exit_status=True)]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "Missing argument 'RUN...'"),
        (("77aa01ff", "--for", "never"), "'never' is not one of 'ended', 'failed', 'stale'"),
        (("77aa01ff", "--timeout", "soon"), "--timeout: 'soon'"),
        (("zzzz",), "'zzzz' is no id: an id is 1 to 64 hex digits"),
    ],
)
def test_invalid_arguments_are_usage_errors(args: tuple[str, ...], words: str, capsys: Captured) -> None:
    flags = ["--table", "reflow-prod", "--region", "us-west-2", "--endpoint-url", "http://127.0.0.1:1"]
    assert exit_status.run_command(cli.reflowtop, ["wait", *flags, *args]) == ExitCode.USAGE
    assert words in capsys.readouterr().err
