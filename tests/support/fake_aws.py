"""An HTTP server on loopback that answers as a test tells it to, for what no emulator of DynamoDB does."""

import asyncio
import json
import socket
import struct
import zlib
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from store.aws.retry import Retries
from store.dynamo.client import Client

JSON = "application/x-amz-json-1.0"


@dataclass(frozen=True)
class Reply:
    """One scripted answer. `lost` bytes of the announced body are never sent."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    lost: int = 0


RESET = Reply(status=-1)  # the connection is reset
HTML = Reply(b"<html>Log in to the guest network</html>", headers={"content-type": "text/html"})
SILENCE = Reply(status=-2)  # the request is read and never answered


ITEM = {"ID": {"S": "a"}}
PAGE = {"Items": [ITEM], "Count": 1, "ConsumedCapacity": {"CapacityUnits": 0.5}}


def ok(body: Any, **headers: str) -> Reply:
    """A good reply, as the service sends it: JSON with its CRC. Headers can be added, or replaced."""
    encoded = json.dumps(body).encode()
    crc = str(zlib.crc32(encoded))
    return Reply(
        encoded,
        headers={"content-type": JSON, "x-amz-crc32": crc, **{k.replace("_", "-"): headers[k] for k in headers}},
    )


def error(code: str, message: str = "", status: int = 400, **fields: Any) -> Reply:
    """An error as DynamoDB sends it; `fields` are further members of its body."""
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message, **fields}
    return Reply(json.dumps(body).encode(), status, {"content-type": JSON})


@dataclass(frozen=True)
class Request:
    """A request that arrived: its operation, its body, and the id of the key that signed it."""

    operation: str
    body: dict[str, Any]
    key_id: str = ""


class FakeAWS:
    """Answers with one reply after the other; the last one is repeated."""

    def __init__(self, replies: tuple[Reply, ...]) -> None:
        self.requests: list[Request] = []
        self.url = ""
        self._replies = deque(replies)
        self._arrival = asyncio.Condition()
        self._connections: set[asyncio.Task[None]] = set()

    async def arrived(self, count: int) -> None:
        """Wait until so many requests have arrived."""
        async with self._arrival:
            await self._arrival.wait_for(lambda: len(self.requests) >= count)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    async def stop(self) -> None:
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Read a request and answer it; whether there may be another one."""
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        body = await reader.readexactly(int(headers["content-length"]))
        reply = self._replies.popleft() if len(self._replies) > 1 else self._replies[0]
        async with self._arrival:
            _, _, signed_with = headers.get("authorization", "").partition("Credential=")
            operation = headers["x-amz-target"].rpartition(".")[2]
            self.requests.append(Request(operation, json.loads(body), signed_with.partition("/")[0]))
            self._arrival.notify_all()
        if reply is SILENCE:
            await asyncio.Event().wait()
        if reply is RESET:
            connection: socket.socket = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        announced = {"content-length": str(len(reply.body)), **reply.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in announced.items())
        writer.write(f"HTTP/1.1 {reply.status} Scripted\r\n{head}\r\n".encode())
        writer.write(reply.body[: len(reply.body) - reply.lost])
        await writer.drain()
        return not reply.lost


@asynccontextmanager
async def fake_aws(*replies: Reply) -> AsyncIterator[FakeAWS]:
    """A server with this script, until the block is left."""
    fake = FakeAWS(replies)
    server = await asyncio.start_server(fake.serve, "127.0.0.1", 0)
    fake.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield fake
    finally:
        server.close()
        await fake.stop()


async def _no_wait(seconds: float) -> None:
    pass


@asynccontextmanager
async def served(*replies: Reply, **options: Any) -> AsyncIterator[tuple[Client, FakeAWS]]:
    """A client, opened with these options, of a server with this script; it does not wait before it tries again."""
    options = {"retries": Retries(sleep=_no_wait), **options}
    async with fake_aws(*replies) as server, Client.open(endpoint_url=server.url, **options) as client:
        yield client, server


def use_made_up_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make clients find these credentials and this region, and no others."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "up")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
