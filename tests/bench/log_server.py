"""Serves logs of any size as S3 would, byte range by byte range, made as they are asked for: none is kept anywhere."""

import asyncio
import multiprocessing
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import NamedTuple

from store import Digest

_RANGE = re.compile(rb"(?i)\r\nrange: bytes=(\d+)-(\d+)\r\n")
_PIECE = 1024 * 1024  # bytes sent at once

LINE = 100
"""Bytes of each line, with its end."""

NEEDLE = b"needle"


class Log(NamedTuple):
    """A log of `size` bytes; `part(start, end)` returns some of them."""

    size: int
    part: Callable[[int, int], bytes]

    @property
    def digest(self) -> Digest:
        """A made-up digest: the log has no real one."""
        return Digest.compute(b"%d %s" % (self.size, self.part.__name__.encode()))


def _lines(start: int, end: int) -> bytes:
    first, last = start // LINE, -(-end // LINE)
    text = b"".join(
        b"2026/11/01 12:00:00 [info] line %010d of a log that a task has written, record after record, a\n" % n
        for n in range(first, last)
    )
    return text[start - first * LINE : end - first * LINE]


def _one_line(start: int, end: int) -> bytes:
    # The needle stands at the very end, so that all has to be looked at for it, from the head on.
    size = ONE_LINE.size
    head, tail = min(end, size - len(NEEDLE) - 1), max(start, size - len(NEEDLE) - 1)
    period = b"0123456789"
    text = (period * ((head - start) // 10 + 2))[start % 10 :][: max(0, head - start)]
    return text + (NEEDLE + b"\n")[tail - size + len(NEEDLE) + 1 :][: max(0, end - tail)]


TEN = Log(10 * LINE, _lines)
MILLION = Log(1_000_000 * LINE, _lines)
HUGE = Log(50_000_000 * LINE, _lines)
ONE_LINE = Log(100_000_000, _one_line)

LOGS = {"ten": TEN, "million": MILLION, "huge": HUGE, "one line": ONE_LINE}
_BY_KEY = {f"/logs/objects/{log.digest}".encode().replace(b":", b"%3A"): log for log in LOGS.values()}


@contextmanager
def serve() -> Iterator[str]:
    """A server in a process of its own; yields its URL. The bucket is `logs`."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_run, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def _run(control: Connection) -> None:
    asyncio.run(_serve(control))


async def _serve(control: Connection) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                await _answer(await reader.readuntil(b"\r\n\r\n"), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    control.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _answer(request: bytes, writer: asyncio.StreamWriter) -> None:
    log = _BY_KEY[request.split(b" ", 2)[1].partition(b"?")[0].replace(b"sha256:", b"sha256%3A")]
    if asked := _RANGE.search(request):
        start, end = int(asked[1]), min(int(asked[2]) + 1, log.size)
        head = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %d-%d/%d\r\n" % (start, end - 1, log.size)
    else:
        start, end = 0, log.size
        head = b"HTTP/1.1 200 OK\r\n"
    writer.write(head + b"Content-Length: %d\r\n\r\n" % (end - start))
    for place in range(start, end, _PIECE):
        writer.write(log.part(place, min(place + _PIECE, end)))
        await writer.drain()
