"""A list of tasks, and everything about the one under the cursor."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from store import Digest, Run, RunID, Task, TaskID
from tui.lists import tasks as task_list
from tui.lists.columns import Column
from tui.query.filter import Fields
from tui.screens.base import routes as places
from tui.screens.base import row_texts as sentences
from tui.screens.base.command_registry import Command
from tui.screens.base.unseen import UnseenScreen
from tui.widgets.paragraph import Paragraph


class TasksScreen(UnseenScreen[Task]):
    """Some tasks: a subclass says which."""

    LIST = "tasks"
    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("open", "enter", "All about the task: its errors, attempts, resources, host", "task"),
        Command("group", "b", "The tasks by ident: how many run and fail, how long they take", "by ident"),
    )

    @property
    def place(self) -> places.RunRoute | places.HostRoute | places.FindingRoute:
        """Where these tasks are."""
        raise NotImplementedError

    def columns(self) -> Sequence[Column[Task]]:
        """Those of tasks."""
        session = self.session
        return task_list.columns(session.cluster, session.clock, session.seen_at, session.news)

    def key(self, row: Task) -> TaskID:
        """Its id."""
        return row.id

    def fields(self) -> Fields[Task]:
        """Those of tasks, of their runs and of their hosts."""
        return task_list.fields(self.session.cluster, self.session.clock())

    @property
    def task_shown(self) -> Task | None:
        """The task under the cursor."""
        return self.table.cursor_row

    @property
    def run_id(self) -> RunID | None:
        """The run of the task under the cursor."""
        return None if self.task_shown is None else self.task_shown.run_id

    @property
    def pool_id(self) -> Digest:
        """Where it runs."""
        return sentences.pool_id(self.session.cluster, self.task_shown)

    def logged(self) -> Task | Run | None:
        """The task."""
        return self.task_shown if self.task_shown is not None else super().logged()

    def compose_below(self) -> Iterable[Widget]:
        """The task under the cursor."""
        yield Paragraph(id="task")

    def tick(self) -> None:
        """Bring ages up to date."""
        super().tick()
        self.explain()

    def explain(self) -> None:
        """Show the task under the cursor."""
        task, details = self.task_shown, Content()
        if task is not None and self.size.height >= _ROOMY:
            session = self.session
            details = sentences.task_details(session.cluster, task, session.clock(), session.seen_at())
        self.query_one("#task", Paragraph).show(details)

    def action_group(self) -> None:
        """Show these tasks by ident, the one under the cursor under the cursor if somebody has put it there."""
        place = places.IdentsRoute(self.place, self.rows)
        if self.task_shown is not None and self.table.is_placed:
            self.session.views[place].selected = self.task_shown.ident
        self.go(place)

    def action_open(self) -> None:
        """Show all about the task under the cursor."""
        if self.task_shown is not None:
            self.go(places.TaskRoute.of(self.task_shown))


# With fewer lines there is no room for details.
_ROOMY = 16
