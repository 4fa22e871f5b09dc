"""The simulated cluster: writes the rows of planned runs through a TaskDB when they are due."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from store import Error, ErrorKind, MemoryTaskDB, TaskDB
from store.aws.error_mapping import is_temporary
from store.dynamo.encode import Item
from store.keepalive import Sleep
from store.lease import LEASE, RENEWAL
from store.times import Clock, utc_now
from tui.demo.log_writer import LogWriter
from tui.demo.row_writers import AllocWriter, PoolWriter, RowWriter, RunWriter, TaskWriter
from tui.demo.run_plan import RunPlan
from tui.demo.scenario import Scenario

# Rows whose past is played concurrently: each may write logs.
_CONCURRENCY = 32
# Runs that ended earlier than this are not on the first screen, and are written last.
_RECENT = timedelta(minutes=10)
_RETRY = 10.0  # seconds

WriteRows = Callable[[Sequence[Item]], Awaitable[None]]
Lease = tuple[RowWriter, datetime]  # a row, and the time of its next renewal


class WriterClock:
    """The clock of the TaskDBs. A coroutine can set it to a time in the past for its own writes."""

    def __init__(self, now: Clock = utc_now) -> None:
        self.now = now
        self._past: ContextVar[datetime | None] = ContextVar("past", default=None)

    def __call__(self) -> datetime:
        """Return the time set by the calling coroutine, or the current time."""
        return self._past.get() or self.now()

    @contextmanager
    def at(self, time: datetime) -> Iterator[None]:
        """Set the clock to `time` for this coroutine inside the block."""
        token = self._past.set(time)
        try:
            yield
        finally:
            self._past.reset(token)


class PastRows(MemoryTaskDB):
    """A TaskDB that holds rows until their past has been played, so that each is written once.

    Readers see only whole rows: one that is written in part would count as lost.
    """

    @property
    def items(self) -> list[Item]:
        """The items that the table is to have."""
        return list(self._items.values())


class SimulatedCluster:
    """Plays planned runs: writes their past at once, with the original times, and the rest when it is due.

    `dbs` maps the name of each workflow to a TaskDB with its labels. All write to one table and use `clock`.
    `write_rows` writes whole rows to that table.
    """

    def __init__(
        self,
        dbs: Mapping[str, TaskDB],
        write_rows: WriteRows,
        logs: LogWriter,
        clock: WriterClock,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._dbs = dbs
        self._write_rows = write_rows
        self._logs = logs
        self._clock = clock
        self._sleep = sleep
        self._writing = asyncio.Semaphore(_CONCURRENCY)

    async def play(self, scenario: Scenario, ready: Callable[[], None] = lambda: None) -> None:
        """Play the scenario. Call `ready` when the runs of the first screen are written."""
        now = self._clock.now()
        recent = [plan for plan in scenario.past if plan.life.stop > now - _RECENT]
        old = [plan for plan in scenario.past if plan.life.stop <= now - _RECENT]
        async with asyncio.TaskGroup() as group:
            await self._catch_up(recent, now, group)
            ready()
            await self._catch_up(old, now, group)
            for plan in scenario.to_come:
                await self._until(plan.life.start)
                for row in self._rows(plan):
                    group.create_task(self._play(row))

    def _rows(self, plan: RunPlan) -> Iterator[RowWriter]:
        db = self._dbs[plan.workflow.name]
        yield RunWriter(db, plan, self._logs)
        yield from (PoolWriter(db, pool) for pool in plan.pools)
        yield from (AllocWriter(db, alloc) for alloc in plan.allocs)
        yield from (TaskWriter(db, task, self._logs) for task in plan.tasks)

    async def _catch_up(self, plans: Iterable[RunPlan], now: datetime, group: asyncio.TaskGroup) -> None:
        """Write the past of the rows of `plans`, and start tasks in `group` for the rest."""
        past, playing = list[PastRows](), list[Coroutine[Any, Any, Lease | None]]()
        for plan in plans:
            past.append(held := PastRows(plan.workflow.labels, self._clock))
            for row in self._rows(plan):
                if row.life.start >= now:
                    group.create_task(self._play(row))
                else:
                    playing.append(self._play_past(row, held))
        leases = await asyncio.gather(*playing)
        await self._write_rows([item for held in past for item in held.items])
        for lease in filter(None, leases):
            group.create_task(self._keep(*lease))

    async def _play_past(self, row: RowWriter, past: PastRows) -> Lease | None:
        """Play the past of a row into `past`. Return the row and the time of its next renewal, or None if it ended."""
        live, row.db = row.db, past
        async with self._writing:
            now = self._clock.now()
            with self._clock.at(row.life.start):
                await row.create()
            lease_due = _next_renewal(row, min(now, row.life.stop))
            if lease_due > row.first_lease:
                await row.renew(lease_due - RENEWAL + LEASE)
            if row.life.stop <= now:
                await row.end(late=True)
        row.db = live
        return (row, lease_due) if row.life.stop > now else None

    async def _play(self, row: RowWriter) -> None:
        await self._until(row.life.start)
        with self._clock.at(row.life.start):
            await self._insist(row.create)
        await self._keep(row, row.first_lease)

    async def _keep(self, row: RowWriter, lease_due: datetime) -> None:
        await self._until(min(lease_due, row.life.stop))
        if lease_due < row.life.stop:
            await self._insist(partial(self._hold, row))
        else:
            await self._insist(row.end)

    async def _hold(self, row: RowWriter) -> None:
        async with row.alive({"now": self._clock.now, "sleep": self._sleep}):
            await self._until(row.life.stop)

    async def _insist(self, write: Callable[[], Awaitable[None]]) -> None:
        """Repeat `write` until the service takes it.

        An engine writes on after an outage, however long: its runs are lost meanwhile, and alive again afterwards.
        """
        while True:
            try:
                await write()
            except* Error as errors:
                _, others = errors.split(_is_outage)
                if others is not None:
                    raise others from None
            else:
                return
            await self._sleep(_RETRY)

    async def _until(self, time: datetime) -> None:
        seconds = (time - self._clock.now()).total_seconds()
        if seconds > 0:
            await self._sleep(seconds)


def _is_outage(error: BaseException) -> bool:
    """Return whether the service may take the write later; a lost lease is the outage of several renewals."""
    return is_temporary(error) or (isinstance(error, Error) and error.kind is ErrorKind.TOO_MANY_TRIES)


def _next_renewal(row: RowWriter, time: datetime) -> datetime:
    """Return the time of the first renewal after `time`."""
    if time < row.first_lease:
        return row.first_lease
    return row.first_lease + RENEWAL * ((time - row.first_lease) // RENEWAL + 1)
