"""Serves recorded pages of Query from memory, in a process of its own: DynamoDB Local slows with the partition."""

import asyncio
import json
import multiprocessing
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

EMPTY = b'{"Count":0,"Items":[],"ScannedCount":0,"ConsumedCapacity":{"CapacityUnits":0.5}}'


@contextmanager
def serve(generations: list[list[bytes]], date: str) -> Iterator[tuple[str, Connection]]:
    """A server whose partition `date` has these pages; yields its URL, and where to send the generation to serve."""
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_run, args=(generations, date, theirs), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}", ours
    finally:
        process.terminate()
        process.join()


def _run(generations: list[list[bytes]], date: str, control: Connection) -> None:
    asyncio.run(_serve(generations, date, control))


async def _serve(generations: list[list[bytes]], date: str, control: Connection) -> None:
    replies = [[_reply(body) for body in bodies] for bodies in generations]
    empty = _reply(EMPTY)
    chosen = 0

    def choose() -> None:
        nonlocal chosen
        chosen = control.recv()
        control.send(chosen)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            request = json.loads(await reader.readexactly(length))
            page = int(request.get("ExclusiveStartKey", {}).get("ID", {}).get("S", 0))
            is_ours = date in json.dumps(request.get("ExpressionAttributeValues"))
            writer.write(replies[chosen][page] if is_ours else empty)
            await writer.drain()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    asyncio.get_running_loop().add_reader(control.fileno(), choose)
    control.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _reply(body: bytes) -> bytes:
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nDate: Tue, 24 Nov 2026 12:00:00 GMT\r\n"
        f"x-amz-crc32: {zlib.crc32(body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
