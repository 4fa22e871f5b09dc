"""One run: its tasks, failures first, and everything about the one under the cursor."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from store import RunID, Task
from store.times import Clock
from tui import run_list, task_list
from tui.screens import sentences, words
from tui.screens.watching import Paragraph, WatchingScreen
from tui.settings import Settings
from tui.watch.poller import Poller
from tui.widgets.status import StatusLine
from tui.widgets.table import Table


class RunScreen(WatchingScreen):
    """The tasks of a run. While it is open the run is not forgotten."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "app.pop_screen", "Back", show=False)]
    KEYS = (("esc", "back"), ("space", "pause"), ("r", "refresh"))

    def __init__(self, poller: Poller, settings: Settings, clock: Clock, run_id: RunID) -> None:
        super().__init__(poller, settings, clock)
        self.run_id = run_id

    def compose_body(self) -> Iterable[Widget]:
        """What the run is, its tasks, and the selected one."""
        yield StatusLine(id="run")
        yield StatusLine(id="logs")
        yield Paragraph(id="reason")
        columns = task_list.columns(self.poller.cluster, self.clock, lambda: self.poller.status.seen_at(self.clock()))
        yield Table(columns, lambda task: task.id)
        yield Paragraph(id="task")

    def on_mount(self) -> None:
        """Ask for all tasks of the run."""
        super().on_mount()
        self.poller.open_run(self.run_id)

    def on_unmount(self) -> None:
        """Let the run go."""
        self.poller.close_run(self.run_id)

    @property
    def table(self) -> Table[Task]:
        """The tasks shown."""
        return self.query_one(Table)

    def show(self) -> None:
        """Show the tasks that are known now."""
        cluster = self.poller.cluster
        run = cluster.run(self.run_id)
        self.table.empty = words.nothing(self.poller, "This run has no tasks.") if self._has_read else words.LOADING
        self.table.set_rows(task_list.tasks(cluster, self.run_id))
        self.query_one("#logs", StatusLine).show(sentences.run_logs(run) if run is not None else [])
        super().show()

    def tick(self) -> None:
        """Bring ages up to date."""
        super().tick()
        now = self.clock()
        run = self.poller.cluster.run(self.run_id)
        if run is not None:
            row = run_list.row(self.poller.cluster, run)
            heading = sentences.run_heading(row, now, self.poller.status.seen_at(now))
            self.query_one("#run", StatusLine).show(*heading)
        self._explain()

    def reason(self) -> Content:
        """Also why the tasks of the run could not be read."""
        error = self.poller.history_errors.get(self.run_id)
        if error is not None and self.poller.status.error is None:
            return words.history_reason(error)
        return super().reason()

    def on_table_row_highlighted(self) -> None:
        """Show the task under the cursor."""
        self._explain()

    @property
    def _has_read(self) -> bool:
        return self.poller.cluster.is_whole(self.run_id) or self.run_id in self.poller.history_errors

    def _explain(self) -> None:
        now, task = self.clock(), self.table.cursor_row
        details = Content()
        if task is not None:
            details = sentences.task_details(self.poller.cluster, task, now, self.poller.status.seen_at(now))
        self.query_one("#task", Paragraph).show(details)
