"""The poller: refreshes the model every few seconds, within the read budget."""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from store import Error, FailureReason, RunID, TaskDB
from store.lease import GRACE, SKEW
from store.times import Clock, utc_now
from tui.watch.findings.finding import Finding
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.polling.backoff import JITTER
from tui.watch.polling.budget import Budget
from tui.watch.polling.status import Status

if TYPE_CHECKING:
    from tui.watch.findings.findings import Findings
    from tui.watch.polling.backfill import BackgroundReads, Sleep
    from tui.watch.polling.lookups import Lookups
    from tui.watch.polling.narrow_reads import NarrowReads
    from tui.watch.polling.reads import ReadOutcome
    from tui.watch.polling.status import StartProgress

MAX_DELAY = timedelta(minutes=1)

# Without narrow reads, every so many refreshes one is a full scan of the window.
FULL_EVERY = 10
# How far back full scans after the first one reach: rows that ended earlier no longer change, and open ones are looked
# up.
_FULL_REACH = timedelta(minutes=10)
# How late an index read, and a clock that is nearly right, may be. Lookups and full scans find what comes later.
_LAG = timedelta(seconds=15)

# An audit of the narrow reads costs no more than a full scan: at most this share of the budget.
_AUDIT_SHARE = 0.1
_AUDIT_EVERY, _AUDIT_SELDOM = timedelta(minutes=20), timedelta(hours=1)

IDLE = timedelta(minutes=5)
_UNWATCHED = 6  # times the interval while the user is away


class Poller:
    """Keeps `cluster` up to date.

    `since` maps a time to the start of the window of the first scan. `interval` is the time between refreshes; it is
    longer if `budget` requires it. `backfill` is how far back to search for expired rows, by default a day. Runs that
    ended less than `keep_ended` ago stay in the model, though the window may start later. `notify` is called after
    every change of the cluster or the `status`. Failed reads leave both the cluster and `as_of` as they are.
    """

    def __init__(
        self,
        cluster: Cluster,
        since: Callable[[datetime], datetime],
        budget: Budget,
        *,
        interval: timedelta = timedelta(seconds=5),
        backfill: timedelta | None = None,
        keep_ended: timedelta = timedelta(hours=1),
        clock: Clock = utc_now,
        sleep: "Sleep" = asyncio.sleep,
        notify: Callable[[Changes], None] = lambda changes: None,
    ) -> None:
        self.cluster = cluster
        self.interval = interval
        self.budget = budget
        self.status = Status(every=interval)
        self._since = since
        self._keep_ended = keep_ended
        self._clock = clock
        self._sleep = sleep
        self._notify = notify
        self._full_cost = 0.0  # of the last full scan, in RCU
        self._backfill = backfill
        self._found: list[Finding] = []
        self._finding_lock = asyncio.Lock()
        self._failures = 0
        self._refreshes = 0  # since the last full scan
        # RCU of the refreshes of a round; few of them are full scans.
        self._costs: deque[float] = deque(maxlen=FULL_EVERY)
        self._is_requested = False
        self._paid_at: datetime | None = None  # when the budget has paid for the last requested refresh
        self._unwatched = False
        self._wake = asyncio.Event()

    # The first frame comes before the first refresh, which imports these.

    @cached_property
    def _narrow(self) -> "NarrowReads":
        from tui.watch.polling.narrow_reads import NarrowReads

        return NarrowReads()

    @cached_property
    def _lookups(self) -> "Lookups":
        from tui.watch.polling.lookups import Lookups

        return Lookups()

    @cached_property
    def _background(self) -> "BackgroundReads":
        from tui.watch.polling.backfill import BACKFILL_SPAN, BackgroundReads

        return BackgroundReads(
            self.cluster,
            self._lookups,
            self.budget,
            BACKFILL_SPAN if self._backfill is None else self._backfill,
            self._keep_ended,
            self._clock,
            self._sleep,
            self._report,
        )

    @cached_property
    def _findings(self) -> "Findings":
        from tui.watch.findings.findings import Findings

        return Findings(self.cluster)

    @property
    def history_errors(self) -> dict[RunID, Error]:
        """The errors of reading the tasks of runs, by run."""
        return self._background.errors

    @property
    def is_paused(self) -> bool:
        """Whether refreshes are paused."""
        return self.status.paused

    @property
    def findings(self) -> list[Finding]:
        """The findings as of the last refresh or background read, the most severe first."""
        return self._found

    @property
    def every(self) -> timedelta:
        """The time between refreshes while reads succeed: as long as the budget and the user's attention allow."""
        every = max(self.interval, self._affordable_interval())
        return max(every, min(every * _UNWATCHED, MAX_DELAY)) if self._unwatched else every

    @property
    def is_slowed_by_budget(self) -> bool:
        return self._affordable_interval() > self.interval

    @property
    def audit_every(self) -> timedelta:
        """The time over which an audit of the narrow reads is spread; the next one follows it."""
        return min(max(self.budget.span(self._full_cost, _AUDIT_SHARE), _AUDIT_EVERY), _AUDIT_SELDOM)

    def _affordable_interval(self) -> timedelta:
        return self.budget.span(self._mean_cost, self._share) if self._costs else timedelta()

    @property
    def _share(self) -> float:
        """The share of the budget for refreshes."""
        return 1 - self._background.share if self._background.is_busy else 1.0

    @property
    def _mean_cost(self) -> float:
        return sum(self._costs) / len(self._costs) if self._costs else 0.0

    @property
    def delay(self) -> timedelta:
        """The time until the next refresh: longer, with jitter, after failures in a row."""
        if not self._failures:
            return self.every
        backed_off = min(self.interval * (1 << min(self._failures, 10)), MAX_DELAY)
        return max(self.every, backed_off * random.uniform(1 - JITTER, 1 + JITTER))

    def now(self) -> datetime:
        """The time by this machine's clock."""
        return self._clock()

    async def run(self, db: TaskDB) -> None:
        """Refresh from `db` until cancelled."""
        _ = self._findings  # imports 40 ms of patterns before there is anything on screen that they would stop
        async with asyncio.TaskGroup() as group:
            group.create_task(self._refresh_forever(db))
            group.create_task(self._background.run(db))

    def refresh_now(self) -> None:
        """Refresh at once, even while paused: every change since the last refresh, and the opened runs.

        Reading every change costs as much as all live rows: until the budget has paid for the last time, and while it
        is too small for all changes, a request reads what any refresh does, and the opened runs.
        """
        self._background.reopen()
        self._is_requested = True
        self._wake.set()

    def pause(self) -> None:
        """Stop refreshing, except on request."""
        self._background.paused = True
        self._set_status(paused=True, next_at=None)

    def resume(self) -> None:
        self._background.paused = False
        self._set_status(paused=False)
        self._background.wake()
        self._wake.set()

    def attention(self, *, focused: bool, idle: timedelta) -> None:
        """Note whether the terminal has the focus, and for how long no key was pressed: idle dashboards read less."""
        was_unwatched, self._unwatched = self._unwatched, not focused or idle >= IDLE
        if was_unwatched and not self._unwatched and not self.status.paused:
            self._wake.set()

    def open_run(self, run_id: RunID) -> None:
        """Read all tasks of a run now, and keep the run in the model, until `close_run` was called as often."""
        self._background.open(run_id)

    def close_run(self, run_id: RunID) -> None:
        self._background.close(run_id)

    async def refresh(self, db: TaskDB) -> None:
        """Refresh once. A failure is stored in `status`."""
        from tui.watch.polling import reads

        began = self._clock()
        now = began + self.cluster.clock_offset
        since = self._since(now)
        is_asked = not self._narrow.is_starting and self._narrow.is_unread(self.cluster, since)
        is_requested = self._is_requested
        failed = self.status.error
        try:
            reading, is_full = await self._read(db, now, is_asked=is_asked)
            if not reading.gaps:
                was_deleted = failed is not None and failed.reason is FailureReason.NO_TABLE
                if await reads.remove_absent(db, self.cluster, reading, was_deleted=was_deleted):
                    self._narrow.scan_again()
        except Error as error:
            error.drop_tracebacks()
            self._failures += 1
            self._set_status(error=error, refreshes=self.status.refreshes + 1)
            return
        if not reading.gaps:
            if is_full:
                self._narrow.scanned(self.cluster, began + self.cluster.clock_offset, reading)
                self._full_cost = reading.consumed
            reading.changes.update(
                self.cluster.forget(min(since, now - self._keep_ended), keep=self._background.opened)
            )
        # The window that a user opens, and a refresh that they request, are read once, whatever they cost.
        if not (is_asked or is_requested) or reading.gaps:
            self._costs.append(reading.consumed)
        if self._narrow.ends.refused is None and self.interval:
            # A longer interval would save little: narrow reads cost about as much by the second, whatever the interval.
            self._background.leave(self.budget.span(self._mean_cost) / self.interval)
        else:
            self._background.leave(0)
        await self._find()
        self._finish(reading, is_full=is_full)

    async def _read(self, db: TaskDB, now: datetime, *, is_asked: bool) -> "tuple[ReadOutcome, bool]":
        """Read what is due; return the outcome, and whether it was a full scan."""
        from tui.watch.polling import reads
        from tui.watch.polling.ended_tasks import EndsRefusedError

        requested, self._is_requested = self._is_requested, False
        self.budget.spend(await self._narrow.ends.retry(db, self.cluster, now), self._clock())
        is_affordable = self._narrow.left_out is None and (self._paid_at is None or now >= self._paid_at)
        if requested and is_affordable and not is_asked and self._narrow.ends.refused is None and not self._failures:
            last = self.cluster.as_of - _LAG
            reading = await reads.refresh(db, self.cluster, last - SKEW, changed_since=last, lookups=self._lookups)
            self._paid_at = now + self.budget.span(reading.consumed)
            return reading, False
        limit = self.budget.limit * self._share
        if not is_asked and self._narrow.is_possible(self.cluster, now, limit):
            try:
                reading = await self._narrow.refresh(
                    db,
                    self.cluster,
                    self._lookups,
                    now,
                    limit=limit,
                    every=self.every,
                    audit_every=self.audit_every,
                )
            except EndsRefusedError as refused:
                self.budget.spend(refused.consumed, self._clock())
            else:
                return reading, False
        since, changed_since = self._reach(now)
        if self.cluster.covered_since is None and not self._narrow.is_starting:
            return await self._read_first(db, since)
        reading = await reads.refresh(db, self.cluster, since, changed_since=changed_since, lookups=self._lookups)
        return reading, changed_since is None

    async def _read_first(self, db: TaskDB, since: datetime) -> "tuple[ReadOutcome, bool]":
        from tui.watch.polling import reads
        from tui.watch.polling.first_scan import FirstScan

        async def show(changes: Changes, progress: "StartProgress") -> None:
            await self._find()
            self._set_status(changes, start=progress)

        scan = FirstScan(self.cluster, self.budget.limit, self._clock, show)
        reading = await reads.read_first(db, self.cluster, since, scan, self._lookups)
        if scan.is_stopped and not reading.gaps:
            self._narrow.stopped(self.cluster, scan, since, self.budget.limit)
        return reading, not scan.is_stopped

    async def read_history(self, db: TaskDB, run_id: RunID) -> None:
        """Read all tasks of a run. A failure is stored in `history_errors`."""
        await self._background.read_history(db, run_id)

    def _reach(self, now: datetime) -> tuple[datetime, datetime | None]:
        """Return since when to read leases, and since when to read changes; None for a full scan."""
        since, last = self._since(now), self.cluster.as_of
        if self._narrow.is_unread(self.cluster, since):
            return since, None
        # After an outage or a pause the scan goes back to the last refresh, and so finds what has ended meanwhile.
        if self._refreshes >= FULL_EVERY or self._narrow.ends.refused is None:
            return min(max(since, now - _FULL_REACH), last - GRACE), None
        return last - SKEW - _LAG, last - _LAG

    def _finish(self, reading: "ReadOutcome", *, is_full: bool) -> None:
        gaps = reading.gaps
        self._failures = self._failures + 1 if gaps else 0
        if not gaps:
            self._refreshes = 1 if is_full else self._refreshes + 1
            self._background.poll_finished()
        changes: dict[str, object] = {"consumed": reading.consumed, "error": gaps[0] if gaps else None}
        changes["refreshes"] = self.status.refreshes + 1
        changes["start"] = self._narrow.start(self.cluster, self.budget.limit)
        if not gaps:
            changes["as_of"] = self.cluster.as_of - self.cluster.clock_offset
        if is_full or reading.unreadable:
            changes["unreadable"] = reading.unreadable
        self.budget.spend(reading.consumed, self._clock())
        self._set_status(reading.changes, **changes)

    async def _report(self, reading: "ReadOutcome") -> None:
        """Store the outcome of a background read."""
        await self._find()
        self.budget.spend(reading.consumed, self._clock())
        unreadable = dict.fromkeys((*self.status.unreadable, *reading.unreadable))
        self._set_status(reading.changes, unreadable=tuple(unreadable))

    async def _find(self) -> None:
        async with self._finding_lock:
            self._found = await self._findings.find_in_slices()

    async def _refresh_forever(self, db: TaskDB) -> None:
        while True:
            self._wake.clear()
            self._schedule(None)
            await self.refresh(db)
            while True:
                await self._wait()
                if self._wake.is_set() or not self.status.paused:
                    break

    async def _wait(self) -> None:
        """Wait until the next refresh is due or requested."""
        from tui.watch.polling.interruptible_sleep import sleep_or_wake

        if self.status.paused:
            await self._wake.wait()
            return
        delay = self.delay
        self._schedule(self._clock() + delay)
        await sleep_or_wake(self._sleep, delay.total_seconds(), self._wake)

    def _schedule(self, next_at: datetime | None) -> None:
        # Without a notification: screens show the time of the next refresh when they update ages.
        self.status = msgspec.structs.replace(self.status, next_at=next_at)

    def _set_status(self, changes: Changes | None = None, **fields: object) -> None:
        rate = self.budget.rate(self._clock())
        self.status = msgspec.structs.replace(
            self.status,
            **fields,
            every=self.every,
            clock_offset=self.cluster.clock_offset,
            rate=rate,
            dollars_per_hour=self.budget.dollars_per_hour(rate),
            backfill=self._background.progress,
            background_error=self._background.error,
            refused=self._narrow.ends.refused,
            retry_at=self._narrow.ends.retry_at,
            left_out=self._narrow.left_out,
            differences=self._narrow.differences,
        )
        self._notify(changes or Changes())
