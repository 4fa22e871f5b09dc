"""`logs`, `cat` and `inspect`: what rows left behind, for scripts and pipes."""

import asyncio
import enum
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import click

from store import Error, ErrorKind, Liveness, Log, Output, Run, RunQuery, Task, TaskDB, TaskQuery, liveness
from store.inspect import parse_inspect
from store.pages import Page, follow
from store.times import Clock, utc_now
from tui import failures
from tui.connect import open_db
from tui.failures import ExitCode
from tui.logs import inspects, printing, truth
from tui.logs.choose import Choice, Wanted
from tui.logs.ids import find, find_object
from tui.logs.lines import lines
from tui.settings import Settings

_MOST_INSPECT = 16 * 1024 * 1024  # bytes
_ROW_EVERY = 5  # looks at a log that grows, for each of the row: that one costs capacity


class Which(enum.StrEnum):
    """The logs that there are."""

    STDOUT = "stdout"
    STDERR = "stderr"
    RUNLOG = "runlog"


def logs(settings: Settings, id: str, which: str | None, wanted: Wanted, *, following: bool) -> ExitCode:
    """Print a log of the run or task whose id begins with `id`: `which`, else that of the run or a task's stderr.

    With `following`, go on while the task lives. Raises Error, saying why, when there is nothing to print.
    """

    async def print_it() -> ExitCode:
        async with open_db(settings) as db:
            return await print_log(db, id, None if which is None else Which(which), wanted, following=following)

    return asyncio.run(print_it())


def cat(settings: Settings, digests: Iterable[str]) -> ExitCode:
    """Print objects of the repository. Raises Error for the first that is missing or is not what its digest says."""

    async def print_them() -> ExitCode:
        async with open_db(settings) as db:
            for text in digests:
                await print_object(db, text)
        return ExitCode.OK

    return asyncio.run(print_them())


def inspect(settings: Settings, id: str, *, as_json: bool) -> ExitCode:
    """Print the inspect of a task's exec. Raises Error, saying why, when there is none."""

    async def print_it() -> ExitCode:
        async with open_db(settings) as db:
            return await print_inspect(db, id, utc_now, as_json=as_json)

    return asyncio.run(print_it())


async def print_log(
    db: TaskDB,
    id: str,
    which: Which | None,
    wanted: Wanted,
    *,
    following: bool,
    clock: Clock = utc_now,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> ExitCode:
    """As `logs`, on an open TaskDB."""
    row, which = await _row_and_which(db, await find(db, id), which)
    if wanted.level is not None and which is not Which.RUNLOG:
        raise Error(ErrorKind.INVALID, "logs", (str(row.id),), "only the log of a run has levels: see --runlog")
    try:
        log = await _open(db, row, which, clock)
        if wanted.since is not None and not log.timed and which is not Which.RUNLOG:
            raise Error(ErrorKind.INVALID, "logs", (log.place.uri,), "its lines have no times to tell since when")
        failures.tell(truth.of(log, row, clock()))
        choice, write = Choice(log, wanted), printing.writer()
        try:
            async for line in choice.so_far():
                write(line)
        except Error as error:
            if not (following and log.grows and error.kind is ErrorKind.NOT_EXIST):
                raise
            failures.tell(truth.nothing(error, row, clock()))
        if following and log.grows:
            more = follow(log, choice.after or choice.start(), _Watch(db, row, clock), sleep=sleep)
            async for line in choice.of(more):
                write(line)
                sys.stdout.flush()
    except Error as error:
        if error.kind is ErrorKind.INVALID:
            raise
        raise Error(error.kind, "", (), truth.nothing(error, row, clock())) from error
    if truth.is_bad(log):
        raise Error(ErrorKind.INTEGRITY, "logs", (log.place.uri,), "this is not the content of its digest")
    return ExitCode.OK


async def print_object(db: TaskDB, text: str) -> None:
    """Print the object whose digest begins with `text`."""
    chunks = db.repository.get(await find_object(db, text))
    if sys.stdout.isatty():
        write = printing.writer()
        async for line in lines(_pages(chunks)):
            write(line)
    else:
        async for chunk in chunks:
            sys.stdout.buffer.write(chunk)


async def print_inspect(db: TaskDB, id: str, clock: Clock, *, as_json: bool) -> ExitCode:
    """As `inspect`, on an open TaskDB."""
    task = await find(db, id)
    if isinstance(task, Run):
        raise Error(ErrorKind.INVALID, "inspect", (str(task.id),), "that is a run: name one of its tasks")
    if not task.inspect:
        why = truth.not_written(task, "inspect", clock())
        raise Error(ErrorKind.NOT_EXIST, "inspect", (str(task.id),), why)
    data = b""
    async for chunk in db.repository.get(task.inspect):
        data += chunk
        if len(data) > _MOST_INSPECT:
            raise Error(ErrorKind.INTEGRITY, "inspect", (str(task.inspect),), "it is too large to be one")
    found = parse_inspect(data)
    for line in [json.dumps(json.loads(data), indent=2)] if as_json else inspects.text(found):
        click.echo(line)
    return ExitCode.OK


class _Watch:
    """Tells whether the writer of a log has ended. The row is not read for every look at the log."""

    def __init__(self, db: TaskDB, row: Run | Task, clock: Clock) -> None:
        self._db = db
        self._row = row
        self._clock = clock
        self._looks = 0

    async def __call__(self) -> bool:
        if self._looks % _ROW_EVERY == 0 and self._row.end is None:
            found = await self._db.tasks(TaskQuery(id=self._row.id))
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
            raise Error(ErrorKind.NOT_EXIST, "logs", (str(row.run_id),), "the run of the task is not there")
        return runs[0], which
    return row, which


async def _open(db: TaskDB, row: Run | Task, which: Which, clock: Clock) -> Log:
    if isinstance(row, Task):
        return await db.logs.open_output(row, Output(which))
    if not row.run_log:
        why = truth.not_written(row, "log of the run", clock())
        raise Error(ErrorKind.NOT_EXIST, "logs", (str(row.id),), why)
    return await db.logs.open(row.run_log)


async def _pages(chunks: AsyncIterator[bytes]) -> AsyncIterator[Page]:
    async for chunk in chunks:
        yield Page(chunk)
