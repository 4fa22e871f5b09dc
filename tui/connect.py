"""From settings to the TaskDB that they name."""

from contextlib import AbstractAsyncContextManager

from store import TaskDB
from tui.settings import Settings


def open_db(settings: Settings) -> AbstractAsyncContextManager[TaskDB]:
    """The table of `settings`, opened when the block is entered, without any way to write to it."""
    from store import DynamoTaskDB  # not needed for a first frame

    return DynamoTaskDB.open(
        table=settings.table,
        bucket=settings.bucket,
        region=settings.region,
        profile=settings.profile,
        endpoint_url=settings.endpoint_url,
        read_only=True,
    )
