"""Writing many items with a client."""

from typing import Any

import pytest

from store import Error, ErrorKind
from tests.support.fake_aws import FakeAWS, Reply, ok, served, use_made_up_credentials

ITEMS: list[dict[str, Any]] = [{"ID": {"S": f"id {number}"}, "Type": {"S": "run"}} for number in range(60)]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    use_made_up_credentials(monkeypatch)


def leave(*items: dict[str, Any]) -> Reply:
    """A reply that leaves `items` unprocessed."""
    return ok({"UnprocessedItems": {"t": [{"PutRequest": {"Item": item}} for item in items]} if items else {}})


def sent(server: FakeAWS) -> list[list[dict[str, Any]]]:
    return [
        [put["PutRequest"]["Item"] for put in request.body["RequestItems"]["t"]]
        for request in server.requests
        if request.operation == "BatchWriteItem"
    ]


async def test_a_request_has_25_items() -> None:
    async with served(leave()) as (client, server):
        await client.write_items("t", iter(ITEMS))
    assert sent(server) == [ITEMS[:25], ITEMS[25:50], ITEMS[50:]]


async def test_without_items_nothing_is_sent() -> None:
    async with served(leave()) as (client, server):
        await client.write_items("t", [])
    assert not server.requests


async def test_the_last_of_several_items_with_one_id_is_written() -> None:
    newer = {"ID": ITEMS[0]["ID"], "Type": {"S": "task"}}
    async with served(leave()) as (client, server):
        await client.write_items("t", [*ITEMS[:2], newer])
    assert sent(server) == [[newer, ITEMS[1]]]


async def test_unprocessed_items_are_sent_again() -> None:
    async with served(leave(*ITEMS[3:5]), leave(ITEMS[4]), leave()) as (client, server):
        await client.write_items("t", ITEMS[:26])
    # Together with the items that follow.
    assert sent(server) == [ITEMS[:25], [*ITEMS[3:5], ITEMS[25]], [ITEMS[4]]]


async def test_items_that_stay_unprocessed_raise_an_error() -> None:
    replies = [leave(*ITEMS[:25])] * 7 + [leave(*ITEMS[1:25])] + [leave(*ITEMS[1:26])] * 8
    async with served(*replies) as (client, server):
        with pytest.raises(Error, match="not written: 59 of 60 rows, 25 left unprocessed 8 times") as failed:
            await client.write_items("t", ITEMS)
    assert failed.value.kind is ErrorKind.UNAVAILABLE
    assert len(server.requests) == len(replies)


async def test_items_that_were_not_sent_cannot_be_unprocessed() -> None:
    async with served(leave(ITEMS[30])) as (client, _):
        with pytest.raises(Error, match="items as unprocessed that it was not sent") as failed:
            await client.write_items("t", ITEMS)
    assert failed.value.kind is ErrorKind.INTEGRITY


@pytest.mark.parametrize("body", [{}, {"UnprocessedItems": {"t": [{"PutRequest": {"Item": {}}}]}}])
async def test_a_reply_without_unprocessed_items_is_no_reply(body: Any) -> None:
    async with served(ok(body)) as (client, _):
        with pytest.raises(Error, match="bad reply to BatchWriteItem"):
            await client.write_items("t", ITEMS)
