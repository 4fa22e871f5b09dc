"""What was recorded, shown as it was: a source with a clock that can be stopped, stepped and set."""

import asyncio
import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from store import Error, RunID, TaskDB
from store.times import Clock, utc_now
from tui.watch.data_source import DataSource
from tui.watch.findings.findings import Finding, Findings
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.delta_sum import DeltaSum
from tui.watch.polling.backfill import Sleep
from tui.watch.polling.budget import Budget
from tui.watch.polling.durations import IdentDurations
from tui.watch.polling.status import Status
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.session_history import RefreshHistory

SPEEDS = (1, 2, 5, 10, 30, 60, 300)
_SHORTEST, _LONGEST = timedelta(seconds=0.1), timedelta(minutes=1)  # between two looks at what is due


class Replay:
    """Shows the refreshes on a `tape`, beginning with that at `place`, stopped unless `playing`.

    It goes to where it is told to while it runs: a way back is a new cluster, made in slices between which the event
    loop runs. `notify` is called when it is there; until then it shows what `before` does. `clock` is that of here and
    now; `now` that of the replay.
    """

    def __init__(
        self,
        tape: RefreshHistory,
        place: int | None = None,
        *,
        playing: bool = False,
        before: DataSource | None = None,
        clock: Clock = utc_now,
        sleep: Sleep = asyncio.sleep,
        notify: Callable[[Changes], None] = lambda changes: None,
    ) -> None:
        self.tape = tape
        self.is_playing = playing
        self.trouble = tape.damage
        self.budget = Budget(math.inf, 0.0)  # nothing is read
        self.notify = notify
        self._before = before
        self._clock = clock
        self._sleep = sleep
        self._wanted = tape.first if place is None else place
        self._place: int | None = None  # of what is shown
        self._cluster = Cluster(tape.time(self._wanted)) if before is None else before.cluster
        self._refresh: Refresh | None = None
        self._findings = Findings(self._cluster, IdentDurations())
        self._found: list[Finding] | None = None
        self._speed = 0  # among those there are
        self._time = tape.time(self._wanted)
        self._since = clock()  # when that time was shown
        self._wake = asyncio.Event()
        self._is_closed = False

    # What is shown

    @property
    def cluster(self) -> Cluster:
        """What was known then. Another one after a way back."""
        return self._cluster

    @property
    def status(self) -> Status:
        """How the reading went then."""
        if self._refresh is None:
            return Status() if self._before is None else self._before.status
        return self._refresh.status

    @property
    def is_paused(self) -> bool:
        """Whether its clock is stopped."""
        return not self.is_playing

    @property
    def every(self) -> timedelta:
        """The time from one sweep to the next, then."""
        return self.status.every

    @property
    def history_errors(self) -> Mapping[RunID, Error]:
        """Why the tasks of runs could not be read then."""
        return {} if self._refresh is None else self._refresh.history_errors

    @property
    def findings(self) -> list[Finding]:
        """What deserved attention then."""
        if self._found is None:
            before = self._before if self._refresh is None else None
            self._found = self._findings.find() if before is None else before.findings
        return self._found

    @property
    def speed(self) -> int:
        """How much faster than it was."""
        return SPEEDS[self._speed]

    @property
    def is_at_end(self) -> bool:
        """Whether there is nothing after what is shown."""
        return self._wanted >= self.tape.last

    @property
    def is_there(self) -> bool:
        """Whether what is shown is that of its time, and not yet on the way there."""
        return self._place == self._wanted

    def now(self) -> datetime:
        """The time that is shown. It stands where the recording ends, and between two parts of it."""
        if not self.is_playing:
            return self._time
        time = self._time + (self._clock() - self._since) * self.speed
        return time if self._is_in_one(self._wanted) else self._time

    # Going through it

    def step(self, refreshes: int) -> None:
        """Stop, so many refreshes on, or back; no farther than there are any."""
        self.is_playing = False
        self._go(self._wanted + refreshes)

    def go_to(self, time: datetime) -> None:
        """Go to what was known at a time."""
        self._go(self.tape.find(time))
        if self.tape.time(self._wanted) < time and self._is_in_one(self._wanted):
            self._set(time)

    def go_to_end(self) -> None:
        """Go to the last refresh."""
        self._go(self.tape.last)

    def faster(self, steps: int) -> None:
        """Play at the next higher speed, or a lower one."""
        self._set(self.now())
        self._wake.set()
        self._speed = min(max(self._speed + steps, 0), len(SPEEDS) - 1)

    def pause(self) -> None:
        """Stop."""
        self._set(self.now())
        self.is_playing = False
        self.notify(Changes())

    def resume(self) -> None:
        """Play; from the beginning, if it was played to the end."""
        if self.is_at_end:
            self._go(self.tape.first)
        self._set(self._time)
        self.is_playing = True
        self._wake.set()
        self.notify(Changes())

    def refresh_now(self) -> None:
        """There is nothing new."""

    def attention(self, *, focused: bool, idle: timedelta) -> None:
        """It costs nothing to go on."""

    def open_run(self, run_id: RunID) -> None:
        """What was not recorded cannot be read."""

    def close_run(self, run_id: RunID) -> None:
        """Take back `open_run`."""

    def close(self) -> None:
        """Let `run` end."""
        self._is_closed = True
        self._wake.set()

    async def run(self, db: TaskDB | None = None) -> None:
        """Go where it is told to, and play, until cancelled or closed."""
        while not self._is_closed:
            self._wake.clear()
            self._wanted = max(self._wanted, self.tape.first)  # the rest may be forgotten meanwhile
            if self._place != self._wanted:
                await self._show(self._wanted)
            elif not self.is_playing:
                await self._wake.wait()
            elif (left := self._until_next()) <= timedelta():
                self._advance()
            else:
                await self._rest(left / self.speed)

    async def _rest(self, span: timedelta) -> None:
        """Wait, at most until something else is to be done."""
        seconds = min(max(span, _SHORTEST), _LONGEST).total_seconds()
        waits = [asyncio.ensure_future(self._wake.wait()), asyncio.ensure_future(self._sleep(seconds))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.wait(waits)

    def _advance(self) -> None:
        """Go on to the last refresh that is due, or stop at the end."""
        if self.is_at_end:
            self.pause()
            return
        place = self._wanted + 1
        self._set(self.tape.time(place) if self.tape.begins(place) else self.now())
        while self._is_in_one(place) and self.tape.time(place + 1) <= self._time:
            place += 1
        self._wanted = place

    def _until_next(self) -> timedelta:
        """The time to the next refresh, by the clock of the recording. None where nothing was recorded for a while."""
        return self.tape.time(self._wanted + 1) - self.now() if self._is_in_one(self._wanted) else timedelta()

    def _is_in_one(self, place: int) -> bool:
        """Whether a part of the recording goes on after a place."""
        return place < self.tape.last and not self.tape.begins(place + 1)

    def _go(self, place: int) -> None:
        self._wanted = min(max(place, self.tape.first), self.tape.last)
        self._set(self.tape.time(self._wanted))
        self._wake.set()
        self.notify(Changes())  # of the time, at least

    def _set(self, time: datetime) -> None:
        self._time, self._since = time, self._clock()

    async def _show(self, place: int) -> None:
        """Bring the cluster to what it was at a place, or as far as that can be read."""
        key, shown = self.tape.key(place), self._place
        anew = shown is None or not key <= shown <= place
        first = key if anew or shown is None else shown + 1
        cluster = Cluster(self.tape.time(first)) if anew else self._cluster
        changes, fold = Changes(), DeltaSum()
        read: Refresh | None = None
        try:
            for read in self.tape.refreshes(first, place):
                fold.add(read.delta)
                await asyncio.sleep(0)
                if self._wanted != place:
                    return  # it is to go elsewhere, and nothing of this is shown yet
        except OSError as error:
            self.trouble = str(error)
            self.is_playing = False
        self._place = place
        if read is not None:
            for _ in cluster.apply(fold.folded(), changes):
                await asyncio.sleep(0)
            if cluster is not self._cluster or self._refresh is None or read.usual != self._refresh.usual:
                self._findings = Findings(cluster, IdentDurations(read.usual))
            self._cluster, self._refresh, self._found = cluster, read, None
        self.notify(changes)
