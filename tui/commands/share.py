"""`share`: an incident bundle of some runs, or of those that `ps` lists."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import click

from store import Error, TaskDB
from store.times import utc_now
from tui.commands import ps as plain
from tui.connect import open_db
from tui.exit_status import ExitCode, report_errors
from tui.export.incident import bundle as files
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
    """`share` on the table of `settings`, now. Raises Error when nothing could be read, and OSError."""

    async def open_and_share() -> ExitCode:
        async with open_db(settings) as db:
            return await share(db, settings, ids, folder, utc_now())

    return asyncio.run(open_and_share())


async def share(db: TaskDB, settings: Settings, ids: Sequence[str], folder: Path | None, now: datetime) -> ExitCode:
    """Write a bundle of the runs whose ids begin with `ids`, or of those active now; print the names of its files.

    Raises what `run` does. What could not be read is told, also in the bundle.
    """
    if ids:
        listing = await _find(db, ids, now)
    else:
        listing = await plain.find_runs(db, settings, now, ended=False)
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
    for path in files.write(incident, folder):
        click.echo(safe(str(path)))
    return report_errors(listing.errors)


async def _find(db: TaskDB, ids: Sequence[str], now: datetime) -> plain.PsOutput:
    cluster = Cluster(now)
    runs = [await find_run(db, text) for text in ids]
    cluster.add(runs)
    errors: list[Error] = []
    for each in runs:
        try:
            errors += (await reads.read_history(db, cluster, each.id)).errors
        except Error as error:
            errors.append(error)
    return plain.PsOutput(cluster, [run_list.row(cluster, each) for each in runs], errors)
