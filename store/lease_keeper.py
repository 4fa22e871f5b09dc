"""The keeper of thousands of leases: one heap of what is due, and a bounded number of renewals in flight."""

import asyncio
import heapq
import itertools
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from store.digest import Digest
from store.errors import Error, ErrorKind
from store.lease import LEASE, RENEWAL
from store.lease_block import KeepAlive
from store.taskdb import TaskDB
from store.times import Clock, utc_now, whole_seconds

Sleep = Callable[[float], Awaitable[object]]
Renew = Callable[[Any, datetime], Coroutine[Any, Any, None]]

TRIES = 5
PERMANENT = frozenset(
    {
        ErrorKind.NOT_ALLOWED,
        ErrorKind.NOT_EXIST,
        ErrorKind.NOT_SUPPORTED,
        ErrorKind.INVALID,
        ErrorKind.FATAL,
        ErrorKind.PRECONDITION,
    }
)
# Waits between tries, in seconds: those of the Go code.
_FIRST_WAIT = 10.0
_LONGEST_WAIT = 120.0
_GROWTH = 1.2
_JITTER = 0.2
# While a lease is held, a wait and a try each take up to a third of the time left, so that others can follow. A try
# that begins 3 s before the end is answered, or given up and followed by another, before the lease expires.
_SHARE = 3
_SHORTEST_WAIT = 0.25
_SHORTEST_TRY = 1.0
# Renewals are early by up to this part of `renew_after`: leases that began together drift apart.
_SPREAD = 0.1
# Renewals are early by at least this part of it, and at most these seconds. Stored leases are cut to whole seconds, so
# they hold for 119 s or more: 3 s remain after an outage of 120 s less `renew_after`, for tries that are answered.
_EARLIEST_PART = 1 / 15
_EARLIEST = 4.0
# The same after a renewal while others waited, as after the start of an engine or after an outage. Leases that stayed
# together would all be due together, and after the next outage more than a slow service can renew in the time left.
_CROWD_SPREAD = 0.5
# Seconds in which a first lease is due, for the order of renewals when the keeper falls behind.
_FIRST_LEASE_DUE = (LEASE - RENEWAL).total_seconds()
# Renewals at a time: as many as the connections of a TaskDB by default. More would only wait inside the TaskDB.
_MAX_IN_FLIGHT = 16
_REMOVED = -1

_log = logging.getLogger(__name__)


class _Lease:
    """One lease. Times are those of the keeper's timer, in seconds."""

    __slots__ = (
        *("failures", "go_due", "id", "is_extra", "is_late", "on_lost"),
        *("renew", "seq", "task", "tried", "tried_at", "until"),
    )

    def __init__(
        self, id: Digest, renew: Renew, on_lost: Callable[[Error], None], tried: asyncio.Event | None, now: float
    ) -> None:
        self.id = id
        self.renew = renew
        self.on_lost = on_lost
        self.tried = tried
        self.tried_at = now
        self.until: float | None = None  # the end of the lease; None before the first
        self.failures = 0  # of the tries of Go's schedule, in a row
        self.go_due = now  # when the next of those is due
        self.is_extra = False  # the next try comes before that
        self.is_late = False  # its try was cancelled for taking too long
        self.seq = 0  # of its only valid entry in the heaps
        self.task: asyncio.Task[None] | None = None  # the try in flight


class LeaseKeeper:
    """Renews the leases of many rows of a TaskDB from one timer, without a task for each.

    A lease is set to now + 120 s and renewed after `renew_after` seconds, less a random time between 4 s and 10 % (a
    fifteenth and a tenth of a `renew_after` below 60). At most `max_in_flight` renewals are sent at a time; when the
    keeper falls behind, leases that expire earliest go first, and their next renewals are spread over half of
    `renew_after`.

    A renewal that fails is tried on Go's schedule, 5 tries in all with waits of 10 s and more. While the lease is still
    held, the keeper makes extra tries: no wait and no try takes more than a third of the time left, and the keeper does
    not give the lease up. With a `renew_after` of 60 or more, no lease expires while the service hangs or refuses
    connections for up to 120 s less `renew_after`: 30 s by default, and 60 s with a `renew_after` of 60.

    A lease is lost after the last try, with an Error TOO_MANY_TRIES that has the last failure as its cause, or at once
    with an error that is permanent: NOT_ALLOWED, NOT_EXIST, NOT_SUPPORTED, INVALID, FATAL, PRECONDITION. The work on
    the row may go on all the same.

    A keeper serves one event loop, that of its first lease. `now` gives the time that leases are counted from. A
    `sleep` other than that of asyncio makes `now` the timer, too. Raises Error INVALID for a `renew_after` that is not
    between 0 and 120 s, and for a `max_in_flight` below 1.
    """

    def __init__(
        self,
        db: TaskDB,
        *,
        renew_after: float = RENEWAL.total_seconds(),
        max_in_flight: int = _MAX_IN_FLIGHT,
        now: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        if not 0 < renew_after < LEASE.total_seconds():
            why = f"not between 0 and {LEASE.total_seconds():g} s"
            raise Error(ErrorKind.INVALID, "keep alive", ("renew_after", str(renew_after)), why)
        if max_in_flight < 1:
            raise Error(ErrorKind.INVALID, "keep alive", ("max_in_flight", str(max_in_flight)), "not positive")
        self._renew: Renew = db.keep_id_alive
        self._renew_after = renew_after
        self._max_in_flight = self._free = max_in_flight
        self._now = now
        self._sleep = sleep
        self._loop: asyncio.AbstractEventLoop | None = None
        self._time: Callable[[], float]
        self._leases: set[_Lease] = set()
        self._added: dict[Digest, _Lease] = {}
        self._waiting: list[tuple[float, int, _Lease]] = []  # by when the next step is due
        self._ready: list[tuple[float, int, _Lease]] = []  # due, by the end of the lease
        self._seqs = itertools.count(1)
        self._timer: asyncio.Task[None] | None = None
        self._armed = 0.0  # when the timer wakes

    def __len__(self) -> int:
        return len(self._leases)

    def hold(self, id: Digest) -> KeepAlive:
        """Return a block, for `async with`, that holds the lease of a row of any type; see `KeepAlive`."""
        return KeepAlive(partial(self.begin, self._renew, id))

    def add(self, id: Digest, on_lost: Callable[[Error], None]) -> None:
        """Take the lease of a row of any type, now, and renew it until `remove`.

        If the lease is lost, the keeper forgets it and calls `on_lost` in the event loop with the Error.
        Raises Error INVALID for an id that was added before, and PRECONDITION in another event loop.
        """
        self._bind()
        if id in self._added:
            raise Error(ErrorKind.INVALID, "keep alive", (str(id),), "the keeper has this lease already")
        self._added[id] = self._take(id, self._renew, on_lost, None)

    def remove(self, id: Digest) -> None:
        """Stop renewing a lease that was added; it expires by itself. Does nothing if it was lost or never added."""
        if (lease := self._added.get(id)) is not None:
            self._drop(lease)

    async def close(self) -> None:
        """Stop renewing all leases, and wait for the renewals in flight."""
        tasks = [task for lease in list(self._leases) for task in self._drop(lease)]
        if tasks:
            await asyncio.wait(tasks)

    def begin(
        self, renew: Renew, id: Digest, on_lost: Callable[[Error], None], tried: asyncio.Event
    ) -> Callable[[], Coroutine[Any, Any, None]]:
        """Take a lease for a block, by the method `renew` of the TaskDB; returns the function that stops renewing it.

        Sets `tried` after the first try, unless the lease is lost by that. Raises Error PRECONDITION in another loop.
        """
        lease = self._take(id, renew, on_lost, tried)

        async def stop() -> None:
            if tasks := self._drop(lease):
                await asyncio.wait(tasks)

        return stop

    def _take(self, id: Digest, renew: Renew, on_lost: Callable[[Error], None], tried: asyncio.Event | None) -> _Lease:
        self._bind()
        now = self._time()
        lease = _Lease(id, renew, on_lost, tried, now)
        self._leases.add(lease)
        lease.seq = next(self._seqs)
        heapq.heappush(self._ready, (now + _FIRST_LEASE_DUE, lease.seq, lease))
        self._send_ready()
        return lease

    def _bind(self) -> None:
        """Serve the running event loop. Leases that were kept in one that is closed are forgotten."""
        loop = asyncio.get_running_loop()
        if self._loop is loop:
            return
        if self._leases and self._loop is not None and not self._loop.is_closed():
            raise Error(ErrorKind.PRECONDITION, "keep alive", (), "the keeper serves another event loop")
        self._loop = loop
        self._time = loop.time if self._sleep is asyncio.sleep else lambda: self._now().timestamp()
        self._leases, self._added, self._waiting, self._ready = set(), {}, [], []
        self._timer, self._free = None, self._max_in_flight

    def _drop(self, lease: _Lease) -> list[asyncio.Task[None]]:
        """Forget a lease; returns the tasks that this cancelled."""
        self._forget(lease)
        cancelled = [] if lease.task is None else [lease.task]
        if not self._leases and self._timer is not None:
            cancelled.append(self._timer)
            self._timer = None
            self._waiting.clear()
        for task in cancelled:
            task.cancel()
        return cancelled

    def _forget(self, lease: _Lease) -> None:
        lease.seq = _REMOVED
        self._leases.discard(lease)
        if self._added.get(lease.id) is lease:
            del self._added[lease.id]

    # The timer moves what is due to the ready leases; slots that are free take the first of those.

    def _schedule(self, lease: _Lease, due: float) -> None:
        lease.seq = next(self._seqs)
        heapq.heappush(self._waiting, (due, lease.seq, lease))

    def _next_due(self) -> float | None:
        while self._waiting and self._waiting[0][2].seq != self._waiting[0][1]:
            heapq.heappop(self._waiting)
        return self._waiting[0][0] if self._waiting else None

    def _arm(self) -> None:
        """Make the timer wake when the next step is due, and end it if there is none."""
        due = self._next_due()
        if due is not None and self._timer is not None and due >= self._armed:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due is None:
            return
        assert self._loop is not None  # noqa: S101
        self._armed = due
        self._timer = self._loop.create_task(self._run_timer())

    async def _run_timer(self) -> None:
        while (due := self._next_due()) is not None:
            self._armed = due
            await self._sleep(max(due - self._time(), 0.0))
            now = max(self._time(), due)  # a timer may wake early, by the resolution of the clock
            while self._waiting and self._waiting[0][0] <= now:
                _, seq, lease = heapq.heappop(self._waiting)
                if lease.seq != seq:
                    continue
                if lease.task is not None:
                    lease.is_late = True
                    lease.task.cancel()
                else:
                    heapq.heappush(self._ready, (lease.until or now, seq, lease))
            self._send_ready()
        self._timer = None

    def _send_ready(self) -> None:
        while self._ready and self._free:
            _, seq, lease = heapq.heappop(self._ready)
            if lease.seq == seq:
                self._send(lease)
        if self._timer is None or asyncio.current_task() is not self._timer:
            self._arm()

    def _send(self, lease: _Lease) -> None:
        assert self._loop is not None  # noqa: S101
        lease.tried_at, begin = self._time(), self._now()
        until = begin + LEASE
        self._free -= 1
        lease.is_late = False
        lease.task = task = self._loop.create_task(lease.renew(lease.id, until))
        task.add_done_callback(partial(self._finish, lease, whole_seconds(until) - begin))
        if lease.until is not None and (left := lease.until - lease.tried_at) > 0:
            self._schedule(lease, lease.tried_at + max(left / _SHARE, _SHORTEST_TRY))

    def _finish(self, lease: _Lease, duration: timedelta, task: asyncio.Task[None]) -> None:
        lease.task = None
        self._free += 1
        if lease.seq != _REMOVED:
            if task.cancelled():
                failure: BaseException | None = asyncio.CancelledError()
            else:
                failure = task.exception()
            if failure is None:
                self._renewed(lease, duration.total_seconds())
            elif lease.is_late or not task.cancelled():
                self._failed(lease, failure)
            else:  # the event loop ends, which cancels every task: begin no other
                return self._forget(lease)
            if lease.tried is not None and lease.seq != _REMOVED:
                lease.tried.set()
        elif not task.cancelled():
            task.exception()  # it was removed: its error is not needed
        return self._send_ready()

    def _renewed(self, lease: _Lease, duration: float) -> None:
        lease.failures = 0
        lease.until = lease.tried_at + duration
        spread = _CROWD_SPREAD if self._ready else _SPREAD
        least = min(_EARLIEST, self._renew_after * _EARLIEST_PART)
        early = least + (self._renew_after * spread - least) * random.random()
        lease.go_due = lease.tried_at + self._renew_after - early
        lease.is_extra = False
        self._schedule(lease, lease.go_due)

    def _failed(self, lease: _Lease, failure: BaseException) -> None:
        now = self._time()
        if lease.is_late:
            why = f"no answer within {now - lease.tried_at:.1f} s"
            error = Error(ErrorKind.TIMEOUT, "keep alive", (), why)
        else:
            error = Error.recover(failure)
        if error.kind in PERMANENT:
            return self._lose(lease, error)
        level = logging.DEBUG
        if not lease.is_extra:
            lease.failures += 1
            lease.go_due = now + back_off(_FIRST_WAIT, lease.failures)
            level = logging.WARNING
        left = 0.0 if lease.until is None else lease.until - now
        if lease.failures == TRIES and left <= 0:
            return self._lose(lease, Error(ErrorKind.TOO_MANY_TRIES, "keep alive", (str(lease.id),), error))
        _log.log(level, "try %d of %d to keep %s alive: %s", lease.failures, TRIES, lease.id, error)
        due = lease.go_due
        soon = now + max(left / _SHARE, _SHORTEST_WAIT)
        lease.is_extra = lease.failures == TRIES or (left > 0 and soon < due)
        return self._schedule(lease, soon if lease.is_extra else due)

    def _lose(self, lease: _Lease, error: Error) -> None:
        self._forget(lease)
        try:
            lease.on_lost(error)
        except Exception:
            _log.exception("the callback for the lost lease of %s failed", lease.id)


def back_off(first: float, failures: int) -> float:
    """Return the seconds to wait after `failures` in a row. Jitter shortens the wait and never extends it, as in Go."""
    return min(first * _GROWTH ** (failures - 1), _LONGEST_WAIT) * (1 - _JITTER * random.random())


_shared: dict[tuple[asyncio.AbstractEventLoop, int, float, Clock, Sleep], LeaseKeeper] = {}


def shared_keeper(db: TaskDB, renew_after: float, now: Clock, sleep: Sleep) -> LeaseKeeper:
    """Return the keeper that all blocks with these arguments share in the running event loop."""
    for old in [old for old, keeper in _shared.items() if not len(keeper) or old[0].is_closed()]:
        del _shared[old]  # keep neither the loop nor the TaskDB alive
    key = (asyncio.get_running_loop(), id(db), renew_after, now, sleep)
    if key not in _shared:
        _shared[key] = LeaseKeeper(db, renew_after=renew_after, now=now, sleep=sleep)
    return _shared[key]
