"""A view of what was running in a window of the past: started before its end and alive at its start."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from store import Error, TaskDB
from store.times import Clock, utc_now
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.polling import reads
from tui.watch.polling.backfill import Sleep
from tui.watch.polling.budget import Budget
from tui.watch.polling.status import Progress

# A writer that cannot renew works on: a row that ended in the window may have a lease that expired so long before it.
_UNRENEWED = timedelta(hours=1)
# Leases are for the next day at most.
_AHEAD = timedelta(days=1)


class PastView:
    """Fills `cluster` with the rows that were running between `since` and `until`, in their current state.

    A flow that failed then and was retried later does not count as failed. What ran then may have run until today, so
    every day up to now is read, one after the other and within `budget`. `progress` tells how far that is, `errors`
    what could not be read, `parts_read` how many days and runs could. `notify` is called after each. Cancelling `read`
    keeps what was found so far.
    """

    def __init__(
        self,
        cluster: Cluster,
        since: datetime,
        until: datetime,
        budget: Budget,
        *,
        clock: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
        notify: Callable[[Changes], None] = lambda changes: None,
    ) -> None:
        self.cluster = cluster
        self.since = since
        self.until = until
        self.errors: list[Error] = []
        self.parts_read = 0
        self._cost = 0.0  # of the last part
        first = since - _UNRENEWED
        self.progress = Progress(first, first, max(clock(), until) + _AHEAD)
        self._budget = budget
        self._clock = clock
        self._sleep = sleep
        self._notify = notify

    async def read(self, db: TaskDB) -> None:
        """Read all of it. A part that fails is left out, and its error added to `errors`."""
        for start, end in self._days():
            await self._read(partial(reads.read_past, db, self.cluster, start, end, self.until, self.was_running), end)
        for run_id in [run.id for run in self.cluster.runs if self.cluster.tally(run.id).failed_flows]:
            await self._read(partial(reads.read_retries, db, self.cluster, run_id), self.progress.goal)

    def was_running(self, row: Row) -> bool:
        """Return whether a row was alive at some time of the window, as far as its lease or its end tells."""
        start, end = row.start_end()
        return (start is None or start <= self.until) and end is not None and end >= self.since

    def _days(self) -> Iterator[tuple[datetime, datetime]]:
        start = self.progress.start
        while start < self.progress.goal:
            midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            end = min(midnight, self.progress.goal)
            yield start, end
            start = end

    async def _read(self, read: Callable[[], Awaitable[reads.ReadOutcome]], reached: datetime) -> None:
        if self._cost:
            await self._sleep(self._budget.span(self._cost).total_seconds())
        try:
            reading = await read()
            self.parts_read += 1
        except Error as error:
            reading = reads.ReadOutcome(errors=[error])
        self._cost = reading.consumed
        self.errors += reading.errors
        self._budget.spend(reading.consumed, self._clock())
        self.progress = Progress(self.progress.start, reached, self.progress.goal)
        self._notify(reading.changes)
