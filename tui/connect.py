"""From settings to the TaskDB that they name."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from store import TaskDB
from tui.settings import Settings


@asynccontextmanager
async def open_db(settings: Settings) -> AsyncIterator[TaskDB]:
    """The table of `settings`, opened when the block is entered, without any way to write to it."""
    from store import DynamoTaskDB  # not needed for a first frame

    async with DynamoTaskDB.open(
        table=settings.table,
        bucket=settings.bucket,
        region=settings.region,
        profile=settings.profile,
        endpoint_url=settings.endpoint_url,
        read_only=True,
    ) as db:
        spare_the_collector()
        yield db


def spare_the_collector() -> None:
    """Have the garbage collector leave alone what is loaded by now, and look at rows once and not again and again.

    A full collection stops the loop for 18 ms with all that is imported, and for 80 ms with 100,000 rows, of which each
    digest is looked at. Rows do not refer to each other: there is nothing to find. What is young is collected as ever.
    """
    gc.enable()
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 4, 1_000)
