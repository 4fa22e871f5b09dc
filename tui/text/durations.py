"""Times and durations as text."""

from datetime import UTC, datetime, timedelta

from store.lease import Liveness, lapse, liveness
from store.model import TimeFields
from tui.text import time_zone
from tui.text.safe import NONE


def age(delta: timedelta) -> str:
    """Return a duration in at most two units and 6 cells, seconds only below a minute: `42s`, `41m`, `2h13m`, `3d4h`,
    `100d`; never negative.
    """
    seconds = max(0, int(delta.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        return f"{days}d{hours % 24}h" if days < 100 else f"{days}d"
    if hours:
        return f"{hours}h{minutes % 60:02}m"
    return f"{minutes}m" if minutes else f"{seconds}s"


def duration(delta: timedelta) -> str:
    """Return a duration as `age` does, but with seconds below an hour: `1m42s`."""
    minutes, seconds = divmod(max(0, int(delta.total_seconds())), 60)
    return f"{minutes}m{seconds:02}s" if 0 < minutes < 60 else age(delta)


def lease(row: TimeFields, now: datetime) -> str:
    """Return how long the lease of `row` lasts, or since when it has expired: `1m42s left`, `expired 4m ago`.

    `late 20s` while an expired lease may still be due to clocks that differ; `-` for an ended row, `none yet` for one
    that has only started.
    """
    past_end = lapse(row, now)
    match liveness(row, now):
        case Liveness.ENDED:
            return NONE
        case Liveness.STARTING:
            return "none yet"
        case Liveness.LIVE if past_end is not None and past_end > timedelta():
            return f"late {duration(past_end)}"
    if past_end is None:
        return NONE
    return f"expired {coarse_age(past_end)} ago" if past_end > timedelta() else f"{duration(-past_end)} left"


def coarse_age(delta: timedelta) -> str:
    """Return a duration in one unit, rounded down: `42s`, `4m`, `2h`, `3d`."""
    seconds = max(0, int(delta.total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def steady_lease(row: TimeFields, now: datetime) -> str:
    """Return the lease in at most 11 cells, for lists: `1m40s left`, `expired 4m`.

    While more than 10 s are left, they are rounded down to 5 s: fifty leases that count every second are most of what a
    dashboard sends over a slow line, and the exact second does not matter until a lease is about to expire.
    """
    return steady_lease_phrase(row, now).removesuffix(" ago")


def steady_lease_phrase(row: TimeFields, now: datetime) -> str:
    """Return the lease as `steady_lease` does, for a sentence: `1m40s left`, `expired 4m ago`."""
    until = row.keepalive or row.start
    left = timedelta() if until is None else until - now
    return lease(row, now + left % _STEP if left > _NEAR else now)


_NEAR = timedelta(seconds=10)

_STEP = timedelta(seconds=5)


def clock(time: datetime | None, now: datetime | None = None) -> str:
    """Return the time of day, `09:50`; with the date, `11-30 09:50`, if that is not the date of `now`."""
    if time is None:
        return NONE
    local = time_zone.localize(time)
    other_day = now is not None and local.date() != time_zone.localize(now).date()
    return f"{local:%m-%d %H:%M}" if other_day else f"{local:%H:%M}"


def moment(time: datetime | None) -> str:
    """Return the date, the time and its zone: `2026-11-01 09:50:41 UTC`."""
    return NONE if time is None else _moment(time_zone.localize(time))


def minute(time: datetime) -> str:
    """Return the date, the time and its zone without seconds: `2026-11-01 09:50 UTC`."""
    local = time_zone.localize(time)
    return f"{local:%Y-%m-%d %H:%M} {time_zone.label(local)}"


def utc_moment(time: datetime | None) -> str:
    """Return the date and time as `moment` does, in UTC, for readers in other time zones."""
    return NONE if time is None else _moment(time.astimezone(UTC))


def _moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} {time_zone.label(time)}"
