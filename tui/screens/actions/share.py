"""Writing an incident bundle of what is shown."""

import asyncio

from tui.export.incident import bundle as files
from tui.export.incident.contents import Incident, findings_about, runs_of
from tui.screens.base.pointing import PointingScreen
from tui.screens.base.session import Session
from tui.screens.base.shared import Shared
from tui.text.safe import safe
from tui.watch.polling import error_texts


def share(screen: PointingScreen) -> None:
    """Write a bundle of the runs that are shown or pointed at, and say where it is."""
    shared = screen.shared()
    if not shared.run_ids and not shared.findings:
        screen.complain(ValueError("there is no run here to share"))
        return
    screen.app.run_worker(_write_and_tell(screen, incident(screen.session, shared)), group="share")


def incident(session: Session, shared: Shared) -> Incident:
    """What is known now of what is shared."""
    cluster, status = session.cluster, session.poller.status
    findings = shared.findings if shared.findings is not None else findings_about(session.findings, shared.run_ids)
    return Incident(
        settings=session.settings,
        cluster=cluster,
        runs=runs_of(cluster, shared.run_ids),
        findings=findings,
        written=session.clock(),
        as_of=status.as_of if session.past is None else session.past.cluster.as_of,
        seen_at=session.seen_at(),
        trouble=list(_trouble(session, shared)),
    )


def _trouble(session: Session, shared: Shared) -> list[str]:
    poller = session.poller
    errors = [poller.status.error, *poller.status.unreadable]
    if session.past is not None:
        errors = [*session.past.errors]
    else:
        errors += [poller.history_errors.get(run_id) for run_id in shared.run_ids]
    return list(dict.fromkeys(error_texts.explain(error) for error in errors if error is not None))


async def _write_and_tell(screen: PointingScreen, found: Incident) -> None:
    app = screen.app
    try:
        # A run of many tasks takes seconds: the screen goes on meanwhile.
        bundle = await asyncio.to_thread(files.write, found)
    except OSError as error:
        app.notify(safe(str(error)), severity="error", markup=False)
    else:
        app.notify(f"incident bundle: {safe(str(bundle.text))}, its data in {bundle.data.suffix}", markup=False)
