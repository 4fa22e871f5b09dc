"""`reflowtop describe`: print every field of the runs, tasks, pools and allocs named by id prefixes."""

import os
import shutil
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from rich.cells import cell_len

from store import Alloc, Digest, Error, PoolRow, Run, RunID, Task, TaskDB
from store.times import format_time, utc_now
from tui.commands.cluster_read import ClusterRead, read_durations, read_now
from tui.commands.listing import ListOptions, has_color, note_window
from tui.commands.named_rows import TYPE_NAMES, find_named
from tui.connect import run_with_db
from tui.exit_status import ExitCode, find_exit_code, report_error, report_errors
from tui.export import list_records
from tui.export.list_records import Record, RecordContext
from tui.lists import descriptions, estimates
from tui.lists import pools as pool_list
from tui.lists import runs as run_list
from tui.logs.log_tails import read_tail
from tui.settings import Settings
from tui.settings.command_hint import command_hint
from tui.terminal import narration, output
from tui.text.ascii import to_ascii
from tui.text.json_text import json_text
from tui.text.masked_text import mask_line, mask_lines
from tui.text.paint import paint
from tui.text.safe_text import EMPTY, SafeText
from tui.text.wrapping import wrap
from tui.watch.explain.evidence_task import evidence_task
from tui.watch.explain.explanations import Explanations
from tui.watch.findings.findings import Findings
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.model.states import is_expired
from tui.watch.polling import reads
from tui.watch.polling.backfill import BACKFILL_SPAN

_LONGEST = 100_000  # cells in a line
_BEFORE_DEATH = timedelta(minutes=10)


def run(settings: Settings, ids: Sequence[str], *, as_json: bool) -> ExitCode:
    """Print the row that each of `ids` names: as text, or all in one JSON document, whole without `--redact`.

    Return FAILED if an id matches no row, and USAGE if it matches several, which are listed on stderr. Raises Error if
    the service cannot be reached.
    """
    return run_with_db(settings, lambda db: describe(db, settings, ids, utc_now(), as_json=as_json))


async def describe(db: TaskDB, settings: Settings, ids: Sequence[str], now: datetime, *, as_json: bool) -> ExitCode:
    """Do what `run` does, on an open TaskDB."""
    code, errors, records, is_first = ExitCode.OK, list[Error](), list[Record](), True
    for text in ids:
        try:
            row = await find_named(db, settings, text, now)
        except Error as error:
            if find_exit_code(error) is ExitCode.SERVICE:
                raise  # the other rows would fail the same way
            code = max(code, report_error(error))
            continue
        read = await read_around(db, settings, row, now)
        if not as_json and (task := evidence_task(read.cluster, row)) is not None:
            async with narration.progress_of("reading a log"):
                read.last_lines[task.id] = (await read_tail(db, task, now)).last_line
        errors += read.errors
        if as_json:
            records.append(make_record(read, row))
            continue
        if not is_first:
            output.print_line()
        is_first = False
        is_terminal = sys.stdout.isatty()
        color = has_color("auto", os.environ, is_terminal=is_terminal)
        width = shutil.get_terminal_size().columns if is_terminal else None
        for line in describe_lines(read, row, color=color, width=width):
            output.print_line(to_ascii(line) if settings.ascii else line)
        _note_scope(read, row)
    if as_json:
        is_complete = not errors and code is ExitCode.OK
        output.print_line(json_text({"as_of": format_time(now), "is_complete": is_complete, "rows": records}, indent=2))
    return max(report_errors(errors), code)


def _note_scope(read: ClusterRead, row: Row) -> None:
    """Print a note for a terminal: for a host the window that was read, for a run how to compare it with all runs."""
    if isinstance(row, PoolRow | Alloc):
        note_window(ListOptions(), read)
        return
    run_id = row.id if isinstance(row, Run) else row.run_id
    run = read.cluster.run(run_id)
    is_listed = run is not None and (run.end is None or read.now - run.end < read.settings.keep_failed)
    if read.scope and sys.stdout.isatty() and is_listed and read.cluster.tally(run_id).failed_flows:
        hint = command_hint(read.settings, "failures", "--explain", f"run:{run_id.short}")
        narration.note(f"to compare with the tasks of all runs: {hint}")


async def read_around(db: TaskDB, settings: Settings, row: Row, now: datetime) -> ClusterRead:
    """Read the rows that a description refers to: the tasks of the run; for a pool or alloc, what `failures` reads.

    Failed reads go to `errors` of the result.
    """
    scope = f"of {'this' if isinstance(row, Run) else 'its'} run" if isinstance(row, Run | Task) else ""
    read = ClusterRead(cluster=Cluster(now), settings=settings, now=now, scope=scope)
    try:
        if isinstance(row, Run | Task):
            read.cluster.add([row])
            run_id = row.id if isinstance(row, Run) else row.run_id
            async with narration.progress_of("reading related rows"):
                if run_id:
                    read.errors += (await reads.read_history(db, read.cluster, run_id)).errors
            if run_id and _has_died(read.cluster, run_id):
                read = await _read_all(db, settings, now, read, run_id)
            if run_id:
                await read_durations(db, read, _idents(read, row))
        else:
            read = await read_now(db, settings, now, ended=True, since=_window_of(row, settings.since.at(now)))
            outcome = reads.ReadOutcome(changes=read.cluster.add([row]))
            await reads.look_up_missing(db, read.cluster, outcome)
            read.errors += outcome.errors
    except Error as error:
        read.errors.append(error)
        read.cluster.add([row])
    return read


def _has_died(cluster: Cluster, run_id: RunID) -> bool:
    """Return whether a lease of a run without an end, or of its running tasks, expired less than a day ago."""
    run, since = cluster.run(run_id), cluster.as_of - BACKFILL_SPAN
    rows: list[Row] = [] if run is None else [run]
    rows += (task for task in cluster.tally(run_id).tasks.values() if task.end is None)
    return (run is None or run.end is None) and any(
        row.keepalive is not None and row.keepalive >= since and is_expired(cluster.liveness(row)) for row in rows
    )


async def _read_all(db: TaskDB, settings: Settings, now: datetime, read: ClusterRead, run_id: RunID) -> ClusterRead:
    """Read the rows that `failures` reads, and add those of a run: its cause may depend on tasks of other runs."""
    whole = await read_now(db, settings, now, ended=True)
    known, tally = read.cluster.run(run_id), read.cluster.tally(run_id)
    whole.cluster.add([*([] if known is None or not read.cluster.has_row(run_id) else [known]), *tally.tasks.values()])
    if read.cluster.has_all_tasks(run_id):
        whole.cluster.mark_complete(run_id, Changes())
    outcome = reads.ReadOutcome()
    await reads.look_up_missing(db, whole.cluster, outcome)
    whole.errors += read.errors + outcome.errors
    return whole


def _window_of(row: PoolRow | Alloc, since: datetime) -> datetime:
    """Return the start of the window to read. Tasks on a host that was lost earlier stopped when the host did."""
    died = row.end or row.keepalive
    return since if died is None else min(since, died - _BEFORE_DEATH)


def _idents(read: ClusterRead, row: Run | Task) -> Collection[str]:
    """Return the idents whose usual durations a description shows, in addition to those of long-running tasks."""
    if isinstance(row, Task):
        return [row.ident]
    return [each.ident for each in estimates.find_slowest(read.cluster, row.id, read.now)]


def describe_lines(read: ClusterRead, row: Row, *, color: bool, width: int | None = None) -> Iterator[SafeText]:
    """Yield the lines of a description: titles, and below each its fields, wrapped to `width` columns, if it is given.

    Secrets are masked.
    """
    costs = read.costs if read.costs.book else None
    context = descriptions.DescriptionContext(_explanations(read), read.now, read.cluster.as_of, costs)
    for number, group in enumerate(descriptions.describe(context, row)):
        if number:
            yield EMPTY
        title = mask_line(group.title)
        yield paint(title, bold=True) if color else title
        fields = [(mask_line(name), text) for name, text in group.fields]
        names = max(cell_len(shown) for shown, _ in fields)
        for shown, text in fields:
            head = f"  {shown}{' ' * (names - cell_len(shown))}  " if names else "  "
            for line in mask_lines(text, _LONGEST):
                for part in wrap(line, width, cell_len(head)):
                    yield SafeText(f"{head}{part}".rstrip())
                    head = " " * cell_len(head)


def make_record(read: ClusterRead, row: Row) -> Record:
    """Return the JSON record of a row, with its type and the findings about it; of a pool also its running tasks."""
    explanations = _explanations(read)
    context = RecordContext(read.cluster, read.now, read.costs, explanations)
    match row:
        case Run():
            record = list_records.run_record(context, run_list.row(read.cluster, row))
        case Task():
            record = list_records.task_record(context, row)
        case _:
            record = _place_record(context, row)
    ids = {row.id, *_task_ids(read.cluster, row)}
    about = (each for each in explanations.findings if any(affected.id in ids for affected in each.rows))
    return {
        "type": TYPE_NAMES[type(row)],
        **record,
        "findings": [list_records.finding_record(context, it) for it in about],
    }


def _task_ids(cluster: Cluster, row: Row) -> Iterable[Digest]:
    match row:
        case Run():
            return cluster.tally(row.id).tasks
        case PoolRow() | Alloc():
            return (task.id for task in pool_list.tasks_on(cluster, row))
        case _:
            return ()


def _place_record(context: RecordContext, row: PoolRow | Alloc) -> Record:
    tasks = [task for task in pool_list.tasks_on(context.cluster, row) if task.end is None]
    lines = pool_list.rows(context.cluster, tasks, lambda _: True, lambda each: each.end is None)
    line = next((line for line in lines if line.row.id == row.id), None)
    if line is None:  # the pool of an alloc is not in the table
        line = pool_list.PoolListRow(PoolRow(id=row.id), row if isinstance(row, Alloc) else None, (), row.resources)
    tasks_there = [list_records.task_record(context, task) for task in tasks]
    return {**list_records.pool_record(context, line), "tasks": tasks_there}


def _explanations(read: ClusterRead) -> Explanations:
    return read.explanations(Findings(read.cluster).find())
