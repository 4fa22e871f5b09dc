"""`reflowtop logs`, in memory and on a service."""

import asyncio
import json
import re
import signal
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from store import (
    Digest,
    DynamoTaskDB,
    Error,
    ErrorKind,
    ImgCmdID,
    RunID,
    StringDigest,
    Task,
    TaskDB,
    TaskID,
    TaskQuery,
)
from store.logs.log import Cursor, Page
from store.logs.runlog import Level
from store.logs.stream_log import StreamLog
from tests.support.log_world import INSPECT, RUN, RUN_LOG, LogWorld
from tests.support.rows import NOW, ago
from tests.support.scripted_db import THROTTLED
from tests.support.servers import ROOT, Server
from tui import cli, exit_status
from tui.commands import logs as logs_command
from tui.commands.cat import print_objects
from tui.commands.logs import LogKind, print_log
from tui.commands.named_rows import find_run_or_task
from tui.exit_status import ExitCode
from tui.logs.selection import LogSelection
from tui.query.regex import compile_regex
from tui.settings import Settings
from tui.text import formats
from tui.watch.polling.error_texts import describe_retry, explain

Captured = pytest.CaptureFixture[bytes]

ALL = LogSelection()
SETTINGS = Settings(table="reflow-prod")


async def print_world_log(
    world: LogWorld, id: str, kind: LogKind | None = None, wanted: LogSelection = ALL, follow: bool = False
) -> ExitCode:
    return await print_log(world.db, SETTINGS, id, kind, wanted, following=follow, clock=lambda: world.now)


async def test_logs_of_a_task_and_of_its_run(world: LogWorld, capsysbinary: Captured) -> None:
    await world.end_task()
    await world.end_run()
    for id, which, content in (
        ("4f2a91c0", None, b"err\n"),
        ("4f2a91c0", LogKind.STDOUT, b"out\n"),
        ("4f2a91c0", LogKind.RUNLOG, RUN_LOG),
        ("77aa01ff", None, RUN_LOG),
    ):
        assert await print_world_log(world, id, which) is ExitCode.OK
        out, err = capsysbinary.readouterr()
        assert out == content
        digest = Digest.compute(content)
        assert f"reflowtop: complete · {formats.size(len(content))} · digest verified · ".encode() in err
        assert err.endswith(f"/objects/{digest}\n".encode())


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (LogSelection(level=Level.ERROR), [3, 4]),
        (LogSelection(level=Level.INFO), [0, 3, 4, 5]),
        (LogSelection(level=Level.DEBUG), [0, 1, 2, 3, 4, 5]),
        (LogSelection(grep=re.compile("of|for")), [2, 4]),
        (LogSelection(since=NOW.replace(hour=12, minute=0, second=2)), [3, 4, 5]),
        (LogSelection(last=2), [4, 5]),
        (LogSelection(last=0), []),
        (LogSelection(last=100), [0, 1, 2, 3, 4, 5]),
        (LogSelection(level=Level.INFO, last=3), [3, 4, 5]),
    ],
)
async def test_selection_of_lines(
    wanted: LogSelection, numbers: list[int], world: LogWorld, capsysbinary: Captured
) -> None:
    await world.end_run()
    await print_world_log(world, "77aa01ff", wanted=wanted)
    lines = RUN_LOG.splitlines(keepends=True)
    assert capsysbinary.readouterr().out == b"".join(lines[number] for number in numbers)


@pytest.mark.parametrize("flag", ["-n", "--lines", "--tail"])
def test_the_number_of_lines_has_the_flags_of_tail_and_kubectl(flag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: list[LogSelection] = []

    def run(_: Settings, id: str, kind: object, selection: LogSelection, *, following: bool) -> ExitCode:
        wanted.append(selection)
        return ExitCode.OK

    monkeypatch.setattr(logs_command, "run", run)
    args = ["logs", "4f2a91c0", "--table", "reflow-prod", flag, "3"]
    assert exit_status.run_command(cli.reflowtop, args) == ExitCode.OK
    assert wanted == [LogSelection(last=3)]


async def test_last_lines_of_a_large_log(world: LogWorld, capsysbinary: Captured) -> None:
    await world.end_task(stderr=b"".join(b"%d\n" % n for n in range(500_000)))
    await print_world_log(world, "4f2a91c0", wanted=LogSelection(last=200_000))
    out = capsysbinary.readouterr().out
    assert out == b"".join(b"%d\n" % n for n in range(300_000, 500_000))


async def test_lines_of_any_length(world: LogWorld, capsysbinary: Captured) -> None:
    content = b"x" * 5_000_000 + b"\nend"
    await world.end_task(stderr=content)
    await print_world_log(world, "4f2a91c0")
    assert capsysbinary.readouterr().out == content + b"\n"
    await print_world_log(world, "4f2a91c0", wanted=LogSelection(last=1))
    assert capsysbinary.readouterr().out == b"end\n"
    content = b"start\n" + b"x" * 5_000_000
    await world.end_task(stderr=content)
    await print_world_log(world, "4f2a91c0", wanted=LogSelection(last=1))
    assert capsysbinary.readouterr().out == b"x" * 5_000_000 + b"\n"


async def test_terminal_output_keeps_colours_only(
    world: LogWorld, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    await world.end_task(stderr=b"\x1b[31mred\x1b[0m \x1b]52;c;x\x07\x1b[5n\tx\r\n\xff\n")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    await print_world_log(world, "4f2a91c0")
    assert capsys.readouterr().out == "\x1b[31mred\x1b[0m ␛]52;c;x␇␛[5n       x\n\ufffd\n"
    monkeypatch.setenv("NO_COLOR", "1")
    await print_objects(world.db, [Digest.compute(b"out\n").hex])
    assert capsys.readouterr().out == "out\n"


UNICODE = "l'été est là\nöl ist da\nÉCHEC total\n日本語: エラー\n".encode()
COLOURS = b"\x1b[1;31mERROR\x1b[0m: \x1b[36mbam\x1b[0m truncated\n"
COMPILER = b"\x1b[01m\x1b[Kx.c:1: \x1b[01;31m\x1b[Kerror: \x1b[m\x1b[Kunknown\n"
PROGRESS = b"  1% done\r 50% done\r100% done\nnext\n"


@pytest.mark.parametrize(
    ("content", "grep", "numbers"),
    [
        (UNICODE, "[éà]", [0]),
        (UNICODE, "(?i)échec", [2]),
        (UNICODE, "^.{3}: ", [3]),
        (COLOURS, "^ERROR: bam truncated$", [0]),
        (COMPILER, "error: unknown", [0]),
        (b"see \x1b]8;;http://e.vil/x\x1b\\the docs\x1b]8;;\x1b\\ now\n", "^see the docs now$", [0]),
        (b"\x1b[1mbold\x1b(B\x1b[m plain\n", "^bold plain$", [0]),
        (PROGRESS, "^100% done$", [0]),
        (PROGRESS, "50%", []),
        (b"done\r\nx\r\n", "done$", [0]),
        (b"\xef\xbb\xbfERROR x\n", "^ERROR", [0]),
        (b"a\xe9 ERROR\n", "^a. ERROR$", [0]),
        (b"a" * 100_000 + b"!\n", "(a+)+$", []),
    ],
)
async def test_grep_matches_lines_as_they_are_drawn(
    content: bytes, grep: str, numbers: list[int], world: LogWorld, capsysbinary: Captured
) -> None:
    await world.end_task(stderr=content)
    wanted = LogSelection(grep=compile_regex(grep, ignore_case=False))
    assert await print_world_log(world, "4f2a91c0", wanted=wanted) is ExitCode.OK
    lines = [line + b"\n" for line in content.split(b"\n")]
    assert capsysbinary.readouterr().out == b"".join(lines[number] for number in numbers)


async def test_raw_lines_are_matched_with_their_sequences(world: LogWorld, capsysbinary: Captured) -> None:
    await world.end_task(stderr=COLOURS + PROGRESS)
    for grep in (r"\x1b\[36m", "50%"):
        await print_world_log(world, "4f2a91c0", wanted=LogSelection(grep=compile_regex(grep), raw=True))
    assert capsysbinary.readouterr().out == COLOURS + PROGRESS.removesuffix(b"next\n")


async def test_a_colour_is_carried_on_over_lines(
    world: LogWorld, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    await world.end_task(stderr=b"\x1b[31mone\ntwo\nthree\x1b[0m\nfour\n")
    await print_world_log(world, "4f2a91c0")
    red = [f"\x1b[31m{word}\x1b[0m\n" for word in ("one", "two", "three")]
    assert capsys.readouterr().out == "".join([*red, "four\n"])
    # Lines that are left out count, too.
    await print_world_log(world, "4f2a91c0", wanted=LogSelection(grep=compile_regex("two|four")))
    assert capsys.readouterr().out == f"{red[1]}four\n"
    await print_world_log(world, "4f2a91c0", wanted=LogSelection(last=1, raw=True))
    assert capsys.readouterr().out == "four\n"


@pytest.mark.parametrize("hours", [0, -8, 5.5, 2])
async def test_since_counts_in_the_zone_of_the_log(hours: float, world: LogWorld, capsysbinary: Captured) -> None:
    local = NOW + timedelta(hours=hours)  # at the start of the run
    lines = [f"{local + timedelta(minutes=at):%Y/%m/%d %H:%M:%S} [info] {at}\n".encode() for at in (0, 10, 16, 19)]
    await world.end_run(b"".join(lines))
    await print_world_log(world, "77aa01ff", wanted=LogSelection(since=NOW + timedelta(minutes=15)))
    out, err = capsysbinary.readouterr()
    assert out == b"".join(lines[2:])
    zones = {0: b"", -8: b"UTC-8, by its first line", 5.5: b"UTC+5:30, by", 2: b"UTC+2, by"}
    assert zones[hours] in err
    assert (b"times in this log" in err) is bool(hours)


async def test_missing_log_is_explained(world: LogWorld, capsys: pytest.CaptureFixture[str]) -> None:
    async def why(id: str = "4f2a91c0", which: LogKind | None = None) -> tuple[ExitCode, str]:
        code = await print_world_log(world, id, which)
        return code, capsys.readouterr().err.removeprefix("reflowtop: ").removesuffix("\n")

    with pytest.raises(Error, match="a run has no stderr; give the id of one of its tasks") as raised:
        await why("77aa01ff", LogKind.STDERR)
    assert raised.value.kind is ErrorKind.INVALID
    code, text = await why("77aa01ff")
    assert code is ExitCode.FAILED
    assert text.splitlines() == [
        "no log of the run yet: it is written when the run ends",
        "reflowtop: its tasks have logs, too; for their ids: reflowtop tasks 77aa01ff --table reflow-prod",
    ]
    code, text = await why()
    assert code is ExitCode.FAILED
    assert "which is not at hand" in text
    await world.end_task()
    digest = Digest.compute(b"err\n")
    path = Path(str(world.repository._folder)) / f"objects/{digest}"
    path.unlink()
    assert await why() == (
        ExitCode.FAILED,
        f"the object is missing, deleted or never uploaded: {digest}",
    )
    path.write_bytes(b"something else")
    code, text = await why()
    assert code is ExitCode.FAILED
    assert text == f"14B · CORRUPT: the content does not match its digest · {path}"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (LogSelection(level=Level.ERROR), "only the log of a run has levels; use --runlog"),
        (LogSelection(since=NOW), "--since needs a log whose lines have times"),
    ],
)
async def test_unsupported_selection_is_an_error(wanted: LogSelection, message: str, world: LogWorld) -> None:
    await world.end_task()
    with pytest.raises(Error, match=message) as raised:
        await print_world_log(world, "4f2a91c0", wanted=wanted)
    assert raised.value.kind is ErrorKind.INVALID


async def write(client: Any, stream: str, *lines: str) -> None:
    times = [round(ago(seconds=10 - n).timestamp() * 1000) for n in range(len(lines))]
    events = [{"timestamp": time, "message": line} for time, line in zip(times, lines, strict=True)]
    await client.put_log_events(logGroupName="reflow", logStreamName=stream, logEvents=events)


async def make_task(db: TaskDB) -> TaskID:
    id, run = TaskID.new(), RunID.new()
    await db.create_task(Task(id=id, run_id=run, alloc_id=StringDigest("a").digest, flow_id=run, uri="host/a/e"))
    return id


async def test_prefix_with_trailing_zeros_is_found_in_dynamodb(served: tuple[DynamoTaskDB, Any]) -> None:
    db, _ = served
    id = TaskID.parse("abcdef00" + "1" * 56)
    await db.create_task(Task(id=id, run_id=RUN, alloc_id=Digest.compute(b"a"), flow_id=Digest.compute(b"f")))
    assert (await find_run_or_task(db, SETTINGS, "abcdef00", NOW)).id == id


async def test_img_cmd_id_needs_all_digits(served: tuple[DynamoTaskDB, Any]) -> None:
    with pytest.raises(Error, match="give all 64"):
        await served[0].tasks(TaskQuery(img_cmd_id=ImgCmdID.parse("abcdef01")))


async def test_log_is_followed_until_its_task_ends(served: tuple[DynamoTaskDB, Any], capsysbinary: Captured) -> None:
    db, client = served
    id = await make_task(db)
    slept = 0

    async def sleep(seconds: float) -> None:
        nonlocal slept
        slept += 1
        match slept:
            case 1:
                await client.create_log_stream(logGroupName="reflow", logStreamName="a/e/stderr")
                await write(client, "a/e/stderr", "one", "two")
            case 2:
                await write(client, "a/e/stderr", "three")
            case 3:
                await db.set_task_complete(id, None)

    assert (
        await print_log(db, SETTINGS, id.hex[:8], None, LogSelection(grep=re.compile("t")), following=True, sleep=sleep)
        == 0
    )
    captured = capsysbinary.readouterr()
    assert captured.out == b"two\nthree\n"
    assert captured.err == b"reflowtop: nothing written yet: reflow a/e/stderr\n"


async def test_a_throttled_read_of_the_row_does_not_end_the_log(
    served: tuple[DynamoTaskDB, Any], capsysbinary: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, client = served
    id = await make_task(db)
    read, slept = db.tasks, 0

    async def throttle(*_: object) -> Sequence[Task]:
        monkeypatch.setattr(db, "tasks", read)
        raise THROTTLED

    async def sleep(seconds: float) -> None:
        nonlocal slept
        slept += 1
        match slept:
            case 2:  # each fifth poll of the log reads the row
                monkeypatch.setattr(db, "tasks", throttle)
            case 7:
                assert db.tasks == read
                await client.create_log_stream(logGroupName="reflow", logStreamName="a/e/stderr")
                await write(client, "a/e/stderr", "last")
                await db.set_task_complete(id, None)

    assert await print_log(db, SETTINGS, id.hex[:8], None, ALL, following=True, sleep=sleep) is ExitCode.OK
    assert capsysbinary.readouterr().out == b"last\n"


async def test_a_throttled_read_of_the_log_is_repeated(
    served: tuple[DynamoTaskDB, Any], capsysbinary: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, client = served
    id = await make_task(db)
    read, slept, failures = StreamLog.read, list[float](), 2

    throttled = Error(ErrorKind.TEMPORARY, "logs.GetLogEvents", ("reflow", "a/e/stderr"), "throttled")

    async def throttle(log: StreamLog, cursor: Cursor) -> Page:
        nonlocal failures
        if failures and slept:
            failures -= 1
            raise throttled
        return await read(log, cursor)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 1:
            await client.create_log_stream(logGroupName="reflow", logStreamName="a/e/stderr")
            await write(client, "a/e/stderr", "last")
            await db.set_task_complete(id, None)

    monkeypatch.setattr(StreamLog, "read", throttle)
    # The fifth poll reads the row, which has ended.
    assert await print_log(db, SETTINGS, id.hex[:8], None, ALL, following=True, sleep=sleep) is ExitCode.OK
    captured = capsysbinary.readouterr()
    assert captured.out == b"last\n"
    assert slept[1:3] == [10, 10]
    assert captured.err.decode().splitlines()[1:] == [
        f"reflowtop: {explain(throttled)} {describe_retry(throttled)}",
        "reflowtop: reads succeed again",
    ]


async def test_logs_cat_and_inspect_on_a_service(
    served: tuple[DynamoTaskDB, Any], ministack: Server, capsys: pytest.CaptureFixture[str]
) -> None:

    db, client = served
    id = await make_task(db)
    reference = b'{"Type":"cloudwatch","LogGroupName":"reflow","LogStreamName":"a/e/stderr"}'
    digests = [await db.repository.put(data) for data in (b"out\n", reference, json.dumps(INSPECT).encode())]
    await db.set_task_attrs(id, *digests)
    await db.set_task_complete(id, None)

    async def run(*args: str) -> tuple[int, str, str]:
        service = ("--table", "log-cli", "--bucket", "log-cli", "--endpoint-url", ministack.endpoint_url)
        code = await asyncio.to_thread(
            exit_status.run_command, cli.reflowtop, [args[0], *service, "--region", "us-west-2", *args[1:]]
        )
        return code, *capsys.readouterr()

    code, out, err = await run("logs", id.hex[:8])
    assert (code, out) == (1, "")
    assert "nothing was written, or the stream was deleted or expired: reflow a/e/stderr" in err
    await client.create_log_stream(logGroupName="reflow", logStreamName="a/e/stderr")
    await write(client, "a/e/stderr", *(f"line {n}" for n in range(9)))
    code, out, err = await run("logs", id.hex[:8], "-n", "2", "-f")
    assert (code, out, err) == (0, "line 7\nline 8\n", "reflowtop: complete · CloudWatch reflow a/e/stderr\n")
    since = f"{ago(seconds=3):%Y-%m-%dT%H:%M:%S}"
    assert (await run("logs", id.hex[:8], "--since", since, "--grep", "[78]"))[1] == "line 7\nline 8\n"
    assert (await run("logs", id.hex[:8], "--stdout"))[1] == "out\n"
    assert (await run("cat", digests[0].hex[:8], str(digests[1])))[1] == f"out\n{reference.decode()}"
    assert "samtools.sort" in (await run("inspect", id.hex[:8]))[1]
    assert json.loads((await run("inspect", id.hex[:8], "-o", "json"))[1]) == INSPECT
    for args, message in (
        (("logs", "--grep", "(", "x"), "--grep: '(' is not a valid regular expression: missing ): ("),
        (("logs", "--grep", "a{9999}", "x"), "--grep: "),
        (("logs", "--grep", "(" * 5000 + ")" * 5000, "x"), "--grep: "),
        (("logs", "--since", "soon", "x"), "--since: 'soon' is not a time"),
        (("logs", "--since", "2101-01-01", "x"), "--since: 2101-01-01 is in the future"),
        (("logs", "4f2x"), "an id is 1 to 64 hex digits"),
        (("cat",), "Missing argument"),
    ):
        code, out, err = await run(*args)
        assert (code, out) == (2, "")
        assert message in err


async def start(program: Path, server: Server, *args: str) -> asyncio.subprocess.Process:
    """Start the command in a process of its own."""
    service = ("--table", "log-cli", "--bucket", "log-cli", "--endpoint-url", server.endpoint_url)
    return await asyncio.create_subprocess_exec(
        *(str(program), args[0], *service, "--region", "us-west-2", *args[1:]),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_following_can_be_interrupted(served: tuple[DynamoTaskDB, Any], ministack: Server, program: Path) -> None:
    db, client = served
    id = await make_task(db)
    await client.create_log_stream(logGroupName="reflow", logStreamName="a/e/stderr")
    await write(client, "a/e/stderr", "one", "two")
    process = await start(program, ministack, "logs", id.hex[:8], "-f", "-n", "1")
    assert process.stdout
    assert await process.stdout.readline() == b"two\n", "before there is more"
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()  # to the end, which closes the pipes
    assert process.returncode == ExitCode.INTERRUPTED
    assert b"Traceback" not in err
