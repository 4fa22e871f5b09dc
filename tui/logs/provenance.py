"""The provenance line of a log: where it lives, its size, whether it is complete and intact; or why there is none."""

from datetime import datetime

from store import Error, ErrorKind, FailureReason, Liveness, Run, Task, liveness
from store.aws.error_mapping import parse_denial
from store.logs.log import Check, Log
from tui.logs.recorded_db import RecordedLog
from tui.text import durations, formats
from tui.text.masked_text import mask_line
from tui.text.safe import safe
from tui.watch.polling import error_texts

_CHECKS = {
    Check.PARTIAL: "digest not verified yet",
    Check.GOOD: "digest verified",
    Check.BAD: "CORRUPT: the content does not match its digest",
}
NOTHING_YET = "nothing written yet"
# Failures of any read from AWS: `error_texts` has a sentence for each that says what to do.
_GENERAL = (
    FailureReason.NO_CREDENTIALS,
    FailureReason.EXPIRED_CREDENTIALS,
    FailureReason.CLOCK_SKEW,
    FailureReason.UNTRUSTED_CERTIFICATE,
    FailureReason.UNREACHABLE,
    FailureReason.TIMEOUT,
    FailureReason.SERVICE,
    FailureReason.THROTTLED,
    FailureReason.BAD_REPLY,
)


def describe(log: Log, row: Run | Task | None, now: datetime) -> str:
    """Return the provenance line of a readable log of `row`."""
    if isinstance(log, RecordedLog):
        return safe(_recorded(log))
    size = "" if log.size is None else formats.size(log.size) if log.size else "empty"
    parts = [
        "" if is_bad(log) else _growing(log, row, now),
        size,
        _CHECKS.get(log.check, ""),
        safe(log.location.uri),
    ]
    return " · ".join(part for part in parts if part)


def _recorded(log: RecordedLog) -> str:
    lines = log.data.count(b"\n") + (not log.data.endswith(b"\n") and bool(log.data))
    part = f"the last {formats.count(lines, 'line')}" if log.is_cut else "complete"
    size = formats.size(len(log.data))
    return f"{part} · {size} · from the recording {log.recording}, read {durations.moment(log.read_at)}"


def is_bad(log: Log) -> bool:
    """Return whether the content does not match its digest, or cannot be checked."""
    return log.check is Check.BAD


def explain_missing(error: Error, row: Run | Task | None, now: datetime) -> str:
    """Return why there is no log to read, with secrets masked."""
    return mask_line(_explain_missing(error, row, now))


def _explain_missing(error: Error, row: Run | Task | None, now: datetime) -> str:
    if error.op.startswith(("s3.", "logs.")) and error.reason in _GENERAL:
        return f"it could not be read. {error_texts.explain(error)}"
    if error.kind is ErrorKind.NOT_SUPPORTED and error.op == "repository":
        return error_texts.NO_BUCKET
    match error.reason:
        case FailureReason.DENIED:
            return f"denied{_action(error)}: {error_texts.quote(error)}"
        case FailureReason.NO_LOG_GROUP:
            group = " ".join(error.args)
            return f"log group {group} not found: check the region and the account"
        case FailureReason.NO_LOG_STREAM:
            return f"{_no_stream(row, now)}: {' '.join(error.args)}"
        case FailureReason.NO_BUCKET:
            bucket = "".join(error.args[:1])
            return f"bucket {bucket} not found: check its name, the region and the account"
        case FailureReason.NO_OBJECT:
            return f"the object is missing, deleted or never uploaded: {' '.join(error.args)}"
        case FailureReason.NO_LOG:
            return str(error.cause or error)
        case FailureReason.NO_ROW:
            return error_texts.describe(error)
    return f"it could not be read: {error_texts.describe(error)}"


def may_change(error: Error) -> bool:
    """Return whether reading again may succeed: not without a bucket, and not if the row or a recording has no log."""
    return error.kind is not ErrorKind.NOT_SUPPORTED and error.reason is not FailureReason.NO_LOG


def is_expected(error: Error, row: Run | Task, now: datetime) -> bool:
    """Return whether nothing is wrong if there is no such log: a healthy row wrote nothing to it, or nothing yet."""
    if error.reason not in (FailureReason.NO_LOG, FailureReason.NO_LOG_STREAM):
        return False
    if row.end is None:
        return liveness(row, now) is Liveness.LIVE
    return isinstance(row, Task) and row.err is None


def not_written(row: Run | Task, what: str, now: datetime) -> str:
    """Return why a row has no digest of its `what`."""
    if row.end is not None:
        return f"no {what}: it ended without writing one"
    if liveness(row, now) is Liveness.LOST:
        return f"no {what}: it is lost, its lease expired at {durations.moment(row.keepalive)}"
    return f"no {what} yet: it is written when the {_noun(row)} ends"


def _growing(log: Log, row: Run | Task | None, now: datetime) -> str:
    if not log.grows or (row is not None and row.end is not None):
        return "complete"
    if row is not None and liveness(row, now) is Liveness.LOST:
        return f"may be cut off: the {_noun(row)} is lost"
    return "growing"


def _noun(row: Run | Task) -> str:
    return "run" if isinstance(row, Run) else "task"


def _no_stream(row: Run | Task | None, now: datetime) -> str:
    if row is None or row.end is not None:
        return "nothing was written, or the stream was deleted or expired"
    if liveness(row, now) is Liveness.LOST:
        return f"nothing was written before the {_noun(row)} was lost"
    return NOTHING_YET


def _action(error: Error) -> str:
    """The permission that is missing."""
    denial = parse_denial(error)
    service, _, operation = error.op.partition(".")
    action = denial.action if denial else f"{service}:{operation}" if operation else ""
    if action == "s3:ListBucket" and operation == "GetObject":
        # Without this permission S3 does not distinguish a missing object from a forbidden one.
        return ", or the object is missing, which S3 only says with s3:ListBucket"
    return f", {action} is required" if action else ""
