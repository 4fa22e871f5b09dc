"""How the simulated cluster writes a row of each type: its creation, its lease, its end."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import TypedDict

from store import Digest, StringDigest, TaskDB, keep_id_alive_and_end, keep_run_alive, keep_task_alive
from store.keepalive import Sleep, keep_id_alive
from store.lease import LEASE
from store.times import Clock
from tui.demo.log_writer import LogWriter
from tui.demo.run_plan import AllocPlan, Lifetime, PoolPlan, RunPlan, TaskPlan

_END_TIMEOUT = 30.0  # seconds
_LOG_EVERY = 4.0  # seconds


class Timing(TypedDict):
    """The clock that the keepalive helpers go by."""

    now: Clock
    sleep: Sleep


class RowWriter(ABC):
    """A row and what its writer does with it. The first lease is promised at `first_lease`."""

    def __init__(self, db: TaskDB, id: Digest, life: Lifetime, first_lease: datetime | None = None) -> None:
        self._db = db
        self.id = id
        self.life = life
        self.first_lease = first_lease or life.start

    @abstractmethod
    async def create(self) -> None:
        """Write the row, started now."""

    @abstractmethod
    async def end(self, *, late: bool = False) -> None:
        """Write its logs and its end, if it has one; `late` if that was before anybody watched."""

    @abstractmethod
    def alive(self, timing: Timing) -> AbstractAsyncContextManager[object]:
        """Keep the lease while the block runs; then write the end, if there is one."""

    async def renew(self, until: datetime) -> None:
        """Promise once that the row is alive until then."""
        await self._db.keep_id_alive(self.id, until)


class RunWriter(RowWriter):
    """The row of a run."""

    def __init__(self, db: TaskDB, plan: RunPlan, logs: LogWriter) -> None:
        super().__init__(db, plan.id, plan.life, plan.first_lease)
        self._plan = plan
        self._logs = logs

    async def create(self) -> None:
        """Write the row, started now."""
        await self._db.create_run(self._plan.id, self._plan.user)
        await self._db.set_run_attrs(self._plan.id, self._plan.bundle, self._plan.args)

    async def end(self, *, late: bool = False) -> None:
        """Write its logs and its end, if it has one."""
        if self.life.ended:
            logs = await self._logs.run(self._plan)
            await self._db.set_run_complete(self._plan.id, *logs, end=self.life.stop)

    @asynccontextmanager
    async def alive(self, timing: Timing) -> AsyncIterator[None]:
        """Keep the lease while the block runs; then write the end, if there is one."""
        async with keep_run_alive(self._db, self._plan.id, **timing):
            yield
        await self.end()


class TaskWriter(RowWriter):
    """The row of a task."""

    def __init__(self, db: TaskDB, plan: TaskPlan, logs: LogWriter) -> None:
        super().__init__(db, plan.task.id, plan.life)
        self._plan = plan
        self._logs = logs
        self._logged: datetime | None = None  # what was said up to then is written
        self._logging = asyncio.Lock()

    async def create(self) -> None:
        """Write the row, started now."""
        await self._db.create_task(self._plan.task)

    async def renew(self, until: datetime) -> None:
        """Promise once that the row is alive until then; it has said something before."""
        await super().renew(until)
        if self._plan.keeps_logs:
            self._logged = until - LEASE
            await self._logs.progress(self._plan, None, self._logged)

    async def end(self, *, late: bool = False) -> None:
        """Write its logs and its end, if it has one. Of late ones not all have logs, to be written sooner."""
        if not self.life.ended:
            return
        id, err = self._plan.task.id, self._plan.err
        if self._plan.keeps_logs or not late:
            await self._db.set_task_attrs(id, *await self._logs.task(self._plan, self._logged))
            if err is None:
                await self._db.set_task_result(id, await self._logs.result(self._plan))
        await self._db.set_task_complete(id, err, self.life.stop)

    @asynccontextmanager
    async def alive(self, timing: Timing) -> AsyncIterator[None]:
        """Keep the lease while the block runs, and write its log; then write the end, if there is one."""
        async with keep_task_alive(self._db, self._plan.task.id, **timing), asyncio.TaskGroup() as group:
            log = group.create_task(self._log(timing))
            yield
            async with self._logging:  # rather than in the middle of writing
                log.cancel()
        await self.end()

    async def _log(self, timing: Timing) -> None:
        """Write what the task says: of most only what they have said so far, or it would be many requests."""
        while True:
            async with self._logging:
                now = timing["now"]()
                await self._logs.progress(self._plan, self._logged, now)
                self._logged = now
            if not self._plan.keeps_logs:
                return
            await timing["sleep"](_LOG_EVERY)


class _HostWriter(RowWriter):
    """What pools and allocs have in common: their writer is the host itself."""

    async def end(self, *, late: bool = False) -> None:
        """Write its end, if it has one."""
        if self.life.ended:
            await self._db.set_end_time(self.id, self.life.stop)

    def alive(self, timing: Timing) -> AbstractAsyncContextManager[object]:
        """Keep the lease while the block runs; then write the end, if there is one."""
        if self.life.ended:
            return keep_id_alive_and_end(self._db, self.id, _END_TIMEOUT, **timing)
        return keep_id_alive(self._db, self.id, **timing)


class PoolWriter(_HostWriter):
    """The row of a pool."""

    def __init__(self, db: TaskDB, plan: PoolPlan) -> None:
        super().__init__(db, plan.pool.pool_id.digest, plan.life)
        self._pool = plan.pool

    async def create(self) -> None:
        """Write the row, started now."""
        await self._db.start_pool(self._pool)


class AllocWriter(_HostWriter):
    """The row of an alloc."""

    def __init__(self, db: TaskDB, plan: AllocPlan) -> None:
        super().__init__(db, plan.alloc.id, plan.life)
        self._alloc = plan.alloc

    async def create(self) -> None:
        """Write the row, started now."""
        await self._db.start_alloc(StringDigest(self._alloc.alloc_id), self._alloc.pool_id, self._alloc.resources)
