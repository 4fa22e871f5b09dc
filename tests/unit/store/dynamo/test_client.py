"""Requests of the client, its replies, and its meter."""

from dataclasses import replace

import msgspec
import pytest

from store import Error, ErrorKind, FailureReason
from store.dynamo.client import ReadClient
from tests.support.fake_aws import HTML, ITEM, PAGE, Reply, error, ok, served, use_made_up_credentials

DONE = {"ConsumedCapacity": {"CapacityUnits": 2.0}}


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    use_made_up_credentials(monkeypatch)


async def test_a_page() -> None:
    async with served(ok(PAGE)) as (client, server):
        reply = await client.query(TableName="t", IndexName="i", KeyConditionExpression="x")
    assert [msgspec.json.decode(item) for item in reply.items] == [ITEM]
    assert (reply.count, reply.last_evaluated_key, reply.consumed) == (1, None, 0.5)
    (request,) = server.requests
    assert request.operation == "Query"
    assert request.body == {
        "TableName": "t",
        "IndexName": "i",
        "KeyConditionExpression": "x",
        "ReturnConsumedCapacity": "TOTAL",
    }


async def test_the_endpoint_is_that_of_the_requests() -> None:
    async with served(ok(PAGE)) as (client, server):
        assert client.endpoint_url == server.url


async def test_capacity_by_index_can_be_asked_for() -> None:
    async with served(ok(PAGE)) as (client, server):
        await client.scan(TableName="t", ReturnConsumedCapacity="INDEXES")
    assert server.requests[0].body["ReturnConsumedCapacity"] == "INDEXES"


async def test_an_item_or_none() -> None:
    async with served(ok({"Item": ITEM, **DONE}), ok({})) as (client, _):
        found = await client.get_item(TableName="t", Key=ITEM)
        assert found.item is not None
        assert msgspec.json.decode(found.item) == ITEM
        assert found.consumed == 2.0
        assert (await client.get_item(TableName="t", Key=ITEM)).item is None


async def test_a_table() -> None:
    async with served(ok({"Table": {"TableName": "t", "TableStatus": "ACTIVE"}})) as (client, server):
        table = await client.describe_table("t")
    assert table.table_status == "ACTIVE"
    assert server.requests[0].body == {"TableName": "t"}  # it takes no ReturnConsumedCapacity


async def test_a_batch_asks_once_for_each_key() -> None:
    left = {"t": {"Keys": [{"ID": {"S": "b"}}]}}
    async with served(ok({"Responses": {"t": [ITEM]}, "UnprocessedKeys": left})) as (client, server):
        keys = [{"ID": {"S": name}} for name in "abba"]
        reply = await client.batch_get_item("t", keys, ProjectionExpression="ID")
        assert len(reply.items) == 1
        assert reply.unprocessed_keys == left["t"]["Keys"]
    assert server.requests[0].body["RequestItems"] == {"t": {"Keys": keys[:2], "ProjectionExpression": "ID"}}


async def test_a_batch_has_at_most_100_keys() -> None:
    async with served(ok({"Responses": {"t": []}})) as (client, server):
        keys = [{"ID": {"S": str(n)}} for n in range(101)]
        await client.batch_get_item("t", keys[:100] + keys[:100])
        with pytest.raises(Error, match="101 keys; a request takes 100") as failed:
            await client.batch_get_item("t", keys)
        assert failed.value.kind is ErrorKind.INVALID
        assert (await client.batch_get_item("t", [])).items == []
    assert len(server.requests) == 1


async def test_writes() -> None:
    async with served(ok(DONE)) as (client, server):
        assert (await client.put_item(TableName="t", Item=ITEM)).consumed == 2.0
        await client.update_item(TableName="t", Key=ITEM, UpdateExpression="SET x = y")
    assert [request.operation for request in server.requests] == ["PutItem", "UpdateItem"]
    assert server.requests[0].body["Item"] == ITEM


async def test_a_batch_of_writes_has_at_most_25_items() -> None:
    done = {"UnprocessedItems": {}, "ConsumedCapacity": [{"CapacityUnits": 50.0}]}
    async with served(ok(done)) as (client, server):
        items = [{"ID": {"S": str(n)}} for n in range(26)]
        assert (await client.batch_write_item("t", items[:25])).unprocessed_ids == set()
        assert client.meter.wcu == 50.0
        with pytest.raises(Error, match="26 items; a request takes 25") as failed:
            await client.batch_write_item("t", items)
    assert failed.value.kind is ErrorKind.INVALID
    (request,) = server.requests
    assert request.body["RequestItems"] == {"t": [{"PutRequest": {"Item": item}} for item in items[:25]]}


def test_a_client_for_reading_cannot_write() -> None:
    assert not {name for name in dir(ReadClient) if "put" in name or "update" in name or "write" in name}


async def test_the_meter() -> None:
    reason = [{"reason": "IndexReadKeyRangeThroughputExceeded", "resource": "arn:aws:dynamodb:::table/t"}]
    throttled = error("ProvisionedThroughputExceededException", "slow down", ThrottlingReasons=reason)
    page = ok(PAGE, date="Sun, 01 Nov 2026 12:00:00 GMT")
    noon = 1_793_534_400.0
    async with served(page, throttled, ok(DONE), now=lambda: noon - 60) as (client, _):
        await client.query(TableName="t")
        assert client.meter.clock_offset == 60.5  # Date is cut to whole seconds
        await client.put_item(TableName="t", Item=ITEM)
        meter = client.meter
    assert (meter.requests, meter.retries, meter.rcu, meter.wcu) == (3, 1, 0.5, 2.0)
    assert meter.bytes_in == len(page.body) + len(ok(DONE).body)
    assert meter.throttled == "IndexReadKeyRangeThroughputExceeded"


async def test_errors_also_tell_the_clock_offset() -> None:
    refusal = error("InvalidSignatureException", "Signature expired: 20261101T110000Z is now earlier than ...")
    refusal = replace(refusal, headers={"date": "Sun, 01 Nov 2026 12:00:00 GMT"})
    async with served(refusal, now=lambda: 1_793_534_400.0 - 3600) as (client, _):
        with pytest.raises(Error, match="the clock of this machine is off"):
            await client.query(TableName="t")
        assert client.meter.clock_offset == 3600.5


@pytest.mark.parametrize("reply", [HTML, Reply()])
async def test_a_write_without_a_valid_reply_fails(reply: Reply) -> None:
    async with served(reply) as (client, _):
        with pytest.raises(Error, match="bad reply to PutItem") as failed:
            await client.put_item(TableName="t", Item=ITEM)
    assert failed.value.kind is ErrorKind.INTEGRITY


async def test_a_missing_index_is_not_a_missing_table() -> None:
    no_index = error("ValidationException", "The table does not have the specified index: RunID-index")
    no_table = error("ResourceNotFoundException", "Cannot do operations on a non-existent table")
    async with served(no_index, no_table) as (client, _):
        for reason in (FailureReason.NO_INDEX, FailureReason.NO_TABLE):
            with pytest.raises(Error) as failed:
                await client.query(TableName="t")
            assert failed.value.reason is reason
