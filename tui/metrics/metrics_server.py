"""The HTTP server that Prometheus scrapes. It runs in a thread and collects metrics in the event loop."""

import asyncio
import concurrent.futures
import contextlib
import ipaddress
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any, NamedTuple

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

_log = logging.getLogger(__name__)


class Address(NamedTuple):
    """A host, by name or IP address, and a port; port 0 means any free port."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can connect."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Return the address `HOST:PORT`, or `[HOST]:PORT` for IPv6. Raises ValueError with a sentence about the text."""
    host, colon, port = text.strip().rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not colon or not bare or (":" in bare and bare is host) or not (port.isascii() and port.isdecimal()):
        raise ValueError(f"{text[:100]!r} is not an address; write it like 127.0.0.1:9464")
    if int(port) > 65535:
        raise ValueError(f"port {port[:100]} is too large; the largest is 65535")
    return Address(bare, int(port))


class _LoopCollector(Collector):
    """Collects metrics in the event loop for the threads of the server, so that rows do not change meanwhile."""

    def __init__(self, make: Callable[[], Sequence[Metric]], loop: asyncio.AbstractEventLoop) -> None:
        self._make = make
        self._loop = loop

    def collect(self) -> Iterable[Metric]:
        async def make() -> Sequence[Metric]:
            return self._make()

        making = make()
        try:
            made = asyncio.run_coroutine_threadsafe(making, self._loop)
        except RuntimeError:  # the loop has ended
            making.close()
            return ()
        try:
            return made.result()
        except concurrent.futures.CancelledError:  # the loop ends
            return ()


def _guarded(app: Any) -> Any:
    """Return the WSGI application `app` with a log record for a failed scrape; wsgiref prints a traceback on stderr."""

    def answer(environ: Any, start_response: Any) -> Iterable[bytes]:
        try:
            found: Iterable[bytes] = app(environ, start_response)
        except Exception:
            _log.exception("a scrape failed")
            start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
            return [b"The metrics could not be collected.\n"]
        return found

    return answer


@contextlib.asynccontextmanager
async def serving(address: Address, make: Callable[[], Sequence[Metric]]) -> AsyncIterator[Address]:
    """Serve what `make` returns, as OpenMetrics or in Prometheus's text format, until the block ends.

    Each scrape calls `make` once, in the event loop. Yields the address with the port in use. Raises OSError if the
    address cannot be used.
    """
    registry = CollectorRegistry()
    registry.register(_LoopCollector(make, asyncio.get_running_loop()))
    server, thread = await asyncio.to_thread(start_http_server, address.port, address.host, registry)
    server.set_app(_guarded(server.get_app()))
    try:
        yield Address(address.host, server.server_port)
    finally:
        await asyncio.to_thread(server.shutdown)  # in a thread: running scrapes still need the loop
        server.server_close()
        await asyncio.to_thread(thread.join)
