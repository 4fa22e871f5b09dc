"""The service as the checks use it: one session, with a read-only TaskDB and the clients below it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from store import DynamoTaskDB
from store.aws import session as aws
from store.aws.retry import Retries
from store.dynamo.client import ReadClient
from store.repository import ReadOnlyS3Repository
from tui.settings import Settings

if TYPE_CHECKING:
    from aiobotocore.session import AioSession

# A check tells what a user would see at once; the dashboard retries for 30 s.
RETRIES = Retries(tries=2, deadline=8.0)


@dataclass(frozen=True)
class AwsService:
    """The service that the settings name. `region` is empty at an endpoint that is not AWS's."""

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
async def open_service(settings: Settings) -> AsyncIterator[AwsService]:
    """Open the service for the duration of the block; nothing is sent. Raises Error for a bad profile or region."""
    endpoint_url = settings.endpoint_url
    session = await aws.open_session(region=settings.region, profile=settings.profile, endpoint_url=endpoint_url)
    region = "" if endpoint_url else aws.region_of(session)
    async with AsyncExitStack() as stack:
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
