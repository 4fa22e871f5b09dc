"""The log of a run: lines with a time and a level, and lines that go on with the one before."""

import enum
import re
from datetime import UTC, datetime
from typing import NamedTuple

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


class Levels:
    """The levels of lines that come one after the other: one that goes on has that of the line that it goes on with."""

    def __init__(self, level: Level = Level.INFO) -> None:
        self._level = level

    def classify(self, line: bytes) -> Level:
        """The level of the next line."""
        if (found := head(line)) is not None:
            self._level = found.level
        return self._level
