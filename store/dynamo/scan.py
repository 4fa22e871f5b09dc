"""Scan the whole table for the digests in one column, in parallel segments."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec

from store.digest import Digest
from store.dynamo import schema
from store.dynamo.client import ReadClient
from store.dynamo.page_progress import PageProgress
from store.errors import Error, ErrorKind
from store.model import Kind
from store.taskdb import MappingHandler, MappingHandlerFunc
from store.validate import mapping_func

# The whole table is read, as fast as the service gives it; the client bounds what is in flight.
_SEGMENTS = 8
_ITEM = msgspec.json.Decoder(dict[str, dict[str, Any]])


async def scan(client: ReadClient, table: str, kind: Kind, handler: MappingHandler | MappingHandlerFunc) -> None:
    """Call `handler` for every row with a digest in the column of `kind`; see `TaskDB.scan`.

    What is not a digest is left out; when everything else has been handled, an Error INVALID tells of it.
    """
    types = schema.row_types(kind)
    found = _Associations(kind, types, mapping_func(handler))

    async def segment(number: int) -> None:
        start: dict[str, Any] = {}
        progress = PageProgress("dynamodb.Scan", table, deadline=None)  # of a table of any size
        while True:
            reply = await client.scan(
                TableName=table, **_request(kind), Segment=number, TotalSegments=_SEGMENTS, **start
            )
            for raw in reply.items:
                found.take(raw)
            if reply.last_evaluated_key is None:
                return
            count = len(reply.items)
            following = progress.next(reply.last_evaluated_key, new=count, items=count, scanned=reply.scanned_count)
            start = {"ExclusiveStartKey": following}

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(_SEGMENTS):
                group.create_task(segment(number))
    except BaseExceptionGroup as failures:
        first = failures.exceptions[0]
        raise first from first.__cause__
    if found.unreadable:
        why = f"unreadable rows were left out: {len(found.unreadable)}, the first: {found.unreadable[0]}"
        raise Error(ErrorKind.INVALID, "scan", (kind.name,), why)


class _Associations:
    """Hands on the associations of a kind, in rows of some types; keeps what could not be read."""

    def __init__(self, kind: Kind, types: Sequence[str], handle: MappingHandlerFunc) -> None:
        self.unreadable: list[Exception] = []
        self._kind = kind
        self._types = types
        self._handle = handle

    def take(self, raw: msgspec.Raw) -> None:
        try:
            item = _ITEM.decode(raw)
            row_type = _text(item, "Type")
            if row_type not in self._types:
                return
            key, value = Digest.parse(_text(item, "ID")), Digest.parse(_text(item, schema.COLUMNS[self._kind]))
        except (msgspec.MsgspecError, Error) as error:
            self.unreadable.append(error)
        else:
            self._handle(key, value, self._kind, row_type, _labels(item))


def _request(kind: Kind) -> dict[str, Any]:
    column = schema.COLUMNS[kind]
    return {
        "ProjectionExpression": ", ".join(f"#{name}" for name in dict.fromkeys(("ID", "Type", "Labels", column))),
        "FilterExpression": f"attribute_exists(#Type) AND attribute_exists(#{column})",
        "ExpressionAttributeNames": {f"#{name}": name for name in ("ID", "Type", "Labels", column)},
    }


def _text(item: dict[str, dict[str, Any]], column: str) -> str:
    text = item.get(column, {}).get("S")
    return text if isinstance(text, str) else "not a string"


def _labels(item: dict[str, dict[str, Any]]) -> Sequence[str]:
    return [label for label in item.get("Labels", {}).get("SS") or () if label]
