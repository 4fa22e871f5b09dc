"""`reflowtop handoff`: one Markdown page for the next shift, from a recording or from the table."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path

import click
import msgspec

from store import TaskDB
from store.times import utc_now
from tui.commands.cluster_read import read_durations, read_now
from tui.commands.failure_memory import open_memory
from tui.commands.read_window import cut_text
from tui.commands.recorded_table import recorded_table
from tui.connect import run_with_db
from tui.cost.costs import Costs
from tui.cost.prices import PriceBook, load_book
from tui.exit_status import ExitCode, print_stderr, report_errors
from tui.export.handoff.handoff_page import handoff_lines
from tui.export.handoff.shift import Shift, ShiftScope, shift_from_recording, shift_from_rows
from tui.lists.runs import is_of
from tui.settings import Settings
from tui.settings.command_hint import command_hint
from tui.terminal import new_files, output
from tui.text.safe import safe
from tui.watch.findings.acknowledgements import Acknowledgements, Signature
from tui.watch.findings.finding import Finding
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster
from tui.watch.polling.error_texts import explain
from tui.watch.recording.file_reader import RecordingFile

_LONGEST = 100_000  # cells in a line


def open_target(context: click.Context, output: str | None, now: datetime) -> Path | None:
    """Return the path of the new file that `--output` names, None for standard output. Raises UsageError.

    In a folder, the file gets the name that the dashboard proposes.
    """
    if output is None:
        return None
    default = new_files.find_unused(new_files.state_folder(), new_files.handoff_name(now), ".md")
    try:
        path = new_files.parse_path(output, default)
    except ValueError as error:
        raise click.UsageError(f"--output: {error}", context) from error
    return path


def run(settings: Settings, target: Path | None) -> ExitCode:
    """Print the page of the time since `settings.since`, or write it to `target`.

    Raises Error if nothing can be read, and OSError if the file cannot be written.
    """
    return run_with_db(settings, lambda db: handoff(db, settings, utc_now(), target))


async def handoff(db: TaskDB, settings: Settings, now: datetime, target: Path | None = None) -> ExitCode:
    """Do what `run` does, on an open TaskDB."""
    # A run that was lost before the shift is open, too.
    read = await read_now(db, settings, now, ended=True, is_open_ended=True)
    await read_durations(db, read)
    scope = ShiftScope(
        since=settings.since.at(now),
        source=f"Read from the table {settings.table}{_place(settings.region)}.",
        is_counted=read.is_selected,
        is_acknowledged=_acknowledged_at(settings, now),
        memory=open_memory(settings),
        price_hint=_price_hint(settings),
    )
    costs, trouble = read.costs if read.costs.book else None, [explain(error) for error in read.errors]
    if cut := cut_text(read):
        trouble.append(cut)
    deliver(shift_from_rows(read.cluster, Findings(read.cluster).find(), scope, costs, trouble), target)
    return report_errors(read.errors)


def run_on_recording(settings: Settings, path: Path, target: Path | None, *, is_since_given: bool) -> ExitCode:
    """Print the page of a recording, or write it to `target`.

    It covers the time since `settings.since` before the end of the recording if that was given, else all of it. Returns
    FAILED for a recording that is damaged: the page tells of the time up to there. Raises OSError if it is no
    recording, or if the file cannot be written.
    """
    with closing(RecordingFile(path)) as history:
        last, header = history.time(history.last), history.header
        since = settings.since.at(last) if is_since_given else history.time(history.first)
        recorded = recorded_table(settings, header)
        scope = ShiftScope(
            since=since,
            source=f"From the recording {history.name} of the table {header.table}{_place(header.region)}.",
            is_counted=lambda run: settings.user is None or is_of(run, settings.user),
            is_acknowledged=_acknowledged_at(recorded, last),
            memory=open_memory(recorded),
            price_hint=_price_hint(msgspec.structs.replace(recorded, endpoint_url=settings.endpoint_url)),
        )
        deliver(shift_from_recording(history, scope, partial(_costs_of, load_book(recorded))), target)
        if history.damage:
            print_stderr(history.damage)
            return ExitCode.FAILED
        return ExitCode.OK


def deliver(shift: Shift, target: Path | None) -> None:
    """Print the page, or write it to the new file `target` and print its path. Secrets are masked."""
    lines = [safe(line, _LONGEST) for line in handoff_lines(shift)]
    if target is None:
        for line in lines:
            output.print_line(line)
        return
    new_files.write_new(target, "".join(f"{line}\n" for line in lines).encode())
    output.print_line(safe(str(target), _LONGEST))


def _acknowledged_at(settings: Settings, now: datetime) -> Callable[[Finding], bool]:
    known = Acknowledgements(partial(new_files.acknowledgements_path, settings))

    def is_acknowledged(finding: Finding) -> bool:
        return known.is_acknowledged(Signature.for_finding(finding), now)

    return is_acknowledged


def _price_hint(settings: Settings) -> str:
    return f": `{command_hint(settings, 'prices', 'update')}` or `reflowtop prices import FILE` sets them"


def _costs_of(book: PriceBook, cluster: Cluster) -> Costs | None:
    if not book:
        return None
    costs = Costs(cluster, book)
    costs.update()
    return costs


def _place(region: str | None) -> str:
    return f" in {region}" if region else ""
