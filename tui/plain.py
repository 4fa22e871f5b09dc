"""`ps`: the runs as a table, JSON or NDJSON, for scripts and pipes."""

import asyncio
import enum
import json
import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

import click
from rich.cells import cell_len

from store import Error, Run, TaskDB
from store.times import utc_now
from tui import run_list
from tui.connect import open_db
from tui.failures import ExitCode, report_partial
from tui.present import safe
from tui.records import run_record
from tui.run_list import RunRow
from tui.settings import Settings
from tui.watch import reads
from tui.watch.cluster import Cluster
from tui.widgets.columns import Cell, place

_HISTORIES = 8  # read at a time
_PIPED_WIDTH = 200
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_COLORS = {"good": "green", "warning": "yellow", "bad": "red", "muted": "bright_black"}


class Format(enum.StrEnum):
    """How runs are printed."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"


@dataclass
class Listing:
    """The runs found, and the errors of what could not be read."""

    cluster: Cluster
    rows: list[RunRow] = field(default_factory=list)
    errors: list[Error] = field(default_factory=list)


def run(settings: Settings, form: Format, *, ended: bool) -> ExitCode:
    """`ps` on the table of `settings`, now. Raises Error when nothing could be read."""

    async def read_and_print() -> ExitCode:
        async with open_db(settings) as db:
            return await ps(db, settings, utc_now(), form=form, ended=ended)

    return asyncio.run(read_and_print())


async def ps(db: TaskDB, settings: Settings, now: datetime, *, form: Format, ended: bool) -> ExitCode:
    """Print the runs that `settings` asks for, with those that have `ended` or without; returns the exit code.

    Raises Error when nothing could be read.
    """
    listing = await find(db, settings, now, ended=ended)
    for line in printed(listing, form, now):
        click.echo(line)
    return report_partial(listing.errors)


async def find(db: TaskDB, settings: Settings, now: datetime, *, ended: bool) -> Listing:
    """The runs of `settings.user`, or of all, that were alive between `settings.since` and `settings.until`."""
    cluster = Cluster(now)
    until = settings.until.at(now) if settings.until is not None else None

    def is_wanted(run: Run) -> bool:
        return (
            (ended or run.end is None)
            and (settings.user is None or run_list.is_of(run, settings.user))
            and (until is None or _began(run) <= until)
        )

    reading = await reads.sweep(db, cluster, settings.since.at(now))
    reading.include(await _read_histories(db, cluster, [run for run in cluster.runs if is_wanted(run)]))
    rows = [row for row in run_list.rows(cluster) if is_wanted(row.run)]
    return Listing(cluster, rows, reading.errors)


def printed(listing: Listing, form: Format, now: datetime) -> Iterator[str]:
    """The lines to print."""
    match form:
        case Format.TABLE:
            width = shutil.get_terminal_size((_PIPED_WIDTH, 0)).columns
            yield from _table(listing.rows, now, listing.cluster.as_of, width, color=_has_color())
        case Format.JSON:
            yield '{"runs": ['
            yield from _separated(map(json.dumps, _records(listing)))
            yield "]}"
        case Format.NDJSON:
            yield from map(json.dumps, _records(listing))


async def _read_histories(db: TaskDB, cluster: Cluster, runs: Iterable[Run]) -> reads.Reading:
    limit = asyncio.Semaphore(_HISTORIES)
    reading = reads.Reading()

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


def _records(listing: Listing) -> Iterator[dict[str, object]]:
    return (run_record(listing.cluster, row.run) for row in listing.rows)


def _separated(items: Iterable[str]) -> Iterator[str]:
    """`items` with a comma after all but the last, so that a hundred thousand tasks need not be one string."""
    before = None
    for item in items:
        if before is not None:
            yield f"{before},"
        before = item
    if before is not None:
        yield before


def _table(rows: list[RunRow], now: datetime, as_of: datetime, width: int, *, color: bool) -> Iterator[str]:
    places = place(run_list.columns(lambda: now, lambda: as_of), 0, width)
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


def _has_color() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _began(run: Run) -> datetime:
    return min((time for time in (run.start, run.keepalive) if time is not None), default=_LONG_AGO)
