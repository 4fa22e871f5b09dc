"""The tasks of a list by ident."""

from collections.abc import Sequence
from typing import ClassVar

from textual.content import Content

from store import RunID
from tui.lists import idents as ident_list
from tui.lists.columns import Column
from tui.lists.idents import IdentRow
from tui.query import filter as filters
from tui.query.filter import Fields
from tui.screens.base import routes as places
from tui.screens.base import status_texts as words
from tui.screens.base.command_registry import Command
from tui.screens.base.list_screen import ListScreen
from tui.screens.base.session import Session
from tui.text import formats
from tui.watch.model.states import State
from tui.widgets.content import content
from tui.widgets.status_line import Part


class IdentsScreen(ListScreen[IdentRow]):
    """One row for each ident among the tasks of another place, from which one has come."""

    LIST = "idents"
    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("open", "enter", "The tasks of this ident", "tasks"),
        Command("group", "b", "Back to the tasks one by one", "tasks one by one", action="screen.go_back"),
    )

    def __init__(self, session: Session, place: places.IdentsRoute) -> None:
        super().__init__(session)
        self._place = place

    @property
    def place(self) -> places.IdentsRoute:
        """One for each list of tasks."""
        return self._place

    @property
    def run_id(self) -> RunID | None:
        """The run, where the tasks are those of one."""
        return self._place.of.run_id if isinstance(self._place.of, places.RunRoute) else None

    def columns(self) -> Sequence[Column[IdentRow]]:
        """Those of idents."""
        return ident_list.columns(self.session.clock)

    def key(self, row: IdentRow) -> str:
        """The ident."""
        return row.ident

    def rows(self) -> Sequence[IdentRow]:
        """The idents of the tasks that there are now."""
        return ident_list.rows(self.session.cluster, self._place.tasks())

    def fields(self) -> Fields[IdentRow]:
        """Those of idents."""
        return ident_list.fields(self.session.clock())

    def nothing(self) -> Content:
        """There are no tasks."""
        return words.nothing(self.session.poller, "There are no tasks here.")

    def crumb(self) -> Content:
        """What the rows are."""
        return content("by ident", "bold")

    def where(self) -> tuple[Sequence[Part], Sequence[Part]]:
        """How many there are, and of how many something has failed."""
        left, right = super().where()
        failed = sum(row.state is State.FAILED for row in self.known)
        return left, [
            *right,
            Part(content(formats.count(len(self.known), "ident"))),
            Part(content(f"{failed} with failures", "$text-error" if failed else "$muted")),
        ]

    def action_open(self) -> None:
        """Go back to the tasks, and show only those of the ident under the cursor."""
        if (row := self.table.cursor_row) is not None:
            self.session.views[self._place.of].filter = filters.whole("ident", row.ident)
            self.go(self._place.of)

    def action_go_back(self) -> None:
        """Go back to the tasks, whatever is filtered here."""
        self.go(self._place.of)
