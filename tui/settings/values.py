"""What values mean: text from a flag or a variable, or what TOML makes of the same.

Each raises ValueError with a message that names the value and what it should be.
"""

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from urllib.parse import urlsplit

from tui.query import filter as filters
from tui.query import time_expressions as when
from tui.query.filter import Filter, FilterError
from tui.query.time_expressions import Moment
from tui.settings.settings_error import suggest

Parser = Callable[[object, datetime], object]

_SHORTEST_INTERVAL = timedelta(seconds=1)
_WORDS = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
# A name, or the ARN that DynamoDB takes in its place.
_TABLE = re.compile(
    r"[A-Za-z0-9_.-]{3,255}|arn:[a-z-]+:dynamodb:[a-z0-9-]+:\d{12}:table/[A-Za-z0-9_.-]{3,255}", re.ASCII
)


def parse_text(value: object, _: datetime) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise ValueError(f"{_shown(value)} is not a text; put it into quotes")
    return value


def parse_table(value: object, now: datetime) -> str:
    """The name of a table."""
    name = parse_text(value, now)
    if not _TABLE.fullmatch(name):
        raise ValueError(f"{name[:300]!r} is not a table: 3 to 255 letters, digits, _ - and ., or its ARN")
    return name


def parse_url(value: object, now: datetime) -> str:
    """An endpoint."""
    url = parse_text(value, now)
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and parts.username is None
    except ValueError:
        valid = False
    if not valid:
        raise ValueError(f"{url[:300]!r} is not an endpoint; write it like http://127.0.0.1:8000")
    return url


def parse_moment(value: object, now: datetime) -> Moment:
    """A point in time."""
    if isinstance(value, date | time):  # TOML has them
        return when.parse(value.isoformat(), now)
    return when.parse(_text_or_shown(value), now)


def parse_interval(value: object, _: datetime) -> timedelta:
    """The time between two reads."""
    span = when.parse_span(str(value) if type(value) is int else _text_or_shown(value))
    if span < _SHORTEST_INTERVAL:
        raise ValueError(f"{_shown(value)} is too short: at least {_SHORTEST_INTERVAL.seconds}s")
    return span


def parse_positive(value: object, _: datetime) -> float:
    """A number above 0."""
    number = _number(value)
    if not 0 < number < math.inf:
        raise ValueError(f"{_shown(value)} is not a number above 0")
    return number


def parse_non_negative(value: object, _: datetime) -> float:
    """A number, 0 or above."""
    number = _number(value)
    if not 0 <= number < math.inf:
        raise ValueError(f"{_shown(value)} is not a number, 0 or above")
    return number


def parse_filter(value: object, now: datetime) -> Filter:
    """A filter."""
    try:
        return filters.parse(parse_text(value, now))
    except FilterError as error:
        raise ValueError(str(error)) from error


def parse_bool(value: object, _: datetime) -> bool:
    """Whether or not."""
    found = value if isinstance(value, bool) else _WORDS.get(str(value).lower())
    if found is None:
        raise ValueError(f"{_shown(value)} is neither yes nor no")
    return found


def parse_bool_or_auto(value: object, now: datetime) -> bool | None:
    """Whether or not, or, for `auto`, None."""
    if value == "auto":
        return None
    try:
        return parse_bool(value, now)
    except ValueError:
        raise ValueError(f"{_shown(value)} is none of yes, no and auto") from None


def make_choice_parser(*names: str) -> Parser:
    """One of `names`."""

    def read(value: object, _: datetime) -> str:
        if value not in names:
            raise ValueError(f"{_shown(value)} is none of {', '.join(names)}; {suggest(str(value), names)}")
        return str(value)

    return read


def parse_names(value: object, _: datetime) -> tuple[str, ...]:
    """A list of texts, or one text with commas."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise ValueError(f'{_shown(value)} is not a list of texts; write it like ["one", "two"]')


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


def _text_or_shown(value: object) -> str:
    return value if isinstance(value, str) else _shown(value)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value)[:100] if not isinstance(value, str) else repr(value[:100])
