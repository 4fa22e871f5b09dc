"""A view of a time in the past, from the table: what was running in a window, as it was at the end of it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial

from store import Alloc, Error, FailureReason, Run, RunID, Task, TaskDB
from store.times import Clock, utc_now
from tui.watch.model.cluster import Cluster
from tui.watch.model.merge import merged
from tui.watch.model.outcomes import row_at, run_outcome, task_outcome
from tui.watch.model.rows import Row
from tui.watch.model.tallies import Tally
from tui.watch.polling import reads
from tui.watch.polling.backfill import Sleep
from tui.watch.polling.budget import Budget
from tui.watch.polling.status import Progress

# The strip above the runs counts the hour before the time that is shown.
_BEFORE = timedelta(hours=1)
# A writer that cannot renew works on: a row that ended in the window may have a lease that expired so long before it.
_UNRENEWED = timedelta(hours=1)
# An open row may have been lost for so long before the time that is shown. The live backfill goes back as far.
_LONGEST_LOST = timedelta(days=1)
# Leases are for the next day at most.
_AHEAD = timedelta(days=1)
# The share of the progress that reading the days makes; the tasks of the runs are the rest.
_DAYS_SHARE = 0.8


class PastView:
    """Fills `cluster` with the rows that had started by `until` and were running in the hour before `since`, or later.

    They are as they were at `until`: a row that ended later is running, a flow that failed and was retried later has
    failed. `cluster.outcomes` tells what became of those that were running. Which of the rows ran in the window,
    `was_running` tells.

    What ran then may have run until today, so every day up to now is read, one after the other and within `budget`.
    Then the rows whose lease had expired before are read, up to a day before `until`: those that are still open, and
    runs. After that come all tasks of the runs. `progress` tells how far that is, `errors` what could not be read,
    `parts_read` how many days and runs could. `notify` is called after each. Cancelling `read` keeps what was found so
    far.
    """

    def __init__(
        self,
        since: datetime,
        until: datetime,
        budget: Budget,
        *,
        clock: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        self.cluster = Cluster(until)
        self.cluster.outcomes = {}
        self.since = since
        self.until = until
        self.errors: list[Error] = []
        self.parts_read = 0
        self._cost = 0.0  # of the last part
        first = self.known_since - _UNRENEWED
        self.progress = Progress(first, first, max(clock(), until) + _AHEAD)
        self._runs: dict[RunID, Run] = {}  # as they are now
        self._budget = budget
        self._clock = clock
        self._sleep = sleep
        self._notify = notify

    @property
    def known_since(self) -> datetime:
        """The time since which all running tasks are known, once everything is read."""
        return self.since - _BEFORE

    @property
    def is_complete(self) -> bool:
        """Whether everything was read, so that counts are exact; an unreadable field of a row does not matter."""
        return self.progress.share >= 1 and all(error.reason is FailureReason.UNREADABLE for error in self.errors)

    async def read(self, db: TaskDB) -> None:
        """Read all of it. A part that fails is left out, and its error added to `errors`."""
        first = self.progress.start
        days = [(*day, False) for day in _split_days(first, self.progress.goal)]
        days += [(*day, True) for day in _split_days(min(first, self.until - _LONGEST_LOST), first)]
        for number, (start, end, open_only) in enumerate(days, 1):
            part = partial(
                reads.read_past, db, self.cluster, start, end, self.until, self._as_then, open_only=open_only
            )
            await self._read(part, _DAYS_SHARE * number / len(days))
        runs = [run.id for run in self.cluster.runs]
        for number, run_id in enumerate(runs, 1):
            part = partial(reads.read_past_tasks, db, self.cluster, run_id, self._tasks_as_then)
            await self._read(part, _DAYS_SHARE + (1 - _DAYS_SHARE) * number / len(runs))
        self._reach(1)

    def was_running(self, row: Row) -> bool:
        """Return whether a row had started by the end of the window, and had not ended before it.

        A row without an end counts however long ago its lease had expired, as in a view of the current state.
        """
        start, end = row.start_end()
        if end is None and isinstance(row, Run):
            return any(map(self.was_running, self.cluster.tally(row.id).tasks.values()))
        if end is None or (start is not None and start > self.until):
            return False
        return row.end is None or row.end >= self.since

    def was_open_at_end(self, row: Alloc | Task) -> bool:
        """Return whether a row had started and not ended at the end of the window. One that ended then had ended."""
        return (row.start is None or row.start <= self.until) and (row.end is None or row.end > self.until)

    def _as_then(self, rows: Iterable[Row]) -> list[Row]:
        """Return rows as they were at `until`, without those that had not started or had ended long before."""
        kept = []
        for row in rows:
            is_kept = row.end is None or row.end >= self.known_since
            if is_kept and (then := self._note(row)) is not None:
                kept.append(then)
        return kept

    def _tasks_as_then(self, run_id: RunID, tasks: Iterable[Task]) -> list[Row]:
        """Return all tasks of a run as they were at `until`, and note what became of the run."""
        tally, kept = Tally(), []
        for task in tasks:
            tally.put(task)
            if (then := self._note(task)) is not None:
                kept.append(then)
        if run_id in self._runs and self.cluster.outcomes is not None:
            outcome = run_outcome(self._runs[run_id], tally.failed_flows, self.until, self._clock())
            if outcome is not None:
                self.cluster.outcomes[run_id] = outcome
        return kept

    def _note(self, row: Row) -> Row | None:
        """Return a row as it was at `until`, or None; note what became of it."""
        then = row_at(row, self.until)
        if isinstance(row, Run):
            old = self._runs.get(row.id)
            self._runs[row.id] = row if old is None else merged(old, row)
        elif isinstance(row, Task) and then is not None and self.cluster.outcomes is not None:
            outcome = task_outcome(row, self.until, self._clock())
            if outcome is not None:
                self.cluster.outcomes[row.id] = outcome
        return then

    async def _read(self, read: Callable[[], Awaitable[reads.ReadOutcome]], share: float) -> None:
        if self._cost:
            await self._sleep(self._budget.span(self._cost).total_seconds())
        try:
            reading = await read()
            self.parts_read += 1
        except Error as error:
            error.drop_tracebacks()
            reading = reads.ReadOutcome(errors=[error])
        self._cost = reading.consumed
        self.errors += reading.errors
        self._budget.spend(reading.consumed, self._clock())
        self._reach(share)
        self._notify()

    def _reach(self, share: float) -> None:
        start, goal = self.progress.start, self.progress.goal
        self.progress = Progress(start, goal if share >= 1 else start + (goal - start) * share, goal)


def _split_days(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    while start < end:
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        until = min(midnight, end)
        yield start, until
        start = until
