"""The rows and numbers that a recording may hold: one check for its writer and its reader.

Arithmetic with what passes cannot overflow: numbers are finite and bounded, times have a zone and are in the calendar.
"""

import math
import re
from datetime import MAXYEAR, MINYEAR, datetime, timedelta

import msgspec

from store import Alloc, Error, PoolRow, Resources, Task
from tui.watch.model.rows import Row
from tui.watch.recording.frames import RecordingError

LONGEST = timedelta(days=11_574)  # 31 years
_MOST = 1e21  # of any number: a thousand times the bytes in an exabyte
_MOST_BITS = 63
MANY_CAUSES = 100  # of an error
LONGEST_TEXT = 1_000  # characters of a text that is not part of a row
_SURROGATES = re.compile("[\ud800-\udfff]")


def recordable_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text as a recording holds it: its first characters, with � for halves of surrogate pairs."""
    return _SURROGATES.sub("\ufffd", text[:longest])


def find_fault(row: Row) -> str:
    """Return why a recording cannot hold `row`, as a clause; empty if it can."""
    if not row.id:
        return "it has no id"
    for name in ("start", "keepalive", "end"):
        if not _is_in_calendar(getattr(row, name)):
            return f"its {name} is not in the calendar"
    if isinstance(row, Task | Alloc | PoolRow) and not _are_finite(row.resources):
        return "its resources are not finite numbers"
    if isinstance(row, Task):
        return _find_task_fault(row)
    if isinstance(row, Alloc) and row.pool is not None and (fault := find_fault(row.pool)):
        return f"its pool: {fault}"
    return ""


def _find_task_fault(task: Task) -> str:
    if task.attempt.bit_length() > _MOST_BITS:
        return f"its attempt has {task.attempt.bit_length()} bits"
    if task.err is not None and len(list(task.err.chain())) > MANY_CAUSES:
        try:
            Error.from_json(task.err.to_json())
        except Error:
            return "its error has too many causes"
    if task.alloc is not None and (fault := find_fault(task.alloc)):
        return f"its alloc: {fault}"
    return ""


def check_numbers(value: object) -> None:
    """Check the numbers and times in `value`, at any depth of structs and tuples. Raises RecordingError."""
    match value:
        case bool() | None | str() | bytes() | Error():
            pass
        case datetime():
            if not _is_in_calendar(value):
                raise RecordingError("invalid time")
        case timedelta():
            if abs(value) > LONGEST:
                raise RecordingError("invalid duration")
        case int() | float():
            if not abs(value) <= _MOST:  # also for NaN
                raise RecordingError("invalid number")
        case msgspec.Struct():
            for name in value.__struct_fields__:
                check_numbers(getattr(value, name))
        case tuple() | list():
            for each in value:
                check_numbers(each)
        case _:
            raise RecordingError(f"unexpected {type(value).__name__}")


def _is_in_calendar(time: datetime | None) -> bool:
    # As for rows of the table; the first and the last year have no room for a zone.
    return time is None or (time.tzinfo is not None and MINYEAR < time.year < MAXYEAR)


def _are_finite(resources: Resources) -> bool:
    return all(math.isfinite(amount) and abs(amount) <= _MOST for amount in resources.values())
