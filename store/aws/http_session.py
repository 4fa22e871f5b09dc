"""The HTTP session of AWS clients: replies of bounded size, and no redirects."""

from pathlib import Path
from typing import Any

from aiobotocore.httpsession import AIOHTTPSession
from botocore.httpsession import get_cert_path

from store.aws.error_mapping import BadReply

LARGEST = 20 << 20  # bytes: BatchGetItem returns at most 16 MB of rows, and JSON quotes some bytes
LARGEST_ERROR = 64 << 10  # bytes of an error that are kept; those of AWS are smaller
_MOST_CONTEXTS = 4
# Reading a bundle of certificates takes 20 ms of CPU, for each of the clients of DynamoDB, S3, logs and STS.
_contexts: dict[tuple[str, int], Any] = {}


class HTTPSession(AIOHTTPSession):
    """Sends requests, and reads replies whole unless they are streamed (the objects of S3).

    aiobotocore reads a body of any length: one without an end took 3.7 GB in 30 seconds. It also follows redirects,
    as botocore does not, and would send a session token to the host of a login page.
    """

    async def send(self, request: Any) -> Any:
        """Send a request; return its reply. Raises BadReply for one over `LARGEST`, and cuts that of an error."""
        is_streamed, request.stream_output = request.stream_output, True
        try:
            response = await super().send(request)
        finally:
            request.stream_output = is_streamed
        if response.status_code >= 300:
            response._content, _ = await _read(response.raw, LARGEST_ERROR)  # noqa: SLF001 - its cache of the body
        elif not is_streamed:
            response._content, is_whole = await _read(response.raw, LARGEST)  # noqa: SLF001
            if not is_whole:
                raise BadReply(f"a reply of more than {LARGEST >> 20} MB that begins with {response._content[:60]!r}")  # noqa: SLF001
        return response

    def _build_ssl_contexts(self, proxy_url: str | None) -> Any:
        """Return the TLS settings for the service and for a proxy. Clients with the same certificates share them."""
        verify: bool | str = self._verify  # type: ignore[attr-defined]
        is_own = self._cert_file or proxy_url or not verify  # type: ignore[attr-defined]
        key = None if is_own else _stamp(get_cert_path(verify))  # type: ignore[arg-type]
        if key is None:
            return super()._build_ssl_contexts(proxy_url)  # type: ignore[misc]
        if (contexts := _contexts.get(key)) is None:
            while len(_contexts) >= _MOST_CONTEXTS:
                _contexts.pop(next(iter(_contexts)))
            contexts = _contexts[key] = super()._build_ssl_contexts(None)  # type: ignore[misc]
        return contexts

    async def _get_session(self, proxy_url: str | None) -> Any:
        return _Unredirected(await super()._get_session(proxy_url))  # type: ignore[misc]  # the stubs lack it


def _stamp(path: str | None) -> tuple[str, int] | None:
    """Return a key that changes when the file does; None if it cannot be read."""
    try:
        return None if path is None else (path, Path(path).stat().st_mtime_ns)
    except OSError:
        return None


class _Unredirected:
    """An aiohttp session that does not follow redirects."""

    def __init__(self, session: Any) -> None:
        self._session = session

    async def request(self, method: str, **options: Any) -> Any:
        return await self._session.request(method, allow_redirects=False, **options)


async def _read(response: Any, most: int) -> tuple[bytes, bool]:
    """Return at most so many bytes of a body, and whether these are all; close the connection if they are not."""
    parts: list[bytes] = []
    size = 0
    while part := await response.content.readany():
        parts.append(part)
        size += len(part)
        if size > most:
            response.close()
            return b"".join(parts)[:most], False
    return b"".join(parts), True
