"""The home screen: the runs, what needs attention first."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from store import Run, RunID
from tui.lists import runs as run_list
from tui.lists.columns import Column
from tui.lists.runs import RunRow
from tui.query.filter import Fields
from tui.screens.actions.scope import Scoped
from tui.screens.base import (
    activity_line as activity,
)
from tui.screens.base import (
    routes as places,
)
from tui.screens.base import (
    row_texts as sentences,
)
from tui.screens.base import (
    status_texts as words,
)
from tui.screens.base.activity_line import ActivityLine
from tui.screens.base.command_registry import Command
from tui.screens.base.shared import Shared
from tui.screens.base.unseen import UnseenScreen
from tui.widgets.content import content
from tui.widgets.status_line import Part, StatusLine


class RunsScreen(Scoped, UnseenScreen[RunRow]):
    """The runs of a user, or of all; the active ones, or also those that have ended."""

    LIST = "runs"
    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("open", "enter", "The tasks of the run, failures first", "tasks"),
    )

    @property
    def place(self) -> places.RunsRoute:
        """The one that one begins at."""
        return places.RunsRoute()

    def columns(self) -> Sequence[Column[RunRow]]:
        """As in `ps`."""
        session = self.session
        return run_list.columns(session.clock, session.seen_at, session.marked, session.news)

    def key(self, row: RunRow) -> RunID:
        """Its id."""
        return row.run.id

    def rows(self) -> Sequence[RunRow]:
        """The runs in the window, of the user that is chosen."""
        session = self.session
        earliest, past = session.since.at(session.clock()), session.past

        def is_wanted(run: Run) -> bool:
            if past is not None:
                return past.was_running(run)
            return run.end is None or (session.ended and run.end >= earliest)

        return [
            row
            for row in run_list.rows(session.cluster)
            if (session.user is None or run_list.is_of(row.run, session.user)) and is_wanted(row.run)
        ]

    def fields(self) -> Fields[RunRow]:
        """Those of the runs, and of their tasks."""
        return run_list.fields(self.session.cluster, self.session.clock())

    def nothing(self) -> Content:
        """Whether there are no runs, or whether they are not known yet."""
        session = self.session
        if session.past is not None:
            return words.nothing_then(session.past, "No run was alive then.")
        whose = f" of {session.user}" if session.user else ""
        window = sentences.window(session.since)
        if session.ended:
            what = f"No runs{whose} {window}. Key w looks further back."
        else:
            what = f"No active runs{whose} {window}. Key a shows those that have ended, w looks further back."
        return words.nothing(session.poller, what)

    def crumb(self) -> Content:
        """The list of runs."""
        return content("runs", "bold")

    def where(self) -> tuple[Sequence[Part], Sequence[Part]]:
        """Whose runs, since when, and how many there are."""
        left, right = super().where()
        what, counts = sentences.summary(self.session, self.known)
        return [*what, *left], [*right, *counts]

    @property
    def run_id(self) -> RunID | None:
        """The run under the cursor."""
        row = self.table.cursor_row
        return None if row is None else row.run.id

    def shared(self) -> Shared:
        """All runs that are shown."""
        return Shared([row.run.id for row in self.table.rows_shown])

    def compose_body(self) -> Iterable[Widget]:
        """What the runs add up to, and the runs."""
        yield ActivityLine()
        yield from super().compose_body()

    def summarize(self) -> None:
        """Say how many tasks of the runs that are shown ran, and failed, of late."""
        activity.show(self, [row.run.id for row in self.table.rows_shown])

    def compose_below(self) -> Iterable[Widget]:
        """What is to say of the selected run."""
        yield StatusLine(id="explanation")

    def explain(self) -> None:
        """Say why the run under the cursor is as it is."""
        row = self.table.cursor_row
        parts = sentences.explanation(self.session.cluster, row) if row is not None else []
        self.query_one("#explanation", StatusLine).show(parts)

    def action_open(self) -> None:
        """Show the tasks of the run under the cursor."""
        if (run_id := self.run_id) is not None:
            self.go(places.RunRoute(run_id))
