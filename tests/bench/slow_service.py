"""A DynamoDB that accepts writes slowly, or refuses most of them, in a process of its own."""

import asyncio
import json
import multiprocessing
import random
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

_JSON = "application/x-amz-json-1.0"
_WRITTEN: dict[str, Any] = {"ConsumedCapacity": {"CapacityUnits": 1.0}}
_THROTTLED = {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow down"}


@contextmanager
def serve(*, delay: float = 0.0, refused: float = 0.0, refused_for: float = 0.0) -> Iterator[str]:
    """Yield the URL of a service whose replies take `delay` seconds.

    For the first `refused_for` seconds it throttles the share `refused` of the writes.
    """
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_run, args=(theirs, delay, refused, refused_for), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _run(control: Connection, delay: float, refused: float, refused_for: float) -> None:
    asyncio.run(_serve(control, delay, refused, refused_for))


async def _serve(control: Connection, delay: float, refused: float, refused_for: float) -> None:
    chance, begin = random.Random(1), time.monotonic()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.lower().split(b"\r\n")
                await reader.readexactly(next(int(line[15:]) for line in lines if line.startswith(b"content-length:")))
                await asyncio.sleep(delay)
                is_refused = time.monotonic() - begin < refused_for and chance.random() < refused
                writer.write(_http(400, _THROTTLED) if is_refused else _http(200, _WRITTEN))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    control.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _http(status: int, content: dict[str, Any]) -> bytes:
    body = json.dumps(content).encode()
    head = f"Content-Type: {_JSON}\r\nx-amz-crc32: {zlib.crc32(body)}\r\nContent-Length: {len(body)}"
    return f"HTTP/1.1 {status} Scripted\r\n{head}\r\n\r\n".encode() + body
