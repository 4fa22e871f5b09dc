"""A table whose writers renew, start and end rows as time goes by, in a process of its own."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import msgspec

from store.dynamo import encode
from tests.bench import page_server, rows

_PAGE = 1 << 20


class Write(NamedTuple):
    """A write at `at` seconds. `kind` is started, renewed, ended or failed; `item` is the row after it."""

    at: float
    kind: str
    item: rows.Item


@contextmanager
def serve(items: Sequence[rows.Item], writes: Sequence[Write]) -> Iterator[tuple[str, Connection]]:
    """A server of `items`; yields its URL, and where to send the time up to which `writes` are made, which it sends
    back.
    """
    with page_server.in_process(_run, items, writes) as served:
        yield served


def _run(items: Sequence[rows.Item], writes: Sequence[Write], control: Connection) -> None:
    table = LiveTable(items, writes)
    page_server.run(table.reply, table.advance, control)


class LiveTable:
    """The rows by id, by lease, and by ident and end; leases and ends are whole seconds, as the keys of the indexes."""

    def __init__(self, items: Iterable[rows.Item], writes: Sequence[Write]) -> None:
        self._by_id: dict[str, rows.Item] = {}
        self._by_lease: dict[str, dict[str, rows.Item]] = defaultdict(dict)
        self._by_end: dict[str, dict[str, rows.Item]] = defaultdict(dict)
        self._writes = writes
        self._written = 0
        self._pages: dict[str, list[rows.Item]] = {}
        self._encoded: dict[str, tuple[msgspec.Raw, int]] = {}  # by id: JSON, and size in bytes as DynamoDB counts it
        for item in items:
            self._put(item)

    def advance(self, until: float) -> None:
        """Make the writes up to a time."""
        self._pages.clear()
        while self._written < len(self._writes) and self._writes[self._written].at <= until:
            self._put(self._writes[self._written].item)
            self._written += 1

    def reply(self, request: dict[str, Any]) -> bytes:
        """The reply to a Query or a BatchGetItem, all of HTTP."""
        if "RequestItems" in request:
            return page_server.batch_reply(request["RequestItems"], self._by_id)
        start = request.pop("ExclusiveStartKey", None)
        key = json.dumps(request)
        if key not in self._pages:
            self._pages[key] = self._find(request)
        filtered = request.get("FilterExpression")
        keep = partial(page_server.passes, filtered, _values(request)) if filtered else rows.everything
        return page_server.http(self._page(self._pages[key], int(start["ID"]["S"]) if start else 0, keep))

    def _page(self, found: Sequence[rows.Item], first: int, keep: Callable[[rows.Item], bool]) -> bytes:
        kept, size, at = [], 0, first
        while at < len(found) and size < _PAGE:
            item = found[at]
            encoded, bytes_read = self._encode(item)
            size += bytes_read
            at += 1
            if keep(item):
                kept.append(encoded)
        reply: dict[str, Any] = {
            "ConsumedCapacity": {"CapacityUnits": max(-(-size // 4096), 1) / 2, "TableName": "bench"},
            "Count": len(kept),
            "Items": kept,
            "ScannedCount": at - first,
        }
        if at < len(found):
            reply["LastEvaluatedKey"] = {"ID": {"S": str(at)}}
        return msgspec.json.encode(reply)

    def _encode(self, item: rows.Item) -> tuple[msgspec.Raw, int]:
        id = item["ID"]["S"]
        if self._by_id.get(id) is not item:  # what the index of ends holds
            return msgspec.Raw(msgspec.json.encode(item)), encode.item_size(item)
        if id not in self._encoded:
            self._encoded[id] = msgspec.Raw(msgspec.json.encode(item)), encode.item_size(item)
        return self._encoded[id]

    def _put(self, item: rows.Item) -> None:
        id = item["ID"]["S"]
        old = self._by_id.get(id)
        if old is not None:
            del self._by_lease[old["Keepalive"]["S"]][id]
            self._encoded.pop(id, None)
        self._by_id[id] = item
        self._by_lease[item["Keepalive"]["S"]][id] = item
        if "EndTime" in item and "Ident" in item:
            self._by_end[item["Ident"]["S"]][id] = _projected(item)

    def _find(self, request: dict[str, Any]) -> list[rows.Item]:
        values = _values(request)
        if "Ident" in request["IndexName"]:
            ended = self._by_end[values[":Ident"]].values()
            found = [item for item in ended if item["EndTime"]["S"] >= values[":since"]]
            return sorted(found, key=_end, reverse=True)
        low, high = values.get(":start", ""), values.get(":end", "~")
        leases = [lease for lease in self._by_lease if low <= lease <= high and lease.startswith(values[":Date"])]
        return [item for lease in sorted(leases, reverse=True) for item in self._by_lease[lease].values()]


def _values(request: dict[str, Any]) -> dict[str, str]:
    return {name: value["S"] for name, value in request["ExpressionAttributeValues"].items()}


def _projected(item: rows.Item) -> rows.Item:
    return {column: item[column] for column in ("ID", "Ident", "EndTime", "Inspect") if column in item}


def _end(item: rows.Item) -> str:
    text: str = item["EndTime"]["S"]
    return text
