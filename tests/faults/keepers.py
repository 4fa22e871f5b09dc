"""Leases held while the service fails: a lost lease raises an error, and each end is written after the fault."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Self, cast

import boto3

from store import Digest, DynamoTaskDB, Error, RunID, keep_id_alive_and_end, keep_run_alive
from store.dynamo import schema
from store.dynamo.client import Client, ReadClient
from store.lease import SKEW
from store.lease_keeper import PERMANENT
from tests.faults.fault import Fault
from tests.faults.front import Front, front
from tests.faults.world import NOON, Writers, client_opener
from tests.support.clock import MockClock
from tests.support.table_check import read_table

END_TIMEOUT = 60.0
"""Seconds for which writing the end of a row is retried."""
_BEFORE, _CANCELLED_AFTER, _LATER, _AFTER = 50, 70, 40, 200  # seconds
_HANGING = 10.0  # seconds of real time; then the test stops waiting for a write
_tables = itertools.count()


class _CountedDB(DynamoTaskDB):
    """A TaskDB that tracks its writes under way."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.under_way: set[object] = set()

    async def keep_run_alive(self, id: RunID, keepalive: datetime) -> None:
        await self._count(super().keep_run_alive(id, keepalive))

    async def keep_id_alive(self, id: Digest, keepalive: datetime) -> None:
        await self._count(super().keep_id_alive(id, keepalive))

    async def set_end_time(self, id: Digest, end: datetime | None = None, *, unless_ended: bool = False) -> None:
        await self._count(super().set_end_time(id, end, unless_ended=unless_ended))

    async def _count(self, write: Coroutine[Any, Any, None]) -> None:
        self.under_way.add(write)
        try:
            await write
        finally:
            self.under_way.discard(write)


class KeeperWorld:
    """A table behind a front, and the clock of the test. Faults treat it like the `World` of a dashboard."""

    def __init__(self, service: Front, table: str, clock: MockClock, admin: Any) -> None:
        self.front = service
        self.table = table
        self.clock = clock
        self.admin = admin
        self.db: _CountedDB
        self._hanging: set[object] = set()
        self.direct: ReadClient
        self.clients: list[ReadClient] = []
        self.writers: Writers
        self.is_writing = False

    def forget_addresses(self) -> None:
        """Have the next requests look up the address of the service."""
        for client in self.clients:
            for session in client._aws._endpoint.http_session._sessions.values():
                session.connector.clear_dns_cache()

    async def wait(self, seconds: int) -> None:
        """Let time pass, second by second, and wait each time for the tries under way."""
        for _ in range(seconds):
            await self.clock.advance(1)
            loop = asyncio.get_running_loop()
            until = loop.time() + _HANGING
            while waited := self.db.under_way - self._hanging:
                if loop.time() > until:
                    self._hanging |= waited
                await asyncio.sleep(0.001)

    async def row(self, id: RunID) -> Any:
        """Return the run as the table has it, or None."""
        rows = await read_table(self.direct, self.table)
        return next((row for row in rows if row.id == id), None)


@asynccontextmanager
async def keeper_world(endpoint_url: str) -> AsyncIterator[KeeperWorld]:
    """Open a TaskDB on a new table behind a front."""
    clock, table = MockClock(NOON), f"keepers-{next(_tables)}"
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(front(endpoint_url, clock.now))
        admin: Any = boto3.client("dynamodb", endpoint_url=endpoint_url)
        made = KeeperWorld(service, table, clock, admin)
        admin.create_table(**schema.table_definition(table))
        open_client = client_opener(stack, clock, made.clients)
        made.direct = await open_client(ReadClient, endpoint_url)
        made.db = _CountedDB(await open_client(Client, service.url), table, clock=clock.now)
        made.writers = Writers(made.db, clock)
        yield made


class Keeper:
    """A task that holds the lease of a run, and its outcome."""

    def __init__(self, world: KeeperWorld, *, ends: bool) -> None:
        self.id = RunID.new()
        self.told: datetime | None = None
        self.failure: BaseException | None = None
        self.cancelled_at: datetime | None = None
        self._world = world
        self._ends = ends
        self._task: asyncio.Task[None]

    @classmethod
    async def begin(cls, world: KeeperWorld, *, ends: bool) -> Self:
        """Create a run, and hold its lease; with `ends`, also write its end."""
        keeper = cls(world, ends=ends)
        await world.db.create_run(keeper.id, "amy@example.com")
        keeper._task = asyncio.create_task(keeper._hold(), name=f"keeper {keeper.id.short}")
        return keeper

    @property
    def is_done(self) -> bool:
        return self._task.done()

    async def _hold(self) -> None:
        clock, db = self._world.clock, self._world.db
        if self._ends:
            keep = keep_id_alive_and_end(db, self.id, END_TIMEOUT, now=clock.now, sleep=clock.sleep)
        else:
            keep = keep_run_alive(db, self.id, now=clock.now, sleep=clock.sleep)
        try:
            async with keep:
                try:
                    await asyncio.Future()
                finally:
                    self.told = clock.now()
        except BaseException as failure:
            self.told = self.told or clock.now()
            self.failure = failure
            raise

    def cancel(self) -> None:
        """Cancel the block from outside."""
        self.cancelled_at = self._world.clock.now()
        self._task.cancel()

    async def result(self) -> None:
        """Wait for the end of the task, and retrieve its exception."""
        await asyncio.wait([self._task])
        if not self._task.cancelled():
            self._task.exception()


class _Log(logging.Handler):
    """The warnings of the library."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


async def play_keepers(world: KeeperWorld, fault: Fault) -> list[str]:
    """Hold leases through a fault, cancel some of them meanwhile, and return the failures."""
    log, wrong = _Log(), list[str]()
    logging.getLogger("store").addHandler(log)
    tasks_before = asyncio.all_tasks()
    try:
        holder, ender, stays = [await Keeper.begin(world, ends=ends) for ends in (False, True, True)]
        await world.wait(_BEFORE)
        world.front.answer = fault.answer
        if fault.begin is not None:
            await fault.begin(cast("Any", world))
        await world.wait(_CANCELLED_AFTER)
        if not ender.is_done:
            ender.cancel()
        await world.wait(_LATER)
        world.front.answer = None
        await world.front.drop()  # a write takes seconds of real time, which are minutes of the test clock
        if fault.end is not None:
            await fault.end(cast("Any", world))
        await world.wait(_AFTER)
        wrong += [
            *await _of_lease(world, holder),
            *await _of_end(world, fault, ender, log.lines),
        ]
        for keeper in (holder, stays):
            keeper.cancel()
        await world.wait(int(END_TIMEOUT) + 5)
        wrong += await _of_end(world, fault, stays, log.lines)
        for keeper in (holder, ender, stays):
            if not keeper.is_done:
                wrong.append(f"keeper {keeper.id.short} does not end")
            await keeper.result()
        left = {task.get_coro() for task in asyncio.all_tasks() - tasks_before if not task.done()}
        names = {getattr(each, "__qualname__", str(each)) for each in left}
        wrong += [f"a task is left: {name}" for name in names if not name.startswith("Front.")]
    finally:
        logging.getLogger("store").removeHandler(log)
    return wrong


async def _of_lease(world: KeeperWorld, holder: Keeper) -> list[str]:
    """Return an error unless the lease, after a fault of under two minutes, is held or its holder was told."""
    row, now = await world.row(holder.id), world.clock.now()
    is_held = row is not None and row.keepalive is not None and row.keepalive >= now - SKEW
    if is_held and holder.told is None:
        return []
    if holder.told is None:
        return [f"the lease ended at {getattr(row, 'keepalive', None)}, it is {now}, and its holder does not know"]
    if not isinstance(holder.failure, Error):
        return [f"the holder was told by {holder.failure!r}"]
    return []


async def _of_end(world: KeeperWorld, fault: Fault, keeper: Keeper, log: list[str]) -> list[str]:
    """Return an error unless the end of a row is in the table, or its keeper got a permanent error."""
    row = await world.row(keeper.id)
    if keeper.told is None:
        return ["the block does not know that it was cancelled"]
    if row is not None and row.end is not None:
        late = abs(row.end - keeper.told)
        return [] if late <= timedelta(seconds=1) else [f"the end is {late} from that of the block"]
    if fault.removes_rows:
        return []
    failure = keeper.failure
    if isinstance(failure, Error) and failure.kind in PERMANENT:
        return []
    if any(
        kind.description in line for line in log for kind in PERMANENT
    ):  # a cancelled keeper logs the error instead of raising it
        return []
    return [f"the end is not in the table, though no error is permanent: {failure!r}, {log}"]
