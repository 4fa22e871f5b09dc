"""Keeping a row's lease while the work on it goes on, with the Go code's timing.

The lease is set to now + 2 min and renewed within 90 s. A renewal that fails is tried 5 times in all, and more often
while the lease is held; then the lease is lost. An error that no retry can mend loses it at once. See `LeaseKeeper`.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any

from store.digest import Digest, RunID, TaskID
from store.errors import Error, ErrorKind
from store.lease import RENEWAL
from store.lease_block import KeepAlive
from store.lease_keeper import PERMANENT, Renew, Sleep, back_off, shared_keeper
from store.taskdb import TaskDB
from store.times import Clock, utc_now

__all__ = ["KeepAlive", "Sleep", "keep_id_alive", "keep_id_alive_and_end", "keep_run_alive", "keep_task_alive"]

# The first wait between tries to write an end, in seconds: its time-out is all it has.
_END_WAIT = 1.0


def keep_run_alive(
    db: TaskDB, id: RunID, *, renew_after: float | None = None, now: Clock = utc_now, sleep: Sleep = asyncio.sleep
) -> KeepAlive:
    """Keep the lease of a run while a block of `async with` runs, or until the awaited result is cancelled.

    Returns a `KeepAlive`, which says how a lost lease is raised. The lease is 120 s, renewed within `renew_after`
    seconds, 90 by default. All leases of a TaskDB in an event loop with the same `renew_after` share one `LeaseKeeper`.
    `now` and `sleep` are for tests. Raises Error INVALID, when the block is entered, for a `renew_after` that is not
    between 0 and 120 s.
    """
    return KeepAlive(_beginning(db, db.keep_run_alive, id, renew_after, now, sleep))


def keep_task_alive(
    db: TaskDB, id: TaskID, *, renew_after: float | None = None, now: Clock = utc_now, sleep: Sleep = asyncio.sleep
) -> KeepAlive:
    """Keep the lease of a task, as `keep_run_alive` does that of a run."""
    return KeepAlive(_beginning(db, db.keep_task_alive, id, renew_after, now, sleep))


def keep_id_alive(
    db: TaskDB, id: Digest, *, renew_after: float | None = None, now: Clock = utc_now, sleep: Sleep = asyncio.sleep
) -> KeepAlive:
    """Keep the lease of a row of any type, as `keep_run_alive` does that of a run."""
    return KeepAlive(_beginning(db, db.keep_id_alive, id, renew_after, now, sleep))


def keep_id_alive_and_end(
    db: TaskDB,
    id: Digest,
    end_timeout: float,
    *,
    renew_after: float | None = None,
    now: Clock = utc_now,
    sleep: Sleep = asyncio.sleep,
) -> KeepAlive:
    """Keep the lease of any row, and write its end when cancelled, when the block is left or when the lease is lost.

    An end that was written inside the block stays. Writing the end is tried for up to `end_timeout` seconds, and no
    cancellation cuts that short. If the end could not be written, its Error is raised, or logged if a cancellation or
    another exception is on its way. Raises Error INVALID unless `end_timeout` is positive. Other arguments are those of
    `keep_run_alive`.
    """
    if not end_timeout > 0:
        raise Error(ErrorKind.INVALID, "keep alive and end", ("end_timeout", str(end_timeout)), "not positive")
    end = partial(_write_end, id, partial(db.set_end_time, id, unless_ended=True), end_timeout, now, sleep)
    return KeepAlive(_beginning(db, db.keep_id_alive, id, renew_after, now, sleep), end)


def _beginning(
    db: TaskDB, renew: Renew, id: Digest, renew_after: float | None, now: Clock, sleep: Sleep
) -> Callable[[Callable[[Error], None], asyncio.Event], Callable[[], Coroutine[Any, Any, None]]]:
    seconds = RENEWAL.total_seconds() if renew_after is None else renew_after

    def begin(on_lost: Callable[[Error], None], tried: asyncio.Event) -> Callable[[], Coroutine[Any, Any, None]]:
        return shared_keeper(db, seconds, now, sleep).begin(renew, id, on_lost, tried)

    return begin


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
            await sleep(back_off(_END_WAIT, failures))

    tasks = [asyncio.create_task(try_until_written()), asyncio.ensure_future(sleep(seconds))]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    return failure
