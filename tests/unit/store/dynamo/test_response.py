import json
import zlib
from typing import Any

import msgspec
import pytest

from store.aws import session as aws
from store.aws.error_mapping import BadReply
from store.dynamo.client import ReadClient
from store.dynamo.response import BatchReply, ItemReply, ItemsReply, Reply, TableReply, decode, use_fast_parser
from tests.support.fake_aws import JSON, error, fake_aws, ok, use_made_up_credentials

ITEM = {"ID": {"S": "a"}, "Type": {"S": "task"}}
PAGE = {"Items": [ITEM, {"ID": {"S": "é"}}], "Count": 2, "ScannedCount": 3}
GOOD: dict[str, dict[str, Any]] = {
    "Query": PAGE,
    "Scan": PAGE,
    "GetItem": {"Item": ITEM},
    "BatchGetItem": {"Responses": {"t": [ITEM]}},
    "DescribeTable": {"Table": {"TableName": "t"}},
    "PutItem": {"ConsumedCapacity": {"CapacityUnits": 1.0}},
    "UpdateItem": {"ConsumedCapacity": {"CapacityUnits": 1.0}},
}
operations = pytest.mark.parametrize("operation", GOOD)


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    use_made_up_credentials(monkeypatch)


def reply_to(operation: str, body: Any) -> Reply:
    return decode(operation, {"content-type": JSON}, json.dumps(body).encode())


def test_rows_stay_the_bytes_that_came() -> None:
    body = b'{"Count":2,"Items":[{"ID":{"S":"\xc3\xa9"}},  {"Other" : 1}],"ScannedCount":5}'
    reply = decode("Query", {}, body)
    assert isinstance(reply, ItemsReply)
    assert [bytes(item) for item in reply.items] == [b'{"ID":{"S":"\xc3\xa9"}}', b'{"Other" : 1}']
    assert (reply.count, reply.scanned_count, reply.last_evaluated_key) == (2, 5, None)


def test_last_evaluated_key() -> None:
    reply = reply_to("Scan", {**PAGE, "LastEvaluatedKey": {"ID": {"S": "a"}, "N": {"N": "1"}}})
    assert isinstance(reply, ItemsReply)
    assert reply.last_evaluated_key == {"ID": {"S": "a"}, "N": {"N": "1"}}


def test_consumed_capacity_in_total_and_of_an_index() -> None:
    capacity = {
        "TableName": "t",
        "CapacityUnits": 12.5,
        "Table": {"CapacityUnits": 0.5},
        "GlobalSecondaryIndexes": {"RunID-index": {"CapacityUnits": 12.0}},
    }
    reply = reply_to("Query", {**PAGE, "ConsumedCapacity": capacity})
    assert isinstance(reply, ItemsReply)
    assert reply.consumed == 12.5
    assert reply.consumed_capacity
    assert reply.consumed_capacity.global_secondary_indexes["RunID-index"].capacity_units == 12.0


def test_a_reply_without_consumed_capacity() -> None:
    reply = reply_to("Query", PAGE)
    assert isinstance(reply, ItemsReply)
    assert reply.consumed == 0


@pytest.mark.parametrize(("units", "counted"), [("1e308", 4096.0), ("-1", 0.0), ("0.5", 0.5), ("9" * 5000, None)])
def test_a_capacity_that_no_request_has_is_bounded(units: str, counted: float | None) -> None:
    page = f'{{"Items": [], "Count": 0, "ConsumedCapacity": {{"CapacityUnits": {units}}}}}'.encode()
    batch = f'{{"Responses": {{"t": []}}, "ConsumedCapacity": [{{"CapacityUnits": {units}}}]}}'.encode()
    for operation, body in (("Query", page), ("BatchGetItem", batch)):
        if counted is None:
            with pytest.raises(BadReply):
                decode(operation, {}, body)
        else:
            assert decode(operation, {}, body).consumed == counted


def test_an_item_and_none() -> None:
    found, nothing = reply_to("GetItem", {"Item": ITEM}), reply_to("GetItem", {})
    assert isinstance(found, ItemReply)
    assert found.item is not None
    assert msgspec.json.decode(found.item) == ITEM
    assert isinstance(nothing, ItemReply)
    assert nothing.item is None


def test_unprocessed_keys() -> None:
    body = {
        "Responses": {"t": [ITEM, ITEM]},
        "UnprocessedKeys": {"t": {"Keys": [{"ID": {"S": "b"}}], "ConsistentRead": False}},
        "ConsumedCapacity": [{"TableName": "t", "CapacityUnits": 1.5}],
    }
    reply = reply_to("BatchGetItem", body)
    assert isinstance(reply, BatchReply)
    assert len(reply.items) == 2
    assert reply.unprocessed_keys == [{"ID": {"S": "b"}}]
    assert reply.consumed == 1.5


def test_a_table_and_its_indexes() -> None:
    index = {"IndexName": "RunID-index", "IndexStatus": "CREATING", "Backfilling": True}
    table = {"TableName": "t", "TableStatus": "ACTIVE", "ItemCount": 7, "GlobalSecondaryIndexes": [index]}
    reply = reply_to("DescribeTable", {"Table": table})
    assert isinstance(reply, TableReply)
    assert (reply.table.table_name, reply.table.table_status, reply.table.item_count) == ("t", "ACTIVE", 7)
    (index_reply,) = reply.table.global_secondary_indexes
    assert (index_reply.index_name, index_reply.index_status, index_reply.backfilling) == (
        "RunID-index",
        "CREATING",
        True,
    )


# Never an empty result for what is no reply.


@operations
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>Log in to the guest network</html>", b"null", b"[]", b'"x"', b"\xff", b"[" * 99_999],
)
def test_invalid_replies_are_errors(operation: str, body: bytes) -> None:
    with pytest.raises(BadReply, match=f"bad reply to {operation}: {len(body)} bytes of text/html that begin with"):
        decode(operation, {"content-type": "text/html"}, body)


@operations
def test_a_truncated_body(operation: str) -> None:
    whole = json.dumps(GOOD[operation]).encode()
    decode(operation, {}, whole)
    for length in range(len(whole)):
        with pytest.raises(BadReply):
            decode(operation, {}, whole[:length])


@operations
@pytest.mark.parametrize("crc", ["0", "4294967296", "", "x"])
def test_a_wrong_crc(operation: str, crc: str) -> None:
    with pytest.raises(BadReply):
        decode(operation, {"x-amz-crc32": crc}, json.dumps(GOOD[operation]).encode())


@operations
def test_the_right_crc(operation: str) -> None:
    body = json.dumps(GOOD[operation]).encode()
    decode(operation, {"x-amz-crc32": str(zlib.crc32(body))}, body)


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("Query", "Items"),
        ("Query", "Count"),
        ("Scan", "Items"),
        ("Scan", "Count"),
        ("BatchGetItem", "Responses"),
        ("DescribeTable", "Table"),
    ],
)
def test_a_member_that_must_be_there(operation: str, member: str) -> None:
    body = {name: value for name, value in GOOD[operation].items() if name != member}
    with pytest.raises(BadReply, match=f"missing required field `{member}`"):
        reply_to(operation, body)


def test_a_batch_without_responses() -> None:
    with pytest.raises(BadReply, match="says nothing about any key"):
        reply_to("BatchGetItem", {"Responses": {}, "UnprocessedKeys": {}})
    assert reply_to("BatchGetItem", {"Responses": {"t": []}})
    assert reply_to("BatchGetItem", {"Responses": {}, "UnprocessedKeys": {"t": {"Keys": [{"ID": {"S": "x"}}]}}})


def test_the_beginning_of_a_bad_body_is_shown_escaped_and_short() -> None:
    with pytest.raises(BadReply) as bad:
        decode("Query", {}, b"\x1b[2J" + 1000 * b"x")
    assert r"1004 bytes of no type that begin with b'\x1b[2Jxxx" in str(bad.value)
    assert len(str(bad.value)) < 250


# It is really used, and only where it should be.


async def test_our_parser_decodes_the_replies_of_aiobotocore() -> None:
    session = await aws.open_session()
    use_fast_parser(session)
    use_fast_parser(session)  # a second time changes nothing
    async with (
        fake_aws(ok(PAGE, date="Sun, 01 Nov 2026 12:00:00 GMT")) as server,
        aws.open_client(session, "dynamodb", endpoint_url=server.url) as client,
    ):
        parsed = await client.query(TableName="t", KeyConditionExpression="a = b")
    assert isinstance(parsed["Reply"], ItemsReply)
    assert [msgspec.json.decode(item) for item in parsed["Reply"].items] == PAGE["Items"]
    assert parsed["ResponseMetadata"]["HTTPHeaders"]["date"] == "Sun, 01 Nov 2026 12:00:00 GMT"


async def test_errors_and_other_operations_go_to_the_stock_parser() -> None:
    session = await aws.open_session()
    use_fast_parser(session)
    refusal = error("ResourceNotFoundException", "no such table")
    async with (
        fake_aws(ok({"TableNames": ["t"]}), refusal) as server,
        aws.open_client(session, "dynamodb", endpoint_url=server.url) as client,
    ):
        assert (await client.list_tables())["TableNames"] == ["t"]
        with pytest.raises(client.exceptions.ResourceNotFoundException, match="no such table"):
            await client.query(TableName="t", KeyConditionExpression="a = b")


async def test_bypassing_the_parser_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.dynamo.client.use_fast_parser", lambda session: None)
    async with fake_aws(ok(PAGE)) as server, ReadClient.open(endpoint_url=server.url) as client:
        with pytest.raises(Exception, match="did not go through our parser"):
            await client.query(TableName="t")
