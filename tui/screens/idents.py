"""The tasks of a list, grouped by ident."""

from collections.abc import Sequence
from typing import ClassVar

from msgspec.structs import replace
from textual.content import Content

from tui.lists import idents as ident_list
from tui.lists.columns import Column
from tui.lists.idents import IdentRow
from tui.query import filter as filters
from tui.query.filter import Fields
from tui.screens.actions import routing
from tui.screens.base import status_texts
from tui.screens.base.command_registry import Command, Group
from tui.screens.base.list_screen import ListScreen
from tui.screens.base.routes import IdentsRoute, RunRoute
from tui.screens.base.session import Session
from tui.screens.base.subject import Subject
from tui.screens.tasks import TaskSource
from tui.text import formats
from tui.text.safe import NONE
from tui.watch.model.states import State
from tui.widgets.content import content
from tui.widgets.status_line import Part


class IdentsScreen(ListScreen[IdentRow]):
    """One row for each ident of the tasks of another screen."""

    LIST = "idents"
    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("open", "enter", "The tasks of this ident", "tasks", group=Group.GO_TO),
        Command(
            "group", "b", "Back to the list of single tasks", "single tasks", action="screen.ungroup", group=Group.GO_TO
        ),
    )

    def __init__(self, session: Session, route: IdentsRoute, source: TaskSource) -> None:
        super().__init__(session, route)
        self._parent_route = route.parent
        self._source = source

    def subject(self) -> Subject:
        """Return the run, if the tasks are those of one run, and the tasks of the ident under the cursor."""
        parent, row = self._parent_route, self.table.cursor_row
        subject = Subject.for_run(self.session.cluster, parent.run_id if isinstance(parent, RunRoute) else None)
        return subject if row is None else replace(subject, tasks=lambda: row.tasks, noun="ident")

    def columns(self) -> Sequence[Column[IdentRow]]:
        return ident_list.columns(self.session.clock)

    def key(self, row: IdentRow) -> str:
        return row.ident

    def rows(self) -> Sequence[IdentRow]:
        return ident_list.rows(self.session.cluster, self._source.tasks())

    def fields(self) -> Fields[IdentRow]:
        return ident_list.fields(self.session.clock())

    def empty_text(self) -> Content:
        return status_texts.empty(self.session, "No tasks.")

    def breadcrumb(self) -> Content:
        return content("by ident", "bold")

    def status_parts(self) -> tuple[Sequence[Part], Sequence[Part]]:
        left, right = super().status_parts()
        failed = self.session.known(sum(row.state is State.FAILED for row in self.all_rows))
        return left, [
            *right,
            Part(content(formats.count(self.session.known(len(self.all_rows)), "ident"))),
            Part(content(f"{NONE if failed is None else failed} with failures", "$text-error" if failed else "$muted")),
        ]

    def action_open(self) -> None:
        """Go back to the tasks, filtered by the ident under the cursor."""
        if (row := self.table.cursor_row) is not None:
            self.session.views[self._parent_route].filter = filters.whole("ident", row.ident)
            routing.go(self, self._parent_route)

    def action_ungroup(self) -> None:
        """Go back to the tasks, also if a filter is set here, which the back key would clear first."""
        routing.go(self, self._parent_route)
