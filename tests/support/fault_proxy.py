"""A way to a server on which a test may lay answers of its own in place of those of the server."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

Request = bytes
"""The head and the body of what was asked."""

Answer = Callable[[bytes], bytes]
"""Makes what is sent of what the server has answered."""

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")
_KEPT_OPEN = re.compile(rb"(?i)\r\nconnection: [\w-]+")


class Proxy:
    """Passes requests on to `port`, unless there is a fault for them."""

    def __init__(self, port: int) -> None:
        self.url = ""
        self.asked: list[Request] = []
        self._port = port
        self._faults: list[tuple[bytes, list[Answer | None]]] = []

    def lay(self, part: bytes, *answers: Answer | None) -> None:
        """Answer requests with `part` in them in this way, one after the other, from the last one on all alike.

        None is the server's own answer.
        """
        self._faults.insert(0, (part, list(answers)))

    def clear(self) -> None:
        """Have the server answer by itself."""
        self._faults.clear()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            request = head + (await reader.readexactly(int(length[1])) if length else b"")
            self.asked.append(request)
            answer = self._answer(request)
            reply = await self._pass_on(request)
            writer.write(answer(reply) if answer is not None else reply)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, request: Request) -> Answer | None:
        for part, answers in self._faults:
            if part in request:
                return answers.pop(0) if len(answers) > 1 else answers[0]
        return None

    async def _pass_on(self, request: Request) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(_KEPT_OPEN.sub(b"", request).replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            await writer.drain()
            return await reader.read()
        finally:
            writer.close()


@asynccontextmanager
async def faulty(endpoint_url: str) -> AsyncIterator[Proxy]:
    """A way to the server at `endpoint_url`, until the block is left."""
    proxy = Proxy(int(endpoint_url.rpartition(":")[2]))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()


def s3_error(code: str, message: str, status: int) -> Answer:
    """An error as S3 sends it."""
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'.encode()
    return _reply(status, "application/xml", body)


def logs_error(code: str, message: str) -> Answer:
    """An error as CloudWatch Logs sends it."""
    return aws_error(f'{{"__type":"{code}","message":"{message}"}}')


def json_reply(body: str) -> Answer:
    """A good reply of services that speak JSON."""
    return _reply(200, "application/x-amz-json-1.1", body.encode())


def aws_error(body: str) -> Answer:
    """An error as services that speak JSON send it."""
    return _reply(400, "application/x-amz-json-1.1", body.encode())


def _reply(status: int, kind: str, body: bytes) -> Answer:
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return lambda reply: head.encode() + body


def broken(reply: bytes) -> bytes:
    """Return the answer without its last byte."""
    return reply[:-1]
