"""The times of log lines as text."""

import enum
from datetime import UTC, datetime, timedelta

from tui.text import time_zone


class TimestampStyle(enum.StrEnum):
    """The format of the times of lines: none, as times of day in the current time zone, or since the start."""

    OFF = "off"
    CLOCK = "clock"
    RELATIVE = "relative"

    @property
    def next(self) -> "TimestampStyle":
        """The next style, in turn."""
        every = list(TimestampStyle)
        return every[(every.index(self) + 1) % len(every)]


WIDTH = 14
"""The width of a time in cells, with the gap to the line."""


def text(time: int | None, form: TimestampStyle, begin: int) -> str:
    """Return a time in milliseconds as text of `WIDTH` cells; none for OFF. Relative times count from `begin`."""
    if form is TimestampStyle.OFF:
        return ""
    if time is None:
        return " " * WIDTH
    if form is TimestampStyle.RELATIVE:
        return f"{_relative(time - begin):>{WIDTH - 2}}  "
    try:
        shown = time_zone.localize(datetime.fromtimestamp(time / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return "?".ljust(WIDTH)
    return f"{shown:%H:%M:%S}.{shown.microsecond // 1000:03}".ljust(WIDTH)


def _relative(milliseconds: int) -> str:
    sign = "-" if milliseconds < 0 else "+"
    span = timedelta(milliseconds=abs(milliseconds))
    hours, minutes = span.seconds // 3600 + 24 * span.days, span.seconds // 60 % 60
    return f"{sign}{hours}:{minutes:02}:{span.seconds % 60:02}.{span.microseconds // 100_000}"
