"""The time zone of every time on screen and in tables, and of times that users type. JSON and bundles stay UTC."""

import contextlib
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

_MOST_NAMES = 100


class _LocalZone(tzinfo):
    """The time zone of this machine, with its changes to and from summer time."""

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        return None if dt is None else dt.replace(tzinfo=None).astimezone().utcoffset()

    def tzname(self, dt: datetime | None) -> str | None:
        return None if dt is None else dt.replace(tzinfo=None).astimezone().tzname()

    def dst(self, dt: datetime | None) -> timedelta | None:
        return None

    def fromutc(self, dt: datetime) -> datetime:
        local = dt.replace(tzinfo=UTC).astimezone()
        wall = local.replace(tzinfo=None)
        # The hour after summer time ends comes twice; `fold` tells the second one.
        return wall.replace(tzinfo=self, fold=int(wall.astimezone().utcoffset() != local.utcoffset()))


class TimeZone(msgspec.Struct, frozen=True):
    """A time zone, by its name as typed: `utc`, `local` or one of the IANA database."""

    text: str
    zone: tzinfo


UTC_ZONE = TimeZone("utc", UTC)
LOCAL_ZONE = TimeZone("local", _LocalZone())
_LONGEST_NAME = 100  # characters; the database has names of up to 32
_current = UTC_ZONE


def parse(text: str) -> TimeZone:
    """Return the time zone with a name. Raises ValueError, with a similar name, for an unknown one."""
    name = text.strip()
    for zone in (UTC_ZONE, LOCAL_ZONE):
        if name.lower() == zone.text:
            return zone
    import zoneinfo  # not needed for the first frame in UTC

    if len(name) <= _LONGEST_NAME:  # zoneinfo imports a package for each part of a path, without end
        with contextlib.suppress(zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return TimeZone(name, zoneinfo.ZoneInfo(name))
    name = name[:_LONGEST_NAME]
    import difflib

    names = {known.lower(): known for known in zoneinfo.available_timezones()}
    if not names:
        raise ValueError(f"{name[:100]!r} cannot be found: this machine has no time zone database; use utc or local")
    matches = [names[each] for each in difflib.get_close_matches(name.lower(), names, n=1)] or complete(name)
    like = f"did you mean {matches[0]}?" if matches else "use utc, local, or a name such as Europe/Berlin"
    raise ValueError(f"{name[:100]!r} is not a time zone; {like}")


def complete(text: str) -> list[str]:
    """Return the names that begin with `text`, else those that contain it, in any case."""
    import zoneinfo

    wanted = text.strip().lower().replace(" ", "_")
    names = [UTC_ZONE.text, LOCAL_ZONE.text, *sorted(zoneinfo.available_timezones())]
    first = [name for name in names if name.lower().startswith(wanted)]
    return (first or [name for name in names if wanted in name.lower()])[:_MOST_NAMES]


def current() -> TimeZone:
    """Return the time zone that times are shown in."""
    return _current


def use(zone: TimeZone) -> None:
    """Show times in this time zone from now on."""
    global _current  # noqa: PLW0603 - as with the locale, a process has one
    _current = zone


def localize(time: datetime) -> datetime:
    """Return an aware time in the current time zone."""
    try:
        return time.astimezone(_current.zone)
    except (OverflowError, ValueError, OSError):  # around the years 1 and 9999, which a row may hold
        return time


def label(time: datetime) -> str:
    """Return the abbreviation of the zone of an aware time: `UTC`, `CET`, `UTC-03`."""
    name = time.tzname() or ""
    return name if name[:1].isalpha() else f"UTC{name}"
