"""From a digest to its text: objects of S3 and of a folder, and streams of CloudWatch Logs."""

from pathlib import Path

import pytest

from store import (
    Digest,
    DynamoTaskDB,
    Error,
    ErrorKind,
    FailureReason,
    LocalRepository,
    MemoryTaskDB,
    Output,
    Run,
    RunID,
    Task,
    TaskDB,
    TaskID,
)
from store.logs.log import HEAD, Check
from store.logs.open import Logs, stream_of
from tests.support.servers import Server
from tests.unit.store.conftest import GROUP, TIME, Streams, reference, text

NESTED = b'{"Type": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"


HOST = "ec2-1-2-3-4.us-west-2.compute.amazonaws.com:9000"


async def test_objects_are_found_by_prefix(either: TaskDB) -> None:
    repository = either.repository
    digest = await repository.put(b"hello\n")
    await repository.put(b"other\n")
    for digits in (digest.hex[:8], digest.hex[:9].upper(), digest.hex):
        assert await repository.find(digits) == [digest]
    for other in ("00000000", "*", "?", "[0-9a-f]", "../"):
        assert await repository.find(other) == []


async def test_without_a_repository(ministack: Server) -> None:
    async with DynamoTaskDB.open("reflow", endpoint_url=ministack.endpoint_url) as db:
        with pytest.raises(Error, match="opened without a bucket"):
            await db.logs.open(Digest.compute(b"x"))


async def test_a_digest_that_names_a_stream(db: DynamoTaskDB, streams: Streams) -> None:
    await streams.write("a/e/stderr", "one", "two\nthree\n", "\n", "fünf")
    log = await db.logs.open(await db.repository.put(reference("a/e/stderr")))
    assert (log.size, log.grows, log.timed, log.check) == (None, True, True, Check.NONE)
    assert log.location == ("logs", GROUP, "a/e/stderr", "")
    page = await log.read(HEAD)
    assert page.data == "one\ntwo\nthree\n\nfünf\n".encode()
    first = round(TIME.timestamp() * 1000)
    assert page.times == (first, first + 1000, first + 1000, first + 2000, first + 3000)


async def test_a_task_without_a_digest_has_the_stream_of_its_exec(db: DynamoTaskDB, streams: Streams) -> None:
    await streams.write("a1/e1/stderr", "err")
    await streams.write("a1/e1/stdout", "out")
    task = Task(id=TaskID.new(), uri=f"{HOST}/a1/e1")
    assert await text(await db.logs.open_output(task, Output.STDERR)) == b"err\n"
    assert await text(await db.logs.open_output(task, Output.STDOUT)) == b"out\n"


async def test_a_task_with_a_digest_has_the_log_of_that(db: DynamoTaskDB) -> None:
    task = Task(id=TaskID.new(), uri=f"{HOST}/a1/e1", stderr=await db.repository.put(b"kept\n"))
    assert await text(await db.logs.open_output(task, Output.STDERR)) == b"kept\n"


async def test_a_task_that_has_nothing(db: DynamoTaskDB) -> None:
    with pytest.raises(Error, match="no log yet") as raised:
        await db.logs.open_output(Task(id=TaskID.new(), uri="somewhere"), Output.STDERR)
    assert raised.value.kind is ErrorKind.NOT_EXIST


@pytest.mark.parametrize(
    ("uri", "stream"),
    [
        (f"{HOST}/a1/e1", "a1/e1/stderr"),
        (f"https://{HOST}/v1/allocs/a1/e1/", "a1/e1/stderr"),
        ("a1/e1", None),
        ("host//e1", None),
        ("", None),
    ],
)
def test_the_stream_of_an_exec(uri: str, stream: str | None) -> None:
    assert stream_of(uri, Output.STDERR) == stream


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (reference("s", Type="Unknown"), "kept in 'Unknown' reflow s"),
        (reference(""), "kept in 'cloudwatch' reflow"),
        (b'{"Type": "cloudwatch"}', "kept in 'cloudwatch'"),
        (reference("s"), "a stream of CloudWatch Logs (reflow s), which is not at hand"),
    ],
)
async def test_a_place_that_cannot_be_read(content: bytes, message: str, local: MemoryTaskDB) -> None:
    digest = await local.repository.put(content)
    with pytest.raises(Error) as raised:
        await local.logs.open(digest)
    assert raised.value.kind is ErrorKind.NOT_SUPPORTED
    assert message in str(raised.value)


@pytest.mark.parametrize("content", [b"{}", b"{not json", b'{"Type": 1}', b'["Type"]', b'"' * 100_000, NESTED])
async def test_text_that_resembles_a_reference(content: bytes, local: MemoryTaskDB) -> None:
    assert await text(await local.logs.open(await local.repository.put(content))) == content


def test_logs_can_be_made_of_their_parts(tmp_path: Path) -> None:
    repository = LocalRepository(tmp_path)
    assert Logs(lambda: repository)._client is None


# The text and the lines of the log of a row.


def task_of(stderr: Digest, stdout: Digest = Digest.ZERO) -> Task:
    return Task(id=TaskID.new(), stderr=stderr, stdout=stdout)


@pytest.mark.parametrize("page", [1, 2, 5, 1 << 20])
@pytest.mark.parametrize("content", ["", "a", "a\n", "\n", "\n\na", "one\ntwo\r\n\nfünf\n", "x\udcff\ny"])
async def test_lines_over_pages(content: str, page: int, local: MemoryTaskDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.logs.object_log.PAGE", page)
    task = task_of(await local.repository.put(content.encode("utf-8", "surrogateescape")))
    whole = content.replace("\udcff", "\ufffd")
    assert await local.logs.text(task) == whole
    lines = whole.split("\n")
    assert [line async for line in local.logs.lines(task)] == (lines if lines[-1] else lines[:-1])


async def test_the_output_of_a_task_and_the_log_of_a_run(local: MemoryTaskDB) -> None:
    task = task_of(await local.repository.put(b"err"), await local.repository.put(b"out"))
    run = Run(id=RunID.new(), run_log=await local.repository.put(b"log"))
    texts = [await local.logs.text(row) for row in (task, run)]
    assert [*texts, await local.logs.text(task, Output.STDOUT)] == ["err", "log", "out"]


async def test_lines_of_a_stream(db: DynamoTaskDB, streams: Streams) -> None:
    await streams.write("a1/e1/stderr", "one", "two\nthree\n", "fünf")
    task = Task(id=TaskID.new(), uri=f"{HOST}/a1/e1")
    assert [line async for line in db.logs.lines(task)] == ["one", "two", "three", "fünf"]
    assert await db.logs.text(task) == "one\ntwo\nthree\nfünf\n"


async def test_lines_of_another_content_end_with_an_integrity_error(local: MemoryTaskDB, tmp_path: Path) -> None:
    task = task_of(await local.repository.put(b"one\n"))
    (tmp_path / f"objects/{task.stderr}").write_bytes(b"two\n")
    lines = local.logs.lines(task)
    assert await anext(lines) == "two"
    with pytest.raises(Error, match="not that of its digest") as raised:
        await anext(lines)
    assert raised.value.kind is ErrorKind.INTEGRITY
    with pytest.raises(Error, match="not that of its digest"):
        await local.logs.text(task)


async def test_rows_without_a_log(local: MemoryTaskDB) -> None:
    for row in (Run(id=RunID.new()), Task(id=TaskID.new())):
        with pytest.raises(Error, match="log") as raised:
            await local.logs.text(row)
        assert (raised.value.kind, raised.value.reason) == (ErrorKind.NOT_EXIST, FailureReason.NO_LOG)
    with pytest.raises(Error, match="of type Digest") as raised:
        await local.logs.text(Digest.compute(b"x"))  # type: ignore[arg-type]
    assert raised.value.kind is ErrorKind.INVALID


async def test_an_output_by_its_text_is_the_output(tmp_path: Path) -> None:
    repository = LocalRepository(tmp_path)
    stdout, stderr = [await repository.put(data) for data in (b"out", b"err")]
    task = Task(id=TaskID.compute(b"task"), stdout=stdout, stderr=stderr)
    logs = Logs(lambda: repository)
    assert await logs.text(task, "stdout") == "out"  # type: ignore[arg-type]
    assert await logs.text(task, "stderr") == "err"  # type: ignore[arg-type]
    with pytest.raises(Error, match="give Output") as raised:
        await logs.text(task, "stdin")  # type: ignore[arg-type]
    assert raised.value.kind is ErrorKind.INVALID
