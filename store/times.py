"""Times on the wire: RFC 3339, UTC, whole seconds."""

import re
from collections.abc import Callable
from datetime import MAXYEAR, MINYEAR, UTC, datetime

from store.errors import Error, ErrorKind

Clock = Callable[[], datetime]

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
_GO_ZERO = datetime(1, 1, 1, tzinfo=UTC)
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
"""The bounds of the calendar, earlier and later than the time of any row. They stand for a time that is not known."""


def utc_now() -> datetime:
    """Return the current time, aware, in UTC."""
    return datetime.now(UTC)


def parse_time(text: str) -> datetime | None:
    """Return the UTC time written as `text`, or None for `""` and Go's zero time (year 1).

    Fractions of a second and offsets are accepted. Raises Error INVALID for anything but RFC 3339, and for the first
    and the last year of the calendar: arithmetic with the times of rows then never overflows.
    """
    if not text:
        return None
    try:
        if not _RFC3339.fullmatch(text):
            raise ValueError("not of the form 2006-01-02T15:04:05Z")
        time = datetime.fromisoformat(text).astimezone(UTC)
        if time == _GO_ZERO:
            return None
        if not MINYEAR < time.year < MAXYEAR:
            raise ValueError("the calendar ends there")
    except (ValueError, OverflowError) as error:
        raise Error(ErrorKind.INVALID, "parse time", (text[:100],), error) from error
    return time


def format_time(time: datetime) -> str:
    """Return `time` in UTC without its fraction of a second. Raises Error INVALID if it has no time zone."""
    return f"{as_utc(time).isoformat(timespec='seconds')[:19]}Z"


def written_time(time: datetime, *, exact: bool = False) -> str:
    """Return the stored text of `time`, in UTC; with fractions of a second only if `exact`.

    Raises Error INVALID as `as_utc` does, and for years that `parse_time` refuses. Accepts Go's zero time, which
    `parse_time` reads as None.
    """
    utc = as_utc(time)
    if not MINYEAR < utc.year < MAXYEAR and utc != _GO_ZERO:
        raise Error(ErrorKind.INVALID, "use time", (time.isoformat(),), "the calendar ends there")
    text = format_time(utc)
    return f"{text[:-1]}.{utc.microsecond:06}".rstrip("0") + "Z" if exact and utc.microsecond else text


def format_date(time: datetime) -> str:
    """Return the UTC date of `time`, `YYYY-MM-DD`: the partition key of Date-Keepalive-index."""
    return as_utc(time).date().isoformat()


def whole_seconds(time: datetime) -> datetime:
    """Return `time` in UTC without its fraction of a second, as it is stored. Raises Error INVALID as `as_utc` does."""
    return as_utc(time).replace(microsecond=0)


def as_utc(time: datetime) -> datetime:
    """Return `time` in UTC. Raises Error INVALID if it is not a datetime, or has no time zone."""
    if type(time) is datetime and time.tzinfo is UTC:
        return time
    try:
        if time.utcoffset() is None:
            raise Error(ErrorKind.INVALID, "use time", (time.isoformat(),), "the time has no time zone")
        return time.astimezone(UTC)
    except AttributeError as error:
        raise Error(ErrorKind.INVALID, "use time", (repr(time)[:100],), "that is no datetime") from error
    except OverflowError as error:
        raise Error(ErrorKind.INVALID, "use time", (time.isoformat(),), error) from error
