"""How the reading goes."""

from datetime import datetime, timedelta

import msgspec

from store import Error


class Progress(msgspec.Struct, frozen=True):
    """A long read of the past: it is to reach from `start` to `goal` and has come as far as `reached`."""

    start: datetime
    reached: datetime
    goal: datetime

    @property
    def share(self) -> float:
        """How much of it is done, 0 to 1."""
        whole = self.goal - self.start
        return (self.reached - self.start) / whole if whole else 1.0


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How the reading goes.

    `sweeps` counts those that have ended, well or not.
    `as_of` is the time of the last complete sweep, by our clock, None before the first one; `error` is why the last
    sweep failed or left a part out; `unreadable` are the errors of rows with fields that could not be read. `every` is
    the time between two sweeps, as it is now. `clock_offset` is by how much the service's clock is ahead of ours.
    `consumed` are the RCU of the last sweep, `rate` RCU/s over the last minute, `dollars_per_hour` what that costs.
    `look_back` is how far the search for rows that fell silent long ago has come; None before it begins.
    `background_error` is why a part of that, or of the older tasks of runs, could not be read yet.
    """

    sweeps: int = 0
    as_of: datetime | None = None
    error: Error | None = None
    unreadable: tuple[Error, ...] = ()
    paused: bool = False
    every: timedelta = timedelta()
    clock_offset: timedelta = timedelta()
    consumed: float = 0.0
    rate: float = 0.0
    dollars_per_hour: float = 0.0
    look_back: Progress | None = None
    background_error: Error | None = None

    def seen_at(self, now: datetime) -> datetime:
        """The time to measure leases at, by the service's clock: now, or when reading went well last."""
        stands = self.as_of is not None and (self.error is not None or self.paused)
        return (self.as_of if stands and self.as_of is not None else now) + self.clock_offset

    def is_clock_off(self) -> bool:
        """Whether our clock is off by so much that it should be said."""
        return abs(self.clock_offset) >= _TELL_FROM


_TELL_FROM = timedelta(seconds=5)
