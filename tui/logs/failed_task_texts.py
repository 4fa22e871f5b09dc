"""Reading what a recording keeps of a failed task: the last lines of its stderr, and its inspect, both redacted."""

import asyncio
import json
import re
from datetime import datetime

from store import Error, Output, Task, TaskDB
from store.aws.error_mapping import is_temporary
from store.logs.inspect import read_inspect
from store.logs.log import END, Cursor, Log
from tui.logs import provenance
from tui.text import formats
from tui.text.redaction import REDACTED, redact, redact_values
from tui.watch.recording.task_texts import MOST_BYTES, MOST_LINES, TaskTexts

# Read before the lines that are kept, so that a secret which begins there is recognized.
_BEFORE = 8 << 10  # bytes
_MOST_PAGES = 4
# The rest of a key whose first lines were not read.
_REST_OF_KEY = re.compile(rb"(?s)\A(?:(?!-----BEGIN).)*?-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")


async def read_texts(db: TaskDB, task: Task, now: datetime) -> TaskTexts:
    """Return the texts of a failed task. Raises Error if another attempt may succeed."""
    stderr, is_cut, stderr_error = await read_stderr(db, task, now)
    inspect, inspect_error = await _inspect(db, task, now)
    return TaskTexts(
        read=now,
        stderr=stderr,
        is_cut=is_cut,
        stderr_error=stderr_error,
        inspect=inspect,
        inspect_error=inspect_error,
    )


async def read_stderr(db: TaskDB, task: Task, now: datetime) -> tuple[bytes | None, bool, str]:
    """Return the last lines of the stderr of an ended task, redacted; whether there are more; why there are none.

    Raises Error if another attempt may succeed.
    """
    try:
        log = await db.logs.open_output(task, Output.STDERR)
        data, is_cut = await read_end(log)
    except Error as error:
        if is_temporary(error):
            raise
        return None, False, redact(provenance.explain_missing(error, task, now))
    lines, is_cut = await asyncio.to_thread(last_lines, data, is_cut=is_cut)
    return lines, is_cut, ""


async def read_end(log: Log) -> tuple[bytes, bool]:
    """Return the end of a log, somewhat more than is kept of it, and whether there is more before it."""
    most = MOST_BYTES + _BEFORE
    cursor = END if log.size is None else Cursor(forward=True, offset=max(0, log.size - most))
    page = await log.read(cursor)
    data, pages = page.data, 1
    while page.before is not None and pages < _MOST_PAGES and not _is_enough(data):
        page = await log.read(page.before)
        data, pages = page.data + data, pages + 1
    return data[-most:], page.before is not None or len(data) > most


def _is_enough(data: bytes) -> bool:
    return len(data) >= MOST_BYTES or data.count(b"\n") > MOST_LINES


def last_lines(data: bytes, *, is_cut: bool) -> tuple[bytes, bool]:
    """Return the last lines of the end of a log, redacted, and whether there are more before them (`is_cut`)."""
    if is_cut:
        data = _REST_OF_KEY.sub(REDACTED.encode(), data, count=1)
        data = data.partition(b"\n")[2] or data  # the first line is incomplete
    text = redact(data.decode("utf-8", "replace"))
    *lines, rest = text.encode().split(b"\n")
    kept = lines[-MOST_LINES + bool(rest) :]
    end = b"\n".join([*kept, rest])
    if len(end) > MOST_BYTES:
        end = end[-MOST_BYTES:]
        return end.partition(b"\n")[2] or end, True
    return end, is_cut or len(kept) < len(lines)


async def _inspect(db: TaskDB, task: Task, now: datetime) -> tuple[bytes | None, str]:
    if not task.inspect:
        return None, provenance.not_written(task, "inspect", now)
    try:
        data = await read_inspect(db.repository, task.inspect)
        redacted = json.dumps(redact_values(json.loads(data))).encode()
    except Error as error:
        if is_temporary(error):
            raise
        return None, redact(provenance.explain_missing(error, task, now))
    except (ValueError, RecursionError) as error:
        return None, f"not JSON: {error}"
    if len(redacted) > MOST_BYTES:
        return None, f"{formats.size(len(redacted))} is too large for a recording"
    return redacted, ""
