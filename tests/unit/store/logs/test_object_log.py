"""Logs in objects of the repository."""

import asyncio
from typing import Any

import pytest
from botocore.exceptions import ClientError

from store import (
    Digest,
    DynamoTaskDB,
    Error,
    ErrorKind,
    LocalRepository,
    MemoryTaskDB,
    S3Repository,
    TaskDB,
)
from store.aws.retry import Retries
from store.logs.log import END, HEAD, Check, Cursor, Page, forward
from store.logs.object_log import PAGE, ObjectLog
from tests.unit.store.conftest import BUCKET, backward, reference, text
from tests.unit.store.test_repository import BrokenBody


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


async def test_a_size_beyond_the_end_of_the_object_ends_the_reads(local: MemoryTaskDB) -> None:
    digest = await local.repository.put(b"abc")
    log = ObjectLog(local.repository, digest, 5 * 10**12)
    with pytest.raises(Error, match=r"none of its bytes .* are there, of 5000000000000") as raised:
        await log.read(END)
    assert raised.value.kind is ErrorKind.INTEGRITY
