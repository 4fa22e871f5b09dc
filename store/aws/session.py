"""Sessions and clients of AWS.

Shared by DynamoDB, S3, CloudWatch Logs and set-up. botocore and its dependencies are imported inside functions, so
that importing `store` for its names alone stays fast.
"""

import asyncio
import functools
import logging
import os
import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal

from store.aws.credentials import CredentialSource, renew_when_refused
from store.aws.environment import check_files, check_region, check_syntax, check_values
from store.aws.error_mapping import map_exception
from store.aws.proxy import check_proxy, watch_proxy
from store.errors import Error, ErrorKind

if TYPE_CHECKING:
    from aiobotocore.session import AioSession

CONNECT_TIMEOUT = 3.0  # seconds
READ_TIMEOUT = 10.0  # seconds without a byte of the reply
MAX_IN_FLIGHT = 16  # requests at a time, each on a connection of its own

# As botocore does for itself: without a handler, Python prints warnings, tracebacks and all, over the screen.
logging.getLogger("aiobotocore").addHandler(logging.NullHandler())


async def open_session(
    *,
    region: str | None = None,
    profile: str | None = None,
    endpoint_url: str | None = None,
    connect_timeout: float = CONNECT_TIMEOUT,
    read_timeout: float = READ_TIMEOUT,
    max_in_flight: int = MAX_IN_FLIGHT,
) -> "AioSession":
    """Open a session whose clients share credentials, time-outs (seconds) and the rule never to ask on the terminal.

    The region is `region`, else AWS_REGION (which the Go tools read and botocore does not), else what botocore finds,
    else us-east-1 where an `endpoint_url` says already where to go and the region only goes into signatures. Raises
    Error INVALID when there is none, for a profile that does not exist and for a config file that is malformed.
    """

    def create() -> "AioSession":
        check_files(os.environ)  # before the imports: some of them read files
        from aiobotocore.config import AioConfig
        from aiobotocore.session import AioSession
        from botocore.exceptions import NoRegionError

        from store.aws.http_session import HTTPSession

        session = AioSession(profile=profile or None)
        check_values(session, os.environ, endpoint_url)
        name = region or os.environ.get("AWS_REGION") or session.get_config_variable("region")
        name = name or ("us-east-1" if endpoint_url else None)
        if not name:
            raise NoRegionError
        check_region(name, "the region" if region or "AWS_REGION" not in os.environ else "AWS_REGION")
        session.set_config_variable("region", name)
        session.set_default_client_config(
            AioConfig(
                connect_timeout=connect_timeout,
                read_timeout=read_timeout,
                max_pool_connections=max_in_flight,
                retries={"total_max_attempts": 1, "mode": "standard"},
                connector_args={"socket_factory": _socket},  # aiobotocore does not heed `tcp_keepalive`
                http_session_cls=HTTPSession,
                user_agent="reflowtop",  # botocore builds its own for each request: a fifth of its cost
                warm_up_loader_caches=True,  # in a thread, what would stop the loop for 80 ms
            )
        )
        session.register_component("data_loader", _data_loader(session.get_config_variable("data_path")))
        session.register_component("credential_provider", CredentialSource(session))
        session.register_component("token_provider", _NoTokens())  # no service that is used here takes bearer tokens
        return session

    try:
        return await asyncio.to_thread(create)  # importing alone takes 0.2 s
    except Exception as error:
        check_syntax(error)
        raise map_exception(error, "open session", (profile,) if profile else ()) from error


@functools.lru_cache(maxsize=4)
def _data_loader(data_path: str | None) -> Any:
    """Return the loader of botocore's service descriptions. Sharing it saves each session 60 ms of CPU."""
    from botocore.loaders import create_loader

    return create_loader(data_path)


class _NoTokens:
    """botocore would check the SSO settings of a profile for them, and blame the service."""

    def load_token(self, **_: object) -> None:
        return None


_TABLE_ARN = re.compile(r"arn:[a-z-]+:dynamodb:([a-z0-9-]+):")


def region_of_table(table: str) -> str | None:
    """Return the region in the ARN of a table; None for a name. No other region has the table."""
    match = _TABLE_ARN.match(table)
    return match[1] if match else None


def credentials_of(session: "AioSession") -> CredentialSource:
    """Return the source of the credentials of a session of `open_session`."""
    source: CredentialSource = session.get_component("credential_provider")
    return source


def region_of(session: "AioSession") -> str:
    """Return the region that the clients of a session of `open_session` are in."""
    return str(session.get_config_variable("region"))


@asynccontextmanager
async def open_client(
    session: "AioSession",
    service: Literal["dynamodb", "s3", "logs", "sts", "pricing"],
    *,
    endpoint_url: str | None = None,
    **config: Any,
) -> AsyncIterator[Any]:
    """Open an aiobotocore client, and close it at the end of the block; `config` goes to its AioConfig.

    It sends each request once. Raises Error INVALID for an unknown region or a malformed `endpoint_url`.
    """
    async with AsyncExitStack() as stack:
        try:
            from aiobotocore.config import AioConfig

            source = credentials_of(session)
            await stack.enter_async_context(source.used())
            opening = session.create_client(service, endpoint_url=endpoint_url or None, config=AioConfig(**config))
            client: Any = await stack.enter_async_context(opening)
            region = client.meta.region_name
            # What botocore falls back to when it knows nothing of a region: no such host, most likely.
            if client.meta.endpoint_url.endswith(f".{region}.amazonaws.com"):
                session.get_partition_for_region(region)
            check_proxy(client.meta.endpoint_url)
        except Exception as error:
            raise map_exception(error, f"open {service}") from error
        # With a single try it would only add "(reached max retries: 0)" to every error.
        name = client.meta.service_model.service_id.hyphenize()
        client.meta.events.unregister(f"needs-retry.{name}", unique_id=f"retry-config-{name}")
        renew_when_refused(source, client)
        watch_proxy(client)
        yield client


def check_loop(loop: asyncio.AbstractEventLoop, op: str, args: Sequence[str] = ()) -> None:
    """Raise Error PRECONDITION unless `loop`, the one that a client was opened in, is the one that runs."""
    if asyncio.get_running_loop() is not loop:
        raise Error(ErrorKind.PRECONDITION, op, args, "the client belongs to another event loop: open one in each")


class LateClient:
    """A client that is created with its first operation: most dashboards never read a log.

    If creation fails or is interrupted, the next call tries again. `stack` closes the client. Every call raises what
    `open_client` raises, what the operation raises, and Error PRECONDITION after it is closed.
    """

    def __init__(
        self,
        stack: AsyncExitStack,
        session: "AioSession",
        service: Literal["dynamodb", "s3", "logs", "pricing"],
        *,
        endpoint_url: str | None = None,
        **config: Any,
    ) -> None:
        self._stack = stack
        self._open = functools.partial(open_client, session, service, endpoint_url=endpoint_url, **config)
        self._client: Any = None
        self._lock = asyncio.Lock()
        self._service = service
        self._closed = False
        self._loop = asyncio.get_running_loop()
        stack.callback(self._close)

    def _close(self) -> None:
        self._closed = True

    def __getattr__(self, operation: str) -> Callable[..., Awaitable[Any]]:
        async def call(**parameters: Any) -> Any:
            op = f"{self._service}.{operation}"
            check_loop(self._loop, op)
            if self._closed:
                raise Error(ErrorKind.PRECONDITION, op, (), "the client is closed")
            async with self._lock:
                if self._client is None:
                    self._client = await self._stack.enter_async_context(self._open())
            return await getattr(self._client, operation)(**parameters)

        return call


def _socket(address: tuple[Any, ...]) -> socket.socket:
    family, type_, protocol = address[:3]
    connection = socket.socket(family, type_, protocol)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    return connection
