"""`logs`, `cat` and `inspect`: what rows left behind, for scripts and pipes."""

import asyncio
import enum
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime

import click

from store import (
    Digest,
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
from store.logs.inspect import parse_inspect
from store.logs.log import Page, follow
from store.times import Clock, utc_now
from tui import exit_status as failures
from tui.connect import open_db
from tui.exit_status import ExitCode
from tui.logs import inspect_text as inspects
from tui.logs import printer as printing
from tui.logs import provenance as truth
from tui.logs.lines import lines
from tui.logs.selection import LogSelection, SelectionReader
from tui.query.id_prefix import find, find_object
from tui.settings import Settings

_MOST_INSPECT = 16 * 1024 * 1024  # bytes
_ASKING = ("find", "logs", "inspect")
_ROW_EVERY = 5  # looks at a log that grows, for each of the row: that one costs capacity


class Which(enum.StrEnum):
    """The logs that there are."""

    STDOUT = "stdout"
    STDERR = "stderr"
    RUNLOG = "runlog"


def logs(settings: Settings, id: str, which: str | None, wanted: LogSelection, *, following: bool) -> ExitCode:
    """Print a log of the run or task whose id begins with `id`: `which`, else that of the run or a task's stderr.

    With `following`, go on while the task lives. Tells why when there is nothing to print.
    """
    named = None if which is None else Which(which)
    return _run(settings, lambda db: print_log(db, id, named, wanted, following=following))


def cat(settings: Settings, digests: Iterable[str]) -> ExitCode:
    """Print objects of the repository, and tell of those that are missing or are not what their digests say."""
    return _run(settings, lambda db: print_objects(db, digests))


def inspect(settings: Settings, id: str, *, as_json: bool) -> ExitCode:
    """Print the inspect of a task's exec. Tells why when there is none."""
    return _run(settings, lambda db: print_inspect(db, id, utc_now, as_json=as_json))


def _run(settings: Settings, command: Callable[[TaskDB], Awaitable[ExitCode]]) -> ExitCode:
    async def run() -> ExitCode:
        async with open_db(settings) as db:
            return await command(db)

    return asyncio.run(run())


async def print_log(
    db: TaskDB,
    id: str,
    which: Which | None,
    wanted: LogSelection,
    *,
    following: bool,
    clock: Clock = utc_now,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> ExitCode:
    """As `logs`, on an open TaskDB."""
    row: Run | Task | None = None
    try:
        row, which = await _row_and_which(db, await find(db, id), which)
        if wanted.level is not None and which is not Which.RUNLOG:
            raise Error(ErrorKind.INVALID, "logs", (str(row.id),), "only the log of a run has levels: see --runlog")
        log = await _open(db, row, which, clock)
        if wanted.since is not None and not log.timed and which is not Which.RUNLOG:
            raise Error(ErrorKind.INVALID, "logs", (log.place.uri,), "its lines have no times to tell since when")
        choice, write = SelectionReader(log, wanted), printing.writer()
        try:
            async for line in choice.so_far():
                write(line)
            # Only now it is known whether it is there, and right.
            said = truth.of(log, row, clock())
        except Error as error:
            if not (following and log.grows and error.kind is ErrorKind.NOT_EXIST):
                raise
            said = truth.nothing(error, row, clock())
        sys.stdout.flush()
        failures.tell(said)
        if following and log.grows:
            more = follow(log, choice.after or choice.start(), _Watch(db, row, clock), sleep=sleep)
            async for line in choice.of(more):
                write(line)
                sys.stdout.flush()
    except Error as error:
        return _tell_why(error, row, clock())
    return ExitCode.FAILED if truth.is_bad(log) else ExitCode.OK


async def print_objects(db: TaskDB, digests: Iterable[str]) -> ExitCode:
    """As `cat`, on an open TaskDB."""
    code = ExitCode.OK
    for text in digests:
        try:
            await _print_object(db, await find_object(db, text))
        except Error as error:
            code = _tell_why(error, None, utc_now())
            if code is ExitCode.SERVICE:  # the others would fare no better
                break
    return code


async def _print_object(db: TaskDB, digest: Digest) -> None:
    chunks = db.repository.get(digest)
    if sys.stdout.isatty():
        write = printing.writer()
        async for line in lines(_pages(chunks)):
            write(line)
    else:
        async for chunk in chunks:
            sys.stdout.buffer.write(chunk)


async def print_inspect(db: TaskDB, id: str, clock: Clock, *, as_json: bool) -> ExitCode:
    """As `inspect`, on an open TaskDB."""
    task: Run | Task | None = None
    try:
        task = await find(db, id)
        if isinstance(task, Run):
            raise Error(ErrorKind.INVALID, "inspect", (str(task.id),), "that is a run: name one of its tasks")
        if not task.inspect:
            why = truth.not_written(task, "inspect", clock())
            raise Error(ErrorKind.NOT_EXIST, "inspect", (str(task.id),), why, FailureReason.NO_LOG)
        data = b""
        async for chunk in db.repository.get(task.inspect):
            data += chunk
            if len(data) > _MOST_INSPECT:
                raise Error(ErrorKind.INTEGRITY, "inspect", (str(task.inspect),), "it is too large to be one")
        found = parse_inspect(data)
    except Error as error:
        return _tell_why(error, task, clock())
    for line in [json.dumps(json.loads(data), indent=2)] if as_json else inspects.text(found):
        click.echo(line)
    return ExitCode.OK


def _tell_why(error: Error, row: Run | Task | None, now: datetime) -> ExitCode:
    """Tell why there is nothing to print; what was asked wrongly is raised."""
    if error.op in _ASKING and error.kind is ErrorKind.INVALID:
        raise error
    failures.tell(truth.nothing(error, row, now))
    code = failures.exit_code(error)
    return ExitCode.FAILED if code is ExitCode.USAGE else code


class _Watch:
    """Tells whether the writer of a log has ended. The row is not read for every look at the log."""

    def __init__(self, db: TaskDB, row: Run | Task, clock: Clock) -> None:
        self._db = db
        self._row = row
        self._clock = clock
        self._looks = 0

    async def __call__(self) -> bool:
        if self._looks % _ROW_EVERY == 0 and self._row.end is None:
            id = self._row.id
            is_run = isinstance(self._row, Run)
            found = await (self._db.runs(RunQuery(id=id)) if is_run else self._db.tasks(TaskQuery(id=id)))
            self._row = found[0] if found else self._row
        self._looks += 1
        return self._row.end is not None or liveness(self._row, self._clock()) is Liveness.LOST


async def _row_and_which(db: TaskDB, row: Run | Task, which: Which | None) -> tuple[Run | Task, Which]:
    """The row whose log is wanted: that of a task's run is the run's."""
    which = which or (Which.RUNLOG if isinstance(row, Run) else Which.STDERR)
    if isinstance(row, Run) and which is not Which.RUNLOG:
        text = f"that is a run, which has no {which}: name one of its tasks"
        raise Error(ErrorKind.INVALID, "logs", (str(row.id),), text)
    if isinstance(row, Task) and which is Which.RUNLOG:
        runs = await db.runs(RunQuery(id=row.run_id))
        if not runs:
            raise Error(
                ErrorKind.NOT_EXIST,
                "logs",
                (str(row.run_id),),
                "the run of the task is not there",
                FailureReason.NO_LOG,
            )
        return runs[0], which
    return row, which


async def _open(db: TaskDB, row: Run | Task, which: Which, clock: Clock) -> Log:
    if isinstance(row, Task):
        return await db.logs.open_output(row, Output(which))
    if not row.run_log:
        why = truth.not_written(row, "log of the run", clock())
        raise Error(ErrorKind.NOT_EXIST, "logs", (str(row.id),), why, FailureReason.NO_LOG)
    return await db.logs.open(row.run_log)


async def _pages(chunks: AsyncIterator[bytes]) -> AsyncIterator[Page]:
    async for chunk in chunks:
        yield Page(chunk)
