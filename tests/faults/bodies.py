"""Replies whose body is not a reply of DynamoDB, and connections that break or stall."""

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable

from tests.faults.fault import READS, Fault, always, changed, only
from tests.faults.front import Exchange

_PAGE = b"<!DOCTYPE html><html><body><h1>Log in to the guest network</h1></body></html>"
_HTML = {"content_type": "text/html"}
_MB = b"<p>" + b"x" * (1 << 20)


async def reset(exchange: Exchange) -> None:
    exchange.reset()


async def hang(_: Exchange) -> None:
    await asyncio.Event().wait()


async def drip(exchange: Exchange) -> None:
    """Send a byte at a time, each sooner than the time-out of the client."""
    own = await exchange.forward()
    await exchange.send_head(200, {"content-length": str(len(own.body))})
    for number in range(len(own.body)):
        exchange.writer.write(own.body[number : number + 1])
        await exchange.writer.drain()
        await asyncio.sleep(0.05)


async def lost_end(exchange: Exchange) -> None:
    """Close the connection before the end of the announced body."""
    own = await exchange.forward()
    await exchange.send_head(200, {"content-length": str(len(own.body) + 100)})
    exchange.writer.write(own.body)
    await exchange.writer.drain()


async def without_end(exchange: Exchange) -> None:
    """Send a body for as long as the client reads it."""
    await exchange.send_head(200, {"transfer-encoding": "chunked"})
    while True:
        exchange.writer.write(b"100000\r\n" + b"x" * (1 << 20) + b"\r\n")
        await exchange.writer.drain()
        await asyncio.sleep(0)


def big(status: int, start: bytes, end: bytes, **headers: str) -> Callable[[Exchange], Awaitable[None]]:
    """Return an answer of 50 MB."""

    async def reply(exchange: Exchange) -> None:
        length = len(start) + (50 << 20) + len(end)
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        await exchange.send_head(status, {"content-length": str(length), **given})
        exchange.writer.write(start)
        for _ in range(50):
            exchange.writer.write(b"x" * (1 << 20))
            await exchange.writer.drain()
        exchange.writer.write(end)
        await exchange.writer.drain()

    return reply


def _without_rows(body: bytes) -> bytes:
    reply = json.loads(body)
    reply.pop("Items", None)
    reply.pop("Responses", None)
    return json.dumps(reply).encode()


def _null_rows(body: bytes) -> bytes:
    return json.dumps(dict.fromkeys(json.loads(body))).encode()


_BAD = "bad reply"
FAULTS = [
    Fault(
        name="500 with HTML",
        answer=always(_PAGE, 500, **_HTML),
        reason="service",
        says="The service fails",
        is_short=True,
    ),
    Fault(name="503 with HTML", answer=always(_PAGE, 503, **_HTML), reason="service"),
    Fault(name="502 with an empty body", answer=always(b"", 502), reason="service"),
    Fault(name="504 as text", answer=always(b"upstream timed out", 504, content_type="text/plain"), reason="service"),
    Fault(
        name="200 with HTML",
        answer=always(_PAGE, content_type="text/html"),
        reason=_BAD,
        says="not from DynamoDB",
        is_short=True,
    ),
    Fault(name="200 and empty", answer=always(b""), reason=_BAD, is_short=True),
    Fault(name="204", answer=always(b"", 204), reason=_BAD),
    Fault(name="200 with `{}`", answer=only(READS, always(b"{}")), reason=_BAD),
    Fault(name="200 with `[]`", answer=always(b"[]"), reason=_BAD),
    Fault(name="200 with `null`", answer=always(b"null"), reason=_BAD),
    Fault(name="200 with 100,000 brackets", answer=always(b"[" * 100_000), reason=_BAD),
    Fault(name="Items left out", answer=only(READS, changed(_without_rows)), reason=_BAD),
    Fault(name="Items null", answer=only(READS, changed(_null_rows)), reason=_BAD),
    Fault(name="body cut", answer=changed(lambda body: body[: len(body) // 2]), reason=_BAD, is_short=True),
    Fault(name="body cut before its announced end", answer=lost_end, reason="unreachable"),
    Fault(name="wrong CRC", answer=changed(lambda body: body, x_amz_crc32="1"), reason=_BAD, is_short=True),
    Fault(name="CRC that is no number", answer=changed(lambda body: body, x_amz_crc32="²"), reason=_BAD),
    Fault(name="gzip", answer=changed(gzip.compress, content_encoding="gzip"), reason=_BAD),
    Fault(name="UTF-16", answer=changed(lambda body: body.decode().encode("utf-16")), reason=_BAD),
    Fault(name="byte order mark", answer=changed(lambda body: b"\xef\xbb\xbf" + body), reason=_BAD),
    Fault(name="a second value after the reply", answer=changed(lambda body: body + b"{}"), reason=_BAD),
    Fault(
        name="a user that is not UTF-8",
        answer=changed(lambda body: body.replace(b"amy", b"am\xff")),
        reason="unreadable",
    ),
    Fault(name="redirect to a login page", answer=always(_PAGE, 302, location="http://127.0.0.1:1/"), reason=_BAD),
    Fault(name="content length of -1", answer=changed(lambda body: body, content_length="-1"), reason="unreachable"),
    Fault(name="status 999", answer=always(b"{}", 999), reason="service"),
    Fault(name="head of 1 MB", answer=changed(lambda body: body, x_long="x" * (1 << 20)), reason="unreachable"),
    Fault(name="connection reset", answer=reset, reason="unreachable", says="cannot be reached", is_short=True),
    Fault(name="no answer", answer=hang, reason="timeout", says="does not answer in time", seconds=10, is_short=True),
    Fault(name="a byte at a time", answer=drip, reason="timeout", seconds=20),
    Fault(name="body without end", answer=without_end, reason="bad reply|timeout", seconds=20, is_short=True),
    Fault(
        name="50 MB of HTML, 200", answer=big(200, b"<p>", b"</p>", content_type="text/html"), reason=_BAD, seconds=20
    ),
    Fault(
        name="50 MB of HTML, 500",
        answer=big(500, b"<p>", b"</p>", content_type="text/html"),
        reason="service",
        seconds=20,
    ),
    Fault(
        name="error message of 50 MB",
        answer=big(400, b'{"__type":"ValidationException","message":"', b'"}'),
        reason="invalid",
        seconds=20,
    ),
    Fault(
        name="error message of 5 MB",
        answer=always(b'{"__type":"ValidationException","message":"' + b"x " * 2_500_000 + b'"}', 400),
        reason="invalid",
        seconds=20,
    ),
    Fault(
        name="403 page of 220 KB without blanks",
        answer=always(b"<p>" + b"x" * 220_000, 403, **_HTML),
        reason="denied",
        seconds=20,
        is_short=True,
    ),
]
