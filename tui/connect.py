"""Opening the TaskDB that the settings name."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from store import TaskDB
from tui.settings import Settings

T = TypeVar("T")


@asynccontextmanager
async def open_db(settings: Settings) -> AsyncIterator[TaskDB]:
    """Open the table of `settings` for reading only, for the duration of the block."""
    from store import DynamoTaskDB  # imports botocore, which the first frame does not need

    async with DynamoTaskDB.open(
        table=settings.table,
        bucket=settings.bucket,
        region=settings.region,
        profile=settings.profile,
        endpoint_url=settings.endpoint_url,
        read_only=True,
    ) as db:
        tune_garbage_collector()
        yield db


@asynccontextmanager
async def open_for_command(settings: Settings) -> AsyncIterator[TaskDB]:
    """Open the table as `open_db` does. Long waits are noted on stderr, and what blocks the event loop is logged."""
    from tui.terminal import loop_watchdog, narration  # the first frame of the dashboard needs none

    async with open_db(settings) as db, narration.waits_noted(), loop_watchdog.when_debugging():
        yield db


def run_with_db(settings: Settings, command: Callable[[TaskDB], Awaitable[T]]) -> T:
    """Open the table of `settings`, run `command` on it in a new event loop, and return its result.

    Raises what `command` raises, and Error if the table cannot be opened.
    """

    async def open_and_run() -> T:
        async with open_for_command(settings) as db:
            return await command(db)

    return asyncio.run(open_and_run())


def tune_garbage_collector() -> None:
    """Keep full garbage collections away from the event loop.

    A full collection stops the loop for 18 ms with everything imported, and for 80 ms with 100,000 rows, because it
    visits every digest. Rows do not refer to each other, so it would find nothing. Freeze the objects loaded so far and
    make full collections rare: one after 50 million new objects. Collect few young objects at a time, which takes no
    more time in total: those of 50,000 stopped the loop for up to 26 ms, those of 10,000 for 8 ms, of 2,000 for 5 ms.
    """
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(700, 2, 25_000)
