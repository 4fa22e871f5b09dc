"""`ps`: the runs as a table, JSON or NDJSON, for scripts and pipes."""

import asyncio
import enum
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import click
from rich.cells import cell_len

from store import Error, Run, TaskDB
from store.times import utc_now
from tui.connect import open_db
from tui.exit_status import ExitCode, report_errors
from tui.export.json_rows import run_record, separated
from tui.lists import runs as run_list
from tui.lists.columns import Cell, layout
from tui.lists.runs import RunRow
from tui.settings import Settings
from tui.text.ascii import to_ascii
from tui.text.safe import safe
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.row_errors import concerning
from tui.watch.polling import reads
from tui.watch.polling.backfill import Sleep
from tui.watch.polling.budget import Budget
from tui.watch.polling.past import PastView

_HISTORIES = 8  # read at a time
_PIPED_WIDTH = 200
_CLEAR = "\x1b[K"  # to the end of the line
_COLORS = {"good": "green", "warning": "yellow", "critical": "red", "muted": "bright_black"}


class OutputFormat(enum.StrEnum):
    """How runs are printed."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"


@dataclass
class PsOutput:
    """The runs found, and the errors of what could not be read."""

    cluster: Cluster
    rows: list[RunRow] = field(default_factory=list)
    errors: list[Error] = field(default_factory=list)


def run(settings: Settings, form: OutputFormat, *, ended: bool) -> ExitCode:
    """`ps` on the table of `settings`, now. Raises Error when nothing could be read."""

    async def read_and_print() -> ExitCode:
        async with open_db(settings) as db:
            return await ps(db, settings, utc_now(), form=form, ended=ended)

    return asyncio.run(read_and_print())


async def ps(db: TaskDB, settings: Settings, now: datetime, *, form: OutputFormat, ended: bool) -> ExitCode:
    """Print the runs that `settings` asks for, with those that have `ended` or without; returns the exit code.

    What ran until some time ago is printed whether it has ended since or not. Raises Error when nothing could be read.
    """
    if settings.until is None:
        listing = await find_runs(db, settings, now, ended=ended)
    else:
        listing = await find_past_runs(db, settings, settings.until.at(now), now)
    for line in format_runs(listing, form, now):
        click.echo(to_ascii(line) if settings.ascii else line)
    return report_errors(listing.errors)


async def find_runs(db: TaskDB, settings: Settings, now: datetime, *, ended: bool) -> PsOutput:
    """The runs of `settings.user`, or of all, that were alive since `settings.since`, with all of their tasks."""
    cluster = Cluster(now)

    def is_wanted(run: Run) -> bool:
        return (ended or run.end is None) and _is_asked_for(run, settings)

    reading = await reads.sweep(db, cluster, settings.since.at(now))
    reading.include(await _read_histories(db, cluster, [run for run in cluster.runs if is_wanted(run)]))
    return _listing(cluster, is_wanted, settings, reading.errors)


async def find_past_runs(
    db: TaskDB, settings: Settings, until: datetime, now: datetime, *, sleep: Sleep = asyncio.sleep
) -> PsOutput:
    """The runs that were running at some time from `settings.since` to `until`, with their tasks of that time.

    They are read within the budget, day after day; a terminal says meanwhile how far that is. Raises Error when the
    first day cannot be read: the service will not answer for the others either.
    """
    budget = Budget(settings.read_budget, settings.price)

    def told(_: Changes) -> None:
        if past.errors and not past.parts_read:
            raise past.errors[0]
        _tell_progress(past.progress.share)

    past = PastView(Cluster(now), settings.since.at(now), until, budget, clock=lambda: now, sleep=sleep, notify=told)
    _tell_progress(past.progress.share)
    try:
        await past.read(db)
    finally:
        _tell_progress(None)
    return _listing(
        past.cluster, lambda run: past.was_running(run) and _is_asked_for(run, settings), settings, past.errors
    )


def _listing(
    cluster: Cluster, is_wanted: Callable[[Run], bool], settings: Settings, errors: Iterable[Error]
) -> PsOutput:
    rows = [row for row in run_list.rows(cluster) if is_wanted(row.run)]
    return PsOutput(cluster, rows, concerning(errors, cluster, lambda run: _is_asked_for(run, settings)))


def _is_asked_for(run: Run, settings: Settings) -> bool:
    return settings.user is None or run_list.is_of(run, settings.user)


def format_runs(listing: PsOutput, form: OutputFormat, now: datetime) -> Iterator[str]:
    """The lines to print."""
    match form:
        case OutputFormat.TABLE:
            width = shutil.get_terminal_size((_PIPED_WIDTH, 0)).columns
            yield from _table(listing.rows, now, listing.cluster.as_of, width, color=_has_color())
        case OutputFormat.JSON:
            yield '{"runs": ['
            yield from separated([json.dumps(record)] for record in _records(listing))
            yield "]}"
        case OutputFormat.NDJSON:
            yield from map(json.dumps, _records(listing))


async def _read_histories(db: TaskDB, cluster: Cluster, runs: Iterable[Run]) -> reads.ReadOutcome:
    limit = asyncio.Semaphore(_HISTORIES)
    reading = reads.ReadOutcome()

    async def read(run: Run) -> None:
        async with limit:
            try:
                reading.include(await reads.read_history(db, cluster, run.id))
            except Error as error:
                reading.errors.append(Error(error.kind, "read the tasks of run", (run.id.short,), error))

    async with asyncio.TaskGroup() as group:
        for run in runs:
            if not cluster.is_whole(run.id):
                group.create_task(read(run))
    return reading


def _records(listing: PsOutput) -> Iterator[dict[str, object]]:
    return (run_record(listing.cluster, row.run) for row in listing.rows)


def _table(rows: list[RunRow], now: datetime, as_of: datetime, width: int, *, color: bool) -> Iterator[str]:
    places = layout(run_list.columns(lambda: now, lambda: as_of), 0, width)
    yield _line([(Cell(column.title), column.align, wide) for column, _, wide in places], color=False)
    for row in rows:
        yield _line([(column.cell(row), column.align, wide) for column, _, wide in places], color=color)


def _line(cells: list[tuple[Cell, str, int]], *, color: bool) -> str:
    return "  ".join(_cell(cell, align, width, color=color) for cell, align, width in cells).rstrip()


def _cell(cell: Cell, align: str, width: int, *, color: bool) -> str:
    text = safe(cell.text, width)
    blank = " " * (width - cell_len(text))
    shown = click.style(text, fg=_COLORS[cell.style]) if color and cell.style in _COLORS else text
    return blank + shown if align == "right" else shown + blank


def _tell_progress(share: float | None) -> None:
    """Say how much is read, in a line of its own on a terminal that None clears."""
    if sys.stderr.isatty():
        click.echo(f"\r{_CLEAR}" + ("" if share is None else f"reflowtop: {share:.0%} read"), nl=False, err=True)


def _has_color() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
