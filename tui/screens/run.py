"""One run: its tasks, failures first."""

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from store import Task
from tui.lists import runs as run_list
from tui.lists import tasks as task_list
from tui.screens.base import activity_line as activity
from tui.screens.base import routes as places
from tui.screens.base import row_texts as sentences
from tui.screens.base.activity_line import ActivityLine
from tui.screens.base.one_run import OneRunScreen
from tui.screens.base.unseen import in_words
from tui.screens.tasks import TasksScreen
from tui.widgets.status_line import Part, StatusLine


class RunScreen(OneRunScreen, TasksScreen):
    """The tasks of a run."""

    CRUMB = "run"

    @property
    def place(self) -> places.RunRoute:
        """One for each run."""
        return places.RunRoute(self._run_id)

    def compose_body(self) -> Iterable[Widget]:
        """What the run is, and its tasks."""
        yield StatusLine(id="run")
        yield StatusLine(id="logs")
        yield ActivityLine()
        yield from super().compose_body()

    def new_here(self) -> Sequence[str]:
        """What is new of its tasks."""
        return in_words(self.session.news.counts_in(self._run_id), "task")

    def rows(self) -> Sequence[Task]:
        """All tasks of the run."""
        return task_list.tasks(self.session.cluster, self._run_id)

    def summarize(self) -> None:
        """Say how many of its tasks ran, and failed, of late."""
        activity.show(self, [self._run_id])

    def where(self) -> tuple[Sequence[Part], Sequence[Part]]:
        """How many tasks there are, and how many have failed."""
        left, right = super().where()
        run = self.session.cluster.run(self._run_id)
        return left, [*right, *(sentences.run_counts(run_list.row(self.session.cluster, run)) if run else [])]

    def tick(self) -> None:
        """Bring ages up to date."""
        super().tick()
        session = self.session
        run = session.cluster.run(self._run_id)
        if run is not None:
            row = run_list.row(session.cluster, run)
            heading = sentences.run_heading(row, session.clock(), session.seen_at())
            self.query_one("#run", StatusLine).show(*heading)
            self.query_one("#logs", StatusLine).show(sentences.run_logs(run))
