"""`reflowtop compare`: a run beside the last one of its program that succeeded, or beside another run."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import click

from store import RunID, TaskDB
from store.times import utc_now
from tui.commands.cluster_read import ClusterRead, read_runs
from tui.commands.listing import ListOptions, table_style
from tui.connect import run_with_db
from tui.exit_status import ExitCode, print_stderr, report_errors
from tui.export.formats.output_formats import OutputFormat, pieces
from tui.export.formats.sheet import Sheet
from tui.lists import ident_comparison
from tui.settings import Settings
from tui.terminal import narration, output
from tui.text.ascii import to_ascii
from tui.text.masked_text import mask_line
from tui.text.safe import safe
from tui.text.safe_text import EMPTY, SafeText
from tui.text.wrapping import wrap
from tui.watch.explain.run_comparison import IdentComparison, compare_runs
from tui.watch.model.cluster import Cluster
from tui.watch.polling.last_good_run import find_last_good_run

_LONGEST = 1000  # cells in a line


def run(settings: Settings, ids: Sequence[str], options: ListOptions, *, as_page: bool) -> ExitCode:
    """Compare the run that the first of `ids` names with that of the second, or else with the last good one.

    With `as_page`, print both runs and the sentences about what differs above the list of idents.
    Returns FAILED, and says why on stderr, if there is no run to compare with. Raises UsageError if both are one run,
    and Error if a run cannot be read.
    """
    return run_with_db(settings, lambda db: compare(db, settings, ids, options, utc_now(), as_page=as_page))


async def compare(
    db: TaskDB, settings: Settings, ids: Sequence[str], options: ListOptions, now: datetime, *, as_page: bool = False
) -> ExitCode:
    """Do what `run` does, on an open TaskDB."""
    read = await read_runs(db, settings, ids[:1], now)
    here, errors = _only_run(read), list(read.errors)
    if len(ids) > 1:
        other = await read_runs(db, settings, ids[1:], now)
        errors += other.errors
        cluster, there = other.cluster, _only_run(other)
        if there == here:
            raise click.UsageError(
                f"both RUNs are {here.short}; name a different run, or none for the last successful one",
                click.get_current_context(silent=True),
            )
    else:
        row = read.cluster.run(here)
        assert row is not None  # noqa: S101 - read above
        async with narration.progress_of("searching the last run that succeeded"):
            found = await find_last_good_run(db, read.cluster, row, now)
        if found.run is None:
            why = f"no run to compare {here.short} with: {found.reason}; `compare {here.short} RUN` takes any other"
            print_stderr(mask_line(why, _LONGEST))
            return ExitCode.FAILED
        cluster, there = found.cluster, found.run.id
    rows = compare_runs(read.cluster, here, cluster, there)
    lines = [_run_line(read.cluster, here), _run_line(cluster, there)]
    is_flat = options.output is OutputFormat.CSV
    sheet = Sheet(
        name="idents",
        rows=rows,
        columns=ident_comparison.columns(),
        id=lambda row: row.ident,
        record=ident_comparison.flat_record if is_flat else ident_comparison.record,
        fields=("ident", *ident_comparison.PAIRS, "differs") if is_flat else ident_comparison.FIELDS,
        head={"run": str(here), "compared_with": str(there), "is_complete": not errors},
    )
    style = table_style(options, settings)
    if as_page:
        for line in _page_lines(lines, rows):
            for part in wrap(line, style.width):
                output.print_line(to_ascii(part) if style.ascii else part)
    for piece in pieces(sheet, options.output, style):
        output.print_piece(piece)
    return report_errors(errors)


def _page_lines(runs: Sequence[str], rows: Sequence[IdentComparison]) -> Iterator[SafeText]:
    """Yield the lines above the list: the runs, and what differs."""
    yield safe(runs[0], _LONGEST)
    yield safe(f"compared with {runs[1]}", _LONGEST)
    yield EMPTY
    for text in list(ident_comparison.differences(rows)) or ["nothing stands out"]:
        yield mask_line(text, _LONGEST)
    yield EMPTY


def _only_run(read: ClusterRead) -> RunID:
    (run_id,) = read.named or ()
    return run_id


def _run_line(cluster: Cluster, run_id: RunID) -> str:
    row = cluster.run(run_id)
    return "" if row is None else mask_line(ident_comparison.run_line(row, cluster.run_state(run_id)), _LONGEST)
