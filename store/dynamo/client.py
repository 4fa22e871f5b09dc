"""The DynamoDB client: AWS's operations, with retries, a bound on what is in flight, and a meter."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Self, TypeVar

import msgspec

from store.aws import session as aws
from store.aws.credentials import CredentialSource
from store.aws.error_mapping import is_temporary, map_exception, throttling_reasons
from store.aws.retry import RETRIES, WRITE_RETRIES, Retries
from store.aws.service_clock import ServiceClock
from store.dynamo.encode import Item
from store.dynamo.request_queue import QUEUE_TIMEOUT, RequestQueue
from store.dynamo.response import (
    BatchReply,
    BatchWriteReply,
    ItemReply,
    ItemsReply,
    Key,
    Reply,
    TableDescription,
    TableReply,
    WriteReply,
    use_fast_parser,
)
from store.errors import Error, ErrorKind

if TYPE_CHECKING:
    from aiobotocore.session import AioSession

R = TypeVar("R", bound=Reply)

_MAX_KEYS = 100  # of one BatchGetItem
_MAX_ITEMS = 25  # of one BatchWriteItem
_ROUNDS = 8  # how often in a row BatchWriteItem may process nothing
_RENEWAL_DEADLINE = 5.0  # seconds: a renewal that hangs leaves time to try again before the lease expires


class Meter(msgspec.Struct):
    """The use of a service by a client so far: requests, read and write capacity units, bytes, and clock offset."""

    requests: int = 0  # sent, retries among them
    retries: int = 0
    rcu: float = 0.0
    wcu: float = 0.0
    bytes_in: int = 0  # of replies that were read
    throttled: str = ""  # why, when last throttled
    clock_offset: float | None = None  # seconds by which the service is ahead of us: see ServiceClock


class ReadClient:
    """A client that can only read; made by `open`, and used in the event loop in which it was opened.

    Methods are AWS operations and take their arguments (`TableName`, `Key`, ...). They raise Error: as mapped by
    `store.aws.error_mapping`, TIMEOUT when the deadline passes, PRECONDITION in another event loop and after close. A
    request waits for one of `max_in_flight` connections and keeps it during its retries. Its deadline starts when it
    has the connection and credentials; a renewal of a lease does not wait for credentials before its deadline starts.
    """

    def __init__(
        self,
        client: Any,
        retries: Retries | None,
        now: Callable[[], float],
        timeout: float | None = None,
        max_in_flight: int = aws.MAX_IN_FLIGHT,
        queue_timeout: float = QUEUE_TIMEOUT,
    ) -> None:
        self.meter = Meter()
        self._aws = client
        self._retries = (retries or RETRIES).with_deadline(timeout)
        self._write_retries = (retries or WRITE_RETRIES).with_deadline(timeout)
        self._now = now
        self._clock = ServiceClock()
        self._monotonic = time.monotonic if now is time.time else now
        self._loop = asyncio.get_running_loop()
        self._queue = RequestQueue(max_in_flight, queue_timeout)
        self._closed = False
        self._credentials: CredentialSource | None = None

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        *,
        region: str | None = None,
        profile: str | None = None,
        endpoint_url: str | None = None,
        connect_timeout: float = aws.CONNECT_TIMEOUT,
        read_timeout: float = aws.READ_TIMEOUT,
        retries: Retries | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - of each request
        max_in_flight: int = aws.MAX_IN_FLIGHT,
        queue_timeout: float = QUEUE_TIMEOUT,
        session: "AioSession | None" = None,
        now: Callable[[], float] = time.time,
    ) -> AsyncIterator[Self]:
        """Open a client, and close it at the end of the block. Time-outs are in seconds, `now` in seconds since 1970.

        `retries` is the policy of all requests; by default `RETRIES` for reads and `WRITE_RETRIES` for
        writes, with the deadline `timeout` if it is given. At most
        `max_in_flight` requests are sent at a time; others wait for up to `queue_timeout`. `session`, made by
        `store.aws.session.open_session`, takes the place of `region`, `profile` and the time-outs. Raises Error INVALID
        for a region or profile that does not exist; nothing is sent to DynamoDB yet.
        """
        if session is None:
            session = await aws.open_session(
                region=region,
                profile=profile,
                endpoint_url=endpoint_url,
                connect_timeout=connect_timeout,
                read_timeout=read_timeout,
                max_in_flight=max_in_flight,
            )
        use_fast_parser(session)
        # Requests are made by our own code; checking them again would take a third of the time of a full BatchGetItem.
        opening = aws.open_client(session, "dynamodb", endpoint_url=endpoint_url, parameter_validation=False)
        async with opening as client:
            opened = cls(client, retries, now, timeout, max_in_flight, queue_timeout)
            opened._credentials = aws.credentials_of(session)
            try:
                yield opened
            finally:
                await opened.close()

    async def close(self) -> None:
        """Give back connections; requests in flight fail. Closing again does nothing.

        Raises Error PRECONDITION in another event loop.
        """
        aws.check_loop(self._loop, "close")
        self._closed = True
        await self._aws.close()

    @property
    def endpoint_url(self) -> str:
        """The URL that requests are sent to."""
        return str(self._aws.meta.endpoint_url)

    async def query(self, **request: Any) -> ItemsReply:
        """Read one page of Query; not for `Select=COUNT`, whose reply has no items."""
        return await self._read("Query", self._aws.query, request, ItemsReply)

    async def scan(self, **request: Any) -> ItemsReply:
        """Read one page of Scan; not for `Select=COUNT`, whose reply has no items."""
        return await self._read("Scan", self._aws.scan, request, ItemsReply)

    async def get_item(self, **request: Any) -> ItemReply:
        """Read one item with GetItem; the reply may have none."""
        return await self._read("GetItem", self._aws.get_item, request, ItemReply)

    async def batch_get_item(self, table: str, keys: Sequence[Key], **options: Any) -> BatchReply:
        """Read items of one table with BatchGetItem: of at most 100 distinct `keys`; without any, send nothing.

        `options` go with the keys, such as ProjectionExpression. What the reply lists as `unprocessed_keys` is to be
        asked for again, after `back_off`. Raises Error INVALID for more than 100 keys.
        """
        distinct = list({msgspec.json.encode(key): key for key in keys}.values())
        if not distinct:
            return BatchReply(responses={table: []})
        if len(distinct) > _MAX_KEYS:
            why = f"{len(distinct)} keys; a request takes {_MAX_KEYS}"
            raise Error(ErrorKind.INVALID, "dynamodb.BatchGetItem", (table,), why)
        request = {"RequestItems": {table: {"Keys": distinct, **options}}}
        return await self._read("BatchGetItem", self._aws.batch_get_item, request, BatchReply, table)

    async def describe_table(self, table: str) -> TableDescription:
        """Return the description of a table and its indexes."""
        call = self._aws.describe_table
        return (await self._call("DescribeTable", call, {"TableName": table}, TableReply)).table

    async def back_off(self, failures: int) -> None:
        """Wait as long as is due when the service left keys unprocessed for so many times in a row."""
        await self._retries.back_off(failures, throttled=True)

    async def _read(
        self, operation: str, call: Callable[..., Any], request: dict[str, Any], type_: type[R], table: str = ""
    ) -> R:
        reply = await self._call(operation, call, {"ReturnConsumedCapacity": "TOTAL", **request}, type_, table)
        self.meter.rcu += reply.consumed
        return reply

    async def _call(
        self,
        operation: str,
        call: Callable[..., Any],
        request: dict[str, Any],
        type_: type[R],
        table: str = "",
        retries: Retries | None = None,
        renewed_until: datetime | None = None,
    ) -> R:
        op = f"dynamodb.{operation}"
        names = [table or request.get("TableName"), request.get("IndexName")]
        args = [name for name in names if name]

        aws.check_loop(self._loop, op, args)

        async def attempt() -> R:
            reply = (await self._send(op, args, call, request)).get("Reply")
            if not isinstance(reply, type_):  # botocore spoke a protocol that our parser does not know
                raise Error(ErrorKind.NOT_SUPPORTED, op, args, "the reply did not go through our parser")
            return reply

        async with self._queue.slot(op, args, renewed_until):
            if renewed_until is None:
                await self._await_credentials()
            return await (retries or self._retries).run(attempt, op, args, self._count_retry)

    async def _await_credentials(self) -> None:
        """Wait for the credentials before the deadline of a request starts: a login may take longer.

        A renewal does not: the keeper of its lease must be able to try again in time.
        """
        if self._credentials is None:
            return
        try:
            await self._credentials.get_frozen_credentials()
        except Error as error:
            if not is_temporary(error):
                raise

    async def _send(
        self, op: str, args: Sequence[str], call: Callable[..., Any], request: dict[str, Any]
    ) -> dict[str, Any]:
        if self._closed:
            raise Error(ErrorKind.PRECONDITION, op, args, "the client is closed")
        self.meter.requests += 1
        sent = self._now()
        try:
            reply: dict[str, Any] = await call(**request)
        except Exception as error:
            response = getattr(error, "response", None)  # that of an AWS error is a dict
            if isinstance(response, dict):
                self._note(response, sent)
            failed = map_exception(error, op, args)
            if failed.kind is ErrorKind.TEMPORARY:
                self.meter.throttled = throttling_reasons(error) or str(error)
            raise failed from error
        self._note(reply, sent)
        return reply

    def _note(self, reply: dict[str, Any], sent: float) -> None:
        metadata = reply.get("ResponseMetadata", {})
        self.meter.bytes_in += metadata.get("BodyLength", 0)
        if date := metadata.get("HTTPHeaders", {}).get("date"):
            self._clock.note(date, sent, self._now(), self._monotonic())
            self.meter.clock_offset = self._clock.offset

    def _count_retry(self, _: Error) -> None:
        self.meter.retries += 1


class Client(ReadClient):
    """A client that can also write.

    A write may be sent again when its reply was lost: what it sets, and the condition it makes, must allow for that.
    """

    async def put_item(self, **request: Any) -> WriteReply:
        """Replace a whole item. Raises Error PRECONDITION when a condition does not hold."""
        return await self._write("PutItem", self._aws.put_item, request)

    async def update_item(self, *, renewed_until: datetime | None = None, **request: Any) -> WriteReply:
        """Change attributes of an item. Raises Error PRECONDITION when a condition does not hold.

        `renewed_until` is the end of the lease if the request renews one. Such a request waits for all other writes,
        and times out after 5 s, so that the keeper of the lease can try again in time.
        """
        return await self._write("UpdateItem", self._aws.update_item, request, renewed_until)

    async def batch_write_item(self, table: str, items: Sequence[Item]) -> BatchWriteReply:
        """Replace up to 25 whole items of one table with BatchWriteItem.

        The items with the `unprocessed_ids` of the reply are to be sent again, after `back_off`. Raises Error INVALID
        for more than 25 items.
        """
        if len(items) > _MAX_ITEMS:
            why = f"{len(items)} items; a request takes {_MAX_ITEMS}"
            raise Error(ErrorKind.INVALID, "dynamodb.BatchWriteItem", (table,), why)
        puts = [{"PutRequest": {"Item": item}} for item in items]
        request = {"RequestItems": {table: puts}, "ReturnConsumedCapacity": "TOTAL"}
        call, retries = self._aws.batch_write_item, self._write_retries
        reply = await self._call("BatchWriteItem", call, request, BatchWriteReply, table, retries)
        self.meter.wcu += reply.consumed
        return reply

    async def write_items(self, table: str, items: Iterable[Item]) -> None:
        """Put items in place of any others with their IDs, 25 in a request, one request after the other.

        There is no condition: this is for rows that have no other writer. Of two items with the same ID the last one
        counts. Raises Error UNAVAILABLE if the service leaves the same items unprocessed 8 times; the items of earlier
        requests are written then.
        """
        waiting = {item["ID"]["S"]: item for item in items}
        asked, failures = len(waiting), 0
        while waiting:
            sent = dict(islice(waiting.items(), _MAX_ITEMS))
            left = (await self.batch_write_item(table, list(sent.values()))).unprocessed_ids
            if not left <= sent.keys():
                why = "the service lists items as unprocessed that it was not sent"
                raise Error(ErrorKind.INTEGRITY, "dynamodb.BatchWriteItem", (table,), why)
            for id in sent.keys() - left:
                del waiting[id]
            failures = failures + 1 if len(left) == len(sent) else 0
            if failures == _ROUNDS:
                why = f"not written: {len(waiting)} of {asked} rows, {len(left)} left unprocessed {_ROUNDS} times"
                raise Error(ErrorKind.UNAVAILABLE, "dynamodb.BatchWriteItem", (table,), why)
            if left:
                await self.back_off(failures or 1)

    async def _write(
        self,
        operation: str,
        call: Callable[..., Any],
        request: dict[str, Any],
        renewed_until: datetime | None = None,
    ) -> WriteReply:
        retries = self._write_retries
        if renewed_until is not None:
            retries = self._retries.with_deadline(min(self._retries.deadline, _RENEWAL_DEADLINE))
        request = {"ReturnConsumedCapacity": "TOTAL", **request}
        reply = await self._call(operation, call, request, WriteReply, retries=retries, renewed_until=renewed_until)
        self.meter.wcu += reply.consumed
        return reply
