"""The service as the checks use it: one session, with a read-only TaskDB and the clients below it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from store import DynamoTaskDB
from store.aws import session as aws
from store.aws.credential_failure import ProviderName, make_credentials_error
from store.aws.helper_process import describe_wait
from store.aws.retry import Retries
from store.dynamo.client import ReadClient
from store.repository import ReadOnlyS3Repository
from tui.settings import Settings

if TYPE_CHECKING:
    from aiobotocore.session import AioSession

# Few retries: a check reports the first failure, while the dashboard retries for 30 s.
RETRIES = Retries(tries=2, deadline=8.0)


@dataclass(frozen=True)
class AwsService:
    """The service named by the settings. `region` is empty for an endpoint outside of AWS."""

    session: "AioSession"
    client: ReadClient
    streams: Any
    repository: ReadOnlyS3Repository | None
    db: DynamoTaskDB
    table: str
    bucket: str
    region: str
    custom_endpoint: str


@asynccontextmanager
async def open_service(settings: Settings, deadline: float = 10.0) -> AsyncIterator[AwsService]:
    """Open the service for the duration of the block. Sends no requests.

    Raises Error for a bad profile or region, and NO_CREDENTIALS if the source of credentials fails or takes longer than
    `deadline` seconds.
    """
    endpoint_url = settings.endpoint_url
    region = settings.region or aws.region_of_table(settings.table)
    session = await aws.open_session(region=region, profile=settings.profile, endpoint_url=endpoint_url)
    region = "" if endpoint_url else aws.region_of(session)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(aws.credentials_of(session).used())
        await _find_credentials(session, deadline)
        opening = ReadClient.open(session=session, endpoint_url=endpoint_url, retries=RETRIES)
        client = await stack.enter_async_context(opening)
        streams = aws.LateClient(stack, session, "logs", endpoint_url=endpoint_url)
        style = {"addressing_style": "path" if endpoint_url else "auto"}
        s3 = aws.LateClient(stack, session, "s3", endpoint_url=endpoint_url, s3=style)
        repository = ReadOnlyS3Repository(s3, settings.bucket, RETRIES) if settings.bucket else None
        yield AwsService(
            session=session,
            client=client,
            streams=streams,
            repository=repository,
            db=DynamoTaskDB(client, settings.table, repository=repository, streams=streams, region=region),
            table=settings.table,
            bucket=settings.bucket or "",
            region=region,
            custom_endpoint=endpoint_url or "",
        )


async def _find_credentials(session: "AioSession", deadline: float) -> None:
    # An external credential process can take minutes.
    try:
        async with asyncio.timeout(deadline):
            await aws.credentials_of(session).get_frozen_credentials()
    except TimeoutError as error:
        source = ProviderName(describe_wait(patience=0) or "their source")
        raise make_credentials_error(source, f"no answer within {deadline:g} s") from error
