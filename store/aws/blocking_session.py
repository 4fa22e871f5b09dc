"""A session of boto3 whose credentials come from the providers of `open_session`, for code without an event loop."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from store.aws import session as aws

T = TypeVar("T")
_VALIDITY = timedelta(hours=1)  # of credentials that do not say when they expire, until they are looked up again


def open_blocking_session(region: str | None, profile: str | None, endpoint_url: str | None) -> Any:
    """Return a session of boto3, with the region and the checks of `open_session`, and raise the same errors.

    Its clients raise Error NO_CREDENTIALS, as other clients do. It can be used while an event loop runs in this thread.
    """
    from boto3.session import Session
    from botocore.credentials import DeferredRefreshableCredentials
    from botocore.session import get_session

    name = _run(lambda: _find_region(region, profile, endpoint_url))
    session = get_session()
    if profile:
        session.set_config_variable("profile", profile)
    session._credentials = DeferredRefreshableCredentials(  # type: ignore[attr-defined]  # noqa: SLF001
        refresh_using=lambda: _run(lambda: _find_credentials(region, profile, endpoint_url)), method="reflowtop"
    )
    return Session(botocore_session=session, region_name=name)


async def _find_region(region: str | None, profile: str | None, endpoint_url: str | None) -> str:
    return aws.region_of(await aws.open_session(region=region, profile=profile, endpoint_url=endpoint_url))


async def _find_credentials(region: str | None, profile: str | None, endpoint_url: str | None) -> dict[str, Any]:
    session = await aws.open_session(region=region, profile=profile, endpoint_url=endpoint_url)
    source = aws.credentials_of(session)
    async with source.used():
        frozen = await source.get_frozen_credentials()
    expiry = source.expiry or datetime.now(UTC) + _VALIDITY
    return {
        "access_key": frozen.access_key,
        "secret_key": frozen.secret_key,
        "token": frozen.token,
        "expiry_time": expiry.isoformat(),
    }


def _run(make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine in an event loop and a thread of its own: this thread may have a loop that runs."""
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(asyncio.run(make()))
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
