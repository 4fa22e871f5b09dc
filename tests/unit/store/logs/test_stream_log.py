"""Logs in streams of CloudWatch Logs."""

import asyncio
from datetime import timedelta

import pytest

from store import (
    DynamoTaskDB,
    Error,
    ErrorKind,
)
from store.aws import session as aws
from store.aws.retry import Retries
from store.logs.log import END, HEAD, Cursor
from store.logs.stream_log import StreamLog
from tests.support.fake_aws import Reply, error, fake_aws
from tests.unit.store.conftest import TIME, Streams, backward, events, reference, text


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


async def test_a_deleted_stream(db: DynamoTaskDB, streams: Streams) -> None:
    log = await db.logs.open(await db.repository.put(reference("gone")))
    with pytest.raises(Error, match=r"logs\.GetLogEvents reflow gone: resource does not exist") as raised:
        await log.read(END)
    assert raised.value.kind is ErrorKind.NOT_EXIST
    assert "retries" not in str(raised.value)


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


@pytest.mark.parametrize(
    "tokens", [("f/1", "f/2"), tuple(f"f/{number}" for number in range(5000))], ids=["circle", "new"]
)
async def test_pages_without_events_and_without_end_are_given_up(tokens: tuple[str, ...]) -> None:
    class Client:
        requests = 0

        async def get_log_events(self, **_: object) -> dict[str, object]:
            self.requests += 1
            token = tokens[self.requests % len(tokens)]
            return {"events": [], "nextForwardToken": token, "nextBackwardToken": token}

    client = Client()
    for cursor in (HEAD, END):
        with pytest.raises(Error, match="brought no events") as raised:
            await StreamLog(client, "g", "s").read(cursor)
        assert raised.value.kind is ErrorKind.INTEGRITY
    assert client.requests <= 2100
