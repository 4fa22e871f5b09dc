"""The requests of an S3Repository: how many at a time, how often, and for how long."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from store import Digest, DynamoTaskDB, Error, Logs, S3Repository
from store.aws.retry import Retries
from store.logs.stream_log import StreamLog
from tests.support.fake_aws import use_made_up_credentials

BIG = bytes(9 << 20)  # two parts


SLOW_DOWN = ClientError({"Error": {"Code": "SlowDown", "Message": "slow down"}}, "PutObject")


class SlowS3:
    """Answers when the test says so; `refusals` requests are throttled before."""

    def __init__(self, refusals: int = 0) -> None:
        self.sent: list[str] = []
        self.refusals = refusals
        self.answer = asyncio.Event()

    def __getattr__(self, operation: str) -> Any:
        async def call(**parameters: Any) -> dict[str, Any]:
            self.sent.append(operation)
            if self.refusals:
                self.refusals -= 1
                raise SLOW_DOWN
            await self.answer.wait()
            return {"UploadId": "1", "ETag": "1"}

        return call


def pass_seconds(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + seconds)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def no_wait(seconds: float) -> None:
    """Do not wait."""


async def test_the_deadline_of_an_object_starts_when_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = SlowS3()
    repository = S3Repository(s3, "logs", max_in_flight=2)
    puts = [asyncio.create_task(repository.put(b"%d" % n)) for n in range(4)]
    await settle()
    assert len(s3.sent) == 2
    pass_seconds(monkeypatch, 130)
    first = await asyncio.gather(*puts[:2], return_exceptions=True)
    assert all(isinstance(end, Error) and "gave up after 120 s" in str(end) for end in first)
    s3.answer.set()
    assert await asyncio.gather(*puts[2:]) == [Digest.compute(b"2"), Digest.compute(b"3")]


@pytest.mark.parametrize(("data", "requests"), [(b"small", 1), (BIG, 4)])
async def test_an_object_is_not_lost_while_s3_throttles(data: bytes, requests: int) -> None:
    s3 = SlowS3(refusals=30)
    s3.answer.set()
    repository = S3Repository(s3, "logs", Retries(throttled_tries=1000, sleep=no_wait))
    assert repository._write_retries == repository._retries
    assert await repository.put(data) == Digest.compute(data)
    assert len(s3.sent) == 30 + requests


def test_a_write_outlasts_throttling_by_default_and_a_read_does_not() -> None:
    repository = S3Repository(None, "logs")
    assert (repository._retries.throttled_tries, repository._retries.deadline) == (5, 30)
    assert (repository._write_retries.throttled_tries, repository._write_retries.deadline) == (1000, 120)


@pytest.fixture
async def patient(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[DynamoTaskDB]:
    use_made_up_credentials(monkeypatch)
    options: dict[str, Any] = {"region": "us-west-2", "retries": Retries(tries=8), "timeout": 77.0, "max_in_flight": 3}
    async with DynamoTaskDB.open("reflow", "logs", **options) as db:
        yield db


async def test_objects_and_streams_have_the_policy_of_open(patient: DynamoTaskDB) -> None:
    repository, logs = patient.repository, patient.logs
    assert isinstance(repository, S3Repository)
    assert isinstance(logs, Logs)
    stream = logs._stream("reflow", "exec/stdout")
    assert isinstance(stream, StreamLog)
    for policy in (repository._retries, repository._write_retries, stream._retries):
        assert (policy.tries, policy.deadline) == (8, 77.0)
    assert repository._queue._slots == 3
