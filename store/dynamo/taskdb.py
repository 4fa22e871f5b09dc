"""DynamoTaskDB: the TaskDB on a DynamoDB table."""
# ruff: noqa: D102 - documented in TaskDB

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any, Self

from store.aws import session as aws
from store.aws.error_mapping import error_code
from store.aws.retry import RETRIES, Retries
from store.digest import Digest
from store.dynamo import encode, segments, update
from store.dynamo.client import Client, Meter, ReadClient
from store.dynamo.queries import Queries
from store.dynamo.reader import Reader
from store.dynamo.scan import scan
from store.dynamo.writes import Writes
from store.errors import Error, ErrorKind, FailureReason
from store.logs.open import Logs
from store.model import (
    Alloc,
    AllocQuery,
    Kind,
    PageHook,
    PoolQuery,
    PoolRow,
    Rows,
    Run,
    RunQuery,
    Snapshot,
    Task,
    TaskQuery,
)
from store.repository import ReadOnlyS3Repository, Repository, S3Repository
from store.taskdb import MappingHandler, MappingHandlerFunc
from store.times import Clock, utc_now


class DynamoTaskDB(Writes):
    """The TaskDB on a DynamoDB table, wire-compatible with that of the Go engine; made by `open` or `connect`."""

    def __init__(
        self,
        client: ReadClient,
        table: str,
        *,
        labels: Mapping[str, str] | Iterable[str] | None = None,
        repository: Repository | None = None,
        streams: Any = None,
        region: str = "",
        log_retries: Retries = RETRIES,
        clock: Clock = utc_now,
    ) -> None:
        super().__init__(labels, clock)
        self._client = client
        self._clients = AsyncExitStack()  # the clients that `connect` opens
        self._table = table
        self._repository = repository
        self._logs = Logs(lambda: self.repository, streams, region, log_retries)
        self._queries = Queries(Reader(client, table), clock)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        table: str,
        bucket: str | None = None,
        *,
        region: str | None = None,
        profile: str | None = None,
        endpoint_url: str | None = None,
        labels: Mapping[str, str] | Iterable[str] | None = None,
        read_only: bool = False,
        max_in_flight: int = aws.MAX_IN_FLIGHT,
        timeout: float | None = None,  # noqa: ASYNC109 - of each request
        retries: Retries | None = None,
        clock: Clock = utc_now,
    ) -> AsyncIterator[Self]:
        """Open a TaskDB on `table`, with its logs in `bucket`, until the block ends. Sends no request by itself.

        `labels` are added to the runs and tasks that the TaskDB creates: a mapping, or texts `name=value`. With
        `read_only` it has no way to write. `clock` returns the time of new rows. `region` and `profile` default to
        those of the AWS CLI; `endpoint_url` is that of another service than AWS.

        The TaskDB sends at most `max_in_flight` requests to DynamoDB at a time, and as many to S3. Other requests wait,
        for up to 5 minutes; row writes go before renewals of leases. `retries` is the policy of all requests, those for
        objects and logs too; by default a read gives up after 5 tries or 30 seconds, and a write after 5 failures or 2
        minutes of throttling. `timeout` replaces the deadline of the policy, in seconds since the first try. A renewal
        takes at most 5 seconds.

        Raises Error INVALID for a profile or region that does not exist, for labels that could not be read back, and
        for a `max_in_flight` or `timeout` that is not positive.
        """
        db = await cls.connect(
            table,
            bucket,
            region=region,
            profile=profile,
            endpoint_url=endpoint_url,
            labels=labels,
            read_only=read_only,
            max_in_flight=max_in_flight,
            timeout=timeout,
            retries=retries,
            clock=clock,
        )
        async with db:
            yield db

    @classmethod
    async def connect(
        cls,
        table: str,
        bucket: str | None = None,
        *,
        region: str | None = None,
        profile: str | None = None,
        endpoint_url: str | None = None,
        labels: Mapping[str, str] | Iterable[str] | None = None,
        read_only: bool = False,
        max_in_flight: int = aws.MAX_IN_FLIGHT,
        timeout: float | None = None,  # noqa: ASYNC109 - of each request
        retries: Retries | None = None,
        clock: Clock = utc_now,
    ) -> Self:
        """Return a TaskDB that stays open until you call its `close`, in the same event loop.

        Takes the arguments of `open` and raises the same errors.
        """
        for name, value in (("max_in_flight", max_in_flight), ("timeout", timeout)):
            if value is not None and not value > 0:
                raise Error(ErrorKind.INVALID, "open", (name, str(value)), "not positive")
        session = await aws.open_session(
            region=region or aws.region_of_table(table),
            profile=profile,
            endpoint_url=endpoint_url,
            max_in_flight=max_in_flight,
        )
        opened = ReadClient if read_only else Client
        opening = opened.open(
            session=session,
            endpoint_url=endpoint_url,
            retries=retries,
            timeout=timeout,
            max_in_flight=max_in_flight,
        )
        stack = AsyncExitStack()
        try:
            client = await stack.enter_async_context(opening)
            streams = aws.LateClient(stack, session, "logs", endpoint_url=endpoint_url)
            # What is at an endpoint of one's own is in no region of AWS.
            at = "" if endpoint_url else aws.region_of(session)
            repository = None
            if bucket:
                # An endpoint of one's own has no host names for buckets.
                style = {"addressing_style": "path" if endpoint_url else "auto"}
                s3 = aws.LateClient(stack, session, "s3", endpoint_url=endpoint_url, s3=style)
                objects = ReadOnlyS3Repository if read_only else S3Repository
                repository = objects(s3, bucket, retries, timeout=timeout, max_in_flight=max_in_flight, region=at)
            db = cls(
                client,
                table,
                labels=labels,
                repository=repository,
                streams=streams,
                region=at,
                log_retries=(retries or RETRIES).with_deadline(timeout),
                clock=clock,
            )
        except BaseException:
            await stack.aclose()
            raise
        db._clients = stack
        return db

    @property
    def meter(self) -> Meter:
        """The use of the service by this TaskDB so far: requests, RCU and WCU, bytes, and the offset of its clock."""
        return self._client.meter

    async def runs(self, query: RunQuery) -> Rows[Run]:
        return await self._queries.runs(query)

    async def tasks(self, query: TaskQuery) -> Rows[Task]:
        return await self._queries.tasks(query)

    async def allocs(self, query: AllocQuery) -> Rows[Alloc]:
        return await self._queries.allocs(query)

    async def pools(self, query: PoolQuery) -> Rows[PoolRow]:
        return await self._queries.pools(query)

    async def scan(self, kind: Kind, handler: MappingHandler | MappingHandlerFunc) -> None:
        await scan(self._client, self._table, kind, handler)

    async def active(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        changed_since: datetime | None = None,
        started_by: datetime | None = None,
        open_only: bool = False,
        with_ended_runs: bool = False,
        on_page: PageHook | None = None,
    ) -> Snapshot:
        wanted = segments.RowSelection(
            changed_since=changed_since,
            started_by=started_by,
            open_only=open_only,
            with_ended_runs=with_ended_runs,
        )
        return await self._queries.active(since, until, wanted, on_page)

    async def lookup(self, ids: Iterable[Digest], *, consistent: bool = False) -> Snapshot:
        return await self._queries.lookup(ids, consistent=consistent)

    async def ended_tasks(self, ident: str, since: datetime) -> Rows[Task]:
        return await self._queries.ended_tasks(ident, since)

    @property
    def repository(self) -> Repository:
        if self._repository is None:
            raise Error(ErrorKind.NOT_SUPPORTED, "repository", (self._table,), "the TaskDB was opened without a bucket")
        return self._repository

    @property
    def logs(self) -> Logs:
        return self._logs

    async def close(self) -> None:
        await self._client.close()
        await self._clients.aclose()

    async def _put(self, op: str, item: encode.Item) -> None:
        await self._writer(op).put_item(TableName=self._table, Item=item)

    async def _update(self, op: str, request: update.Request, renewed_until: datetime | None = None) -> None:
        try:
            await self._writer(op).update_item(TableName=self._table, renewed_until=renewed_until, **request)
        except Error as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise
            id = request["Key"]["ID"]["S"]
            raise Error(ErrorKind.NOT_EXIST, op, (self._table, id), error.cause, FailureReason.NO_ROW) from error.cause

    async def _renew(self, op: str, id: Digest, keepalive: datetime) -> None:
        await self._update(op, update.lease(op, id, keepalive), keepalive)

    def _writer(self, op: str) -> Client:
        if not isinstance(self._client, Client):
            raise Error(ErrorKind.NOT_ALLOWED, op, (self._table,), "the TaskDB was opened read-only")
        return self._client
