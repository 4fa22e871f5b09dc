"""`reflowtop share`: write an incident bundle of the given runs, or of all active runs."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from store import Error, TaskDB
from store.times import utc_now
from tui.commands.ps import PsOutput, find_runs
from tui.connect import run_with_db
from tui.exit_status import ExitCode, report_errors
from tui.export.incident import bundle
from tui.export.incident.contents import Incident, findings_about, runs_of
from tui.lists import runs as run_list
from tui.query.id_prefix import find_run
from tui.settings import Settings
from tui.text.safe import safe
from tui.watch.findings.findings import Findings
from tui.watch.model.cluster import Cluster
from tui.watch.polling import reads
from tui.watch.polling.durations import IdentDurations
from tui.watch.polling.error_texts import explain


def run(settings: Settings, ids: Sequence[str], folder: Path | None) -> ExitCode:
    """Write a bundle of the runs whose ids begin with `ids`, or of the active runs; print the paths of its files.

    `folder` defaults to the platform's state folder. Reads that failed are reported on stderr and in the bundle.
    Raises Error if nothing could be read, and OSError if the bundle cannot be written.
    """
    return run_with_db(settings, lambda db: share(db, settings, ids, folder, utc_now()))


async def share(db: TaskDB, settings: Settings, ids: Sequence[str], folder: Path | None, now: datetime) -> ExitCode:
    """Do what `run` does, on an open TaskDB."""
    if ids:
        listing = await _find(db, ids, now)
    else:
        listing = await find_runs(db, settings, now, ended=False)
    cluster, wanted = listing.cluster, [row.run.id for row in listing.rows]
    incident = Incident(
        settings=settings,
        cluster=cluster,
        runs=runs_of(cluster, wanted),
        findings=findings_about(Findings(cluster, IdentDurations()).find(), wanted),
        written=now,
        as_of=now,
        seen_at=cluster.as_of,
        trouble=[explain(error) for error in listing.errors],
    )
    for path in bundle.write(incident, folder):
        click.echo(safe(str(path)))
    return report_errors(listing.errors)


async def _find(db: TaskDB, ids: Sequence[str], now: datetime) -> PsOutput:
    cluster = Cluster(now)
    runs = [await find_run(db, text) for text in ids]
    cluster.add(runs)
    errors: list[Error] = []
    for each in runs:
        try:
            errors += (await reads.read_history(db, cluster, each.id)).errors
        except Error as error:
            errors.append(error)
    return PsOutput(cluster, [run_list.row(cluster, each) for each in runs], errors)
