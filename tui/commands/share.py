"""`reflowtop share`: write an incident bundle of the given runs, or of all active runs."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from store import TaskDB
from store.times import utc_now
from tui.commands.cluster_read import read_now, read_runs
from tui.connect import run_with_db
from tui.exit_status import ExitCode, report_errors
from tui.export.incident import bundle
from tui.export.incident.contents import Incident, explain_findings, findings_about, runs_of
from tui.settings import Settings
from tui.terminal import output
from tui.text.safe import safe
from tui.watch.findings.findings import Findings
from tui.watch.polling.error_texts import explain


def run(settings: Settings, ids: Sequence[str], folder: Path | None) -> ExitCode:
    """Write a bundle of the runs whose ids begin with `ids`, or of the active runs; print the paths of its files.

    `folder` defaults to the platform's state folder. Reads that failed are reported on stderr and in the bundle.
    Raises Error if nothing could be read, and OSError if the bundle cannot be written.
    """
    return run_with_db(settings, lambda db: share(db, settings, ids, folder, utc_now()))


async def share(db: TaskDB, settings: Settings, ids: Sequence[str], folder: Path | None, now: datetime) -> ExitCode:
    """Do what `run` does, on an open TaskDB."""
    read = await read_runs(db, settings, ids, now) if ids else await read_now(db, settings, now)
    cluster, wanted = read.cluster, [row.run.id for row in read.run_rows()]
    findings = findings_about(Findings(cluster).find(), wanted)
    incident = Incident(
        settings=settings,
        cluster=cluster,
        runs=runs_of(cluster, wanted),
        findings=findings,
        written=now,
        as_of=now,
        seen_at=cluster.as_of,
        trouble=[explain(error) for error in read.errors],
        explanations=explain_findings(read.explanations(findings), findings, now, cluster.as_of),
    )
    for path in bundle.write(incident, folder):
        output.print_line(safe(str(path)))
    return report_errors(read.errors)
