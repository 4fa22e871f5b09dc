"""The truth line of a log: whether that is all, how much, whether it is right, where it lives; or why there is none."""

import re
from datetime import datetime

from store import Error, ErrorKind, Liveness, Run, Task, liveness
from store.aws.error_mapping import error_code
from store.logs.log import Check, Log
from tui.text import durations, formats
from tui.text.safe import safe
from tui.watch.polling import error_texts as reasons
from tui.watch.polling.error_texts import Failure

_CHECKS = {
    Check.PARTIAL: "not checked yet",
    Check.GOOD: "checked",
    Check.BAD: "CORRUPT: this is not the content of its digest",
}
_OBJECTS = ("s3.GetObject", "stat", "get")
_DENIED = re.compile(r"is not authorized to perform: (\w[\w-]*:\w+)")
# What reading anything of AWS may fail of; a sentence of its own says what to do about it.
_KNOWN = (
    Failure.NO_CREDENTIALS,
    Failure.EXPIRED,
    Failure.CLOCK,
    Failure.UNREACHABLE,
    Failure.TIMEOUT,
    Failure.SERVICE,
)


def of(log: Log, row: Run | Task | None, now: datetime) -> str:
    """What is to say of a log that can be read; `row` is whose it is."""
    size = "" if log.size is None else formats.size(log.size)
    parts = [
        "" if is_bad(log) else _growing(log, row, now),
        size,
        _CHECKS.get(log.check, ""),
        safe(log.place.uri),
    ]
    return " · ".join(part for part in parts if part)


def is_bad(log: Log) -> bool:
    """Whether the log is not to be trusted."""
    return log.check is Check.BAD


def nothing(error: Error, row: Run | Task | None, now: datetime) -> str:
    """Why there is nothing to read."""
    failure = reasons.kind(error)
    if error.op.startswith(("s3.", "logs.")) and failure in _KNOWN:
        return safe(f"it could not be read. {reasons.reason(error)}")
    match error.kind:
        case ErrorKind.NOT_ALLOWED:
            return f"denied{_action(error)}: {formats.error(error)}"
        case ErrorKind.TEMPORARY:
            return safe(f"AWS throttles the reads of it ({reasons.throttling(error)}): try again in a moment")
        case ErrorKind.NOT_EXIST if error.op.startswith("logs."):
            return safe(f"{_no_stream(error, row, now)}: {' '.join(error.args)}")
        case ErrorKind.NOT_EXIST if error_code(error) == "NoSuchBucket":
            bucket = "".join(error.args[:1])
            return safe(f"there is no bucket {bucket}: check its name, the region and the account")
        case ErrorKind.NOT_EXIST if error.op in _OBJECTS:
            return safe(f"the object is missing, deleted or never uploaded: {' '.join(error.args)}")
        case ErrorKind.NOT_EXIST if not error_code(error):
            return safe(str(error.cause or error))
    return f"it could not be read: {formats.error(error)}"


def not_written(row: Run | Task, what: str, now: datetime) -> str:
    """Why a row has no digest of its `what`."""
    if row.end is not None:
        return f"no {what}: it ended without writing one"
    if liveness(row, now) is Liveness.LOST:
        return f"no {what}: it is lost, last heard of with a lease until {durations.moment(row.keepalive)}"
    return f"no {what} yet: it is written when the {'run' if isinstance(row, Run) else 'task'} ends"


def _growing(log: Log, row: Run | Task | None, now: datetime) -> str:
    if not log.grows or (row is not None and row.end is not None):
        return "complete"
    if row is not None and liveness(row, now) is Liveness.LOST:
        return "may be cut off: the task is lost"
    return "growing"


def _no_stream(error: Error, row: Run | Task | None, now: datetime) -> str:
    if "log group" in str(error.cause):
        return "there is no such log group: check the region and the account"
    if row is None or row.end is not None:
        return "the stream is gone, deleted or beyond its retention"
    if liveness(row, now) is Liveness.LOST:
        return "nothing was written before the task was lost"
    return "nothing is written yet"


def _action(error: Error) -> str:
    """The permission that is lacking."""
    named = _DENIED.search(str(error.cause))
    service, _, operation = error.op.partition(".")
    action = named[1] if named else f"{service}:{operation}" if operation else ""
    if action == "s3:ListBucket" and operation == "GetObject":
        # Without it S3 does not say that an object is missing.
        return ", it takes s3:ListBucket to be told that there is no such object"
    return f", it takes {action}" if action else ""
