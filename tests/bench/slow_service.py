"""A DynamoDB that accepts writes slowly, or refuses most of them, in a process of its own."""

import asyncio
import enum
import json
import multiprocessing
import random
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

_JSON = "application/x-amz-json-1.0"
_WRITTEN: dict[str, Any] = {"ConsumedCapacity": {"CapacityUnits": 1.0}}
_THROTTLED = {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow down"}


class Outage(enum.Enum):
    """The ways to fail: to accept requests and never reply, or to reset connections."""

    HANG = enum.auto()
    RESET = enum.auto()


@contextmanager
def serve(*, delay: float = 0.0, refused: float = 0.0, refused_for: float = 0.0) -> Iterator[str]:
    """Yield the URL of a service whose replies take `delay` seconds.

    For the first `refused_for` seconds it throttles the share `refused` of the writes.
    """
    with _start(delay, refused, refused_for, Outage.HANG) as (url, _):
        yield url


@contextmanager
def serve_with_outages(kind: Outage) -> Iterator[tuple[str, Callable[[float], None]]]:
    """Yield the URL of a service, and a function that makes it fail for so many seconds from now."""
    with _start(0.0, 0.0, 0.0, kind) as (url, control):
        yield url, control.send


@contextmanager
def _start(delay: float, refused: float, refused_for: float, kind: Outage) -> Iterator[tuple[str, Connection]]:
    ours, theirs = multiprocessing.Pipe()
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_run, args=(theirs, delay, refused, refused_for, kind), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}", ours
    finally:
        process.terminate()
        process.join()


def _run(control: Connection, delay: float, refused: float, refused_for: float, kind: Outage) -> None:
    asyncio.run(_serve(control, delay, refused, refused_for, kind))


async def _serve(control: Connection, delay: float, refused: float, refused_for: float, kind: Outage) -> None:
    chance, begin = random.Random(1), time.monotonic()
    fails_until = 0.0

    def fail() -> None:
        nonlocal fails_until
        fails_until = time.monotonic() + control.recv()

    asyncio.get_running_loop().add_reader(control.fileno(), fail)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.lower().split(b"\r\n")
                await reader.readexactly(next(int(line[15:]) for line in lines if line.startswith(b"content-length:")))
                await asyncio.sleep(delay)
                if time.monotonic() < fails_until:
                    if kind is Outage.RESET:
                        writer.transport.abort()
                        return
                    await reader.read()  # no reply, however long the client waits
                    raise ConnectionResetError
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
