"""Writers of the rows of the simulated cluster, one class per type: creation, lease and end."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import TypedDict

from store import Digest, Error, StringDigest, TaskDB, keep_run_alive, keep_task_alive
from store.aws.error_mapping import is_temporary
from store.keepalive import Sleep, keep_id_alive
from store.lease import LEASE
from store.times import Clock
from tui.demo.log_writer import LogWriter
from tui.demo.run_plan import AllocPlan, Lifetime, PoolPlan, RunPlan, TaskPlan

_LOG_EVERY = 4.0  # seconds


class Timing(TypedDict):
    """The clock and the sleep passed to the keepalive helpers."""

    now: Clock
    sleep: Sleep


class RowWriter(ABC):
    """The writer of one row to `db`, which may change between two writes. It takes the first lease at `first_lease`."""

    def __init__(self, db: TaskDB, id: Digest, life: Lifetime, first_lease: datetime | None = None) -> None:
        self.db = db
        self.id = id
        self.life = life
        self.first_lease = first_lease or life.start

    @abstractmethod
    async def create(self) -> None:
        """Write the row, with the current time as its start."""

    @abstractmethod
    async def end(self, *, late: bool = False) -> None:
        """Write the logs and the end, if the row ends. `late` is true if it ended before the demo started."""

    @abstractmethod
    def alive(self, timing: Timing) -> AbstractAsyncContextManager[object]:
        """Renew the lease while the block runs, then write the end, if the row ends."""

    async def renew(self, until: datetime) -> None:
        """Renew the lease once, until the given time."""
        await self.db.keep_id_alive(self.id, until)


class RunWriter(RowWriter):
    """The writer of a run's row."""

    def __init__(self, db: TaskDB, plan: RunPlan, logs: LogWriter) -> None:
        super().__init__(db, plan.id, plan.life, plan.first_lease)
        self._plan = plan
        self._logs = logs

    async def create(self) -> None:
        """Write the row, with the current time as its start."""
        await self.db.create_run(self._plan.id, self._plan.user)
        await self.db.set_run_attrs(self._plan.id, self._plan.bundle, self._plan.args)

    async def end(self, *, late: bool = False) -> None:
        """Write the logs and the end, if the row ends."""
        if self.life.ended:
            logs = await self._logs.run(self._plan)
            await self.db.set_run_complete(self._plan.id, *logs, end=self.life.stop)

    @asynccontextmanager
    async def alive(self, timing: Timing) -> AsyncIterator[None]:
        """Renew the lease while the block runs, then write the end, if the row ends."""
        async with keep_run_alive(self.db, self._plan.id, **timing):
            yield
        await self.end()


class TaskWriter(RowWriter):
    """The writer of a task's row."""

    def __init__(self, db: TaskDB, plan: TaskPlan, logs: LogWriter) -> None:
        super().__init__(db, plan.task.id, plan.life)
        self._plan = plan
        self._logs = logs
        self._logged: datetime | None = None  # stderr is written up to this time
        self._logging = asyncio.Lock()

    async def create(self) -> None:
        """Write the row, with the current time as its start."""
        await self.db.create_task(self._plan.task)

    async def renew(self, until: datetime) -> None:
        """Renew the lease once, and write the stderr up to that renewal."""
        await super().renew(until)
        if self._plan.keeps_logs:
            self._logged = until - LEASE
            await self._logs.progress(self._plan, None, self._logged)

    async def end(self, *, late: bool = False) -> None:
        """Write the logs and the end. Most late tasks have no logs, so that the demo starts sooner."""
        if not self.life.ended:
            return
        id, err = self._plan.task.id, self._plan.err
        if self._plan.keeps_logs or not late:
            await self.db.set_task_attrs(id, *await self._logs.task(self._plan, self._logged))
            if err is None:
                await self.db.set_task_result(id, await self._logs.result(self._plan))
        await self.db.set_task_complete(id, err, self.life.stop)

    @asynccontextmanager
    async def alive(self, timing: Timing) -> AsyncIterator[None]:
        """Renew the lease and write the stderr while the block runs, then write the end."""
        async with keep_task_alive(self.db, self._plan.task.id, **timing), asyncio.TaskGroup() as group:
            log = group.create_task(self._log(timing))
            yield
            async with self._logging:  # do not cancel in the middle of a write
                log.cancel()
        await self.end()

    async def _log(self, timing: Timing) -> None:
        """Write the stderr as it grows; for most tasks only once, to limit the number of requests.

        Lines that cannot be written in an outage are written with the next lines.
        """
        while True:
            async with self._logging:
                now = timing["now"]()
                try:
                    await self._logs.progress(self._plan, self._logged, now)
                except Error as error:
                    if not is_temporary(error):
                        raise
                else:
                    self._logged = now
            if not self._plan.keeps_logs:
                return
            await timing["sleep"](_LOG_EVERY)


class _HostWriter(RowWriter):
    """The common part of the writers of pools and allocs, which the host itself writes."""

    async def end(self, *, late: bool = False) -> None:
        """Write the end, if the row ends."""
        if self.life.ended:
            await self.db.set_end_time(self.id, self.life.stop)

    @asynccontextmanager
    async def alive(self, timing: Timing) -> AsyncIterator[None]:
        """Renew the lease while the block runs, then write the end, if the row ends."""
        # Not `keep_id_alive_and_end`, which also ends a row whose lease was lost: the host outlives an outage.
        async with keep_id_alive(self.db, self.id, **timing):
            yield
        await self.end()


class PoolWriter(_HostWriter):
    """The writer of a pool's row."""

    def __init__(self, db: TaskDB, plan: PoolPlan) -> None:
        super().__init__(db, plan.pool.pool_id.digest, plan.life)
        self._pool = plan.pool

    async def create(self) -> None:
        """Write the row, with the current time as its start."""
        await self.db.start_pool(self._pool)


class AllocWriter(_HostWriter):
    """The writer of an alloc's row."""

    def __init__(self, db: TaskDB, plan: AllocPlan) -> None:
        super().__init__(db, plan.alloc.id, plan.life)
        self._alloc = plan.alloc

    async def create(self) -> None:
        """Write the row, with the current time as its start."""
        await self.db.start_alloc(StringDigest(self._alloc.alloc_id), self._alloc.pool_id, self._alloc.resources)
