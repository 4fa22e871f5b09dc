"""Marking runs: the user is notified of their changes, on the screen and by the terminal."""

import os
from typing import Any

from tui.lists.watchlist import StateChange
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.session import Session
from tui.terminal import notify
from tui.widgets.compact_output import CompactApp
from tui.widgets.content import show_toast

_SEVERITY = {"critical": "error", "warning": "warning"}


def toggle(screen: BaseScreen) -> None:
    """Mark the run of the subject, or remove its mark."""
    run_id, session = screen.subject().run_id, screen.session
    if run_id is None:
        screen.show_error("no run is selected")
        return
    run = session.live.cluster.run(run_id)
    if run_id in session.marked:
        session.marked.discard(run_id)
        screen.show_message(f"run {run_id.short} is no longer watched")
    elif run is None:  # a view of the past has it
        screen.show_error(f"run {run_id.short} is not in the current window: nothing to watch")
        return
    elif run.end is not None:
        screen.show_error(f"run {run.id.short} has ended: nothing to watch")
        return
    else:
        session.marked.add(run.id, session.live.cluster.run_state(run.id))
        screen.show_message(f"run {run.id.short} is watched: notifies when it ends, fails or goes stale")
    screen.show()


def notify_changes(app: CompactApp[Any], session: Session) -> None:
    """Notify the user of the changes of marked runs since the last call."""
    for change in session.marked.news(session.live.cluster):
        if change.is_notable:
            _notify(app, session, change)


def _notify(app: CompactApp[Any], session: Session, change: StateChange) -> None:
    severity = _SEVERITY.get(change.after.tone, "information")
    show_toast(app, change.title, change.text, severity)
    if session.settings.notify:
        app.write_to_terminal(notify.news(change.title, change.text, os.environ))
