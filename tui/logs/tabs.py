"""The tabs of the log screen: logs of a task or run, and other objects shown as logs."""

import enum
from collections.abc import Iterable
from datetime import datetime, timedelta

from store import (
    Digest,
    Error,
    ErrorKind,
    FailureReason,
    Output,
    Run,
    RunQuery,
    Task,
    TaskDB,
    parse_inspect,
    parse_trace,
)
from store.location import Location
from store.logs.log import Cursor, Log, Page
from store.logs.object_log import ObjectLog
from store.logs.trace import Span, Spans
from tui.logs import inspect_text as inspects
from tui.logs import provenance
from tui.logs.recorded_db import RecordedDB
from tui.text import durations, formats
from tui.text.safe import safe

_MOST = 64 * 1024 * 1024  # bytes of an object that has to be read as a whole


class Tab(enum.StrEnum):
    """A tab of the log screen."""

    STDOUT = "stdout"
    STDERR = "stderr"
    RUNLOG = "runlog"
    INSPECT = "inspect"
    TRACE = "trace"
    GRAPH = "graph"


# The first tab is opened first.
RUN_TABS = (Tab.RUNLOG, Tab.TRACE, Tab.GRAPH)
TASK_TABS = (Tab.STDERR, Tab.STDOUT, Tab.INSPECT, Tab.RUNLOG, Tab.TRACE)


def tabs(row: Run | Task) -> tuple[Tab, ...]:
    """Return the tabs of a row."""
    return RUN_TABS if isinstance(row, Run) else TASK_TABS


async def open_tab(db: TaskDB, row: Run | Task, tab: Tab, now: datetime) -> Log:
    """Return the log of a tab. Raises what finding and reading it raises; NOT_EXIST with the reason if it was not
    written.
    """
    match tab:
        case Tab.STDOUT | Tab.STDERR if isinstance(row, Task):
            return await db.logs.open_output(row, Output(tab))
        case Tab.INSPECT if isinstance(row, Task):
            recorded = db.open_inspect(row) if isinstance(db, RecordedDB) else None
            if recorded is not None:
                recorded.data = _encoded(inspects.text(parse_inspect(recorded.data)))
                return recorded
            log = await _object(db, row.inspect, row, "inspect", now)
            return _text(log, list(inspects.text(parse_inspect(await log.whole()))))
    run = await _run_of(db, row)
    match tab:
        case Tab.TRACE:
            log = await _object(db, run.trace, run, "trace", now)
            return _text(log, trace_lines(parse_trace(await log.whole())))
        case Tab.GRAPH:
            return await _object(db, run.eval_graph, run, "graph", now)
    return await _object(db, run.run_log, run, "log of the run", now)


def trace_lines(spans: Spans) -> list[str]:
    """Return a trace as lines: the start of each span after the first, its duration, its name; and what is left out."""
    left_out = [
        *([f"{formats.count(spans.unreadable, 'span')} could not be read"] if spans.unreadable else ()),
        *([f"{formats.count(spans.unended, 'span')} without an end"] if spans.unended else ()),
    ]
    if not spans:
        return ["no spans", *left_out]
    begin = spans[0].start
    total = max(span.start + span.duration for span in spans) - begin
    count = formats.count(len(spans), "span")
    lines = [f"{count} in {durations.duration(total)}, from {durations.moment(begin)}", *left_out, ""]
    for span in spans:
        notes = " ".join(f"{name}={value}" for name, value in span.args.items())
        what = safe(f"{span.category:12} {span.name}  {notes}")
        bar = _bar(span, begin, total)
        lines.append(
            f"+{durations.duration(span.start - begin):>8} {durations.duration(span.duration):>8} {bar} {what}"
        )
    return lines


def _bar(span: Span, begin: datetime, total: timedelta, width: int = 24) -> str:
    """The place of a span in the whole, as a bar."""
    if not total:
        return "█" * width
    left = int(width * ((span.start - begin) / total))
    wide = max(1, round(width * (span.duration / total)))
    return ("·" * min(left, width - 1) + "█" * wide)[:width].ljust(width, "·")


async def _run_of(db: TaskDB, row: Run | Task) -> Run:
    if isinstance(row, Run):
        return row
    found = await db.runs(RunQuery(id=row.run_id))
    if not found:
        raise Error(
            ErrorKind.NOT_EXIST,
            "open log",
            (str(row.run_id),),
            "the run of this task was not found",
            FailureReason.NO_LOG,
        )
    return found[0]


async def _object(db: TaskDB, digest: Digest, row: Run | Task, what: str, now: datetime) -> ObjectLog:
    if not digest:
        raise Error(
            ErrorKind.NOT_EXIST,
            "open log",
            (str(row.id),),
            provenance.not_written(row, what, now),
            FailureReason.NO_LOG,
        )
    log = ObjectLog(db.repository, digest, await db.repository.stat(digest))
    if what not in ("log of the run", "graph") and log.size > _MOST:
        raise Error(
            ErrorKind.INVALID, "open log", (str(digest),), f"{formats.size(log.size)} is too large to show as {what}"
        )
    return log


class _TextLog(Log):
    """The text made from an object, as a log."""

    def __init__(self, location: Location, data: bytes, size: int) -> None:
        self.location = location
        self.size = size
        self._data = data

    async def read(self, cursor: Cursor) -> Page:
        return Page(self._data)


def _encoded(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _text(log: ObjectLog, lines: list[str]) -> Log:
    text = _TextLog(log.location, _encoded(lines), log.size)
    text.check = log.check
    return text
