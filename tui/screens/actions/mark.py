"""Runs that are marked: what becomes of them is told, on the screen and to the terminal."""

import os
from typing import Any

from tui.lists.watchlist import StateChange
from tui.screens.base.pointing import PointingScreen
from tui.screens.base.session import Session
from tui.terminal import notify
from tui.text.safe import safe
from tui.watch.model.states import State
from tui.widgets.compact_output import CompactApp

_SEVERITY = {State.FAILING: "error", State.FAILED: "error", State.LOST: "error", State.STALE: "warning"}


def toggle(screen: PointingScreen) -> None:
    """Mark the run that is pointed at, or no longer."""
    run_id, session = screen.run_id, screen.session
    run = None if run_id is None else session.live.cluster.run(run_id)
    if run is None:
        screen.complain(ValueError("there is no run here to wait for"))
        return
    marked = session.marked
    if run.id in marked:
        marked.discard(run.id)
        screen.notify(f"run {run.id.short} is no longer marked", markup=False)
    elif run.end is not None:
        screen.complain(ValueError(f"run {run.id.short} has ended: there is nothing to wait for"))
        return
    else:
        marked.add(run.id, session.live.cluster.run_state(run.id))
        screen.notify(f"run {run.id.short} is marked: you are told when it ends, fails or goes silent", markup=False)
    screen.show()


def tell(app: CompactApp[Any], session: Session) -> None:
    """Tell what has become of the marked runs since it was told last."""
    for news in session.marked.news(session.live.cluster):
        if news.is_final_or_bad:
            _tell(app, session, news)


def _tell(app: CompactApp[Any], session: Session, news: StateChange) -> None:
    severity = _SEVERITY.get(news.after, "information")
    app.notify(safe(news.text), title=news.title, severity=severity, markup=False)  # type: ignore[arg-type]
    if session.settings.notify:
        app.write_to_terminal(notify.news(news.title, news.text, os.environ))
