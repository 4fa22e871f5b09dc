from collections.abc import Awaitable, Callable
from dataclasses import replace

import botocore.exceptions
import msgspec
import pytest

from store import Error, ErrorKind, FailureReason
from store.aws.error_mapping import is_temporary
from store.aws.retry import Retries
from store.dynamo.client import ReadClient
from tests.support.fake_aws import ITEM, PAGE, RESET, Reply, error, ok, served, use_made_up_credentials

DONE = {"ConsumedCapacity": {"CapacityUnits": 2.0}}
HTML = Reply(b"<html>Log in to the guest network</html>", headers={"content-type": "text/html"})
THROTTLED = error("ProvisionedThroughputExceededException", "slow down")
UNAVAILABLE = error("InternalServerError", "oops", status=500)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    use_made_up_credentials(monkeypatch)


def recorded(pauses: list[float]) -> Callable[[float], Awaitable[None]]:
    """A sleep that takes no time, and records how long it should have taken."""

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    return sleep


# Requests and replies.


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


# What is tried again, and what is not.


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (THROTTLED, ErrorKind.TEMPORARY),
        (error("ThrottlingException"), ErrorKind.TEMPORARY),
        (error("RequestLimitExceeded"), ErrorKind.TEMPORARY),
        (UNAVAILABLE, ErrorKind.UNAVAILABLE),
        (Reply(b"<html>Bad gateway</html>", 502), ErrorKind.UNAVAILABLE),
        (RESET, ErrorKind.NET),
        (replace(ok(PAGE), lost=20), ErrorKind.NET),
        (HTML, ErrorKind.INTEGRITY),
        (Reply(), ErrorKind.INTEGRITY),
        (ok({}), ErrorKind.INTEGRITY),
        (ok(PAGE, **{"x-amz-crc32": "1"}), ErrorKind.INTEGRITY),
    ],
)
async def test_temporary_failures_are_retried(reply: Reply, kind: ErrorKind) -> None:
    async with served(reply, ok(PAGE), reply) as (client, server):
        assert len((await client.query(TableName="t")).items) == 1
        assert client.meter.retries == 1
        with pytest.raises(Error) as failed:
            await client.query(TableName="t", IndexName="i")
    assert failed.value.kind is kind
    assert is_temporary(failed.value)
    assert (failed.value.op, failed.value.args) == ("dynamodb.Query", ("t", "i"))
    assert len(server.requests) == 2 + 5


@pytest.mark.parametrize(
    ("reply", "kind", "text"),
    [
        (
            error("AccessDeniedException", "User: arn:x is not authorized to perform: dynamodb:Query on resource: y"),
            ErrorKind.NOT_ALLOWED,
            "not authorized to perform: dynamodb:Query",
        ),
        (
            error("ExpiredTokenException", "The security token included in the request is expired"),
            None,
            "aws sso login",
        ),
        (
            error("UnrecognizedClientException", "The security token included in the request is invalid"),
            None,
            "aws sso",
        ),
        (error("ResourceNotFoundException", "Requested resource not found"), ErrorKind.NOT_EXIST, "check the name"),
        (
            error("ValidationException", "The table does not have the specified index: RunID-index"),
            ErrorKind.NOT_EXIST,
            "RunID-index; run `reflowtop setup`",
        ),
        (error("ValidationException", "One or more parameter values were invalid"), ErrorKind.INVALID, "parameter"),
        (error("ConditionalCheckFailedException", "The conditional request failed"), ErrorKind.PRECONDITION, ""),
    ],
)
async def test_permanent_failures_are_not_retried(reply: Reply, kind: ErrorKind | None, text: str) -> None:
    async with served(reply) as (client, server):
        with pytest.raises(Error) as failed:
            await client.query(TableName="t")
    assert failed.value.kind is (kind or ErrorKind.NOT_ALLOWED)
    assert text in str(failed.value)
    assert str(failed.value).startswith("dynamodb.Query t: ")
    assert isinstance(failed.value.cause, botocore.exceptions.ClientError)
    assert "max retries" not in str(failed.value)
    assert len(server.requests) == 1


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


@pytest.mark.parametrize(("reply", "first"), [(UNAVAILABLE, 0.05), (THROTTLED, 0.2)])
async def test_pauses_double_up_to_the_longest(reply: Reply, first: float) -> None:
    pauses: list[float] = []
    patient = Retries(tries=9, sleep=recorded(pauses), jitter=lambda: 1.0)
    async with served(reply, retries=patient) as (client, _):
        with pytest.raises(Error):
            await client.query(TableName="t")
    assert pauses == pytest.approx([min(first * 2**n, 5.0) for n in range(8)])


async def test_pauses_are_jittered_down_to_nothing() -> None:
    pauses: list[float] = []
    async with served(UNAVAILABLE, retries=Retries(sleep=recorded(pauses), jitter=lambda: 0.0)) as (client, _):
        with pytest.raises(Error):
            await client.query(TableName="t")
    assert pauses == [0.0] * 4


async def test_the_pause_before_unprocessed_keys_is_that_of_throttling() -> None:
    pauses: list[float] = []
    async with served(ok(PAGE), retries=Retries(sleep=recorded(pauses), jitter=lambda: 1.0)) as (client, _):
        await client.back_off(1)
        await client.back_off(2)
    assert pauses == [0.2, 0.4]
