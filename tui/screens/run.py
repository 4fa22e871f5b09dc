"""One run: its tasks, failures first."""

from collections.abc import Hashable, Iterable, Sequence

from textual.content import Content
from textual.widget import Widget

from store import RunID, Task
from tui import run_list, task_list
from tui.screens import sentences, words
from tui.screens.session import Session
from tui.screens.tasks import TasksScreen
from tui.widgets.status import Part, StatusLine
from tui.widgets.text import content


class RunScreen(TasksScreen):
    """The tasks of a run. While it is open the run is not forgotten."""

    def __init__(self, session: Session, run_id: RunID) -> None:
        super().__init__(session)
        self._run_id = run_id

    @property
    def place(self) -> Hashable:
        """One for each run."""
        return type(self), self._run_id

    @property
    def run_id(self) -> RunID:
        """The run."""
        return self._run_id

    def compose_body(self) -> Iterable[Widget]:
        """What the run is, and its tasks."""
        yield StatusLine(id="run")
        yield StatusLine(id="logs")
        yield from super().compose_body()

    def on_mount(self) -> None:
        """Ask for all tasks of the run."""
        self.session.poller.open_run(self._run_id)

    def on_unmount(self) -> None:
        """Let the run go."""
        self.session.poller.close_run(self._run_id)

    def rows(self) -> Sequence[Task]:
        """All tasks of the run."""
        return task_list.tasks(self.session.cluster, self._run_id)

    def nothing(self) -> Content:
        """Whether there are none, or whether they are not known yet."""
        poller = self.session.poller
        is_read = poller.cluster.is_whole(self._run_id) or self._run_id in poller.history_errors
        return words.nothing(poller, "This run has no tasks.") if is_read else words.LOADING

    def crumb(self) -> Content:
        """The run."""
        run = self.session.cluster.run(self._run_id)
        name = "" if run is None else f" {run_list.short_name(run)}"
        return content(f"run {self._run_id.short}{name}", "bold", 40)

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

    def reason(self) -> Content:
        """Also why the tasks of the run could not be read."""
        poller = self.session.poller
        error = poller.history_errors.get(self._run_id)
        if error is not None and poller.status.error is None:
            return words.history_reason(error)
        return super().reason()
