import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Self

import pytest

from store import (
    Digest,
    DynamoTaskDB,
    Error,
    ErrorKind,
    FailureReason,
    LocalRepository,
    MemoryTaskDB,
    NopTaskDB,
    Repository,
    S3Repository,
    TaskDB,
)
from store.aws import session as aws
from store.aws.retry import Retries
from tests.support.servers import Server

MISSING = Digest.compute(b"never stored")
HELLO = Digest.compute(b"hello")
BUCKET = "logs"


@pytest.fixture
def local(tmp_path: Path) -> LocalRepository:
    return LocalRepository(tmp_path)


@pytest.fixture
async def s3(ministack: Server) -> AsyncIterator[Any]:
    """An aiobotocore client, and an empty bucket."""
    session = await aws.open_session()
    async with aws.open_client(session, "s3", endpoint_url=ministack.endpoint_url) as client:
        await client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        yield client
        for item in (await client.list_objects_v2(Bucket=BUCKET)).get("Contents", ()):
            await client.delete_object(Bucket=BUCKET, Key=item["Key"])
        await client.delete_bucket(Bucket=BUCKET)


@pytest.fixture(params=["local", "s3"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def repository(kind: str, local: LocalRepository, s3: Any) -> Repository:
    return local if kind == "local" else S3Repository(s3, BUCKET)


async def read(repository: Repository, digest: Digest) -> bytes:
    return b"".join([chunk async for chunk in repository.get(digest)])


@pytest.mark.parametrize("data", [b"", b"hello\n", bytes(range(256)) * 5000], ids=["empty", "small", "large"])
async def test_put_then_get(data: bytes, repository: Repository) -> None:
    digest = await repository.put(data)
    assert digest == Digest.compute(data)
    assert await repository.stat(digest) == len(data)
    assert await read(repository, digest) == data


async def test_a_content_of_several_parts(repository: Repository) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for number in range(9):
            yield bytes([number]) * 1_000_000

    digest = await repository.put(chunks())
    whole = await read(repository, digest)
    assert whole == b"".join(bytes([number]) * 1_000_000 for number in range(9))


async def test_putting_twice_is_as_good_as_once(repository: Repository) -> None:
    assert await repository.put(b"hello") == await repository.put(b"hello") == HELLO
    assert await read(repository, HELLO) == b"hello"


async def test_a_missing_object_is_not_exist(repository: Repository) -> None:
    for attempt in (repository.stat(MISSING), read(repository, MISSING)):
        with pytest.raises(Error, match=str(MISSING)) as raised:
            await attempt
        assert raised.value.kind is ErrorKind.NOT_EXIST


async def test_chunks_are_bounded(repository: Repository) -> None:
    digest = await repository.put(bytes(3_000_000))
    sizes = [len(chunk) async for chunk in repository.get(digest)]
    assert sum(sizes) == 3_000_000
    assert max(sizes) <= 256 * 1024


async def test_a_reader_may_stop_early(repository: Repository) -> None:
    digest = await repository.put(bytes(3_000_000))
    chunks = repository.get(digest)
    assert await anext(chunks)
    await chunks.aclose()  # type: ignore[attr-defined]
    assert await repository.stat(digest) == 3_000_000


@pytest.mark.parametrize(("offset", "size"), [(-1, 5), (0, -1), (0, 0)])
async def test_a_range_that_cannot_be_is_invalid(offset: int, size: int, repository: Repository) -> None:
    digest = await repository.put(b"hello")
    with pytest.raises(Error) as raised:
        await repository.read(digest, offset, size)
    assert raised.value.kind is ErrorKind.INVALID


async def test_both_have_the_same_keys(local: LocalRepository, s3: Any, tmp_path: Path) -> None:
    await local.put(b"hello")
    await S3Repository(s3, BUCKET).put(b"hello")
    listing = await s3.list_objects_v2(Bucket=BUCKET)
    assert [item["Key"] for item in listing["Contents"]] == [f"objects/{HELLO}"]
    assert (tmp_path / f"objects/{HELLO}").read_bytes() == b"hello"


async def test_another_content_is_an_integrity_error_after_the_last_chunk(
    kind: str, repository: Repository, s3: Any, tmp_path: Path
) -> None:
    await repository.put(b"hello")
    if kind == "local":
        (tmp_path / f"objects/{HELLO}").write_bytes(b"jello")
    else:
        await s3.put_object(Bucket=BUCKET, Key=f"objects/{HELLO}", Body=b"jello")
    chunks = repository.get(HELLO)
    assert await anext(chunks) == b"jello"
    with pytest.raises(Error, match=f"the content is that of {Digest.compute(b'jello')}") as raised:
        await anext(chunks)
    assert raised.value.kind is ErrorKind.INTEGRITY
    await repository.put(b"hello")
    assert await read(repository, HELLO) == b"hello"


# The local folder.


async def test_a_failed_write_leaves_nothing(local: LocalRepository, tmp_path: Path) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"hello"
        raise OSError(28, "No space left on device")

    with pytest.raises(Error, match="No space left on device"):
        await local.put(failing())
    assert list((tmp_path / "objects").iterdir()) == []


async def test_many_writers_of_one_object(local: LocalRepository, tmp_path: Path) -> None:
    await asyncio.gather(*(local.put(b"hello") for _ in range(10)))
    assert [path.name for path in (tmp_path / "objects").iterdir()] == [str(HELLO)]


@pytest.mark.parametrize("operation", [LocalRepository.stat, read])
async def test_a_forbidden_object_is_not_allowed(
    operation: Callable[..., Awaitable[object]], local: LocalRepository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deny(self: Path, *args: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "stat", deny)
    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(Error) as raised:
        await operation(local, MISSING)
    assert raised.value.kind is ErrorKind.NOT_ALLOWED


# S3.


async def test_a_missing_bucket(s3: Any) -> None:
    for attempt in (S3Repository(s3, "other").put(b"hello"), read(S3Repository(s3, "other"), HELLO)):
        with pytest.raises(Error, match=r"s3\.(Put|Get)Object other objects/sha256:") as raised:
            await attempt
        assert raised.value.kind is ErrorKind.NOT_EXIST


class Flaky:
    """An S3 client whose connection breaks: before the reply, so many times, or within the body."""

    def __init__(self, client: Any, failures: int = 0, body: Any = None) -> None:
        self._client = client
        self.failures = failures
        self.body = body

    async def get_object(self, **parameters: Any) -> Any:
        if self.failures:
            self.failures -= 1
            raise ConnectionResetError("gone")
        reply = await self._client.get_object(**parameters)
        return {**reply, "Body": self.body or reply["Body"]}


class Answering:
    """An S3 client whose objects have this content and this head."""

    def __init__(self, content: bytes, **head: Any) -> None:
        self.content, self.head, self.requests = content, head, 0

    async def get_object(self, **parameters: Any) -> Any:
        self.requests += 1
        return {**self.head, "Body": WholeBody(self.content)}


class WholeBody:
    def __init__(self, content: bytes) -> None:
        self.left = content

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.closed = True

    async def read(self, size: int = -1) -> bytes:
        assert size >= 0, "a body of any length"
        part, self.left = self.left[:size], self.left[size:]
        return part


@pytest.mark.parametrize(
    "text",
    [
        *("bytes 0-2/99999999999999999999", "bytes 0-0/-7", "bytes 0-0/*", "bytes */5", "bytes 0-0/", "bytes 0-0"),
        *("bytes 3-5/9", "bytes 0-0/0", "bytes 0-7/3", "items 0-0/5", "0-0/5", "bytes 0-0/5 ", "bytes 0-0/\uff15", ""),
    ],
)
async def test_a_range_that_makes_no_sense_is_a_bad_reply(text: str) -> None:
    client = Answering(b"abc", ContentRange=text)
    repository = S3Repository(client, BUCKET, Retries(sleep=no_wait))
    for attempt in (lambda: repository.stat(HELLO), lambda: repository.read(HELLO, 1, 2)):
        with pytest.raises(Error) as raised:
            await attempt()
        assert raised.value.reason is FailureReason.BAD_REPLY
    assert client.requests <= 10


@pytest.mark.parametrize("length", [-1, 10**20])
async def test_a_size_that_no_object_has_is_a_bad_reply(length: int) -> None:
    with pytest.raises(Error, match="an object of") as raised:
        await S3Repository(Answering(b"abc", ContentLength=length), BUCKET, Retries(sleep=no_wait)).stat(HELLO)
    assert raised.value.reason is FailureReason.BAD_REPLY


async def test_a_server_without_ranges_is_read_up_to_the_size_that_is_asked_for() -> None:
    repository = S3Repository(Answering(b"abcdef", ContentLength=6), BUCKET, Retries(sleep=no_wait))
    assert await repository.stat(HELLO) == 6
    assert await repository.read(HELLO, 0, 4) == b"abcd"
    with pytest.raises(Error, match="the whole object, where its bytes from 2 on were requested"):
        await repository.read(HELLO, 2, 2)


class BrokenBody:
    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        self.closed = True

    async def read(self, size: int = -1) -> bytes:
        raise ConnectionResetError("gone")


async def no_wait(seconds: float) -> None:
    pass


async def test_a_request_that_fails_for_now_is_sent_again(s3: Any) -> None:
    await S3Repository(s3, BUCKET).put(b"hello")
    client = Flaky(s3, failures=2)
    assert await read(S3Repository(client, BUCKET, Retries(sleep=no_wait)), HELLO) == b"hello"
    assert client.failures == 0


async def test_a_connection_that_breaks_within_the_content(s3: Any) -> None:
    await S3Repository(s3, BUCKET).put(b"hello")
    body = BrokenBody()
    with pytest.raises(Error, match=r"s3\.GetObject logs") as raised:
        await read(S3Repository(Flaky(s3, body=body), BUCKET), HELLO)
    assert raised.value.kind is ErrorKind.NET
    assert body.closed


# That of a TaskDB.


async def test_a_taskdb_on_dynamodb_has_that_of_its_bucket(ministack: Server, s3: Any) -> None:
    async with DynamoTaskDB.open("reflow", BUCKET, endpoint_url=ministack.endpoint_url) as db:
        digest = await db.repository.put(b"hello")
        assert await read(S3Repository(s3, BUCKET), digest) == b"hello"
    with pytest.raises(Error, match="closed"):
        await db.repository.stat(digest)


async def test_a_taskdb_without_a_repository(ministack: Server, local: LocalRepository) -> None:
    async with DynamoTaskDB.open("reflow", endpoint_url=ministack.endpoint_url) as dynamo:
        without: list[TaskDB] = [dynamo, MemoryTaskDB(), NopTaskDB()]
        for db in without:
            with pytest.raises(Error) as raised:
                _ = db.repository
            assert raised.value.kind is ErrorKind.NOT_SUPPORTED
    assert MemoryTaskDB(repository=local).repository is local
