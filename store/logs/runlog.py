"""The log of a run: lines with a time and a level, and lines that go on with the one before."""

import enum
import logging
import re
from datetime import UTC, datetime
from typing import NamedTuple

from store import gojson
from store.times import as_utc

_LINE = re.compile(rb"(\d{4})/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d) (?:\[([^\]]{1,20})\] )?")


class Level(enum.IntEnum):
    """The severity of a line; the lowest number is the most severe."""

    ERROR = 1
    INFO = 2
    DEBUG = 3

    @classmethod
    def named(cls, name: str) -> "Level":
        """The level called `name`, in any case; INFO for one that there is not."""
        return cls.__members__.get(name.strip().upper(), cls.INFO)


class Head(NamedTuple):
    """The start of a line of the log. `time` is in the time zone of the engine, which the log does not name: mostly
    UTC.

    `size` is its length in bytes; the text of the line follows.
    """

    time: datetime
    level: Level
    size: int


def head(line: bytes) -> Head | None:
    """Return the head of `line`; None for a line that continues the one before."""
    found = _LINE.match(line)
    if found is None:
        return None
    *digits, level = found.groups()
    try:
        time = datetime(*map(int, digits), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        return None
    return Head(time, Level.named((level or b"").decode("ascii", "replace")), found.end())


def format_log_line(time: datetime, text: str, level: Level = Level.INFO) -> bytes:
    """Return an entry of the log: `2006/01/02 15:04:05 [info] text`, in UTC, with a newline at its end.

    Further lines of `text` go on with the entry; one that would be read as another entry is indented by a tab. Text
    that is not valid Unicode has U+FFFD in place of what is not. Raises Error INVALID for a time without a time zone.
    """
    at = as_utc(time)
    first, *others = gojson.utf8(text).encode().split(b"\n")
    lines = [b"\t" + line if head(line) else line for line in others]
    start = f"{at.year:04}/{at:%m/%d %H:%M:%S} [{level.name.lower()}] ".encode()
    return b"\n".join([start + first, *lines]) + b"\n"


class RunLogFormatter(logging.Formatter):
    """A formatter of the `logging` module that writes the log of a run: `handler.setFormatter(RunLogFormatter())`.

    Records of level ERROR and above are `error`, of DEBUG and below `debug`, others `info`. Tracebacks are included.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the entry of a record in the form of `format_log_line`, without its last newline."""
        time = datetime.fromtimestamp(record.created, UTC)
        level = Level.ERROR if record.levelno >= logging.ERROR else Level.INFO
        level = Level.DEBUG if record.levelno <= logging.DEBUG else level
        return format_log_line(time, super().format(record), level).decode().removesuffix("\n")


class Levels:
    """The levels of lines that come one after the other: one that goes on has that of the line that it goes on with."""

    def __init__(self, level: Level = Level.INFO) -> None:
        self._level = level

    def classify(self, line: bytes) -> Level:
        """The level of the next line."""
        if (found := head(line)) is not None:
            self._level = found.level
        return self._level
