"""A poller over a ScriptedDB, with a clock that the test moves."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.support.clock import settle
from tests.support.scripted_db import NO_INDEX, ScriptedDB
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller

SECOND = timedelta(seconds=1)
INTERVAL = 5 * SECOND
WINDOW = timedelta(minutes=10)
LONG = timedelta(days=1)


class Watched:
    """A poller and its database. It does not backfill or keep ended runs beyond the window, unless told to.

    Unless `narrow`, it knows that the table lacks the index of ends, so that every refresh reads all live rows.
    """

    def __init__(
        self,
        db: ScriptedDB,
        interval: timedelta = LONG,
        budget: Budget | None = None,
        *,
        narrow: bool = True,
        **options: Any,
    ) -> None:
        self.db = db
        self.changes: list[Changes] = []
        self.poller = Poller(
            Cluster(db.now),
            lambda now: now - WINDOW,
            budget or Budget(100, 0.125),
            interval=interval,
            clock=db.clock.now,
            sleep=db.clock.sleep,
            notify=self.changes.append,
            **{"backfill": WINDOW, "keep_ended": timedelta(), **options},
        )
        self.cluster = self.poller.cluster
        if not narrow:
            self.poller._narrow.ends.refused = NO_INDEX

    async def refresh(self, at: datetime | None = None) -> None:
        self.db.now = at or self.db.now
        await self.poller.refresh(self.db)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.poller.run(self.db))
        await settle()
        yield
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
