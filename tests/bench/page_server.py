"""Answers Query and BatchGetItem from memory, in a process of its own: DynamoDB Local slows with the partition."""

import asyncio
import json
import multiprocessing
import operator
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from tests.bench import rows

_BOUNDS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


@contextmanager
def serve(generations: list[list[rows.Item]], column: str) -> Iterator[tuple[str, Connection]]:
    """A server of these items, whose partition key is `column`.

    Yields its URL, and where to send the number of the generation to serve, which it sends back. A page is made when it
    is first asked for.
    """
    with in_process(_run, generations, column) as served:
        yield served


@contextmanager
def in_process(target: Callable[..., None], *arguments: object) -> Iterator[tuple[str, Connection]]:
    """Run `target` in a process of its own, with the arguments and a connection, to which it sends its port first.

    Yields its URL and the other end of the connection, and ends the process after the block.
    """
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=target, args=(*arguments, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}", ours
    finally:
        process.terminate()
        process.join()


def _run(generations: list[list[rows.Item]], column: str, control: Connection) -> None:
    tables = [Table(items, column) for items in generations]
    chosen = 0

    def choose(number: int) -> None:
        nonlocal chosen
        chosen = number

    def reply(request: dict[str, Any]) -> bytes:
        return tables[chosen].reply(request)

    run(reply, choose, control)


class Table:
    """A table in memory, with the replies to the queries made of its items."""

    def __init__(self, items: list[rows.Item], column: str) -> None:
        self._items = sorted(items, key=_keepalive, reverse=True)
        self._column = column
        self._replies: dict[str, list[bytes]] = {}
        self._by_id: dict[str, rows.Item] = {}

    def reply(self, request: dict[str, Any]) -> bytes:
        """The reply to a Query or a BatchGetItem, all of HTTP."""
        return self._batch(request["RequestItems"]) if "RequestItems" in request else self._query(request)

    def _batch(self, asked: dict[str, Any]) -> bytes:
        if not self._by_id:
            self._by_id = {item["ID"]["S"]: item for item in self._items}
        return batch_reply(asked, self._by_id)

    def _query(self, request: dict[str, Any]) -> bytes:
        condition = request["KeyConditionExpression"]
        values = {name: value["S"] for name, value in request["ExpressionAttributeValues"].items()}
        filtered = request.get("FilterExpression", "")
        key = f"{condition} {filtered} {values}"
        if key not in self._replies:
            found = [item for item in self._items if self._has(item, condition, values)]
            keep = partial(passes, filtered, values) if filtered else rows.everything
            self._replies[key] = [http(body) for body in rows.bodies(found, keep)]
        start = request.get("ExclusiveStartKey")
        return self._replies[key][int(start["ID"]["S"]) if start else 0]

    def _has(self, item: rows.Item, condition: str, values: dict[str, str]) -> bool:
        partition, _, bound = condition.partition(" AND ")
        if item[self._column]["S"] != values[partition.split()[-1]]:
            return False
        if not bound:
            return True
        words = bound.split()
        if words[1] == "BETWEEN":
            return values[words[2]] <= _keepalive(item) <= values[words[4]]
        return bool(_BOUNDS[words[1]](_keepalive(item), values[words[2]]))


def batch_reply(asked: dict[str, Any], by_id: Mapping[str, rows.Item]) -> bytes:
    """The reply to a BatchGetItem, all of HTTP."""
    ((table, keys),) = asked.items()
    items = [by_id[id] for key in keys["Keys"] if (id := key["ID"]["S"]) in by_id]
    units = sum(rows.rcu([item]) for item in items) * (2 if keys.get("ConsistentRead") else 1)
    capacity = [{"TableName": table, "CapacityUnits": units}]
    reply = {"Responses": {table: items}, "UnprocessedKeys": {}, "ConsumedCapacity": capacity}
    return http(msgspec.json.encode(reply))


def passes(filtered: str, values: dict[str, str], item: rows.Item) -> bool:
    """Whether an item passes the filters of a scan."""
    start, end = (item.get(column, {}).get("S", "") for column in ("StartTime", "EndTime"))
    return (
        max(start, end) >= values.get(":changed", "")
        and start <= values.get(":started", "~")
        and not (end and "attribute_not_exists(#EndTime)" in filtered)
    )


def _keepalive(item: rows.Item) -> str:
    text: str = item["Keepalive"]["S"]
    return text


def run(reply: Callable[[dict[str, Any]], bytes], move: Callable[[Any], None], control: Connection) -> None:
    """Answer requests by `reply`, for ever. Sends the address; passes what is received to `move`, and sends it back."""
    asyncio.run(_serve(reply, move, control))


async def _serve(reply: Callable[[dict[str, Any]], bytes], move: Callable[[Any], None], control: Connection) -> None:
    def moved() -> None:
        received = control.recv()
        move(received)
        control.send(received)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            writer.write(reply(json.loads(await reader.readexactly(length))))
            await writer.drain()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    asyncio.get_running_loop().add_reader(control.fileno(), moved)
    control.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def http(body: bytes) -> bytes:
    """The reply with a body, all of HTTP."""
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\n"
        f"x-amz-crc32: {zlib.crc32(body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
