"""A front of a local service: it keeps the time of a test, counts requests, and answers in its place on demand."""

import asyncio
import json
import socket
import struct
import zlib
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from email.utils import format_datetime
from typing import Any, NamedTuple

from store.times import Clock

JSON = "application/x-amz-json-1.0"


class Reply(NamedTuple):
    """A reply of the service."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as a value."""
        return json.loads(self.body)


class Exchange:
    """A request, and the ways to answer it."""

    def __init__(self, front: "Front", head: bytes, content: bytes, writer: asyncio.StreamWriter) -> None:
        lines = head.decode("latin-1").splitlines()
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        self.operation = headers.get("x-amz-target", lines[0]).rpartition(".")[2]
        self.content = content
        self.is_signed_by = headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]
        self.writer = writer
        self.front = front
        self._head = head

    @property
    def request(self) -> dict[str, Any]:
        """The body of the request."""
        parsed: dict[str, Any] = json.loads(self.content)
        return parsed

    async def forward(self) -> Reply:
        """Return the reply of the service itself, at the time of the test."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.front.port)
        try:
            writer.write(self._head.replace(b"\r\n", b"\r\nConnection: close\r\n", 1) + self.content)
            await writer.drain()
            raw = await reader.read()
        finally:
            writer.close()
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *rest = head.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ")[::2] for line in rest)
        return Reply(int(first.split()[1]), {name.lower(): value for name, value in pairs}, body)

    async def pass_on(self) -> None:
        """Answer as the service does."""
        reply = await self.forward()
        await self.send(reply.body, reply.status, {"content-type": reply.headers.get("content-type", JSON)})

    async def send(self, body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Send a reply. `headers` take the place of the usual ones; an empty value leaves one out."""
        await self.send_head(status, {"content-length": str(len(body)), "x-amz-crc32": crc(body), **(headers or {})})
        self.writer.write(body)
        await self.writer.drain()

    async def send_head(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the head of a reply only."""
        date = format_datetime(self.front.clock(), usegmt=True)
        given = {"date": date, "content-type": JSON, "connection": "close", **headers}
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items() if value)
        self.writer.write(f"HTTP/1.1 {status} Answer\r\n{lines}\r\n".encode("latin-1"))

    async def send_json(self, value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Send a JSON reply with its CRC."""
        await self.send(json.dumps(value).encode(), status, headers)

    async def send_error(self, code: str, message: str, status: int = 400) -> None:
        """Send an error as DynamoDB does."""
        await self.send_json({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": message}, status)

    def reset(self) -> None:
        """Reset the connection."""
        connection: socket.socket = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Answer = Callable[[Exchange], Awaitable[None]]


class Front:
    """Passes requests on to the service on `port` unless there is an `answer`; `clock` gives the Date of replies."""

    def __init__(self, port: int, clock: Clock) -> None:
        self.port = port
        self.clock = clock
        self.url = ""
        self.answer: Answer | None = None
        self.operations: Counter[str] = Counter()
        self._server: asyncio.Server | None = None
        self._own_port = 0
        self._exchanges: set[asyncio.Task[None]] = set()

    @property
    def requests(self) -> int:
        """The number of requests so far."""
        return self.operations.total()

    async def listen(self) -> None:
        """Accept connections, on the same port each time."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._own_port, limit=1 << 20)
        self._own_port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://localhost:{self._own_port}"

    async def refuse(self) -> None:
        """Refuse connections until `listen`."""
        if self._server is not None:
            self._server.close()
        await self.drop()

    async def drop(self) -> None:
        """End the exchanges under way."""
        for task in self._exchanges:
            task.cancel()
        await asyncio.gather(*self._exchanges, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._exchanges.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            exchange = Exchange(self, head, await reader.readexactly(int(length or 0)), writer)
            self.operations[exchange.operation] += 1
            await (exchange.pass_on() if self.answer is None else self.answer(exchange))
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._exchanges.discard(task)
            writer.close()


@asynccontextmanager
async def front(endpoint_url: str, clock: Clock) -> AsyncIterator[Front]:
    """Run a front of the service at `endpoint_url` until the block ends."""
    opened = Front(int(endpoint_url.rpartition(":")[2]), clock)
    await opened.listen()
    try:
        yield opened
    finally:
        await opened.refuse()


def crc(body: bytes) -> str:
    """Return the checksum that DynamoDB announces for a body."""
    return str(zlib.crc32(body))
