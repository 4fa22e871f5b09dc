"""Replies whose pages never end, or that say nonsense about pages, keys and capacity."""

import itertools
import json
from typing import Any

from tests.faults.fault import Fault, only
from tests.faults.front import Answer, Exchange


def key(name: str) -> dict[str, Any]:
    """Return a key of a page of the index of leases."""
    return {"ID": {"S": name}, "Date": {"S": "2026-11-01"}, "Keepalive": {"S": "2026-11-01T12:00:00Z"}}


def paged(*names: str, rows: bool = False, **fields: Any) -> Answer:
    """Return an answer to Query that always names another page: of these keys in turn, or of ever new ones."""
    keys = itertools.cycle(map(key, names)) if names else map(key, map(str, itertools.count()))

    async def reply(exchange: Exchange) -> None:
        value: dict[str, Any] = {"Items": [], "Count": 0, "ScannedCount": 0, "ConsumedCapacity": {"CapacityUnits": 0.5}}
        if rows:
            value = (await exchange.forward()).json
        await exchange.send_json({**value, "LastEvaluatedKey": next(keys), **fields})

    return only(["Query"], reply)


def own_cycle(length: int) -> Answer:
    """Return an answer in which each query goes through its own cycle of keys."""

    async def reply(exchange: Exchange) -> None:
        last = exchange.request.get("ExclusiveStartKey", {}).get("ID", {}).get("S", "-1")
        following = (int(last) + 1) % length
        value = {"Items": [], "Count": 0, "ScannedCount": 9, "ConsumedCapacity": {"CapacityUnits": 0.5}}
        await exchange.send_json({**value, "LastEvaluatedKey": key(str(following))})

    return only(["Query"], reply)


def with_fields(*operations: str, **fields: Any) -> Answer:
    """Return an answer in which these fields take the place of those of the service."""

    async def reply(exchange: Exchange) -> None:
        own = await exchange.forward()
        await exchange.send_json({**own.json, **fields})

    return only(operations, reply)


def unprocessed(share: int = 1) -> Answer:
    """Return an answer that leaves all keys of a BatchGetItem unprocessed, or all but one in `share`."""

    async def reply(exchange: Exchange) -> None:
        asked = exchange.request["RequestItems"]
        left = {
            table: {"Keys": part["Keys"][1:] if share > 1 and len(part["Keys"]) > 1 else part["Keys"]}
            for table, part in asked.items()
        }
        await exchange.send_json({"Responses": {table: [] for table in asked}, "UnprocessedKeys": left})

    return only(["BatchGetItem"], reply)


def capacity(text: str) -> Answer:
    """Return an answer with this number of capacity units, which need not be JSON."""

    async def reply(exchange: Exchange) -> None:
        own = await exchange.forward()
        value = own.json
        is_batch = exchange.operation == "BatchGetItem"
        value["ConsumedCapacity"] = [{"CapacityUnits": 7654321}] if is_batch else {"CapacityUnits": 7654321}
        await exchange.send(json.dumps(value).replace("7654321", text).encode())

    return only(["Query", "BatchGetItem", "GetItem"], reply)


_OTHERS = {"other": {"Keys": [{"ID": {"S": "sha256:" + "0" * 64}}]}}
_BAD = "bad reply"
FAULTS = [
    Fault(name="pages without end, empty", answer=paged(), reason=_BAD, is_short=True),
    Fault(name="pages without end, the same rows", answer=paged(rows=True), reason=_BAD),
    Fault(
        name="pages without end, rows scanned",
        most_requests=400,
        answer=paged(ScannedCount=5000),
        reason="timeout",
        seconds=10,
    ),
    Fault(
        name="pages without end, 128 RCU each",
        recovery=1800,
        most_requests=400,  # the budget pays for them first
        answer=paged(ScannedCount=5000, ConsumedCapacity={"CapacityUnits": 128}),
        reason="timeout",
        seconds=10,
    ),
    Fault(name="LastEvaluatedKey that stays", answer=paged("a"), reason=_BAD, is_short=True),
    Fault(name="LastEvaluatedKey A, B, A, B", answer=paged("a", "b"), reason=_BAD, is_short=True),
    Fault(name="LastEvaluatedKey A, B, A, B with rows", answer=paged("a", "b", rows=True), reason=_BAD),
    Fault(name="LastEvaluatedKey in a cycle of 3", answer=own_cycle(3), reason=_BAD),
    Fault(name="LastEvaluatedKey in a cycle of 50", answer=own_cycle(50), reason=_BAD),
    Fault(name="LastEvaluatedKey `{}`", answer=with_fields("Query", LastEvaluatedKey={}), reason=_BAD),
    Fault(name="LastEvaluatedKey that is a text", answer=with_fields("Query", LastEvaluatedKey="x"), reason=_BAD),
    Fault(
        name="LastEvaluatedKey of 1 MB", answer=with_fields("Query", LastEvaluatedKey=key("x" * (1 << 20))), reason=_BAD
    ),
    Fault(name="UnprocessedKeys for ever", answer=unprocessed(), reason="service", is_short=True),
    Fault(name="UnprocessedKeys, one fewer each time", answer=unprocessed(2), reason="service"),
    Fault(
        name="UnprocessedKeys of another table",
        answer=with_fields("BatchGetItem", UnprocessedKeys=_OTHERS),
        reason=_BAD,
    ),
    Fault(name="CapacityUnits 1e308", answer=capacity("1e308")),
    Fault(name="CapacityUnits -1", answer=capacity("-1")),
    Fault(name="CapacityUnits 1e999", answer=capacity("1e999"), reason=_BAD),
    Fault(name="CapacityUnits of 5,000 digits", answer=capacity("9" * 5000), reason=_BAD),
    Fault(name="CapacityUnits `true`", answer=capacity("true"), reason=_BAD),
    Fault(name="Count -1", answer=with_fields("Query", Count=-1)),
]
