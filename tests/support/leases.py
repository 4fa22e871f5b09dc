"""A TaskDB for tests in which only the leases matter."""

import asyncio
from datetime import datetime

from store.digest import Digest, RunID, TaskID
from store.errors import Error, ErrorKind
from store.keepalive import KeepAlive, keep_id_alive_and_end, keep_run_alive
from store.nop import NopTaskDB
from tests.support.clock import MockClock

RUN = RunID.new()
TEMPORARY = Error(ErrorKind.TEMPORARY, "keep alive", (), "try again")
DENIED = Error(ErrorKind.NOT_ALLOWED, "keep alive", (), "no")


class Leases(NopTaskDB):
    """Records what is written and, in seconds, when it was tried.

    Tries fail as `failures` and `end_failures` say, one after the other, and wait for ever while `hang` is set.
    """

    def __init__(self) -> None:
        self.clock = MockClock()
        self.writes: list[tuple[str, Digest, datetime]] = []
        self.tried: list[float] = []
        self.end_tried: list[float] = []
        self.failures: list[BaseException | None] = []
        self.end_failures: list[BaseException | None] = []
        self.hang = False
        self._began = self.clock.time

    def keep(self) -> KeepAlive:
        return keep_run_alive(self, RUN, now=self.clock.now, sleep=self.clock.sleep)

    def keep_and_end(self) -> KeepAlive:
        return keep_id_alive_and_end(self, RUN, 30, now=self.clock.now, sleep=self.clock.sleep)

    @property
    def ends(self) -> list[datetime]:
        return [time for name, _, time in self.writes if name == "end"]

    async def keep_run_alive(self, id: RunID, keepalive: datetime) -> None:
        await self._write("run", id, keepalive, self.tried, self.failures)

    async def keep_task_alive(self, id: TaskID, keepalive: datetime) -> None:
        await self._write("task", id, keepalive, self.tried, self.failures)

    async def keep_id_alive(self, id: Digest, keepalive: datetime) -> None:
        await self._write("id", id, keepalive, self.tried, self.failures)

    async def set_end_time(self, id: Digest, end: datetime | None = None, *, unless_ended: bool = False) -> None:
        assert end
        assert unless_ended
        await self._write("end", id, end, self.end_tried, self.end_failures)

    async def _write(
        self, name: str, id: Digest, time: datetime, tried: list[float], failures: list[BaseException | None]
    ) -> None:
        tried.append((self.clock.time - self._began).total_seconds())
        await asyncio.sleep(0)
        if failure := failures.pop(0) if failures else None:
            raise failure
        if self.hang:
            await asyncio.Future()
        self.writes.append((name, id, time))
