"""Reads in the background of the refreshes: all tasks of runs older than the window, and rows that expired long ago."""

import asyncio
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta

from store import Error, RunID, TaskDB
from store.times import Clock
from tui.watch.model.cluster import Cluster
from tui.watch.polling import reads
from tui.watch.polling.backoff import Backoff
from tui.watch.polling.budget import Budget
from tui.watch.polling.durations import IdentDurations
from tui.watch.polling.lookups import Lookups
from tui.watch.polling.status import Progress

# The share of the budget for reads that the user did not ask for: less if refreshes need it.
SHARE, _LEAST_SHARE = 0.5, 0.1
_OPENED = 4  # opened runs read at a time
BACKFILL_SPAN = timedelta(days=1)
"""How far back expired rows are searched."""

# A step of the backfill costs between so many RCU: neither too much for one request nor too little to make progress.
_STEP = timedelta(minutes=15)
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(hours=6)
_CHEAP, _DEAR = 50.0, 500.0

Sleep = Callable[[float], Awaitable[None]]
Report = Callable[[reads.ReadOutcome], Awaitable[None]]


class BackgroundReads:
    """Reads histories and durations, and backfills, within its share of `budget`.

    An opened run is read at once. The backfill finds runs that ended less than `keep_ended` ago, too. `report` receives
    the outcome of each read. A history that failed is in `errors` and is retried later, as is a step of the backfill;
    the other histories and the durations wait, too.
    """

    def __init__(
        self,
        cluster: Cluster,
        lookups: Lookups,
        budget: Budget,
        backfill: timedelta,
        keep_ended: timedelta,
        clock: Clock,
        sleep: Sleep,
        report: Report,
    ) -> None:
        self.errors: dict[RunID, Error] = {}
        self.opened: Counter[RunID] = Counter()  # how often: several screens may show one run
        self.paused = False
        self.share = SHARE
        self.progress: Progress | None = None
        self.durations = IdentDurations(cluster)
        self._cluster = cluster
        self._lookups = lookups
        self._budget = budget
        self._span = backfill
        self._keep_ended = keep_ended
        self._clock = clock
        self._sleep = sleep
        self._report = report
        self._step = _STEP
        # Queues in which a refresh looks up thousands of runs: not a deque, whose `in` visits each.
        self._wanted: OrderedDict[RunID, None] = OrderedDict()
        self._asked: OrderedDict[RunID, None] = OrderedDict()  # by the screens that opened them: these are read first
        self._idents: deque[str] = deque()
        self._reading: set[RunID] = set()
        self._histories: dict[RunID, Backoff] = {}  # of the histories that failed: as many as `errors`
        # A refused read costs no RCU, for which a read is followed by a pause: without a back-off for all of them, the
        # histories of 300 runs would be requested within half a second.
        self._queue = Backoff()  # of the histories and durations
        self._steps = Backoff()
        self._step_error: Error | None = None
        self._more = asyncio.Event()
        self._asked_more = asyncio.Event()

    @property
    def is_busy(self) -> bool:
        """Whether there is anything left to read within the share of the budget."""
        return self._is_queue_due or self._is_step_due

    @property
    def error(self) -> Error | None:
        """The error of the last attempt; None if it succeeded."""
        return self._step_error or next(iter(self.errors.values()), self.durations.error)

    @property
    def _is_queue_due(self) -> bool:
        return bool(self._wanted or self._idents) and self._queue.is_due(self._clock())

    @property
    def _is_step_due(self) -> bool:
        is_begun = self.progress is not None and self.progress.share < 1
        return is_begun and self._steps.is_due(self._clock())

    async def run(self, db: TaskDB) -> None:
        """Read from `db` until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read_wanted(db))
            for _ in range(_OPENED):
                group.create_task(self._read_asked(db))

    def open(self, run_id: RunID) -> None:
        """Read all tasks of a run now, even while paused, and again with every `reopen`, until `close`."""
        self.opened[run_id] += 1
        self._ask([run_id])

    def reopen(self) -> None:
        """Read the opened runs again."""
        self._ask(self.opened)

    def close(self, run_id: RunID) -> None:
        """Undo one `open`."""
        self.opened[run_id] -= 1
        if self.opened[run_id] <= 0:
            del self.opened[run_id]

    def poll_finished(self) -> None:
        """Note that a refresh was complete: it may have brought runs whose older tasks are missing."""
        now = self._clock()
        for id in [id for id in self.errors if self._cluster.run(id) is None and id not in self.opened]:
            del self.errors[id], self._histories[id]
        for run in sorted(self._cluster.runs, key=lambda run: run.end is not None):
            id = run.id
            is_due = id not in self._histories or self._histories[id].is_due(now)
            if is_due and id not in self._wanted and id not in self._reading and not self._cluster.has_all_tasks(id):
                self._wanted[id] = None
        self._idents = deque(self.durations.wanted(now))
        if self.progress is None and self._cluster.covered_since is not None:
            start = self._cluster.covered_since
            self.progress = Progress(start, start, min(start, self._cluster.as_of - self._span))
        self.wake()

    def wake(self) -> None:
        """Continue, unless paused."""
        self._more.set()

    def leave(self, share: float) -> None:
        """Leave `share` of the budget to the refreshes, as far as there is enough."""
        self.share = min(max(1 - share, _LEAST_SHARE), SHARE)

    async def read_history(self, db: TaskDB, run_id: RunID) -> float:
        """Read all tasks of a run; return the cost in RCU. A failure is stored in `errors`."""
        self._reading.add(run_id)
        try:
            reading = await reads.read_history(db, self._cluster, run_id)
            failure = next(iter(reading.gaps), None)
        except Error as error:
            reading, failure = reads.ReadOutcome(), error
        finally:
            self._reading.discard(run_id)
        if failure is not None:
            failure.drop_tracebacks()
            self.errors[run_id] = failure
            self._histories.setdefault(run_id, Backoff()).failed(self._clock())
        else:
            self.errors.pop(run_id, None)
            self._histories.pop(run_id, None)
        reading.changes.runs.add(run_id)
        await self._report(reading)
        return reading.consumed

    async def backfill_step(self, db: TaskDB) -> float:
        """Read the next step of the backfill; return the cost in RCU. A step that fails is retried later."""
        progress = self.progress
        if progress is None or progress.share >= 1:
            return 0.0
        since = max(progress.reached - self._step, progress.goal)
        try:
            # The bounds are exclusive.
            until = progress.reached + timedelta(seconds=1)
            # The runs that ended are told from the others by their tasks, which are read as their histories.
            reading = await reads.backfill(
                db,
                self._cluster,
                self._lookups,
                since,
                until,
                with_ended_runs=until > self._cluster.as_of - self._keep_ended,
            )
        except Error as error:
            error.drop_tracebacks()
            reading = reads.ReadOutcome(errors=[error])
        if reading.gaps:
            self._step_error = reading.gaps[0]
            self._steps.failed(self._clock())
            await self._report(reading)
            return reading.consumed
        self._step_error = None
        self._steps.succeeded()
        self.progress = Progress(progress.start, since, progress.goal)
        if reading.consumed > _DEAR:
            self._step = max(self._step / 2, _SHORTEST)
        elif reading.consumed < _CHEAP:
            self._step = min(self._step * 2, _LONGEST)
        await self._report(reading)
        return reading.consumed

    async def _read_wanted(self, db: TaskDB) -> None:
        # The backfill and the other reads get half of the share each: lost runs of the last hours are found by the
        # first few steps, and need not wait for the histories of 100 live runs, nor failures in these for all steps.
        behind = 0.0  # RCU that the backfill has had less than the others
        while True:
            is_step_due, is_other_due = self._is_step_due, self._is_queue_due
            if self.paused or not (is_step_due or is_other_due):
                self._more.clear()
                await self._more.wait()
                continue
            is_step = is_step_due and (behind > 0 or not is_other_due)
            if is_step:
                cost = await self.backfill_step(db)
            else:
                cost = await self._read_next(db)
            behind = behind + (-cost if is_step else cost) if is_step_due and is_other_due else 0.0
            if cost:
                await self._sleep(self._budget.span(cost, self.share).total_seconds())

    async def _read_next(self, db: TaskDB) -> float:
        """Read the next history, or else the durations of the next ident; return the cost in RCU."""
        if self._wanted:
            run_id = self._wanted.popitem(last=False)[0]
            cost = await self.read_history(db, run_id)
            has_failed = run_id in self.errors
        else:
            cost = await self.durations.read(db, self._idents.popleft(), self._clock())
            has_failed = self.durations.error is not None
            await self._report(reads.ReadOutcome(consumed=cost))
        if has_failed:
            self._queue.failed(self._clock())
        else:
            self._queue.succeeded()
        return cost

    async def _read_asked(self, db: TaskDB) -> None:
        while True:
            while self._asked:
                await self.read_history(db, self._asked.popitem(last=False)[0])
            self._asked_more.clear()
            await self._asked_more.wait()

    def _ask(self, run_ids: Iterable[RunID]) -> None:
        self._asked.update(dict.fromkeys(run_ids))
        self._asked_more.set()
