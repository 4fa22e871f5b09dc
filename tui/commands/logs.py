"""`reflowtop logs`: print a log of a run or a task."""

import asyncio
import enum
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime

from store import (
    Error,
    ErrorKind,
    FailureReason,
    Liveness,
    Log,
    Output,
    Run,
    RunQuery,
    Task,
    TaskDB,
    TaskQuery,
    liveness,
)
from store.aws.error_mapping import is_temporary
from store.logs.log import Cursor, Page, follow
from store.times import Clock, utc_now
from tui.commands.named_rows import find_run_or_task
from tui.commands.outages import OutageReporter
from tui.connect import run_with_db
from tui.exit_status import ID_OPERATIONS, ExitCode, find_exit_code, print_stderr
from tui.logs import printer, provenance
from tui.logs.run_log_zone import describe_zone
from tui.logs.selection import LogSelection, SelectionReader
from tui.settings import Settings
from tui.settings.command_hint import command_hint
from tui.terminal import narration

_AGAIN = 10.0  # seconds until a read of the log that failed is repeated, as on the log screen
_POLLS_PER_ROW_READ = 5  # while following: a poll of the log is free, a read of the row costs read capacity


class LogKind(enum.StrEnum):
    """The logs of a task (STDOUT, STDERR) and of a run (RUNLOG)."""

    STDOUT = "stdout"
    STDERR = "stderr"
    RUNLOG = "runlog"


def run(settings: Settings, id: str, kind: LogKind | None, selection: LogSelection, *, following: bool) -> ExitCode:
    """Print a log of the run or task whose id begins with `id`, and its provenance line on stderr.

    `kind` defaults to RUNLOG for a run and to STDERR for a task. With `following`, keep printing as the log grows,
    until the task ends. Says on stderr why there is no log. Raises Error if `id` cannot be looked up, or `selection`
    does not fit.
    """
    return run_with_db(settings, lambda db: print_log(db, settings, id, kind, selection, following=following))


async def print_log(
    db: TaskDB,
    settings: Settings,
    id: str,
    kind: LogKind | None,
    selection: LogSelection,
    *,
    following: bool,
    clock: Clock = utc_now,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> ExitCode:
    """Do what `run` does, on an open TaskDB."""
    row = await find_run_or_task(db, settings, id, clock())
    try:
        row, kind = await _resolve(db, row, kind)
        if selection.level is not None and kind is not LogKind.RUNLOG:
            raise Error(ErrorKind.INVALID, "logs", (row.id.short,), "only the log of a run has levels; use --runlog")
        log = await _open(db, row, kind, clock)
        if selection.since is not None and not log.timed and kind is not LogKind.RUNLOG:
            raise Error(ErrorKind.INVALID, "logs", (log.location.uri,), "--since needs a log whose lines have times")
        start = row.start if isinstance(row, Run) else None
        reader, write = SelectionReader(log, selection, start), printer.writer(raw=selection.raw)
        try:
            async for line in reader.so_far():
                write(line)
            # After reading, because only then it is clear whether the object exists and matches its digest.
            line_about = provenance.describe(log, row, clock())
        except Error as error:
            if not (following and log.grows and error.kind is ErrorKind.NOT_EXIST):
                raise
            line_about = provenance.explain_missing(error, row, clock())
        sys.stdout.flush()
        narration.note(line_about)
        if reader.zone:
            narration.note(f"the times in this log are {describe_zone(reader.zone)}, by its first line")
        if following and log.grows:
            has_ended = _EndCheck(db, row, clock)
            more = follow(_RetriedLog(log, sleep), reader.after or reader.start(), has_ended, sleep=sleep)
            async for line in reader.select(more):
                write(line)
                sys.stdout.flush()
    except Error as error:
        code = report_missing(error, row, clock())
        if isinstance(row, Run) and not row.run_log:
            narration.note(f"its tasks have logs, too; for their ids: {command_hint(settings, 'tasks', row.id.short)}")
        return code
    return ExitCode.FAILED if provenance.is_bad(log) else ExitCode.OK


def report_missing(error: Error, row: Run | Task | None, now: datetime) -> ExitCode:
    """Say on stderr why there is nothing to print for `row`; return the exit code.

    Raises `error` if it is a mistake on the command line.
    """
    if error.op in ID_OPERATIONS and error.kind is ErrorKind.INVALID:
        raise error
    print_stderr(provenance.explain_missing(error, row, now))
    code = find_exit_code(error)
    return ExitCode.FAILED if code is ExitCode.USAGE else code


class _RetriedLog(Log):
    """A log whose reads are repeated while their errors are temporary. Reports the start and end of an outage.

    Following a log takes hours: CloudWatch Logs throttles, and networks fail.
    """

    def __init__(self, log: Log, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._log = log
        self._sleep = sleep
        self._outages = OutageReporter()

    async def read(self, cursor: Cursor) -> Page:
        while True:
            try:
                page = await self._log.read(cursor)
            except Error as error:
                if not is_temporary(error):
                    raise
                self._outages.report(error)
                await self._sleep(_AGAIN)
            else:
                self._outages.report(None)
                return page


class _EndCheck:
    """Callable that returns True once the writer of a log has ended or is lost.

    Reads the row on every fifth call only.
    """

    def __init__(self, db: TaskDB, row: Run | Task, clock: Clock) -> None:
        self._db = db
        self._row = row
        self._clock = clock
        self._calls = 0

    async def __call__(self) -> bool:
        if self._calls % _POLLS_PER_ROW_READ == 0 and self._row.end is None:
            try:
                self._row = await self._read_again(self._row)
            except Error as error:
                if not is_temporary(error):
                    raise
        self._calls += 1
        return self._row.end is not None or liveness(self._row, self._clock()) is Liveness.LOST

    async def _read_again(self, row: Run | Task) -> Run | Task:
        if isinstance(row, Run):
            return next(iter(await self._db.runs(RunQuery(id=row.id))), row)
        return next(iter(await self._db.tasks(TaskQuery(id=row.id))), row)


async def _resolve(db: TaskDB, row: Run | Task, kind: LogKind | None) -> tuple[Run | Task, LogKind]:
    """Return the row that has the log, and the log's kind. For the run log of a task that is the row of its run."""
    kind = kind or (LogKind.RUNLOG if isinstance(row, Run) else LogKind.STDERR)
    if isinstance(row, Run) and kind is not LogKind.RUNLOG:
        text = f"a run has no {kind}; give the id of one of its tasks"
        raise Error(ErrorKind.INVALID, "logs", (row.id.short,), text)
    if isinstance(row, Task) and kind is LogKind.RUNLOG:
        runs = await db.runs(RunQuery(id=row.run_id))
        if not runs:
            raise Error(
                ErrorKind.NOT_EXIST,
                "logs",
                (str(row.run_id),),
                "the run of this task was not found",
                FailureReason.NO_LOG,
            )
        return runs[0], kind
    return row, kind


async def _open(db: TaskDB, row: Run | Task, kind: LogKind, clock: Clock) -> Log:
    if isinstance(row, Task):
        return await db.logs.open_output(row, Output(kind))
    if not row.run_log:
        why = provenance.not_written(row, "log of the run", clock())
        raise Error(ErrorKind.NOT_EXIST, "logs", (str(row.id),), why, FailureReason.NO_LOG)
    return await db.logs.open(row.run_log)
