"""A client that answers reads from a script, for the code between the client and the queries."""

import asyncio
import json
from collections import deque
from typing import Any, TypeVar

import msgspec

from store import Error
from store.dynamo.client import Meter
from store.dynamo.response import BatchReply, ItemReply, ItemsReply

Item = dict[str, Any]
R = TypeVar("R")


def page(*items: Item, last: Item | None = None, consumed: float = 1.0) -> ItemsReply:
    """Make a page of Query; `last` is the key after which the next one begins."""
    capacity: Any = {"CapacityUnits": consumed}
    return msgspec.convert(
        {"Items": [raw(item) for item in items], "Count": len(items), "LastEvaluatedKey": last}
        | {"ConsumedCapacity": capacity},
        ItemsReply,
    )


def found(item: Item | None = None) -> ItemReply:
    """Make a reply of GetItem."""
    return ItemReply() if item is None else ItemReply(raw=raw(item))


def batch(*items: Item, unprocessed: list[Item] | None = None) -> BatchReply:
    """Make a reply of BatchGetItem; `unprocessed` are keys."""
    left = {"t": {"Keys": unprocessed}} if unprocessed else {}
    return msgspec.convert({"Responses": {"t": [raw(item) for item in items]}, "UnprocessedKeys": left}, BatchReply)


def raw(item: Item) -> msgspec.Raw:
    return msgspec.Raw(json.dumps(item).encode())


class ScriptedReads:
    """Has the reading methods of a client. Answers with one reply after the other, and records the requests."""

    def __init__(self, *replies: ItemsReply | ItemReply | BatchReply | Error) -> None:
        self.requests: list[tuple[str, Item]] = []
        self.waits: list[int] = []
        self.meter = Meter()
        self._replies = deque(replies)

    @property
    def operations(self) -> list[str]:
        """The operations requested, and the index of a query."""
        return [f"{name} {request['IndexName']}" if name == "query" else name for name, request in self.requests]

    async def query(self, **request: Any) -> ItemsReply:
        return self._reply("query", request, ItemsReply)

    async def get_item(self, **request: Any) -> ItemReply:
        return self._reply("get", request, ItemReply)

    async def batch_get_item(self, table: str, keys: list[Item], **options: Any) -> BatchReply:
        await asyncio.sleep(0)
        return self._reply("batch", {"TableName": table, "Keys": keys, **options}, BatchReply)

    async def back_off(self, failures: int) -> None:
        self.waits.append(failures)

    def _reply(self, operation: str, request: Item, cls: type[R]) -> R:
        self.requests.append((operation, dict(request)))
        assert self._replies, f"{operation} beyond the script"
        reply = self._replies.popleft()
        if isinstance(reply, Error):
            raise reply
        assert isinstance(reply, cls), f"{operation} where the script has {type(reply).__name__}"
        return reply
