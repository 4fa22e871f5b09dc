"""Renewal of credentials: a client outlives the login that it started with."""

import asyncio
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiobotocore.session import AioSession

# What AWS answers to credentials that it does not take, as against those that may not do what they are used for.
_REFUSED = re.compile(
    r"(Expired|Invalid|Missing.*)Token|TokenRefresh|UnrecognizedClient|Invalid(ClientTokenId|AccessKey)"
)


def renew_when_refused(session: "AioSession", client: Any) -> None:
    """Make `client` look for credentials again after a request that was refused for lack of valid ones.

    That request still fails. All sources are searched again: variables, files, the cache of a login.
    """
    lock = asyncio.Lock()

    async def renew(parsed: Mapping[str, Any] | None = None, exception: Exception | None = None, **_: Any) -> None:
        if not _is_refused(parsed, exception):
            return
        if lock.locked():  # by another request in flight
            async with lock:
                return
        async with lock:
            # botocore itself looks for them only once, and has no public way to do so again.
            session._credentials = None  # type: ignore[attr-defined]  # noqa: SLF001
            client._request_signer._credentials = await session.get_credentials()  # noqa: SLF001

    client.meta.events.register("after-call", renew)
    client.meta.events.register("after-call-error", renew)


def _is_refused(parsed: Mapping[str, Any] | None, exception: Exception | None) -> bool:
    if exception is not None:
        from botocore import exceptions as boto

        # Without an answer it was the network, or signing: no credentials, or none to be had.
        return isinstance(exception, boto.BotoCoreError) and not isinstance(
            exception, (boto.HTTPClientError, boto.ConnectionError)
        )
    code = str((parsed or {}).get("Error", {}).get("Code", ""))
    return _REFUSED.match(code) is not None
