"""Keeping a row's lease while the work on it goes on, with the Go code's timing.

The lease is set to now + 2 min and renewed every 90 s. A renewal that fails is tried 5 times in all, then the lease is
lost; an error that no retry can mend loses it at once.
"""

import asyncio
import itertools
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Generator
from datetime import datetime
from functools import cached_property, partial
from types import TracebackType
from typing import Any, Never, Self

from store.digest import Digest, RunID, TaskID
from store.errors import Error, ErrorKind
from store.lease import LEASE, RENEWAL
from store.taskdb import TaskDB
from store.times import Clock, utc_now

Sleep = Callable[[float], Awaitable[object]]

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
# Waits between tries, in seconds. The end has only its time-out, so its first tries are closer together.
_RENEWAL_WAIT = 10.0
_END_WAIT = 1.0
_LONGEST_WAIT = 120.0
_GROWTH = 1.2
_JITTER = 0.2

_log = logging.getLogger(__name__)


def keep_run_alive(db: TaskDB, id: RunID, *, now: Clock = utc_now, sleep: Sleep = asyncio.sleep) -> "KeepAlive":
    """Keep the lease of a run: `await` it to do so until cancelled, or enter it with `async with`. See `KeepAlive`."""
    return KeepAlive(id, partial(db.keep_run_alive, id), now=now, sleep=sleep)


def keep_task_alive(db: TaskDB, id: TaskID, *, now: Clock = utc_now, sleep: Sleep = asyncio.sleep) -> "KeepAlive":
    """Keep the lease of a task: `await` it to do so until cancelled, or enter it with `async with`. See `KeepAlive`."""
    return KeepAlive(id, partial(db.keep_task_alive, id), now=now, sleep=sleep)


def keep_id_alive(db: TaskDB, id: Digest, *, now: Clock = utc_now, sleep: Sleep = asyncio.sleep) -> "KeepAlive":
    """Keep the lease of a row of any type, otherwise the same."""
    return KeepAlive(id, partial(db.keep_id_alive, id), now=now, sleep=sleep)


def keep_id_alive_and_end(
    db: TaskDB, id: Digest, end_timeout: float, *, now: Clock = utc_now, sleep: Sleep = asyncio.sleep
) -> "KeepAlive":
    """Keep the lease of any row, and write its end when cancelled, when the block is left or when the lease is lost.

    Writing the end is tried for up to `end_timeout` seconds, and no cancellation cuts that short. An end that could not
    be written is raised, unless a cancellation or another exception is on its way: then it is logged. Raises Error
    INVALID unless `end_timeout` is positive.
    """
    if not end_timeout > 0:
        raise Error(ErrorKind.INVALID, "keep alive and end", ("end_timeout", str(end_timeout)), "not positive")
    end = partial(_write_end, id, partial(db.set_end_time, id), end_timeout, now, sleep)
    return KeepAlive(id, partial(db.keep_id_alive, id), end, now=now, sleep=sleep)


class KeepAlive(Coroutine[Any, Any, Never]):
    """The keeping of one lease, made by the functions above; for one use.

    Awaited, or run as a task, it goes on until it is cancelled. As an async context manager it holds the lease while
    the block runs: entering waits for the first try, so that the row has its lease before there is work on it.

    A lost lease cancels the block, as `asyncio.timeout` does, and is raised from the `async with`: an Error
    TOO_MANY_TRIES with the last failure as its cause, or the error that is permanent (NOT_ALLOWED, NOT_EXIST,
    NOT_SUPPORTED, INVALID, FATAL, PRECONDITION). An exception of the block's own goes before it; then it is logged.
    """

    def __init__(
        self,
        id: Digest,
        renew: Callable[[datetime], Awaitable[None]],
        end: Callable[[], Awaitable[Error | None]] | None = None,
        *,
        now: Clock,
        sleep: Sleep,
    ) -> None:
        self._id = id
        self._renew = renew
        self._end = end
        self._now = now
        self._sleep = sleep
        self._body: asyncio.Task[Any]
        self._renewals: asyncio.Task[Never]
        self._used = False
        self._inside = False
        self._tried = asyncio.Event()
        self._interrupted = False

    async def __aenter__(self) -> Self:
        body = asyncio.current_task()
        if body is None or self._used:
            raise RuntimeError("a lease is kept inside a task, and only once by each object")
        self._body, self._cancelling = body, body.cancelling()
        self._used = self._inside = True
        self._renewals = asyncio.create_task(self._renew_for_ever())
        self._renewals.add_done_callback(self._interrupt)
        try:
            await self._tried.wait()
        except asyncio.CancelledError as cancelled:
            await self.__aexit__(type(cancelled), cancelled, cancelled.__traceback__)
            raise
        return self

    async def __aexit__(
        self, type_: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._inside = False
        leaving = asyncio.create_task(self._leave())
        cancelled = await _outlast(leaving)
        failure = leaving.result()
        # Only where no one else asked for it does the cancellation of the block become the Error.
        alone = self._interrupted and self._body.uncancel() <= self._cancelling and type_ is asyncio.CancelledError
        if failure is not None and cancelled is None and (value is None or alone):
            raise failure from failure.__cause__
        if failure is not None:
            _log.warning("%s", failure)
        if cancelled is not None:
            raise cancelled

    def _interrupt(self, renewals: "asyncio.Task[Never]") -> None:
        if self._inside and not renewals.cancelled():
            self._interrupted = True
            self._body.cancel()

    async def _leave(self) -> BaseException | None:
        """Stop renewing and write the end; returns what was lost or failed, if anything."""
        self._renewals.cancel()
        await asyncio.wait([self._renewals])
        lost = None if self._renewals.cancelled() else self._renewals.exception()
        if self._end is None:
            return lost
        failed = await self._end()
        if failed is not None and lost is not None:
            _log.warning("%s", failed)
        return lost or failed

    async def _renew_for_ever(self) -> Never:
        failures = 0
        while True:
            try:
                await self._renew(self._now() + LEASE)
                failures = 0
            except Exception as exception:
                error = _passing(exception)
                failures += 1
                if failures == TRIES:
                    raise Error(ErrorKind.TOO_MANY_TRIES, "keep alive", (str(self._id),), error) from error
                _log.warning("try %d of %d to keep %s alive: %s", failures, TRIES, self._id, error)
            self._tried.set()
            await self._sleep(_wait(_RENEWAL_WAIT, failures) if failures else RENEWAL.total_seconds())

    # What makes it a coroutine, so that asyncio.create_task and asyncio.run take it like one.

    async def _until_cancelled(self) -> Never:
        async with self:
            await asyncio.Future()
        raise AssertionError("a future that no one sets was set")

    @cached_property
    def _coroutine(self) -> Coroutine[Any, Any, Never]:
        return self._until_cancelled()

    def __await__(self) -> Generator[Any, Any, Never]:
        return self._coroutine.__await__()

    def send(self, value: Any) -> Any:
        """Run to the next suspension; for the event loop."""
        return self._coroutine.send(value)

    def throw(self, *exception: Any) -> Any:
        """Raise an exception inside; for the event loop."""
        if not self._used:  # cancelled before its first step: without that there would be no end
            self._coroutine.send(None)
        return self._coroutine.throw(*exception)

    def close(self) -> None:
        """Give up what was never awaited; for the event loop."""
        self._coroutine.close()


async def _write_end(
    id: Digest, write: Callable[[datetime], Awaitable[None]], seconds: float, now: Clock, sleep: Sleep
) -> Error | None:
    """Write that the row ended now, trying until it is written or `seconds` are over; returns the failure."""
    failure: Error | None = Error(ErrorKind.TIMEOUT, "set end time", (str(id),), f"no answer within {seconds:g} s")
    end = now()

    async def try_until_written() -> None:
        nonlocal failure
        for failures in itertools.count(1):
            try:
                await write(end)
            except Exception as exception:
                failure = Error.recover(exception)
                if failure.kind in PERMANENT:
                    return
            else:
                failure = None
                return
            await sleep(_wait(_END_WAIT, failures))

    tasks = [asyncio.create_task(try_until_written()), asyncio.ensure_future(sleep(seconds))]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return failure


async def _outlast(task: asyncio.Task[Any]) -> asyncio.CancelledError | None:
    """Wait until `task` is done, however often this is cancelled; returns the cancellation for the caller to raise."""
    cancelled = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as again:
            cancelled = again
    return cancelled


def _passing(exception: Exception) -> Error:
    """Return `exception` as an Error that a retry may mend; raises it if none can."""
    error = Error.recover(exception)
    if error.kind in PERMANENT:
        raise error
    return error


def _wait(first: float, failures: int) -> float:
    """Return the seconds to wait after `failures` in a row. Jitter shortens the wait and never extends it, as in Go."""
    return min(first * _GROWTH ** (failures - 1), _LONGEST_WAIT) * (1 - _JITTER * random.random())
