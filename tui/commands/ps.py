"""`reflowtop ps`: list runs as a table, JSON or NDJSON, for scripts and pipes."""

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
import msgspec
from rich.cells import cell_len

from store import Error, Run, TaskDB
from store.times import utc_now
from tui.connect import run_with_db
from tui.exit_status import ExitCode, report_errors
from tui.export.json_rows import run_record, separated
from tui.lists import runs as run_list
from tui.lists.columns import Cell, layout
from tui.lists.runs import RunRow
from tui.settings import Settings
from tui.text import time_zone
from tui.text.ascii import to_ascii
from tui.text.safe import safe
from tui.watch.model.cluster import Cluster
from tui.watch.model.row_errors import concerning
from tui.watch.polling import reads
from tui.watch.polling.backfill import Sleep
from tui.watch.polling.budget import Budget
from tui.watch.polling.past import PastView

_MAX_CONCURRENT_READS = 8  # of the tasks of runs
_PIPED_WIDTH = 200  # columns, where there is no terminal
_CLEAR = "\x1b[K"  # erases to the end of the line
_COLORS = {"good": "green", "warning": "yellow", "critical": "red", "muted": "bright_black"}


class OutputFormat(enum.StrEnum):
    """The output formats of `ps`."""

    TABLE = "table"
    JSON = "json"
    NDJSON = "ndjson"


@dataclass
class PsOutput:
    """The rows to print, and the errors of the reads that failed."""

    cluster: Cluster
    rows: list[RunRow] = field(default_factory=list)
    errors: list[Error] = field(default_factory=list)


def run(settings: Settings, form: OutputFormat, *, ended: bool) -> ExitCode:
    """List the runs that `settings` select; with `ended`, also those that have ended.

    Raises Error if nothing could be read.
    """
    return run_with_db(settings, lambda db: ps(db, settings, utc_now(), form=form, ended=ended))


async def ps(db: TaskDB, settings: Settings, now: datetime, *, form: OutputFormat, ended: bool) -> ExitCode:
    """Do what `run` does, on an open TaskDB.

    If `settings.until` is set, `ended` has no effect: runs that were running then are printed even if ended since.
    """
    if settings.until is None:
        listing = await find_runs(db, settings, now, ended=ended)
    else:
        listing = await find_past_runs(db, settings, settings.until.at(now), now)
    for line in format_runs(listing, form, now):
        click.echo(to_ascii(line) if settings.ascii else line)
    return report_errors(listing.errors)


async def find_runs(db: TaskDB, settings: Settings, now: datetime, *, ended: bool) -> PsOutput:
    """Read the runs of `settings.user` (or of all users) alive at `settings.since` or later, with all their tasks."""
    cluster = Cluster(now)

    def is_included(run: Run) -> bool:
        return (ended or run.end is None) and _is_selected(run, settings)

    outcome = await reads.refresh(db, cluster, settings.since.at(now))
    outcome.include(await _read_histories(db, cluster, [run for run in cluster.runs if is_included(run)]))
    return _make_output(cluster, is_included, settings, outcome.errors)


async def find_past_runs(
    db: TaskDB, settings: Settings, until: datetime, now: datetime, *, sleep: Sleep = asyncio.sleep
) -> PsOutput:
    """Read the runs that were running at some time from `settings.since` to `until`, with their tasks of that time.

    The days are read one after the other, within the read budget, with a progress line if stderr is a terminal. Raises
    Error if the first day cannot be read, because the other days would fail too.
    """
    budget = Budget(settings.read_budget, settings.price)

    def notify() -> None:
        if past.errors and not past.parts_read:
            raise past.errors[0]
        _show_progress(past.progress.share)

    past = PastView(settings.since.at(now), until, budget, clock=lambda: now, sleep=sleep, notify=notify)
    _show_progress(past.progress.share)
    try:
        await past.read(db)
    finally:
        _show_progress(None)
    return _make_output(
        past.cluster, lambda run: past.was_running(run) and _is_selected(run, settings), settings, past.errors
    )


def _make_output(
    cluster: Cluster, is_included: Callable[[Run], bool], settings: Settings, errors: Iterable[Error]
) -> PsOutput:
    rows = [row for row in run_list.rows(cluster) if is_included(row.run)]
    return PsOutput(cluster, rows, concerning(errors, cluster, lambda run: _is_selected(run, settings)))


def _is_selected(run: Run, settings: Settings) -> bool:
    return settings.user is None or run_list.is_of(run, settings.user)


def format_runs(listing: PsOutput, form: OutputFormat, now: datetime) -> Iterator[str]:
    """Yield the lines to print."""
    match form:
        case OutputFormat.TABLE:
            width = shutil.get_terminal_size((_PIPED_WIDTH, 0)).columns
            yield from _format_table(listing, now, width, color=_has_color())
        case OutputFormat.JSON:
            yield '{"runs": ['
            yield from separated([json.dumps(record)] for record in _make_records(listing))
            yield "]}"
        case OutputFormat.NDJSON:
            yield from map(json.dumps, _make_records(listing))


async def _read_histories(db: TaskDB, cluster: Cluster, runs: Iterable[Run]) -> reads.ReadOutcome:
    limit = asyncio.Semaphore(_MAX_CONCURRENT_READS)
    outcome = reads.ReadOutcome()

    async def read(run: Run) -> None:
        async with limit:
            try:
                outcome.include(await reads.read_history(db, cluster, run.id))
            except Error as error:
                outcome.errors.append(Error(error.kind, "read the tasks of run", (run.id.short,), error))

    async with asyncio.TaskGroup() as group:
        for run in runs:
            if not cluster.has_all_tasks(run.id):
                group.create_task(read(run))
    return outcome


def _make_records(listing: PsOutput) -> Iterator[dict[str, object]]:
    return (run_record(listing.cluster, row.run) for row in listing.rows)


def _format_table(listing: PsOutput, now: datetime, width: int, *, color: bool) -> Iterator[str]:
    cluster = listing.cluster
    zone = time_zone.label(time_zone.localize(now))
    columns = [
        msgspec.structs.replace(column, title=f"{column.title} {zone}", width=column.width + 1 + len(zone))
        if column.id == "started"
        else column
        for column in run_list.columns(cluster, lambda: now, lambda: cluster.as_of)
    ]
    visible = layout(columns, 0, width)
    yield _format_line([(Cell(column.title), column.align, wide) for column, _, wide in visible], color=False)
    for row in listing.rows:
        yield _format_line([(column.cell(row), column.align, wide) for column, _, wide in visible], color=color)


def _format_line(cells: list[tuple[Cell, str, int]], *, color: bool) -> str:
    return "  ".join(_format_cell(cell, align, width, color=color) for cell, align, width in cells).rstrip()


def _format_cell(cell: Cell, align: str, width: int, *, color: bool) -> str:
    text = safe(cell.text, width)
    blank = " " * (width - cell_len(text))
    shown = click.style(text, fg=_COLORS[cell.style]) if color and cell.style in _COLORS else text
    return blank + shown if align == "right" else shown + blank


def _show_progress(share: float | None) -> None:
    """Show the share that is read, from 0 to 1, in a progress line on a terminal; None erases the line."""
    if sys.stderr.isatty():
        click.echo(f"\r{_CLEAR}" + ("" if share is None else f"reflowtop: {share:.0%} read"), nl=False, err=True)


def _has_color() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")
