"""One run: its tasks, failures first."""

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from store import Task
from tui import run_list, task_list
from tui.screens import activity, places, sentences
from tui.screens.activity import ActivityLine
from tui.screens.one_run import OneRunScreen
from tui.screens.tasks import TasksScreen
from tui.screens.unseen import in_words
from tui.widgets.status import Part, StatusLine


class RunScreen(OneRunScreen, TasksScreen):
    """The tasks of a run."""

    CRUMB = "run"

    @property
    def place(self) -> places.OneRun:
        """One for each run."""
        return places.OneRun(self._run_id)

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
