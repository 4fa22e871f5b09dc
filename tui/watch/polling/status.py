"""The health of the poller."""

from datetime import datetime, timedelta

import msgspec

from store import Error


class Progress(msgspec.Struct, frozen=True):
    """The progress of a long read of the past, from `start` to `goal`; it has reached `reached`."""

    start: datetime
    reached: datetime
    goal: datetime

    @property
    def share(self) -> float:
        """The part that is done, 0 to 1."""
        whole = self.goal - self.start
        return max(0.0, (self.reached - self.start) / whole) if whole else 1.0  # not -0.0, which shows as -0%


class StartProgress(msgspec.Struct, frozen=True):
    """The progress of the first read of a table: the share of open rows that were read, and the time left.

    `left` is None unless the read budget limits the pace.
    """

    share: float
    left: timedelta | None


class LeftOut(msgspec.Struct, frozen=True):
    """The changes that the read budget leaves out.

    Refreshes check the leases of tasks, and find new tasks, once every `leases_every`. If `of_hosts`, the same holds
    for the leases of allocs and pools. Ends appear with a delay of up to `ends_late`.
    """

    leases_every: timedelta
    ends_late: timedelta
    of_hosts: bool


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The health of the poller.

    `refreshes` counts finished refreshes, successful or not. `as_of` is the time of the last complete refresh by this
    machine's clock, None before the first one. `error` is why the last refresh failed or was incomplete; `unreadable`
    are the errors of rows with unreadable fields. `every` is the current time between refreshes; `next_at` is when the
    next one starts by this machine's clock, None during a refresh, while paused, and in recordings. `clock_offset` is
    how far the service's clock is ahead. `consumed` are the RCU of the last refresh, `rate` the RCU/s over the last
    minute, `dollars_per_hour` the cost of that rate. `backfill` is the progress of the backfill, None before it starts.
    `background_error` is why part of the backfill, or of the older tasks of runs, could not be read yet. `overdue` is
    whether a recording that is followed has not grown for so long that its recorder may be gone.
    `refused` is why every refresh reads all live rows, rather than what changed; `retry_at` is when the service is
    asked again, by its clock. `differences` counts the rows that audits of narrow reads found to differ. `left_out`
    tells which changes the read budget leaves no room for, if it is too small for all. `start` is the progress of
    reading the table for the first time, once there are rows to show; None when it is done.
    """

    refreshes: int = 0
    as_of: datetime | None = None
    error: Error | None = None
    unreadable: tuple[Error, ...] = ()
    paused: bool = False
    every: timedelta = timedelta()
    next_at: datetime | None = None
    clock_offset: timedelta = timedelta()
    consumed: float = 0.0
    rate: float = 0.0
    dollars_per_hour: float = 0.0
    backfill: Progress | None = None
    background_error: Error | None = None
    overdue: bool = False
    refused: Error | None = None
    retry_at: datetime | None = None
    left_out: LeftOut | None = None
    differences: int = 0
    start: StartProgress | None = None

    def is_old(self, now: datetime, every: timedelta) -> bool:
        """Whether what was read is older at `now` than refreshes `every` so often explain."""
        return self.as_of is not None and now - self.as_of > _OLD * every

    def seen_at(self, now: datetime) -> datetime:
        """Return the time to measure leases at, by the service's clock: now, or when reads last succeeded."""
        stands = self.as_of is not None and (self.error is not None or self.paused or self.overdue)
        return (self.as_of if stands and self.as_of is not None else now) + self.clock_offset

    def is_clock_off(self) -> bool:
        """Whether this machine's clock is off by enough to tell the user."""
        return abs(self.clock_offset) >= _TELL_FROM


_TELL_FROM = timedelta(seconds=5)
# Data that is older than so many intervals counts as old, though no read has failed.
_OLD = 4
