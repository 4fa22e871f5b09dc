"""The queue of requests that wait for a connection of a client."""

import asyncio
import heapq
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from store.errors import Error, ErrorKind, FailureReason

QUEUE_TIMEOUT = 300.0  # seconds to wait for a connection


class RequestQueue:
    """Lets at most `slots` requests run at a time.

    Reads and row writes go first, in order of arrival. Renewals of leases follow, ordered by the end of the new lease:
    the earliest was due first. A row write therefore waits for one reply, and not for 10,000 renewals.
    """

    def __init__(self, slots: int, longest_wait: float) -> None:
        self._slots = slots
        self._free = slots
        self._longest_wait = longest_wait
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._arrivals = itertools.count()

    @asynccontextmanager
    async def slot(self, op: str, args: Sequence[str], renewed_until: datetime | None = None) -> AsyncIterator[None]:
        """Wait for a slot and hold it during the block. `renewed_until` is the end of the lease set by a renewal.

        Raises Error TIMEOUT with `op` and `args`, before anything is sent, if no slot is free within the longest wait.
        """
        try:
            async with asyncio.timeout(self._longest_wait):
                await self._acquire(0.0 if renewed_until is None else renewed_until.timestamp())
        except TimeoutError as late:
            # Not the requests ahead: those that came before have been sent or have waited too long themselves.
            others = sum(not turn.done() for *_, turn in self._waiting)
            waited = f"waited {self._longest_wait:g} s for a connection ({self._slots} in use, {others} others waiting)"
            late.args = (f"not sent: {waited}; raise max_in_flight or send fewer requests at once",)
            raise Error(ErrorKind.TIMEOUT, op, args, late, FailureReason.TIMEOUT) from late
        try:
            yield
        finally:
            self._release()

    async def _acquire(self, due: float) -> None:
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (due, next(self._arrivals), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the slot and the cancellation arrived together
                self._release()
            raise

    def _release(self) -> None:
        while self._waiting:
            *_, turn = heapq.heappop(self._waiting)
            if not turn.done():  # skip waiters that were cancelled
                turn.set_result(None)
                return
        self._free += 1
