"""`logs`, `cat` and `inspect`, in memory and the whole way."""

import asyncio
import json
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import store
from store import (
    Digest,
    DynamoTaskDB,
    Error,
    ErrorKind,
    LocalRepository,
    MemoryTaskDB,
    RunID,
    StringDigest,
    Task,
    TaskDB,
    TaskID,
    TaskQuery,
)
from store.aws import session as aws
from store.digest import DigestPrefix
from store.logs.runlog import Level
from tests.support.rows import NOW, OOM, ago
from tests.support.servers import ROOT, Server
from tui import cli, exit_status
from tui.commands.cat import print_objects
from tui.commands.inspect import print_inspect
from tui.commands.logs import LogKind, print_log
from tui.exit_status import ExitCode
from tui.logs.selection import LogSelection
from tui.query.id_prefix import find, find_object
from tui.text import formats

Captured = pytest.CaptureFixture[bytes]

RUN, TASK = RunID.parse("77aa01ff" + "0" * 55 + "1"), TaskID.parse("4f2a91c0" + "0" * 55 + "2")
RUN_LOG = b"""2026/11/01 12:00:00 [info] begin
2026/11/01 12:00:01 [debug] detail
\tof it
2026/11/01 12:00:02 [error] failed
\tfor a reason
2026/11/01 12:00:03 [info] end
"""
INSPECT = {"Config": {"Ident": "samtools.sort", "Cmd": "samtools sort\n\x1b]0;x\x07"}, "Status": "exec complete"}
ALL = LogSelection()


class World:
    """A run and a task of it, in memory."""

    def __init__(self, folder: Path) -> None:
        self.repository = LocalRepository(folder)
        self.db = MemoryTaskDB(repository=self.repository, clock=lambda: NOW)
        self.now = NOW

    async def begin(self) -> None:
        await self.db.create_run(RUN, "amy@example.com")
        await self.db.create_task(
            Task(id=TASK, run_id=RUN, alloc_id=Digest.compute(b"a"), flow_id=Digest.compute(b"f"), uri="h/a/e")
        )

    async def end_task(self, stdout: bytes = b"out\n", stderr: bytes = b"err\n") -> None:
        contents = (stdout, stderr, json.dumps(INSPECT).encode())
        await self.db.set_task_attrs(TASK, *[await self.repository.put(content) for content in contents])
        await self.db.set_task_complete(TASK, None, NOW)

    async def end_run(self, log: bytes = RUN_LOG) -> None:
        other = await self.repository.put(b"{}")
        await self.db.set_run_complete(RUN, await self.repository.put(log), other, other, end=NOW)

    async def print(
        self, id: str, which: LogKind | None = None, wanted: LogSelection = ALL, follow: bool = False
    ) -> ExitCode:
        return await print_log(self.db, id, which, wanted, following=follow, clock=lambda: self.now)


@pytest.fixture
async def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    await world.begin()
    return world


# Which one is meant.


@pytest.mark.parametrize("text", ["4f2a91c0", "4F2A91C00", "sha256:4f2a91c000", str(TASK)])
async def test_a_row_by_the_beginning_of_its_id(text: str, world: World) -> None:
    assert (await find(world.db, text)).id == TASK


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("4f2a91c", ErrorKind.INVALID),
        ("4f2a91cx", ErrorKind.INVALID),
        ("md5:4f2a91c0", ErrorKind.INVALID),
        ("0" * 65, ErrorKind.INVALID),
        ("4f2a91c01", ErrorKind.NOT_EXIST),
        ("4f2a91c1", ErrorKind.NOT_EXIST),
    ],
)
async def test_what_is_no_id(text: str, kind: ErrorKind, world: World) -> None:
    with pytest.raises(Error) as raised:
        await find(world.db, text)
    assert raised.value.kind is kind


async def test_an_id_that_is_not_one_only_is_refused(world: World) -> None:
    other = RunID.parse("4f2a91c0" + "f" * 56)
    await world.db.create_run(other, "bob")
    with pytest.raises(Error, match=f"it could be run {other}, task {TASK}: give more digits") as raised:
        await find(world.db, "4f2a91c0")
    assert raised.value.kind is ErrorKind.INVALID, "which ends with 2"
    assert (await find(world.db, "4f2a91c0f")).id == other


@pytest.mark.parametrize("digits", ["abcdef00", "abcdef0000", "abcd0000", "00000000"])
async def test_zeros_at_the_end_of_a_beginning_are_digits(digits: str, world: World) -> None:
    id = RunID.parse(digits + "0" * (63 - len(digits)) + "1")
    await world.db.create_run(id, "amy")
    await world.db.create_run(RunID.parse("abcdef12" + "1" * 56), "amy")
    assert (await find(world.db, digits)).id == id


async def test_an_object_by_the_beginning_of_its_digest(world: World) -> None:
    digest = await world.repository.put(b"hello")
    assert await find_object(world.db, digest.hex[:9]) == digest
    with pytest.raises(Error):
        await find_object(world.db, "00000000")


@pytest.mark.parametrize("text", ["", "abcdef", "sha256:abcdef0"])
def test_too_few_digits(text: str) -> None:
    with pytest.raises(Error, match="fewer than 8 hex digits"):
        DigestPrefix.parse(text)


# What is printed.


async def test_the_logs_of_a_task_and_of_its_run(world: World, capsysbinary: Captured) -> None:
    await world.end_task()
    await world.end_run()
    for id, which, content in (
        ("4f2a91c0", None, b"err\n"),
        ("4f2a91c0", LogKind.STDOUT, b"out\n"),
        ("4f2a91c0", LogKind.RUNLOG, RUN_LOG),
        ("77aa01ff", None, RUN_LOG),
    ):
        assert await world.print(id, which) is ExitCode.OK
        out, err = capsysbinary.readouterr()
        assert out == content
        digest = Digest.compute(content)
        assert f"reflowtop: complete · {formats.size(len(content))} · checked · ".encode() in err
        assert err.endswith(f"/objects/{digest}\n".encode())


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (LogSelection(level=Level.ERROR), [3, 4]),
        (LogSelection(level=Level.INFO), [0, 3, 4, 5]),
        (LogSelection(level=Level.DEBUG), [0, 1, 2, 3, 4, 5]),
        (LogSelection(grep=re.compile(b"of|for")), [2, 4]),
        (LogSelection(since=NOW.replace(hour=12, minute=0, second=2)), [3, 4, 5]),
        (LogSelection(last=2), [4, 5]),
        (LogSelection(last=0), []),
        (LogSelection(last=100), [0, 1, 2, 3, 4, 5]),
        (LogSelection(level=Level.INFO, last=3), [3, 4, 5]),
    ],
)
async def test_what_is_wanted(wanted: LogSelection, numbers: list[int], world: World, capsysbinary: Captured) -> None:
    await world.end_run()
    await world.print("77aa01ff", wanted=wanted)
    lines = RUN_LOG.splitlines(keepends=True)
    assert capsysbinary.readouterr().out == b"".join(lines[number] for number in numbers)


async def test_the_end_of_a_large_log(world: World, capsysbinary: Captured) -> None:
    await world.end_task(stderr=b"".join(b"%d\n" % n for n in range(500_000)))
    await world.print("4f2a91c0", wanted=LogSelection(last=200_000))
    out = capsysbinary.readouterr().out
    assert out == b"".join(b"%d\n" % n for n in range(300_000, 500_000))


async def test_a_line_of_any_length(world: World, capsysbinary: Captured) -> None:
    content = b"x" * 5_000_000 + b"\nend"
    await world.end_task(stderr=content)
    await world.print("4f2a91c0")
    assert capsysbinary.readouterr().out == content + b"\n"
    await world.print("4f2a91c0", wanted=LogSelection(last=1))
    assert capsysbinary.readouterr().out == b"end\n"
    content = b"start\n" + b"x" * 5_000_000
    await world.end_task(stderr=content)
    await world.print("4f2a91c0", wanted=LogSelection(last=1))
    assert capsysbinary.readouterr().out == b"x" * 5_000_000 + b"\n"


async def test_a_terminal_gets_no_more_than_colours(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    await world.end_task(stderr=b"\x1b[31mred\x1b[0m \x1b]52;c;x\x07\x1b[2J\tx\r\n\xff\n")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    await world.print("4f2a91c0")
    assert capsys.readouterr().out == "\x1b[31mred\x1b[0m ␛]52;c;x␇␛[2J       x\n\ufffd\n"
    monkeypatch.setenv("NO_COLOR", "1")
    await print_objects(world.db, [Digest.compute(b"out\n").hex])
    assert capsys.readouterr().out == "out\n"


async def test_objects_are_printed_as_they_are(world: World, capsysbinary: Captured) -> None:
    digest = await world.repository.put(b"\x00no end")
    missing = str(Digest.compute(b"never put"))
    assert await print_objects(world.db, [missing, digest.hex[:8]]) is ExitCode.FAILED
    out, err = capsysbinary.readouterr()
    assert out == b"\x00no end"
    assert b"the object is missing, deleted or never uploaded: " + missing.encode() in err


async def test_an_inspect(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    await world.end_task()
    await print_inspect(world.db, "4f2a91c0", lambda: NOW, as_json=False)
    out = capsys.readouterr().out
    assert "ident      samtools.sort\n" in out
    assert "command    samtools sort\n           ␛]0;x␇\n" in out
    await print_inspect(world.db, "4f2a91c0", lambda: NOW, as_json=True)
    assert json.loads(capsys.readouterr().out) == INSPECT


# Why there is nothing.


async def test_why_there_is_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    async def why(id: str = "4f2a91c0", which: LogKind | None = None) -> tuple[ExitCode, str]:
        code = await world.print(id, which)
        return code, capsys.readouterr().err.removeprefix("reflowtop: ").removesuffix("\n")

    with pytest.raises(Error, match="a run has no stderr; give the id of one of its tasks") as raised:
        await why("77aa01ff", LogKind.STDERR)
    assert raised.value.kind is ErrorKind.INVALID
    assert await why("77aa01ff") == (
        ExitCode.FAILED,
        "no log of the run yet: it is written when the run ends",
    )
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
    assert text == f"14B · CORRUPT: this is not the content of its digest · {path}"


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (LogSelection(level=Level.ERROR), "only the log of a run has levels; use --runlog"),
        (LogSelection(since=NOW), "--since needs a log whose lines have times"),
    ],
)
async def test_what_a_log_cannot_tell(wanted: LogSelection, message: str, world: World) -> None:
    await world.end_task()
    with pytest.raises(Error, match=message) as raised:
        await world.print("4f2a91c0", wanted=wanted)
    assert raised.value.kind is ErrorKind.INVALID


async def test_why_there_is_no_inspect(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    async def why(id: str = "4f2a91c0") -> str:
        assert await print_inspect(world.db, id, lambda: world.now, as_json=False) is ExitCode.FAILED
        return capsys.readouterr().err

    with pytest.raises(Error, match="this is a run; give the id of one of its tasks"):
        await why("77aa01ff")
    assert "no inspect yet: it is written when the task ends" in await why()
    world.now = NOW + timedelta(hours=1)
    assert "it is lost" in await why()
    await world.db.set_task_complete(TASK, OOM, NOW)
    assert "no inspect: it ended without writing one" in await why()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"[1]", "parse inspect"), (b" " * 17 * 1024 * 1024, "larger than 16 MiB, so not an inspect")],
)
async def test_what_is_no_inspect(
    content: bytes, message: str, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    digests = [await world.repository.put(data) for data in (b"", b"", content)]
    await world.db.set_task_attrs(TASK, *digests)
    assert await print_inspect(world.db, "4f2a91c0", lambda: NOW, as_json=True) is ExitCode.FAILED
    assert message in capsys.readouterr().err


# The whole way.


@pytest.fixture
async def served(ministack: Server) -> AsyncIterator[tuple[DynamoTaskDB, Any]]:
    """A TaskDB with a bucket, and a client for CloudWatch Logs with the group of the engine."""
    url, region = ministack.endpoint_url, "us-west-2"

    await asyncio.to_thread(store.setup, "log-cli", "log-cli", region=region, endpoint_url=url)
    async with AsyncExitStack() as stack:
        session = await aws.open_session(region=region, endpoint_url=url)
        client = await stack.enter_async_context(aws.open_client(session, "logs", endpoint_url=url))
        await client.create_log_group(logGroupName="reflow")
        yield (
            await stack.enter_async_context(DynamoTaskDB.open("log-cli", "log-cli", region=region, endpoint_url=url)),
            client,
        )
        await client.delete_log_group(logGroupName="reflow")


async def write(client: Any, stream: str, *lines: str) -> None:
    times = [round(ago(seconds=10 - n).timestamp() * 1000) for n in range(len(lines))]
    events = [{"timestamp": time, "message": line} for time, line in zip(times, lines, strict=True)]
    await client.put_log_events(logGroupName="reflow", logStreamName=stream, logEvents=events)


async def make_task(db: TaskDB) -> TaskID:
    id, run = TaskID.new(), RunID.new()
    await db.create_task(Task(id=id, run_id=run, alloc_id=StringDigest("a").digest, flow_id=run, uri="host/a/e"))
    return id


async def test_a_beginning_that_ends_in_zeros_in_a_table(served: tuple[DynamoTaskDB, Any]) -> None:
    db, _ = served
    id = TaskID.parse("abcdef00" + "1" * 56)
    await db.create_task(Task(id=id, run_id=RUN, alloc_id=Digest.compute(b"a"), flow_id=Digest.compute(b"f")))
    assert (await find(db, "abcdef00")).id == id


async def test_an_exec_is_not_looked_up_by_a_beginning(served: tuple[DynamoTaskDB, Any]) -> None:
    with pytest.raises(Error, match="give all 64"):
        await served[0].tasks(TaskQuery(img_cmd_id=Digest.parse("abcdef01")))


async def test_a_log_is_followed_while_its_task_lives(served: tuple[DynamoTaskDB, Any], capsysbinary: Captured) -> None:
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

    assert await print_log(db, id.hex[:8], None, LogSelection(grep=re.compile(b"t")), following=True, sleep=sleep) == 0
    captured = capsysbinary.readouterr()
    assert captured.out == b"two\nthree\n"
    assert captured.err == b"reflowtop: nothing is written yet: reflow a/e/stderr\n"


async def test_the_commands(
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
    assert "the stream is gone, deleted or beyond its retention: reflow a/e/stderr" in err
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
        (("logs", "--grep", "(", "x"), "--grep: "),
        (("logs", "--grep", "a{99999999999999999999}", "x"), "--grep: "),
        (("logs", "--grep", "(" * 5000 + ")" * 5000, "x"), "--grep: "),
        (("logs", "--since", "soon", "x"), "--since: 'soon' is not a time"),
        (("logs", "4f2a"), "an id is 8 to 64 hex digits"),
        (("cat",), "Missing argument"),
    ):
        code, out, err = await run(*args)
        assert (code, out) == (2, "")
        assert message in err


async def start(server: Server, *args: str) -> asyncio.subprocess.Process:
    """The command in a process of its own."""
    service = ("--table", "log-cli", "--bucket", "log-cli", "--endpoint-url", server.endpoint_url)
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tui", args[0], *service, "--region", "us-west-2", *args[1:]),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def test_a_pipe_that_is_closed_early(served: tuple[DynamoTaskDB, Any], ministack: Server) -> None:
    digest = await served[0].repository.put(b"line\n" * 1_000_000)
    process = await start(ministack, "cat", str(digest))
    assert process.stdout
    assert process.stderr
    assert await process.stdout.readline() == b"line\n"
    process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined]
    assert await process.stderr.read() == b""
    assert await process.wait() == ExitCode.FAILED


async def test_following_is_interrupted(served: tuple[DynamoTaskDB, Any], ministack: Server) -> None:
    db, client = served
    id = await make_task(db)
    await client.create_log_stream(logGroupName="reflow", logStreamName="a/e/stderr")
    await write(client, "a/e/stderr", "one", "two")
    process = await start(ministack, "logs", id.hex[:8], "-f", "-n", "1")
    assert process.stdout
    assert process.stderr
    assert await process.stdout.readline() == b"two\n", "before there is more"
    process.send_signal(signal.SIGINT)
    assert await process.wait() == ExitCode.INTERRUPTED
    assert b"Traceback" not in await process.stderr.read()
