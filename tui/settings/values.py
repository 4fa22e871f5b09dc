"""Parsers of the values of settings, given as text (flags, variables) or as TOML values.

Each raises ValueError with a message that names the value and the expected form. The second argument is the current
time.
"""

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

from tui.query import filter as filters
from tui.query import time_expressions
from tui.query.filter import Filter, FilterError
from tui.query.time_expressions import Moment
from tui.settings.settings_error import suggest
from tui.text import time_zone
from tui.text.time_zone import TimeZone

Parser = Callable[[object, datetime], object]

_SHORTEST_INTERVAL = timedelta(seconds=1)
_LONGEST_INTERVAL = timedelta(days=1)
# What divides or multiplies must not become infinite: RCU per second, and US dollars.
_LEAST_BUDGET, _LARGEST = 0.01, 1_000_000
_LONGEST_SPAN = timedelta(days=30)
_BOOLEANS = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
# DynamoDB accepts an ARN wherever it accepts a name.
_TABLE = re.compile(
    r"[A-Za-z0-9_.-]{3,255}|arn:[a-z-]+:dynamodb:[a-z0-9-]+:\d{12}:table/[A-Za-z0-9_.-]{3,255}", re.ASCII
)

_REGION = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def parse_text(value: object, _: datetime) -> str:
    """Accept any text."""
    if not isinstance(value, str):
        raise ValueError(f"{_quote(value)} is not a string; put it in quotes")
    return value


def parse_table(value: object, now: datetime) -> str:
    """Accept the name or the ARN of a table."""
    name = parse_text(value, now)
    if not _TABLE.fullmatch(name):
        raise ValueError(f"{name[:300]!r} is not a table name (3 to 255 letters, digits, _ - .) or ARN")
    return name


def parse_region(value: object, now: datetime) -> str:
    """Accept what may be a part of a host name, or nothing."""
    name = parse_text(value, now)
    if name and not _REGION.fullmatch(name):
        raise ValueError(f"{name[:300]!r} is not a region such as us-west-2")
    return name


def parse_url(value: object, now: datetime) -> str:
    """Accept an HTTP or HTTPS URL without a user."""
    url = parse_text(value, now)
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and parts.username is None
    except ValueError:
        valid = False
    if not valid:
        from store.aws.url_masking import mask_url  # for the message only

        shown, hint = mask_url(url)[:300], " without a user" if "@" in url else ""
        raise ValueError(f"{shown!r} is not an endpoint URL{hint} such as http://127.0.0.1:8000")
    return url


def parse_moment(value: object, now: datetime) -> Moment:
    """Parse a point in time."""
    if isinstance(value, date | time):  # TOML has types for both
        return time_expressions.parse(value.isoformat(), now)
    return time_expressions.parse(_to_text(value), now)


def parse_time_zone(value: object, now: datetime) -> TimeZone:
    """Parse `utc`, `local`, or the name of a time zone."""
    return time_zone.parse(parse_text(value, now))


def parse_interval(value: object, _: datetime) -> timedelta:
    """Parse the time between refreshes: a time span, or a number of seconds."""
    span = _to_span(value)
    if span < _SHORTEST_INTERVAL:
        raise ValueError(f"{_quote(value)} is too short; the minimum is {_SHORTEST_INTERVAL.seconds}s")
    if span > _LONGEST_INTERVAL:
        raise ValueError(f"{_quote(value)} is too long; the maximum is {_LONGEST_INTERVAL.days}d")
    return span


def parse_span(value: object, _: datetime) -> timedelta:
    """Parse a time span of at most 30 days, or a number of seconds."""
    span = _to_span(value)
    if span > _LONGEST_SPAN:
        raise ValueError(f"{_quote(value)} is too long; the maximum is {_LONGEST_SPAN.days}d")
    return span


def _to_span(value: object) -> timedelta:
    return time_expressions.parse_span(str(value) if type(value) is int else _to_text(value))


def parse_read_budget(value: object, _: datetime) -> float:
    """Parse a number of read capacity units per second."""
    number = _to_number(value)
    if not _LEAST_BUDGET <= number <= _LARGEST:
        raise ValueError(f"{_quote(value)} is not a number of RCU per second from {_LEAST_BUDGET} to {_LARGEST}")
    return number


def parse_price(value: object, _: datetime) -> float:
    """Parse a price in US dollars."""
    number = _to_number(value)
    if not 0 <= number <= _LARGEST:
        raise ValueError(f"{_quote(value)} is not a price from 0 to {_LARGEST}")
    return number


def parse_dollars(value: object) -> Decimal:
    """Parse a price of 0 US dollars or more, exactly as it is written."""
    number = _to_decimal(value)
    if not is_price(number):
        raise ValueError(f"{_quote(value)} is not a price in US dollars per hour, such as 0.504")
    return number


def is_price(usd: Decimal) -> bool:
    """Return whether `usd` can be the price of an hour: from 0 to a million US dollars, so that sums can be drawn."""
    return usd.is_finite() and 0 <= usd <= _LARGEST


def parse_share(value: object) -> Decimal:
    """Parse a share from 0 to below 1, as a number or in percent: 0.3, "30%"."""
    text = value.strip() if isinstance(value, str) else ""
    share = _to_decimal(text[:-1]) / 100 if text.endswith("%") else _to_decimal(value)
    if not share.is_finite() or not 0 <= share < 1:
        raise ValueError(f'{_quote(value)} is not a discount from 0 to below 1, such as 0.3 or "30%"')
    return share


def parse_filter(value: object, now: datetime) -> Filter:
    """Parse a filter."""
    try:
        return filters.parse(parse_text(value, now))
    except FilterError as error:
        raise ValueError(str(error)) from error


def parse_bool(value: object, _: datetime) -> bool:
    """Parse yes or no, in any of their common spellings."""
    boolean = value if isinstance(value, bool) else _BOOLEANS.get(str(value).lower())
    if boolean is None:
        raise ValueError(f"{_quote(value)} is not yes or no")
    return boolean


def parse_bool_or_auto(value: object, now: datetime) -> bool | None:
    """Parse yes or no; return None for `auto`."""
    if value == "auto":
        return None
    try:
        return parse_bool(value, now)
    except ValueError:
        raise ValueError(f"{_quote(value)} is not yes, no or auto") from None


def make_choice_parser(*names: str) -> Parser:
    """Return a parser that accepts one of `names`."""

    def parse(value: object, _: datetime) -> str:
        if value not in names:
            raise ValueError(f"{_quote(value)} is not one of {', '.join(names)}; {suggest(str(value), names)}")
        return str(value)

    return parse


def parse_names(value: object, _: datetime) -> tuple[str, ...]:
    """Parse a list of strings, or one string with commas."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return tuple(value)
    raise ValueError(f'{_quote(value)} is not a list of strings such as ["one", "two"]')


def _to_number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return math.nan
    try:
        return float(value)
    except (ValueError, OverflowError):
        return math.nan


def _to_decimal(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return Decimal("nan")
    try:
        return Decimal(str(value).strip())  # of a float: the shortest number that reads as it, which is what was typed
    except InvalidOperation:
        return Decimal("nan")


def _to_text(value: object) -> str:
    return value if isinstance(value, str) else _quote(value)


def _quote(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, date | time):
        return value.isoformat()
    try:
        return repr(value[:100]) if isinstance(value, str) else repr(value)[:100]
    except ValueError:  # Python writes no number of over 4300 digits
        return "a number of over 4300 digits"
