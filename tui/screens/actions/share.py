"""Writing an incident bundle about the subject of a screen."""

import asyncio

from tui.export.incident import bundle
from tui.export.incident.contents import Incident, findings_about, runs_of
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.session import Session
from tui.screens.base.subject import IncidentScope
from tui.text.safe import safe
from tui.watch.polling import error_texts


def write_bundle(screen: BaseScreen) -> None:
    """Write an incident bundle about the subject, and notify the user of its path."""
    scope = screen.subject().incident
    if not scope.run_ids and not scope.findings:
        screen.show_error("no run is selected")
        return
    screen.app.run_worker(_write_and_notify(screen, collect(screen.session, scope)), group="share")


def collect(session: Session, scope: IncidentScope) -> Incident:
    """Return the current data about the runs and findings in `scope`."""
    cluster, status = session.cluster, session.source.status
    findings = scope.findings if scope.findings is not None else findings_about(session.findings, scope.run_ids)
    return Incident(
        settings=session.settings,
        cluster=cluster,
        runs=runs_of(cluster, scope.run_ids),
        findings=findings,
        written=session.clock(),
        as_of=status.as_of if session.past is None else session.past.cluster.as_of,
        seen_at=session.seen_at(),
        trouble=_problems(session, scope),
    )


def _problems(session: Session, scope: IncidentScope) -> list[str]:
    source = session.source
    if session.past is not None:
        errors = [*session.past.errors]
    else:
        histories = [source.history_errors.get(run_id) for run_id in scope.run_ids]
        errors = [error for error in (source.status.error, *source.status.unreadable, *histories) if error is not None]
    return list(dict.fromkeys(map(error_texts.explain, errors)))


async def _write_and_notify(screen: BaseScreen, incident: Incident) -> None:
    app = screen.app
    try:
        # In a thread: a run of many tasks takes seconds, in which the screen goes on.
        written = await asyncio.to_thread(bundle.write, incident)
    except OSError as error:
        app.notify(safe(str(error)), severity="error", markup=False)
    else:
        app.notify(f"incident bundle: {safe(str(written.text))}, its data in {written.data.suffix}", markup=False)
