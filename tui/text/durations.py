"""Times and time spans as text."""

from datetime import UTC, datetime, timedelta

from store.lease import Liveness, lapse, liveness
from store.model import TimeFields
from tui.text.safe import NONE


def age(delta: timedelta) -> str:
    """A time span in at most two units, seconds only below a minute: `42s`, `41m`, `2h13m`, `3d4h`; never negative."""
    seconds = max(0, int(delta.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days}d{hours % 24}h"
    if hours:
        return f"{hours}h{minutes % 60:02}m"
    return f"{minutes}m" if minutes else f"{seconds}s"


def duration(delta: timedelta) -> str:
    """A time span as `age`, but with seconds below an hour: `1m42s`."""
    minutes, seconds = divmod(max(0, int(delta.total_seconds())), 60)
    return f"{minutes}m{seconds:02}s" if 0 < minutes < 60 else age(delta)


def lease(row: TimeFields, now: datetime) -> str:
    """What is left of the lease of `row`, or for how long it has lapsed: `1m42s left`, `4m12s over`.

    `-` for an ended row, `none yet` for one that has only started.
    """
    lapsed = lapse(row, now)
    match liveness(row, now):
        case Liveness.ENDED:
            return NONE
        case Liveness.STARTING:
            return "none yet"
    if lapsed is None:
        return NONE
    return f"{duration(lapsed)} over" if lapsed > timedelta() else f"{duration(-lapsed)} left"


def steady_lease(row: TimeFields, now: datetime) -> str:
    """As `lease`, but rounded down to 5 s while more than 10 s are left.

    Fifty leases that count every second are most of what a dashboard would send over a slow line, and nobody reads
    them to the second until they are about to lapse.
    """
    until = row.keepalive or row.start
    left = timedelta() if until is None else until - now
    return lease(row, now + left % _STEP if left > _NEAR else now)


_NEAR = timedelta(seconds=10)

_STEP = timedelta(seconds=5)


def clock(time: datetime | None, now: datetime | None = None) -> str:
    """The UTC time of day, `09:50`; with the date, `11-30 09:50`, if that is not the date of `now`."""
    if time is None:
        return NONE
    utc = time.astimezone(UTC)
    other_day = now is not None and utc.date() != now.astimezone(UTC).date()
    return f"{utc:%m-%d %H:%M}" if other_day else f"{utc:%H:%M}"


def moment(time: datetime | None) -> str:
    """The UTC date and time in full: `2026-11-01 09:50:41 UTC`."""
    return NONE if time is None else f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
