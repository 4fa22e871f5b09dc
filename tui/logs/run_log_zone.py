"""The time zone of a run log, which does not name it: engines write local time."""

from datetime import datetime, timedelta

_UTC = timedelta()
# A first line may be this much earlier than the row says, for clocks differ; later, for the engine starts up.
_EARLIER = timedelta(minutes=2)
# Zones beside whole hours: Newfoundland, Iran, India, Nepal and others.
_FRACTIONS = (-570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765)
_OFFSETS = sorted(timedelta(minutes=minutes) for minutes in (*range(-12 * 60, 14 * 60 + 1, 60), *_FRACTIONS))


def zone_offset(first: datetime, start: datetime | None) -> timedelta:
    """Return the offset from UTC of the times of a run log, by its first line and the start of the run.

    Zero if there is no start, or none that a zone explains.
    """
    if start is None or (first >= start - _EARLIER and first - start < timedelta(minutes=59)):
        return _UTC
    shift = first - start
    fitting = [offset for offset in _OFFSETS if -_EARLIER <= shift - offset < timedelta(minutes=15)]
    return fitting[-1] if fitting else _UTC


def describe_zone(offset: timedelta) -> str:
    """Return the name of a zone: `UTC-8`, `UTC+5:30`."""
    minutes = round(offset.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")
