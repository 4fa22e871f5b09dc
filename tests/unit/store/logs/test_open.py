"""From a digest to its text: objects of S3 and of a folder, and streams of CloudWatch Logs."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from store import (
    Digest,
    DynamoTaskDB,
    Error,
    ErrorKind,
    LocalRepository,
    Log,
    MemoryTaskDB,
    Output,
    S3Repository,
    Task,
    TaskDB,
    TaskID,
)
from store.aws import session as aws
from store.aws.retry import Retries
from store.logs.log import END, HEAD, Check, Cursor, Page, follow, forward
from store.logs.object_log import PAGE
from store.logs.open import Logs, stream_of
from store.logs.stream_log import StreamLog
from tests.support.fake_aws import Reply, error, fake_aws
from tests.support.servers import Server
from tests.unit.store.test_repository import BrokenBody

BUCKET = "log-tests"
GROUP = "reflow"
TIME = datetime(2026, 11, 1, 12, tzinfo=UTC)
NESTED = b'{"Type": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"
HOST = "ec2-1-2-3-4.us-west-2.compute.amazonaws.com:9000"


class Streams:
    """The group of the engine, in ministack."""

    def __init__(self, client: Any) -> None:
        self.client = client

    async def write(self, stream: str, *lines: str, new: bool = True, at: datetime = TIME) -> None:
        if new:
            await self.client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
        stamps = [round((at + timedelta(seconds=n)).timestamp() * 1000) for n in range(len(lines))]
        events = [{"timestamp": time, "message": line} for time, line in zip(stamps, lines, strict=True)]
        for n in range(0, len(events), 10_000):
            await self.client.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events[n : n + 10_000])


@pytest.fixture
async def streams(ministack: Server) -> AsyncIterator[Streams]:
    session = await aws.open_session()
    async with aws.open_client(session, "logs", endpoint_url=ministack.endpoint_url) as client:
        await client.create_log_group(logGroupName=GROUP)
        yield Streams(client)
        await client.delete_log_group(logGroupName=GROUP)


@pytest.fixture
async def db(ministack: Server) -> AsyncIterator[DynamoTaskDB]:
    """A TaskDB whose repository is an empty bucket."""
    session = await aws.open_session()
    async with aws.open_client(session, "s3", endpoint_url=ministack.endpoint_url) as client:
        await client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        async with DynamoTaskDB.open("reflow", BUCKET, endpoint_url=ministack.endpoint_url) as db:
            yield db
        for item in (await client.list_objects_v2(Bucket=BUCKET)).get("Contents", ()):
            await client.delete_object(Bucket=BUCKET, Key=item["Key"])
        await client.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def local(tmp_path: Path) -> MemoryTaskDB:
    return MemoryTaskDB(repository=LocalRepository(tmp_path))


@pytest.fixture(params=["local", "s3"])
def either(request: pytest.FixtureRequest, local: MemoryTaskDB, db: DynamoTaskDB) -> TaskDB:
    return local if request.param == "local" else db


def reference(stream: str, **fields: str) -> bytes:
    return json.dumps({"Type": "cloudwatch", "LogGroupName": GROUP, "LogStreamName": stream, **fields}).encode()


async def text(log: Log, cursor: Cursor = HEAD) -> bytes:
    return b"".join([page.data async for page in forward(log, cursor)])


async def backward(log: Log) -> list[Page]:
    """All pages, the last one first."""
    pages = [await log.read(END)]
    while (before := pages[-1].before) is not None:
        pages.append(await log.read(before))
    return pages


# Objects.


async def test_an_object_is_read_from_either_end(either: TaskDB) -> None:
    content = b"".join(b"line %d\n" % n for n in range(300_000))
    log = await either.logs.open(await either.repository.put(content))
    assert (log.size, log.grows, log.timed, log.check) == (len(content), False, False, Check.PARTIAL)
    assert b"".join(page.data for page in reversed(await backward(log))) == content
    assert log.check == "partial", "parts say nothing of the whole"
    assert await text(log) == content
    assert log.check == "good"


async def test_pages_are_bounded(local: MemoryTaskDB) -> None:
    content = bytes(3 * PAGE + 1)
    log = await local.logs.open(await local.repository.put(content))
    assert [len(page.data) for page in await backward(log)] == [PAGE, PAGE, PAGE, 1]
    middle = await log.read(Cursor(forward=True, offset=PAGE))
    assert (middle.before, middle.after) == (Cursor(False, PAGE), Cursor(True, 2 * PAGE))


async def test_an_empty_object(either: TaskDB) -> None:
    log = await either.logs.open(await either.repository.put(b""))
    for cursor in (HEAD, END):
        assert await log.read(cursor) == Page(b"")
    assert log.check is Check.GOOD


async def overwrite(db: TaskDB, digest: Digest, content: bytes) -> None:
    if isinstance(db, DynamoTaskDB):
        assert isinstance(db.repository, S3Repository)
        await db.repository._client.put_object(Bucket=BUCKET, Key=f"objects/{digest}", Body=content)
    else:
        assert isinstance(db.repository, LocalRepository)
        db.repository._path(digest).write_bytes(content)


@pytest.mark.parametrize("content", [b"jello\n", b"hel", b"", reference("s")], ids=["other", "cut", "none", "refers"])
async def test_content_of_another_digest(content: bytes, either: TaskDB) -> None:
    digest = await either.repository.put(b"hello\n")
    await overwrite(either, digest, content)
    log = await either.logs.open(digest)
    assert await text(log) == content
    assert log.check is Check.BAD


async def test_an_object_truncated_while_it_is_read(either: TaskDB) -> None:
    digest = await either.repository.put(bytes(3 * PAGE))
    log = await either.logs.open(digest)
    await overwrite(either, digest, bytes(PAGE + 5))
    pages = [page async for page in forward(log)]
    assert [len(page.data) for page in pages] == [PAGE, 5, 0]
    assert log.check is Check.BAD


async def test_an_object_that_is_missing(either: TaskDB) -> None:
    with pytest.raises(Error) as raised:
        await either.logs.open(Digest.compute(b"never stored"))
    assert raised.value.kind is ErrorKind.NOT_EXIST


async def test_objects_are_found_by_prefix(either: TaskDB) -> None:
    repository = either.repository
    digest = await repository.put(b"hello\n")
    await repository.put(b"other\n")
    for digits in (digest.hex[:8], digest.hex[:9].upper(), digest.hex):
        assert await repository.find(digits) == [digest]
    assert await repository.find("00000000") == []


async def test_where_an_object_is(db: DynamoTaskDB, local: MemoryTaskDB, tmp_path: Path) -> None:
    digest = await db.repository.put(b"hello\n")
    await local.repository.put(b"hello\n")
    assert (await db.logs.open(digest)).location.uri == f"s3://{BUCKET}/objects/{digest}"
    assert (await local.logs.open(digest)).location.uri == f"{tmp_path}/objects/{digest}"


async def test_without_a_repository(ministack: Server) -> None:
    async with DynamoTaskDB.open("reflow", endpoint_url=ministack.endpoint_url) as db:
        with pytest.raises(Error, match="opened without a bucket"):
            await db.logs.open(Digest.compute(b"x"))


class Flaky:
    """An S3 client whose replies break so often: before the content comes, or within it."""

    def __init__(self, client: Any, failures: list[str]) -> None:
        self._client = client
        self.failures = failures

    async def get_object(self, **parameters: Any) -> Any:
        match self.failures.pop(0) if self.failures else "":
            case "throttled":
                raise ClientError({"Error": {"Code": "SlowDown", "Message": "reduce your rate"}}, "GetObject")
            case "denied":
                raise ClientError({"Error": {"Code": "AccessDenied", "Message": "amy may not"}}, "GetObject")
            case "broken":
                return {"Body": BrokenBody()}
        return await self._client.get_object(**parameters)


async def test_a_part_is_asked_for_again(db: DynamoTaskDB) -> None:
    digest = await db.repository.put(b"hello\n")
    assert isinstance(db.repository, S3Repository)
    flaky = Flaky(db.repository._client, ["throttled", "broken", "throttled"])
    repository = S3Repository(flaky, BUCKET, Retries(sleep=lambda _: asyncio.sleep(0)))
    assert await repository.read(digest, 1, 3) == b"ell"
    assert not flaky.failures


async def test_a_denied_range(db: DynamoTaskDB) -> None:
    digest = await db.repository.put(b"hello\n")
    assert isinstance(db.repository, S3Repository)
    with pytest.raises(Error, match=r"s3\.GetObject .*: access denied: .*amy may not") as raised:
        await S3Repository(Flaky(db.repository._client, ["denied"]), BUCKET).read(digest, 0, 3)
    assert raised.value.kind is ErrorKind.NOT_ALLOWED


async def test_a_part_beyond_the_end(either: TaskDB) -> None:
    digest = await either.repository.put(b"hello\n")
    assert await either.repository.read(digest, 4, 10) == b"o\n"
    assert await either.repository.read(digest, 6, 10) == b""
    assert await either.repository.read(digest, 60, 10) == b""


# Streams.


async def test_a_digest_that_names_a_stream(db: DynamoTaskDB, streams: Streams) -> None:
    await streams.write("a/e/stderr", "one", "two\nthree\n", "\n", "fünf")
    log = await db.logs.open(await db.repository.put(reference("a/e/stderr")))
    assert (log.size, log.grows, log.timed, log.check) == (None, True, True, Check.NONE)
    assert log.location == ("logs", GROUP, "a/e/stderr", "")
    page = await log.read(HEAD)
    assert page.data == "one\ntwo\nthree\n\nfünf\n".encode()
    first = round(TIME.timestamp() * 1000)
    assert page.times == (first, first + 1000, first + 1000, first + 2000, first + 3000)


async def test_a_long_stream_is_read_from_either_end(db: DynamoTaskDB, streams: Streams) -> None:
    lines = [f"line {n}" for n in range(25_000)]
    await streams.write("long", *lines)
    log = await db.logs.open(await db.repository.put(reference("long")))
    whole = "".join(f"{line}\n" for line in lines).encode()
    assert await text(log) == whole
    pages = await backward(log)
    assert b"".join(page.data for page in reversed(pages)) == whole
    assert len(pages) == 4


async def test_a_stream_from_a_point_in_time(db: DynamoTaskDB, streams: Streams) -> None:
    await streams.write("s", *"abcdef")
    log = await db.logs.open(await db.repository.put(reference("s")))
    page = await log.read(Cursor.at(TIME + timedelta(seconds=2.5)))
    assert page.data == b"d\ne\nf\n"
    assert page.before
    assert (await log.read(page.before)).data == b"a\nb\nc\n"
    assert page.after
    await streams.write("s", "g", new=False, at=TIME + timedelta(minutes=1))
    assert (await log.read(page.after)).data == b"g\n"


async def test_a_stream_is_followed_until_its_writer_has_ended(db: DynamoTaskDB, streams: Streams) -> None:
    await streams.write("s", "a")
    log = await db.logs.open(await db.repository.put(reference("s")))
    later = iter([["b", "c"], [], ["d"], ["late"]])
    slept = 0

    async def sleep(seconds: float) -> None:
        nonlocal slept
        slept += 1
        await streams.write("s", *next(later), new=False)

    async def is_over() -> bool:
        return slept == 4

    seen = [page.data async for page in follow(log, HEAD, is_over, sleep=sleep)]
    assert seen == [b"a\n", b"b\nc\n", b"d\n", b"late\n"]


async def test_a_deleted_stream(db: DynamoTaskDB, streams: Streams) -> None:
    log = await db.logs.open(await db.repository.put(reference("gone")))
    with pytest.raises(Error, match=r"logs\.GetLogEvents reflow gone: resource does not exist") as raised:
        await log.read(END)
    assert raised.value.kind is ErrorKind.NOT_EXIST
    assert "retries" not in str(raised.value)


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


# What no emulator does.


def events(forward: str, *messages: str) -> Reply:
    body = {
        "events": [{"timestamp": n, "message": message, "ingestionTime": n} for n, message in enumerate(messages)],
        "nextForwardToken": forward,
        "nextBackwardToken": "b/0",
    }
    return Reply(json.dumps(body).encode(), headers={"content-type": "application/x-amz-json-1.1"})


@pytest.mark.parametrize(
    ("replies", "lines", "requests"),
    [
        ([events("f/1", "a"), events("f/2"), events("f/3", "b"), events("f/3")], b"a\nb\n", 4),
        ([error("ThrottlingException", "slow down"), events("f/1", "a"), events("f/1")], b"a\n", 3),
        ([error("ServiceUnavailableException", status=503), events("f/1", "a"), events("f/1")], b"a\n", 3),
    ],
    ids=["empty pages", "throttled", "unavailable"],
)
async def test_the_end_of_a_log_is_found(replies: list[Reply], lines: bytes, requests: int) -> None:
    async with fake_aws(*replies) as server:
        session = await aws.open_session()
        async with aws.open_client(session, "logs", endpoint_url=server.url) as client:
            log = StreamLog(client, "g", "s", Retries(sleep=lambda _: asyncio.sleep(0)))
            assert await text(log) == lines
        assert len(server.requests) == requests


async def test_invalid_replies_of_the_service() -> None:
    async with fake_aws(Reply(b"{}", headers={"content-type": "application/x-amz-json-1.1"})) as server:
        session = await aws.open_session()
        async with aws.open_client(session, "logs", endpoint_url=server.url) as client:
            with pytest.raises(Error, match="without events") as raised:
                await StreamLog(client, "g", "s", Retries(tries=1)).read(HEAD)
    assert raised.value.kind is ErrorKind.INTEGRITY


async def test_denied() -> None:
    async with fake_aws(error("AccessDeniedException", "User: amy is not authorized to perform: x")) as server:
        session = await aws.open_session()
        async with aws.open_client(session, "logs", endpoint_url=server.url) as client:
            with pytest.raises(
                Error, match=r"logs\.GetLogEvents g s: access denied: .*amy is not authorized"
            ) as raised:
                await StreamLog(client, "g", "s").read(HEAD)
    assert raised.value.kind is ErrorKind.NOT_ALLOWED


async def test_the_region_of_a_place() -> None:
    async with DynamoTaskDB.open("reflow", "b", region="eu-west-1") as db:
        assert db.repository.location(Digest.compute(b"x")).region == "eu-west-1"
        log = await db.logs.open_output(Task(uri="h/a/e"), Output.STDERR)
    assert log.location == ("logs", "reflow", "a/e/stderr", "eu-west-1")


def test_logs_can_be_made_of_their_parts(tmp_path: Path) -> None:
    repository = LocalRepository(tmp_path)
    assert Logs(lambda: repository)._client is None
