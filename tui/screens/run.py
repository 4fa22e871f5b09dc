"""The tasks of one run, with the state of the run above them."""

from collections.abc import Iterable, Sequence

from textual.content import Content
from textual.widget import Widget

from store import Task
from tui.lists import runs as run_list
from tui.lists import tasks as task_list
from tui.screens.actions import new_rows
from tui.screens.base import row_texts
from tui.screens.base.activity_line import ActivityLine
from tui.screens.base.list_screen import ListScreen
from tui.screens.base.open_run import OpenRun
from tui.screens.base.routes import RunRoute
from tui.screens.base.session import Session
from tui.screens.base.subject import Subject
from tui.screens.tasks import TaskSource
from tui.widgets.status_line import Part, StatusLine


class RunTasks(TaskSource):
    """The tasks of a run, failures first."""

    has_many_runs = False

    def __init__(self, session: Session, route: RunRoute) -> None:
        super().__init__(session, route)
        self._run = OpenRun(session, route.run_id)

    def open(self) -> None:
        self._run.open()

    def close(self) -> None:
        self._run.close()

    def tasks(self) -> Sequence[Task]:
        return task_list.tasks(self.session.cluster, self._run.id)

    def breadcrumb(self) -> Content:
        return self._run.breadcrumb("run")

    def empty_text(self) -> Content:
        return self._run.empty_text()

    def problem(self) -> Content:
        return self._run.problem()

    def subject(self, task: Task | None) -> Subject:
        """Return the task, or the run if it has none."""
        return super().subject(task) if task is not None else Subject.for_run(self.session.cluster, self._run.id)

    def changes(self) -> Sequence[str]:
        return new_rows.describe(self.session.unseen_changes.counts_in(self.session.cluster, self._run.id), "task")

    def counts(self) -> Sequence[Part]:
        row = self._row()
        return [] if row is None else row_texts.run_counts(row)

    def compose(self) -> Iterable[Widget]:
        yield StatusLine(id="run")
        yield StatusLine(id="logs")
        yield ActivityLine()

    def show(self, screen: ListScreen[Task]) -> None:
        screen.query_one(ActivityLine).show_runs(screen, [self._run.id])

    def tick(self, screen: ListScreen[Task]) -> None:
        row = self._row()
        if row is not None:
            heading = row_texts.run_heading(self.session.cluster, row, self.session.clock(), self.session.seen_at())
            screen.query_one("#run", StatusLine).show(*heading)
            screen.query_one("#logs", StatusLine).show(row_texts.run_logs(row.run))

    def _row(self) -> run_list.RunRow | None:
        run = self.session.cluster.run(self._run.id)
        return None if run is None else run_list.row(self.session.cluster, run)
