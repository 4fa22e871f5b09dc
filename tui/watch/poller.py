"""When to read what: a sweep every few seconds, and the tasks of runs that began before the sweeps reach."""

import asyncio
import contextlib
import dataclasses
import random
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from store import Error, ErrorKind, RunID, TaskDB
from store.lease import GRACE
from store.times import Clock, utc_now
from tui.watch import reads
from tui.watch.cluster import Changes, Cluster

MAX_DELAY = timedelta(minutes=1)
JITTER = 0.2

# How many histories are read at a time, and how soon one that failed is tried again.
_HISTORIES = 4
_HISTORY_RETRY = timedelta(minutes=1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Status:
    """How the reading goes.

    `as_of` is the time of the last complete sweep, None before the first one; `error` is why the last sweep failed or
    left a part out; `unreadable` are the errors of rows with fields that could not be read; `consumed` the RCU of the
    last sweep.
    """

    as_of: datetime | None = None
    error: Error | None = None
    unreadable: tuple[Error, ...] = ()
    consumed: float = 0.0
    paused: bool = False

    def seen_at(self, now: datetime) -> datetime:
        """The time to measure leases at: `now` while reads go well, else when the last one went well."""
        return self.as_of if self.as_of is not None and (self.error is not None or self.paused) else now


class Poller:
    """Keeps `cluster` up to date.

    `since` says, for a time, how far back the sweeps reach; `interval` is the time between them. `notify` is called
    after whatever changes the cluster or the `status`. Reads that fail leave both cluster and `as_of` as they are.
    """

    def __init__(
        self,
        cluster: Cluster,
        since: Callable[[datetime], datetime],
        *,
        interval: timedelta = timedelta(seconds=5),
        clock: Clock = utc_now,
        notify: Callable[[Changes], None] = lambda changes: None,
    ) -> None:
        self.cluster = cluster
        self.interval = interval
        self.status = Status()
        self.history_errors: dict[RunID, Error] = {}
        self._since = since
        self._clock = clock
        self._notify = notify
        self._failures = 0
        self._sweeps = 0
        self._opened: set[RunID] = set()
        self._wanted: deque[RunID] = deque()  # histories to read, the first ones first
        self._reading: set[RunID] = set()
        self._retry_at: dict[RunID, datetime] = {}
        self._wake = asyncio.Event()
        self._more = asyncio.Event()

    @property
    def delay(self) -> timedelta:
        """The time until the next sweep: longer, and not the same for all, after failures in a row."""
        if not self._failures:
            return self.interval
        backed_off = min(self.interval * (1 << min(self._failures, 10)), MAX_DELAY)
        return backed_off * random.uniform(1 - JITTER, 1 + JITTER)

    async def run(self, db: TaskDB) -> None:
        """Read from `db` until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sweep_forever(db))
            for _ in range(_HISTORIES):
                group.create_task(self._read_histories(db))

    def refresh_now(self) -> None:
        """Sweep at once, also when paused; and read the open runs anew."""
        self._want(self._opened)
        self._wake.set()

    def pause(self) -> None:
        """Stop reading, but for what is asked for."""
        self._set_status(paused=True)

    def resume(self) -> None:
        """Read again, at once."""
        self._set_status(paused=False)
        self._wake.set()
        self._more.set()

    def open_run(self, run_id: RunID) -> None:
        """Read all tasks of a run now, and do not forget the run, until `close_run`."""
        self._opened.add(run_id)
        self._want([run_id])

    def close_run(self, run_id: RunID) -> None:
        """Take back `open_run`."""
        self._opened.discard(run_id)

    async def refresh(self, db: TaskDB) -> None:
        """Sweep once. Failures are in `status`."""
        now = self._clock()
        since = self._since(now)
        reach = since
        if self.status.as_of is not None:
            # After an outage or a pause, go back to where the last sweep left off: what has ended meanwhile is there.
            reach = min(since, self.status.as_of - GRACE)
        try:
            reading = await reads.sweep(db, self.cluster, reach)
        except Error as error:
            self._failures += 1
            self._set_status(error=error)
            return
        reading.include(await reads.look_up_runs(db, self.cluster, self._next_silent(reach)))
        reading.changes.update(self.cluster.forget(since, keep=self._opened))
        self._finish(reading)

    async def read_history(self, db: TaskDB, run_id: RunID) -> None:
        """Read all tasks of a run. A failure is in `history_errors`."""
        self._reading.add(run_id)
        try:
            reading = await reads.read_history(db, self.cluster, run_id)
            gaps = reads.gaps(reading.errors)
        except Error as error:
            reading, gaps = reads.Reading(), [error]
        finally:
            self._reading.discard(run_id)
        if gaps:
            self.history_errors[run_id] = gaps[0]
            self._retry_at[run_id] = self._clock() + _HISTORY_RETRY
        else:
            self.history_errors.pop(run_id, None)
            self._retry_at.pop(run_id, None)
        reading.changes.runs.add(run_id)
        self._notify(reading.changes)

    def _finish(self, reading: reads.Reading) -> None:
        gaps = reads.gaps(reading.errors)
        self._failures = self._failures + 1 if gaps else 0
        self._sweeps += 1
        self._set_status(
            reading.changes,
            as_of=self.status.as_of if gaps else self.cluster.as_of,
            error=gaps[0] if gaps else None,
            unreadable=tuple(error for error in reading.errors if error.kind is ErrorKind.INVALID),
            consumed=reading.consumed,
        )
        self._want_histories()

    def _next_silent(self, since: datetime) -> list[RunID]:
        """Runs that are out of the sweep's reach without having ended may have ended since: a few of them each time."""
        silent = sorted(
            run.id
            for run in self.cluster.runs
            if run.end is None and run.keepalive is not None and run.keepalive <= since
        )
        first = self._sweeps * reads.LOOKUPS % len(silent) if silent else 0
        return (silent[first:] + silent[:first])[: reads.LOOKUPS]

    async def _sweep_forever(self, db: TaskDB) -> None:
        while True:
            self._wake.clear()
            await self.refresh(db)
            while True:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(None if self.status.paused else self.delay.total_seconds()):
                        await self._wake.wait()
                if self._wake.is_set() or not self.status.paused:
                    break

    async def _read_histories(self, db: TaskDB) -> None:
        while True:
            while self._wanted and (not self.status.paused or self._wanted[0] in self._opened):
                await self.read_history(db, self._wanted.popleft())
            self._more.clear()
            await self._more.wait()

    def _want(self, run_ids: set[RunID] | list[RunID]) -> None:
        self._wanted.extendleft(run_id for run_id in run_ids if run_id not in self._wanted)
        self._more.set()

    def _want_histories(self) -> None:
        now = self._clock()
        for run in sorted(self.cluster.runs, key=lambda run: run.end is not None):
            id = run.id
            is_due = id not in self._wanted and id not in self._reading and self._retry_at.get(id, now) <= now
            if is_due and not self.cluster.is_whole(id):
                self._wanted.append(id)
        if self._wanted:
            self._more.set()

    def _set_status(self, changes: Changes | None = None, **fields: object) -> None:
        self.status = dataclasses.replace(self.status, **fields)  # type: ignore[arg-type]
        self._notify(changes or Changes())
