"""Runs read requests: pages, batches and days at once. Decodes in slices, and keeps what could be read."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import msgspec

from store.digest import Digest
from store.dynamo import plan
from store.dynamo.client import ReadClient
from store.dynamo.decode import Decoder, Row
from store.dynamo.page_progress import DEADLINE, PageProgress
from store.dynamo.row_cache import RowCache
from store.errors import Error, ErrorKind, drop_tracebacks
from store.model import Alloc, PageHook, PoolRow, Rows, Run, SnapshotPage, Task
from store.time_slices import in_slices
from store.times import EARLIEST

Decode = Callable[[Sequence[msgspec.Raw], list[Error]], list[Row]]
R = TypeVar("R", Run, Task, Alloc, PoolRow)

# How often the service may leave keys of one batch unprocessed; the client backs off in between.
_ROUNDS = 8
# More items than a page of 1 MB holds, and less than a Limit may be.
_PAGE = 100_000
_MOST_OFF = 900.0  # seconds
# RCU of a request that finds nothing. One whose reply tells of no cost still counts against a read budget.
_LEAST_COST = 0.5


class ReadResult:
    """The rows read so far, each once, with errors and the RCU consumed."""

    def __init__(self) -> None:
        self.errors: list[Error] = []
        self.consumed = 0.0
        self.replies = 0
        self._rows: dict[type[Row], dict[Digest | int, Row]] = {Run: {}, Task: {}, Alloc: {}, PoolRow: {}}

    def add(self, rows: Iterable[Row]) -> None:
        """Add rows; of two states of one row, which a lagging index can return from two days, the newer one counts."""
        for row in rows:
            known_rows = self._rows[type(row)]
            known = known_rows.setdefault(row.id or len(known_rows), row)  # a row whose id is unreadable is on its own
            if known is not row and _age(row) > _age(known):
                known_rows[row.id] = row

    @property
    def count(self) -> int:
        """The number of rows of all types."""
        return sum(map(len, self._rows.values()))

    def rows(self, cls: type[R], limit: int = 0) -> Rows[R]:
        """Return the rows of a type, at most `limit` of them unless that is 0."""
        rows: Iterable[Any] = self._rows[cls].values()
        return Rows(islice(rows, limit) if limit else rows, self.errors, self.consumed)


class Reader:
    """Reads one table. Every method adds to `found`, and raises Error only when nothing at all could be read."""

    def __init__(self, client: ReadClient, table: str) -> None:
        self._client = client
        self._table = table
        self._deadline = DEADLINE
        self._decoder = Decoder()
        self._known = RowCache(self._decoder)
        # One page is decoded at a time: slices of many pages in one turn of the event loop would add up.
        self._decoding = asyncio.Lock()

    async def get(self, found: ReadResult, id: Digest) -> None:
        """Read the row with a whole id, if there is one."""
        reply = await self._client.get_item(TableName=self._table, **plan.get(id))
        items = [reply.item] if reply.item is not None else []
        await self._take(found, items, reply.consumed, self._decoder.decode)

    @property
    def clock_offset(self) -> float | None:
        """By how many seconds the service's clock is ahead of ours; None where its replies do not tell.

        AWS refuses requests that are signed 15 minutes early or late. Where a request succeeded, a date that is farther
        off is not that of the service.
        """
        offset = self._client.meter.clock_offset
        return None if offset is None or abs(offset) > _MOST_OFF else offset

    async def batch(self, found: ReadResult, ids: Iterable[Digest], *, consistent: bool = False) -> None:
        """Read the rows with these whole ids, as far as there are any; `consistent` costs twice as much."""
        options = {"ConsistentRead": True} if consistent else {}
        await _together(found, [self._batch(found, keys, options) for keys in plan.batches(ids)])

    async def scan_window(
        self,
        found: ReadResult,
        requests: Sequence[plan.Request],
        *,
        is_full: bool = True,
        on_page: PageHook | None = None,
    ) -> None:
        """Read all pages of all `requests`. Rows that have not changed since earlier scans are the same objects.

        Rows that a full scan does not return are forgotten by the next full scan. `on_page` counts each request as one
        part.
        """
        self._known.begin(is_full=is_full)
        await _together(found, self._parts(found, requests, self._known.decode, on_page))

    async def query(
        self,
        found: ReadResult,
        requests: Sequence[plan.Request],
        limit: int = 0,
        row_type: str = "",
        on_page: PageHook | None = None,
    ) -> None:
        """Read all pages of all `requests`; with a `limit`, one after the other until there are as many rows.

        `row_type` is the type of the rows of an index that does not hold it.
        """
        decode = partial(self._decoder.decode, row_type=row_type)
        if limit:
            parts = [self._first(found, requests, limit, decode)]
        else:
            parts = self._parts(found, requests, decode, on_page)
        await _together(found, parts)

    def _parts(
        self, found: ReadResult, requests: Iterable[plan.Request], decode: Decode, on_page: PageHook | None
    ) -> list[Coroutine[Any, Any, None]]:
        return [
            self._pages(found, request, decode=decode, on_page=on_page, part=part)
            for part, request in enumerate(requests)
        ]

    async def _first(self, found: ReadResult, requests: Iterable[plan.Request], limit: int, decode: Decode) -> None:
        for request in requests:
            if found.count < limit:
                await self._pages(found, request, limit, decode=decode)

    async def _pages(
        self,
        found: ReadResult,
        request: plan.Request,
        limit: int = 0,
        *,
        decode: Decode,
        on_page: PageHook | None = None,
        part: int = 0,
    ) -> None:
        # Limit counts before the filter: only without one does it save anything.
        options: dict[str, Any] = {"Limit": min(limit, _PAGE)} if limit and "FilterExpression" not in request else {}
        progress = PageProgress("dynamodb.Query", self._table, self._deadline)
        while True:
            before = found.count
            reply = await self._client.query(TableName=self._table, **request, **options)
            rows = await self._take(found, reply.items, reply.consumed, decode)
            is_last = reply.last_evaluated_key is None
            goes_on = on_page is None or await _call(on_page, SnapshotPage(part, rows, reply.consumed, is_last))
            if reply.last_evaluated_key is None or not goes_on or (limit and found.count >= limit):
                return
            options["ExclusiveStartKey"] = progress.next(
                reply.last_evaluated_key,
                new=found.count - before,
                items=len(reply.items),
                scanned=reply.scanned_count,
            )

    async def _batch(self, found: ReadResult, keys: list[dict[str, Any]], options: dict[str, Any]) -> None:
        asked = len(keys)
        for attempt in range(_ROUNDS):
            if attempt:
                await self._client.back_off(attempt)
            reply = await self._client.batch_get_item(self._table, keys, **options)
            await self._take(found, reply.items, reply.consumed, self._decoder.decode)
            if not reply.unprocessed_keys:
                return
            left = [key for key in reply.unprocessed_keys if key in keys]
            if len(left) < len(reply.unprocessed_keys):
                why = "the service lists keys as unprocessed that it was not asked for"
                raise Error(ErrorKind.INTEGRITY, "dynamodb.BatchGetItem", (self._table,), why)
            keys = left
        why = f"not retrieved: {len(keys)} of {asked} rows, which the service left unprocessed {_ROUNDS} times"
        raise Error(ErrorKind.UNAVAILABLE, "dynamodb.BatchGetItem", (self._table,), why)

    async def _take(
        self, found: ReadResult, items: Sequence[msgspec.Raw], consumed: float, decode: Decode
    ) -> list[Row]:
        found.replies += 1
        found.consumed += max(consumed, _LEAST_COST)
        taken: list[Row] = []
        async with self._decoding:
            async for part in in_slices(items):
                rows = decode(part, found.errors)
                found.add(rows)
                taken += rows
        return taken


class _HookError(Exception):
    """The exception of a hook, its only argument. An Error of a hook is not one of the reads."""


async def _call(hook: PageHook, page: SnapshotPage) -> bool:
    try:
        return await hook(page)
    except Exception as error:
        raise _HookError(error) from error


async def _together(found: ReadResult, parts: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Run `parts` at the same time. Raises what a hook raises, and an Error if nothing at all could be read."""
    failures: list[Error] = []

    async def run(part: Coroutine[Any, Any, None]) -> None:
        try:
            await part
        except Error as error:
            drop_tracebacks(error)
            failures.append(error)

    try:
        async with asyncio.TaskGroup() as group:
            for part in parts:
                group.create_task(run(part))
    except ExceptionGroup as unexpected:
        first = unexpected.exceptions[0]
        if isinstance(first, _HookError):
            first = first.args[0]
        raise first from first.__cause__
    if failures and not found.replies:
        raise failures[0]
    found.errors.extend(failures)


def _age(row: Row) -> tuple[bool, datetime]:
    return row.end is not None, row.keepalive or EARLIEST
