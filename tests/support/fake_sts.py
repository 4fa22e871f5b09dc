"""A server on loopback that gives one answer to every request, such as one of AWS's STS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_DENIAL = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>
<Code>AccessDenied</Code><Message>User: amy is not authorized to perform: sts:AssumeRole on resource: \
arn:aws:iam::123456789012:role/r</Message></Error></ErrorResponse>"""


def reply(body: str, status: str = "200 OK") -> bytes:
    """A whole reply."""
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()


DENIED = reply(_DENIAL, "403 Forbidden")
HTML = reply("<html><body>Welcome to the hotel</body></html>")
NOTHING = reply("")


@asynccontextmanager
async def fake_sts(answer: bytes, *, is_greeting: bool = False) -> AsyncIterator[str]:
    """The URL of a server that answers each request with these bytes; as a greeting, it does not wait for one."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not is_greeting:
                await reader.read(1 << 16)
            writer.write(answer)
            await writer.drain()
            writer.write_eof()
            await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
