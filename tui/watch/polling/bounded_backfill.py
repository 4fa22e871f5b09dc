"""A single search by commands for the rows that a dashboard finds by its backfill.

These are runs that ended, and rows that were lost, before the window of the first scan.
"""

import asyncio
from datetime import datetime, timedelta

import msgspec

from store import Error, RunID, TaskDB
from store.times import Clock, utc_now
from tui.watch.model.cluster import Cluster
from tui.watch.polling.backfill import BACKFILL_SPAN, BackgroundReads, Sleep
from tui.watch.polling.budget import Budget
from tui.watch.polling.lookups import Lookups
from tui.watch.polling.reads import ReadOutcome

# The first 5 seconds' worth of the read budget is spent at once, and the rest at the pace of the budget.
_AT_ONCE = timedelta(seconds=5)
_MOST = timedelta(seconds=20)


class BackfillOutcome(msgspec.Struct):
    """The outcome of a backfill: how far it `reached`, the errors, and the cost in RCU.

    `is_cut` is whether the read budget ended it early. `unread` are the ended runs whose tasks were not read for that
    reason.
    """

    reached: datetime
    errors: list[Error] = msgspec.field(default_factory=list)
    consumed: float = 0.0
    is_cut: bool = False
    unread: list[RunID] = msgspec.field(default_factory=list)


class BoundedBackfill:
    """A backfill from the window that `cluster` covers, for up to 20 seconds' worth of `budget`.

    It finds the runs that ended less than `keep_ended` ago, and open rows whose lease expired less than a day ago.
    """

    def __init__(
        self,
        cluster: Cluster,
        budget: Budget,
        keep_ended: timedelta,
        *,
        clock: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._budget = budget
        self._sleep = sleep
        self._slept = timedelta()
        self._turn = asyncio.Lock()
        self._background = BackgroundReads(
            cluster,
            Lookups(),
            budget,
            BACKFILL_SPAN,
            keep_ended,
            clock,
            sleep,
            self._spend_on,
        )
        self.outcome = BackfillOutcome(cluster.covered_since or cluster.as_of)

    async def search(self, db: TaskDB) -> None:
        """Search backwards from the start of the window, without reading the tasks of runs that ended."""
        while await self.step(db):
            pass

    async def step(self, db: TaskDB) -> bool:
        """Search one step further back; return false at the end. An error, stored in `outcome`, ends the search."""
        background, outcome = self._background, self.outcome
        if background.progress is None:
            background.poll_finished()
        progress = background.progress
        if progress is None or progress.share >= 1 or outcome.errors or not await self.may_go_on():
            return False
        await background.backfill_step(db)
        if background.error is not None:
            outcome.errors.append(background.error)
            return False
        outcome.reached = background.progress.reached if background.progress is not None else outcome.reached
        return True

    async def _spend_on(self, reading: ReadOutcome) -> None:
        self.spend(reading.consumed)

    def spend(self, consumed: float) -> None:
        """Add the cost of a read in RCU."""
        self.outcome.consumed += consumed

    async def may_go_on(self) -> bool:
        """Wait until the budget covers the reads so far; return whether any budget is left."""
        async with self._turn:
            spent = self._budget.span(self.outcome.consumed)
            if spent > _MOST:
                self.outcome.is_cut = True
                return False
            if (due := spent - _AT_ONCE - self._slept) > timedelta():
                self._slept += due
                await self._sleep(due.total_seconds())
            return True
