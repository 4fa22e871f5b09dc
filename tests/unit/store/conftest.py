"""Repositories and streams for tests of logs."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from store import (
    DynamoTaskDB,
    LocalRepository,
    Log,
    MemoryTaskDB,
    TaskDB,
)
from store.aws import session as aws
from store.logs.log import END, HEAD, Cursor, Page, forward
from tests.support.fake_aws import Reply
from tests.support.servers import Server

BUCKET = "log-tests"


GROUP = "reflow"


TIME = datetime(2026, 11, 1, 12, tzinfo=UTC)


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # One event loop for all tests with these clients, which take longer to open than most of the tests.
    for item in items:
        names = getattr(item, "fixturenames", ())
        if not _SHARED.isdisjoint(names) and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


_SHARED = {"_logs", "_s3", "_db"}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _logs(ministack: Server) -> AsyncIterator[Any]:
    async with aws.open_client(await aws.open_session(), "logs", endpoint_url=ministack.endpoint_url) as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _s3(ministack: Server) -> AsyncIterator[Any]:
    async with aws.open_client(await aws.open_session(), "s3", endpoint_url=ministack.endpoint_url) as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _db(ministack: Server) -> AsyncIterator[DynamoTaskDB]:
    async with DynamoTaskDB.open("reflow", BUCKET, endpoint_url=ministack.endpoint_url) as db:
        yield db


@pytest_asyncio.fixture(loop_scope="session")
async def streams(_logs: Any) -> AsyncIterator[Streams]:
    await _logs.create_log_group(logGroupName=GROUP)
    yield Streams(_logs)
    await _logs.delete_log_group(logGroupName=GROUP)


@pytest_asyncio.fixture(loop_scope="session")
async def db(_s3: Any, _db: DynamoTaskDB) -> AsyncIterator[DynamoTaskDB]:
    """A TaskDB whose repository is an empty bucket."""
    await _s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    yield _db
    for item in (await _s3.list_objects_v2(Bucket=BUCKET)).get("Contents", ()):
        await _s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    await _s3.delete_bucket(Bucket=BUCKET)


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


def events(forward: str, *messages: str) -> Reply:
    body = {
        "events": [{"timestamp": n, "message": message, "ingestionTime": n} for n, message in enumerate(messages)],
        "nextForwardToken": forward,
        "nextBackwardToken": "b/0",
    }
    return Reply(json.dumps(body).encode(), headers={"content-type": "application/x-amz-json-1.1"})
