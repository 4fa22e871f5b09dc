"""A list of tasks, with all details of the one under the cursor."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from store import Task, TaskID
from tui.lists import tasks as task_list
from tui.lists.columns import Column
from tui.query.filter import Fields
from tui.screens.actions import common, new_rows, routing
from tui.screens.actions.new_rows import NewRowsLine
from tui.screens.base import row_texts
from tui.screens.base.command_registry import Command, Group
from tui.screens.base.list_screen import ListScreen
from tui.screens.base.routes import FindingRoute, HostRoute, IdentsRoute, RunRoute, TaskRoute
from tui.screens.base.session import Session
from tui.screens.base.subject import Subject
from tui.screens.preview.pane import PreviewPane
from tui.screens.preview.task_preview import task_preview
from tui.widgets.paragraph import Paragraph
from tui.widgets.status_line import Part

# A screen with fewer lines has no room for details.
_MIN_HEIGHT = 16
_MARGIN = 2  # cells beside the text of a preview


class TaskSource:
    """The tasks that a `TasksScreen` shows, and what it says about them."""

    has_many_runs: ClassVar[bool] = True
    """Whether the tasks belong to several runs, so that the list has columns of the run."""

    def __init__(self, session: Session, route: RunRoute | HostRoute | FindingRoute) -> None:
        self.session = session
        self.route = route

    def tasks(self) -> Sequence[Task]:
        """Return the current tasks, the most urgent first."""
        raise NotImplementedError

    def breadcrumb(self) -> Content:
        """Return the part of the breadcrumb trail."""
        raise NotImplementedError

    def empty_text(self) -> Content:
        """Return the text that an empty list shows."""
        raise NotImplementedError

    def subject(self, task: Task | None) -> Subject:
        """Return the subject while the cursor is on `task`."""
        return Subject() if task is None else Subject.for_task(self.session.cluster, task)

    def changes(self) -> Sequence[str]:
        """Return the changes since the user last looked, such as `2 runs failed`."""
        return new_rows.describe(self.session.unseen_changes.counts(), "run")

    def counts(self) -> Sequence[Part]:
        """Return the parts for the right end of the breadcrumb line."""
        return ()

    def problem(self) -> Content:
        """Return why the tasks could not be read; empty if they could."""
        return Content()

    def open(self) -> None:
        """Prepare the source; called when the screen opens."""

    def close(self) -> None:
        """Release what `open` prepared."""

    def compose(self) -> Iterable[Widget]:
        """Yield the widgets above the list."""
        return ()

    def show(self, screen: ListScreen[Task]) -> None:
        """Update these widgets with new data."""

    def tick(self, screen: ListScreen[Task]) -> None:
        """Update the ages in these widgets."""


class TasksScreen(ListScreen[Task]):
    """The tasks of a source: those of a run, on a host, or of a finding."""

    LIST = "tasks"
    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("open", "enter", "The task: its errors, attempts, resources, host", "task", group=Group.GO_TO),
        Command(
            "group", "b", "The tasks by ident: how many run and fail, how long they take", "by ident", group=Group.GO_TO
        ),
        *new_rows.COMMANDS,
        common.PREVIEW,
    )

    def __init__(self, session: Session, source: TaskSource) -> None:
        super().__init__(session, source.route)
        self.source = source

    def on_mount(self) -> None:
        self.source.open()

    def on_unmount(self) -> None:
        self.source.close()

    def subject(self) -> Subject:
        return self.source.subject(self.table.cursor_row)

    def columns(self) -> Sequence[Column[Task]]:
        session = self.session
        columns = task_list.columns(
            session.cluster, session.clock, session.seen_at, session.unseen_changes, costs=session.costs
        )
        if not self.source.has_many_runs:
            return columns
        return [*task_list.run_columns(session.cluster), *task_list.columns_of_runs(columns)]

    def key(self, row: Task) -> TaskID:
        return row.id

    def rows(self) -> Sequence[Task]:
        return self.source.tasks()

    def fields(self) -> Fields[Task]:
        return task_list.fields(self.session.cluster, self.session.clock())

    def breadcrumb(self) -> Content:
        return self.source.breadcrumb()

    def empty_text(self) -> Content:
        return self.source.empty_text()

    def problem(self) -> Content:
        return self.source.problem() or super().problem()

    def status_parts(self) -> tuple[Sequence[Part], Sequence[Part]]:
        left, right = super().status_parts()
        return left, [*right, *self.source.counts()]

    def compose_above(self) -> Iterable[Widget]:
        yield from self.source.compose()
        yield NewRowsLine()

    def compose_below(self) -> Iterable[Widget]:
        yield Paragraph(id="task")
        yield PreviewPane()

    def tick(self) -> None:
        self.query_one(NewRowsLine).tick(self, self.source.changes())
        super().tick()
        self.source.tick(self)
        self.show_details()

    def show_summary(self) -> None:
        self.source.show(self)

    def show_details(self) -> None:
        task, details = self.table.cursor_row, Content()
        make = None if task is None else partial(task_preview, self.session, task, self.size.width - _MARGIN)
        has_preview = self.query_one(PreviewPane).show_row(make, task)
        if task is not None and self.size.height >= _MIN_HEIGHT and not has_preview:
            session = self.session
            fields = row_texts.task_details(session.cluster, task, session.clock(), session.seen_at())
            details = Content("\n").join([*row_texts.explanations(session, task), fields])
        self.query_one("#task", Paragraph).show(details)

    def action_group(self) -> None:
        """Show the tasks grouped by ident, with the cursor on the ident of a task that the user selected."""
        route = IdentsRoute(self.source.route)
        task = self.table.cursor_row
        if task is not None and self.table.is_placed:
            self.session.views[route].selected = task.ident
        routing.go(self, route)

    def action_open(self) -> None:
        if (task := self.table.cursor_row) is not None:
            routing.go(self, TaskRoute.for_task(task))
