"""Writing an incident bundle about the subject of a screen."""

import asyncio
from functools import partial
from pathlib import Path

from textual.worker import Worker

from tui.export.incident import bundle
from tui.export.incident.bundle import RenderedBundle
from tui.export.incident.contents import Incident, explain_findings, findings_about, runs_of
from tui.screens.actions import outcome
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.footer import Question
from tui.screens.base.session import Session
from tui.screens.base.subject import IncidentScope
from tui.terminal import new_files
from tui.text import formats
from tui.watch.polling import error_texts


def ask_for_bundle(screen: BaseScreen, path: str | None = None) -> None:
    """Ask where to write an incident bundle about the subject, and write it there: the data as of now."""
    scope = screen.subject().incident
    if not scope.run_ids and not scope.findings:
        screen.show_error("no run is selected")
        return
    incident = collect(screen.session, scope)
    default = bundle.default_path(incident)
    # In a thread: a run of many tasks takes seconds, in which the screen goes on.
    rendering = asyncio.ensure_future(asyncio.to_thread(bundle.render, incident))

    def submit(text: str) -> None:
        chosen = new_files.parse_path(text, default)
        for file in bundle.files_at(chosen):
            new_files.check_unused(file)
        work = partial(_write_and_report, screen, rendering, chosen)
        _: Worker[None] = screen.app.run_worker(work, group=outcome.WRITING)

    hint = "measuring …; enter writes, esc cancels"
    question = Question("write bundle to: ", submit, hint, new_files.abbreviate(default), is_path=True)
    screen.ask(question, path)
    if path is None:
        _: Worker[None] = screen.app.run_worker(partial(_show_size, screen, rendering, question), group="share")


def collect(session: Session, scope: IncidentScope) -> Incident:
    """Return the current data about the runs and findings in `scope`."""
    cluster, status = session.cluster, session.source.status
    findings = scope.findings if scope.findings is not None else findings_about(session.findings, scope.run_ids)
    return Incident(
        settings=session.settings,
        cluster=cluster,
        runs=runs_of(cluster, scope.run_ids),
        findings=findings,
        written=session.source.now(),
        as_of=status.as_of if session.past is None else session.past.cluster.as_of,
        seen_at=session.seen_at(),
        trouble=_problems(session, scope),
        window=session.window,
        explanations=explain_findings(session.explanations, findings, session.clock(), session.seen_at()),
    )


def _problems(session: Session, scope: IncidentScope) -> list[str]:
    source = session.source
    if session.past is not None:
        errors = [*session.past.errors]
    else:
        histories = [source.history_errors.get(run_id) for run_id in scope.run_ids]
        errors = [error for error in (source.status.error, *source.status.unreadable, *histories) if error is not None]
    return list(dict.fromkeys(map(error_texts.explain, errors)))


async def _show_size(screen: BaseScreen, rendering: "asyncio.Future[RenderedBundle]", question: Question) -> None:
    rendered = await asyncio.shield(rendering)
    size = await asyncio.to_thread(lambda: rendered.size)
    screen.footer.show_hint(question, f"{formats.size(size)} in .md and .json; enter writes, esc cancels")


async def _write_and_report(screen: BaseScreen, rendering: "asyncio.Future[RenderedBundle]", path: Path) -> None:
    app = screen.app
    try:
        rendered = await rendering
        written = await asyncio.to_thread(bundle.save, rendered, path)
        size = sum(file.stat().st_size for file in written)
    except OSError as error:
        outcome.report(app, new_files.describe(error), is_error=True)
    else:
        where = new_files.shorten(written.text)
        outcome.report(app, f"incident bundle, {formats.size(size)}: {where}, its data in {written.data.suffix}")
