"""The run that a screen shows."""

from collections.abc import Callable

from textual.content import Content

from store import RunID
from tui.screens.base import status_texts
from tui.screens.base.session import Session
from tui.watch.model.rows import run_name
from tui.widgets.content import content


class OpenRun:
    """A run that a screen shows. The poller reads all of its tasks, and keeps it, from `open` to `close`."""

    def __init__(self, session: Session, run_id: RunID) -> None:
        self.id = run_id
        self._session = session
        self._release: Callable[[], None] = lambda: None

    def open(self) -> None:
        """Request all tasks of the run, and mark its change as seen."""
        self._release = self._session.keep_run(self.id)
        self._session.unseen_changes.mark_seen(self.id)

    def close(self) -> None:
        """Release the run, and mark the changes of its tasks as seen."""
        self._release()
        self._session.unseen_changes.mark_tasks_seen(self.id)

    def breadcrumb(self, title: str) -> Content:
        """Return the title of the screen with the id and name of the run."""
        run = self._session.cluster.run(self.id)
        name = "" if run is None else f" {run_name(run)}"
        return content(f"{title} {self.id.short}{name}", "bold", 40)

    def empty_text(self) -> Content:
        """Return the text for an empty list: the run has no tasks, or they are still being read."""
        session, past = self._session, self._session.past
        if past is not None:
            return status_texts.empty_past(past, "No task of this run ran then.")
        if session.has_data and self.id in session.source.history_errors:
            return content("No tasks of this run could be read.")
        if session.cluster.has_all_tasks(self.id) or not session.has_data:
            return status_texts.empty(session, "This run has no tasks.")
        return status_texts.LOADING

    def problem(self) -> Content:
        """Return why the tasks of the run could not be read; empty if they could."""
        source = self._session.source
        error = source.history_errors.get(self.id)
        return Content() if error is None or source.status.error is not None else status_texts.history_problem(error)
