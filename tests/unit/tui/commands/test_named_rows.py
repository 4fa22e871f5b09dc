"""The rows that ids on the command line name."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from store import Error, ErrorKind, FailureReason, MemoryTaskDB, RunID, TaskDB, TaskID
from tests.support.log_world import RUN, TASK, LogWorld
from tests.support.rows import NOW, OOM, ago, make_alloc, make_pool, make_run, make_task, run_id
from tests.support.scripted_db import ScriptedDB
from tui.commands.cluster_read import read_runs
from tui.commands.inspect import print_inspect
from tui.commands.logs import print_log
from tui.commands.named_rows import candidate_lines, find_named, find_run, find_run_or_task
from tui.commands.watched_runs import open_runs
from tui.exit_status import ExitCode, report_error
from tui.logs.selection import LogSelection
from tui.settings import Settings
from tui.watch.model.rows import Row

SETTINGS = Settings(table="reflow-prod")


async def describe(db: TaskDB, text: str) -> object:
    return await find_named(db, SETTINGS, text, NOW)


async def logs(db: TaskDB, text: str) -> object:
    return await print_log(db, SETTINGS, text, None, LogSelection(), following=False, clock=lambda: NOW)


async def inspect(db: TaskDB, text: str) -> object:
    return await print_inspect(db, SETTINGS, text, lambda: NOW, as_json=False)


async def share(db: TaskDB, text: str) -> object:
    return await read_runs(db, SETTINGS, [text], NOW)


async def watch(db: TaskDB, text: str) -> object:
    return await open_runs(db, SETTINGS, [text], lambda: NOW, lambda _: pytest.fail("nothing to wait for"))


@pytest.mark.parametrize("text", ["4f2a91c0", "4F2A91C00", "sha256:4f2a91c000", "4f2a", "sha256:4F2", str(TASK)])
async def test_row_is_found_by_a_prefix_of_its_id(text: str, world: LogWorld) -> None:
    assert (await find_run_or_task(world.db, SETTINGS, text, NOW)).id == TASK


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", FailureReason.INVALID),
        ("4f2a91cx", FailureReason.INVALID),
        ("md5:4f2a91c0", FailureReason.INVALID),
        ("0" * 65, FailureReason.INVALID),
        ("4f2b", FailureReason.NO_ROW),
        ("4f2a91c1", FailureReason.NO_ROW),
    ],
)
async def test_invalid_and_unknown_ids_are_errors(text: str, reason: FailureReason, world: LogWorld) -> None:
    with pytest.raises(Error) as raised:
        await find_run_or_task(world.db, SETTINGS, text, NOW)
    assert raised.value.reason is reason


@pytest.mark.parametrize("command", [describe, logs, inspect, share, watch])
@pytest.mark.parametrize("digits", [4, 8])
async def test_every_command_names_ambiguity_in_the_same_words(
    command: Callable[[TaskDB, str], Awaitable[object]], digits: int, capsys: pytest.CaptureFixture[str]
) -> None:
    db = MemoryTaskDB(clock=lambda: NOW)
    for number in (1, 2):
        id = RunID.parse("4f2a91c0" + f"{number}" * 56)
        await db.create_run(id, "amy")
        await db.keep_id_alive(id, ago(minutes=-2))
    text = "4f2a91c0"[:digits]
    with pytest.raises(Error) as raised:
        await command(db, text)
    assert report_error(raised.value) is ExitCode.USAGE
    title, header, *lines = capsys.readouterr().err.splitlines()
    assert title == f"reflowtop: the id prefix '{text}' is ambiguous; give more digits of one of these 2 rows:"
    assert header.split() == ["ID", "TYPE", "NAME", "STATE", "AGE"]
    assert sorted(line.split() for line in lines) == [
        ["4f2a91c01111", "run", "amy", "running", "0s"],
        ["4f2a91c02222", "run", "amy", "running", "0s"],
    ]


async def test_a_task_is_no_run(world: LogWorld) -> None:
    with pytest.raises(Error, match=f"this is a task; its run is {RUN}"):
        await find_run(world.db, SETTINGS, "4f2a", NOW)


async def test_rows_of_other_types_make_no_prefix_ambiguous() -> None:
    db = ScriptedDB(make_run(1), make_pool("01a"), make_alloc("01b"))
    assert (await find_run(db, SETTINGS, "01", NOW)).id == run_id(1)


async def test_a_short_prefix_finds_no_row_that_ended_long_ago() -> None:
    db = ScriptedDB(make_run(1, start=ago(days=2), end=ago(days=1), keepalive=ago(days=1)))
    with pytest.raises(
        Error, match="no run or task has the id prefix '010101' among active rows; give 8 digits or more"
    ):
        await find_run(db, SETTINGS, run_id(1).hex[:6], NOW)
    assert (await find_run(db, SETTINGS, run_id(1).hex, NOW)).id == run_id(1)


async def test_at_most_20_candidates_are_listed() -> None:
    with pytest.raises(Error, match="give more digits of one of these 25 rows:") as raised:
        await find_named(ScriptedDB(*(make_pool(f"i-{n}") for n in range(25))), SETTINGS, "i-", NOW)
    assert raised.value.kind is ErrorKind.INVALID
    assert len(raised.value.__notes__) == 22
    assert raised.value.__notes__[-1] == "... and 5 more"


def test_candidates_have_as_many_digits_as_tell_them_apart() -> None:
    one, other = RunID.parse("ab" * 32), TaskID.parse("ab" * 20 + "cd" * 12)
    rows: list[Row] = [
        msgspec.structs.replace(make_run(1, labels={"Name": "align"}), id=one),
        msgspec.structs.replace(make_task(1, 1, end=NOW, err=OOM), id=other),
    ]
    lines = [line.split() for line in candidate_lines(rows, NOW)][1:]
    assert lines == [
        ["ab" * 20 + "a", "run", "align_amy", "running", "1h00m"],
        ["ab" * 20 + "c", "task", "samtools.sort", "failed", "1m"],
    ]
