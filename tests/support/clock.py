"""A clock that a test moves."""

import asyncio
import heapq
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

_MOST_TURNS = 20
_QUIET_TURNS = 3  # a callback from a thread or a socket is seen a turn later


class MockClock:
    """Gives the time (`now`), and sleeps until a test has moved it far enough (`sleep`)."""

    def __init__(self, time: datetime = datetime(2026, 11, 1, 12, tzinfo=UTC)) -> None:
        self.time = time
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        waker = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.time + timedelta(seconds=seconds), next(self._order), waker))
        await waker

    async def advance(self, seconds: float) -> None:
        """Let so much time pass: all who are due at a time are woken, in order, and run until they wait again."""
        end = self.time + timedelta(seconds=seconds)
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            self.time = self._sleepers[0][0]
            while self._sleepers and self._sleepers[0][0] == self.time:
                _, _, waker = heapq.heappop(self._sleepers)
                if not waker.done():
                    waker.set_result(None)
            await settle()
        self.time = end


async def settle() -> None:
    """Let every task run until it waits for something else than its turn."""
    loop: Any = asyncio.get_running_loop()
    quiet = 0
    for _ in range(_MOST_TURNS):
        await asyncio.sleep(0)
        quiet = 0 if loop._ready else quiet + 1
        if quiet == _QUIET_TURNS:
            return
