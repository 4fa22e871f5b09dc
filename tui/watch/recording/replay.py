"""Replay of a recording or of the session history: a data source with a clock that can be paused, stepped and set."""

import asyncio
import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from store import Error, RunID, TaskDB
from store.times import Clock, utc_now
from tui.watch.data_source import DataSource
from tui.watch.findings.finding import Finding
from tui.watch.findings.findings import Findings
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.delta_sum import DeltaSum
from tui.watch.polling.backfill import Sleep
from tui.watch.polling.budget import Budget
from tui.watch.polling.interruptible_sleep import sleep_or_wake
from tui.watch.polling.status import Status
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.session_history import RefreshHistory

SPEEDS = (1, 2, 5, 10, 30, 60, 300)
_SHORTEST, _LONGEST = timedelta(seconds=0.1), timedelta(minutes=1)  # between two checks of what is due


class Replay:
    """Shows the refreshes of a history, starting at `place`, paused unless `playing`.

    It moves while `run` runs. A jump back in time builds a new cluster, in slices between which the event loop runs;
    `notify` is called when it is complete, and until then the replay shows what `before` shows. `clock` is the actual
    time, `now` that of the replay.
    """

    def __init__(
        self,
        history: RefreshHistory,
        place: int | None = None,
        *,
        playing: bool = False,
        before: DataSource | None = None,
        clock: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        self.history = history
        self.is_playing = playing
        self.trouble = history.damage
        self.budget = Budget(math.inf, 0.0)  # nothing is read
        self.notify = notify
        self._before = before
        self._clock = clock
        self._sleep = sleep
        self._wanted = history.first if place is None else place
        self._place: int | None = None  # of the refresh that is shown
        self._cluster = Cluster(history.time(self._wanted)) if before is None else before.cluster
        self._refresh: Refresh | None = None
        self._findings = Findings(self._cluster)
        self._found: list[Finding] | None = None
        self._speed = 0  # in the history
        self._time = history.time(self._wanted)
        self._since = clock()  # when that time was shown
        self._wake = asyncio.Event()
        self._is_closed = False

    # The data source.

    @property
    def cluster(self) -> Cluster:
        """The cluster at the time of the replay. A jump back replaces the object."""
        return self._cluster

    @property
    def status(self) -> Status:
        """The health of the poller at that time."""
        if self._refresh is None:
            return Status() if self._before is None else self._before.status
        return self._refresh.status

    @property
    def is_paused(self) -> bool:
        """Whether the clock of the replay is paused."""
        return not self.is_playing

    @property
    def is_slowed_by_budget(self) -> bool:
        return False

    @property
    def every(self) -> timedelta:
        """The time between refreshes at that time."""
        return self.status.every

    @property
    def history_errors(self) -> Mapping[RunID, Error]:
        """The errors of reading the tasks of runs at that time, by run."""
        return {} if self._refresh is None else self._refresh.history_errors

    @property
    def findings(self) -> list[Finding]:
        """The findings at that time."""
        if self._found is None:
            before = self._before if self._refresh is None else None
            self._found = self._findings.find() if before is None else before.findings
        return self._found

    @property
    def speed(self) -> int:
        """The factor by which the replay is faster than real time."""
        return SPEEDS[self._speed]

    @property
    def is_at_end(self) -> bool:
        """Whether the last refresh is shown."""
        return self._wanted >= self.history.last

    @property
    def is_following(self) -> bool:
        """Whether the live end of a recording that is being written is shown."""
        return False

    @property
    def host(self) -> str:
        """The machine that writes the recording that is followed. Not yet safe to show."""
        return ""

    @property
    def behind(self) -> timedelta | None:
        """The age of the data shown, in a recording that is being written; None in any other."""
        return None

    @property
    def has_arrived(self) -> bool:
        """Whether the refresh shown is that of the replay's time, rather than one on the way there."""
        return self._place == self._wanted

    def now(self) -> datetime:
        """The time of the replay. It stands still at the end of the recording and in gaps."""
        if not self.is_playing:
            return self._time
        time = self._time + (self._clock() - self._since) * self.speed
        return time if self._has_next(self._wanted) else self._time

    # Moving through the history.

    def step(self, refreshes: int) -> None:
        """Pause, and move by so many refreshes; at most to the first or last one."""
        self.is_playing = False
        self._go(self._wanted + refreshes)

    def go_to(self, time: datetime) -> None:
        self._go(self.history.find(time))
        if self.history.time(self._wanted) < time and self._has_next(self._wanted):
            self._set(time)

    def go_to_end(self) -> None:
        self._go(self.history.last)

    def change_speed(self, steps: int) -> None:
        """Play at the next higher or lower speed."""
        self._set(self.now())
        self._wake.set()
        self._speed = min(max(self._speed + steps, 0), len(SPEEDS) - 1)

    def pause(self) -> None:
        self._set(self.now())
        self.is_playing = False
        self.notify()

    def resume(self) -> None:
        """Play; from the start, if the end is shown."""
        if self.is_at_end:
            self._go(self.history.first)
        self._set(self._time)
        self.is_playing = True
        self._wake.set()
        self.notify()

    def refresh_now(self) -> None:
        """Do nothing: a recording has nothing newer."""

    def attention(self, *, focused: bool, idle: timedelta) -> None:
        """Do nothing: a replay costs no reads."""

    def open_run(self, run_id: RunID) -> None:
        """Do nothing: what was not recorded cannot be read."""

    def close_run(self, run_id: RunID) -> None:
        pass

    def close(self) -> None:
        """Let `run` end."""
        self._is_closed = True
        self._wake.set()

    async def run(self, db: TaskDB | None = None) -> None:
        """Move and play until cancelled or closed."""
        while not self._is_closed:
            self._wake.clear()
            self._wanted = max(self._wanted, self.history.first)  # the others may be dropped from the history meanwhile
            if self._place != self._wanted:
                await self._show(self._wanted)
            elif not self.is_playing:
                await self._wake.wait()
            elif (left := self._until_next()) <= timedelta():
                self._advance()
            else:
                await self._rest(left / self.speed)

    async def _rest(self, span: timedelta) -> None:
        """Sleep until the next step is due, or until woken."""
        seconds = min(max(span, _SHORTEST), _LONGEST).total_seconds()
        await sleep_or_wake(self._sleep, seconds, self._wake)

    def _advance(self) -> None:
        """Move to the last refresh that is due, or pause at the end."""
        if self.is_at_end:
            self.pause()
            return
        place = self._wanted + 1
        self._set(self.history.time(place) if self.history.starts_session(place) else self.now())
        while self._has_next(place) and self.history.time(place + 1) <= self._time:
            place += 1
        self._wanted = place

    def _until_next(self) -> timedelta:
        """Return the time to the next refresh, by the clock of the replay; zero in a gap and at the end."""
        return self.history.time(self._wanted + 1) - self.now() if self._has_next(self._wanted) else timedelta()

    def _has_next(self, place: int) -> bool:
        """Return whether another refresh follows the one at a place without a gap."""
        return place < self.history.last and not self.history.starts_session(place + 1)

    def _go(self, place: int) -> None:
        self._wanted = min(max(place, self.history.first), self.history.last)
        self._set(self.history.time(self._wanted))
        self._wake.set()
        self.notify()  # the time has changed, at least

    def _set(self, time: datetime) -> None:
        self._time, self._since = time, self._clock()

    async def _show(self, place: int) -> None:
        """Bring the cluster to the refresh at a place, or as far as the history can be read."""
        key, shown = self.history.key(place), self._place
        rebuilds = shown is None or not key <= shown <= place
        first = key if rebuilds or shown is None else shown + 1
        cluster = Cluster(self.history.time(first)) if rebuilds else self._cluster
        changes, total = Changes(), DeltaSum()
        read: Refresh | None = None
        try:
            for each in self.history.refreshes(first, place):
                if each is not None:
                    read = each
                    total.add(read.delta)
                await asyncio.sleep(0)
                if self._wanted != place:
                    return  # another jump was requested, and nothing of this one is shown yet
        except OSError as error:
            self.trouble = str(error)
            self.is_playing = False
        self._place = place
        if read is not None:
            for _ in cluster.apply(total.combined(), changes):
                await asyncio.sleep(0)
            cluster.usual = dict(read.usual)
            if cluster is not self._cluster or self._refresh is None:
                self._findings = Findings(cluster)
            self._cluster, self._refresh, self._found = cluster, read, None
        self.notify()
