"""`reflowtop handoff`: one Markdown page for the next shift, from a recording or from the table."""

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path

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
from tui.exit_status import ExitCode, report_errors
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


def run(settings: Settings) -> ExitCode:
    """Print the page of the time since `settings.since`, read from the table. Raises Error if nothing can be read."""
    return run_with_db(settings, lambda db: handoff(db, settings, utc_now()))


async def handoff(db: TaskDB, settings: Settings, now: datetime) -> ExitCode:
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
    print_page(shift_from_rows(read.cluster, Findings(read.cluster).find(), scope, costs, trouble))
    return report_errors(read.errors)


def run_on_recording(settings: Settings, path: Path, *, is_since_given: bool) -> ExitCode:
    """Print the page of a recording, since `settings.since` before its end if that was given, else of all of it.

    Returns FAILED for a recording that is damaged: the page tells of the time up to there. Raises OSError if it is no
    recording.
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
        print_page(shift_from_recording(history, scope, partial(_costs_of, load_book(recorded))))
        return ExitCode.FAILED if history.damage else ExitCode.OK


def print_page(shift: Shift) -> None:
    """Print the page. Its texts are safe, and secrets masked."""
    for line in handoff_lines(shift):
        output.print_line(safe(line, _LONGEST))


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
