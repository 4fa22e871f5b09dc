import asyncio
from datetime import UTC, datetime

import pytest

from store import Error, ErrorKind
from store.aws import session as aws
from store.aws.retry import Retries
from store.dynamo.client import ReadClient
from tests.support.fake_aws import ITEM, PAGE, SILENCE, error, fake_aws, ok, served, use_made_up_credentials

THROTTLED = error("ThrottlingException", "slow down")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    use_made_up_credentials(monkeypatch)


async def test_a_service_that_never_answers() -> None:
    async with served(SILENCE, read_timeout=0.02) as (client, server):
        with pytest.raises(Error, match="Read timeout") as failed:
            await client.query(TableName="t")
    assert failed.value.kind is ErrorKind.TIMEOUT
    assert len(server.requests) == 5


async def test_one_deadline_for_all_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(SILENCE, read_timeout=100) as (client, server):
        call = asyncio.create_task(client.query(TableName="t"))
        await server.arrived(1)
        _pass_30_seconds(monkeypatch)
        with pytest.raises(Error, match=r"timeout: gave up after 30 s$") as failed:
            await call
    assert failed.value.kind is ErrorKind.TIMEOUT


async def test_the_deadline_names_the_last_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(seconds: float) -> None:
        _pass_30_seconds(monkeypatch)
        await _for_ever(seconds)

    async with served(THROTTLED, retries=Retries(sleep=sleep)) as (client, _):
        with pytest.raises(Error, match=r"gave up after 30 s; the last try: .*slow down") as failed:
            await client.query(TableName="t")
    assert failed.value.kind is ErrorKind.TIMEOUT


def _pass_30_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + 30)


async def _for_ever(seconds: float) -> None:
    await asyncio.Event().wait()


async def test_at_most_16_requests_in_flight() -> None:
    async with served(SILENCE) as (client, server):
        calls = [asyncio.create_task(client.query(TableName="t")) for _ in range(40)]
        await server.arrived(16)
        assert client.meter.requests == 16
        for call in calls:
            call.cancel()
        assert all(
            isinstance(end, asyncio.CancelledError) for end in await asyncio.gather(*calls, return_exceptions=True)
        )


async def test_max_in_flight_bounds_the_requests_in_flight() -> None:
    async with served(SILENCE, max_in_flight=3) as (client, server):
        calls = [asyncio.create_task(client.query(TableName="t")) for _ in range(10)]
        await server.arrived(3)
        assert client.meter.requests == 3
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)


async def test_the_deadline_starts_when_a_request_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(SILENCE, ok(PAGE), max_in_flight=1, read_timeout=100) as (client, server):
        blocking = asyncio.create_task(client.query(TableName="t"))
        waiting = asyncio.create_task(client.query(TableName="t"))
        await server.arrived(1)
        _pass_30_seconds(monkeypatch)
        with pytest.raises(Error, match="gave up after 30 s"):
            await blocking
        assert len((await waiting).items) == 1


async def test_a_renewal_gives_up_after_5_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    async with served(SILENCE, read_timeout=100) as (client, server):
        renewal = client.update_item(TableName="t", Key={"ID": {"S": "a"}}, renewed_until=datetime.now(UTC))
        call = asyncio.create_task(renewal)
        await server.arrived(1)
        _pass_30_seconds(monkeypatch)
        with pytest.raises(Error, match="gave up after 5 s"):
            await call


async def test_a_cancelled_call_gives_its_place_back() -> None:
    async with served(*20 * [SILENCE], ok(PAGE)) as (client, server):
        for count in range(1, 21):
            call = asyncio.create_task(client.query(TableName="t"))
            await server.arrived(count)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
        assert len((await client.query(TableName="t")).items) == 1
    assert client.meter.retries == 0


async def test_cancelled_while_it_waits_to_try_again() -> None:
    waiting = asyncio.Event()

    async def sleep(seconds: float) -> None:
        waiting.set()
        await _for_ever(seconds)

    async with served(THROTTLED, retries=Retries(sleep=sleep)) as (client, _):
        call = asyncio.create_task(client.query(TableName="t"))
        await waiting.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call


async def test_after_close() -> None:
    async with served(ok(PAGE)) as (client, _):
        await client.close()
        await client.close()
        with pytest.raises(Error, match="the client is closed") as failed:
            await client.query(TableName="t")
    assert failed.value.kind is ErrorKind.PRECONDITION
    with pytest.raises(Error, match=r"dynamodb\.PutItem t: precondition was not met: the client is closed"):
        await client.put_item(TableName="t", Item=ITEM)


async def test_closed_while_a_call_is_in_flight() -> None:
    async with served(SILENCE) as (client, server):
        call = asyncio.create_task(client.query(TableName="t"))
        await server.arrived(1)
        await client.close()
        with pytest.raises(Error, match="the client is closed"):
            await call


async def test_in_another_event_loop() -> None:
    async def use() -> None:
        await client.query(TableName="t")

    async with served(ok(PAGE)) as (client, server):
        with pytest.raises(Error, match="belongs to another event loop") as failed:
            await asyncio.to_thread(asyncio.run, use())
    assert failed.value.kind is ErrorKind.PRECONDITION
    assert not server.requests


async def test_a_session_can_be_shared() -> None:
    session = await aws.open_session()
    async with fake_aws(ok(PAGE)) as server:
        for _ in range(2):
            async with ReadClient.open(session=session, endpoint_url=server.url) as client:
                assert len((await client.scan(TableName="t")).items) == 1
