"""Time expressions that users type: `10m`, `2h30m`, `7d`, `2026-11-01`, `yesterday`, `2026-11-01T02:10`, `02:10`.

A time without a zone is in that of the current time, which every function takes as `now`.
"""

import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime, time, timedelta

import msgspec

from tui.text import time_zone

WINDOWS = "10m, 24h, 2026-11-01 or 02:10: the rows alive since then"
PAST = "20m ago, 02:10, 2026-11-01 02:10, 2026-11-01 or 2026-11-01..2026-11-02"
FORMS = "10m, 20m ago, 2h30m, 7d, 2026-11-01, 2026-11-01T02:10 or 02:10"

_LONGEST = timedelta(days=3650)  # ago: a window has a query for each day, and the library takes at most 3,660
_AGE = re.compile(
    r"(?:(?P<days>\d{1,6})d)?(?:(?P<hours>\d{1,6})h)?(?:(?P<minutes>\d{1,6})m)?(?:(?P<seconds>\d{1,6})s)?", re.ASCII
)
_TIME_OF_DAY = re.compile(r"\d\d:\d\d(?::\d\d)?", re.ASCII)
_DAYS = {"today": timedelta(), "yesterday": timedelta(days=1)}  # written for a date, as in journalctl
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)


class Moment(msgspec.Struct, frozen=True):
    """A point in time as typed: `text` is an age, which moves with the clock, or a time."""

    text: str
    age: timedelta | None = None
    time: datetime | None = None

    def at(self, now: datetime) -> datetime:
        """Return the time at `now`: aware, in UTC."""
        if self.time is not None:
            return self.time
        # In a zone, a day would be one by the clock on the wall.
        return now.astimezone(UTC) - (self.age or timedelta())


class Window(msgspec.Struct, frozen=True):
    """A time window as typed: from `since` to `until`, or to now if `until` is None."""

    text: str
    since: Moment
    until: Moment | None = None


def parse_since(text: str, now: datetime) -> Moment:
    """Return the start of a window until now. Raises ValueError for a time in the future, and for a window of the past.

    The message names the mistake and the remedy.
    """
    first, dots, second = text.strip().partition("..")
    if dots and second.strip():
        raise ValueError(f"a window always ends now, like {first[:30]}; `:at {text.strip()[:60]}` goes to the past")
    since = parse(first, now)
    if since.at(now) > now:
        raise ValueError(_future(first, now))
    return since


def _future(text: str, now: datetime) -> str:
    return f"{text[:100]} is in the future: it is {now:%Y-%m-%dT%H:%M} {time_zone.label(now)} now"


def parse_window(text: str, now: datetime) -> Window:
    """Return the window of the past written as `text`: a date (that day), a time or an age (that moment), or two with
    `..`; without the second one the range ends now.

    Raises ValueError; the message names the mistake and the accepted forms.
    """
    text = text.strip()
    first, dots, second = (_spell_day(part, now) for part in text.partition(".."))
    since = parse(first, now)
    last = second if dots else first
    until = _end(last, parse(last, now), now) if last else None
    if since.at(now) > now:
        raise ValueError(_future(text, now))
    if until is not None and until.at(now) < since.at(now):
        raise ValueError(f"{text[:100]} ends before it begins")
    return Window(text, since, until)


def _end(text: str, moment: Moment, now: datetime) -> Moment:
    """As the end of a window a date means its last moment."""
    if moment.time is not None and _DATE.fullmatch(text.strip()):
        # In its own zone: the day on which the clocks change has 23 or 25 hours.
        return Moment(moment.text, time=(moment.time.astimezone(now.tzinfo) + timedelta(days=1)).astimezone(UTC))
    return moment


def parse(text: str, now: datetime) -> Moment:
    """Return the moment written as `text`: an age, a date (its first moment), a date and time, or the last time of day.

    A time without a zone is in that of `now`. Raises ValueError, also for a time more than 3,650 days ago; the message
    names the text and the accepted forms.
    """
    try:
        moment = _parse(_spell_day(text, now), now)
        time = moment.at(now)
        if not MINYEAR < time.year < MAXYEAR:  # the calendar has days around it
            raise ValueError(text)
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:100]!r} is not a time; write it like {FORMS}") from None
    if now - time > _LONGEST:
        raise ValueError(f"{text[:100]!r} is more than {_LONGEST.days:,} days ago; use a later time")
    return moment


def parse_time(text: str, now: datetime) -> datetime:
    """Return the time, in UTC, that a user typed: without a zone it is in that of the screen. Raises ValueError."""
    return parse(text, time_zone.localize(now)).at(now)


def parse_span(text: str) -> timedelta:
    """Return the duration written as `text`: `5s`, `1m30s`, or a number of seconds.

    Raises ValueError; the message names the text and the accepted forms.
    """
    stripped = text.strip()
    age = _AGE.fullmatch(f"{stripped}s" if stripped.isdecimal() and stripped.isascii() else stripped)
    if not stripped or age is None:
        raise ValueError(f"{text[:100]!r} is not a time span; write it like 5s or 1m30s")
    return _span(age)


def _span(age: re.Match[str]) -> timedelta:
    return timedelta(**{unit: int(amount) for unit, amount in age.groupdict(default="0").items()})


def _last_time_of_day(shown: time, now: datetime) -> datetime:
    """Return the last time, in UTC, at which clocks in the zone of `now` showed a time of day."""
    days = (datetime.combine(now - timedelta(days=days), shown, now.tzinfo) for days in (1, 0))
    # An hour comes twice when summer time ends, where `fold` tells which; and not at all when it begins.
    times = (day.replace(fold=fold).astimezone(UTC) for day in days for fold in (0, 1))
    return max(each for each in times if each <= now and each.astimezone(now.tzinfo).time() == shown)


def _spell_day(text: str, now: datetime) -> str:
    """Return `text`, with `today` and `yesterday` as a date."""
    text = text.strip()
    return f"{now - _DAYS[text]:%Y-%m-%d}" if text in _DAYS else text


def _parse(text: str, now: datetime) -> Moment:
    span = text.removesuffix("ago").rstrip()
    if span and (age := _AGE.fullmatch(span)):
        return Moment(span, age=_span(age))
    if _TIME_OF_DAY.fullmatch(text):
        return Moment(text, time=_last_time_of_day(time.fromisoformat(text), now))
    if not _DATE_TIME.fullmatch(text):
        raise ValueError(text)
    at = datetime.fromisoformat(text)
    return Moment(text, time=(at if at.tzinfo else at.replace(tzinfo=now.tzinfo)).astimezone(UTC))
