"""The home screen: the runs, the most urgent first."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual.content import Content
from textual.widget import Widget

from store import Run, RunID
from tui.lists import runs as run_list
from tui.lists.columns import Column
from tui.lists.runs import RunRow
from tui.query.filter import Fields
from tui.screens.actions import common, new_rows
from tui.screens.actions.new_rows import NewRowsLine
from tui.screens.base import row_texts, status_texts
from tui.screens.base.activity_line import ActivityLine
from tui.screens.base.command_registry import Command, Group
from tui.screens.base.list_screen import ListScreen
from tui.screens.base.routes import Route, RunRoute
from tui.screens.base.row_texts import LostRows
from tui.screens.base.session import Session
from tui.screens.base.subject import IncidentScope, Subject
from tui.screens.preview.pane import PreviewPane
from tui.watch.model.states import State
from tui.widgets.content import content
from tui.widgets.paragraph import Paragraph
from tui.widgets.status_line import Part, StatusLine, total_width

if TYPE_CHECKING:
    from tui.screens.preview.run_preview import RunPreviews
    from tui.watch.findings.acknowledgements import Signature

_EXPLANATION = 2  # lines of the line of the run, with its border
_MOST_CAUSES = 3  # lines below it


class RunsScreen(ListScreen[RunRow]):
    """The runs of a user, or of all: the active ones, or also those that have ended."""

    LIST = "runs"
    MOST_DETAILS = 5
    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("open", "enter", "The run's tasks, failures first", "tasks", group=Group.GO_TO),
        *common.SCOPE,
        *common.ACKNOWLEDGE,
        *new_rows.COMMANDS,
        common.PREVIEW,
        Command("close", "q", "Quit", "quit", group=Group.GO_TO),
    )

    def __init__(self, session: Session, route: Route) -> None:
        super().__init__(session, route)
        self._in_scope: Sequence[RunRow] = ()
        self._lost = LostRows()
        self._explained_width = 0

    def subject(self) -> Subject:
        """Return the run under the cursor; an incident bundle is about all runs shown."""
        row = self.table.cursor_row
        subject = Subject.for_run(self.session.cluster, None if row is None else row.run.id)
        return replace(
            subject,
            incident=IncidentScope([row.run.id for row in self.table.rows_shown]),
            signature=_signature(row) if row is not None and row.state is State.FAILED else None,
        )

    def commands_here(self) -> Sequence[Command]:
        """Return the commands; without acknowledging, unless the run under the cursor has ended as failed."""
        row = self.table.cursor_row
        hidden = () if row is not None and row.state is State.FAILED else ("acknowledge",)
        return [command for command in super().commands_here() if command.name not in hidden]

    def columns(self) -> Sequence[Column[RunRow]]:
        session = self.session
        return run_list.columns(
            session.cluster,
            session.clock,
            session.seen_at,
            session.marked,
            session.unseen_changes,
            costs=session.costs,
        )

    def key(self, row: RunRow) -> RunID:
        return row.run.id

    def rows(self) -> Sequence[RunRow]:
        """Return the runs of the chosen user in the window, and those that failed recently."""
        session = self.session
        now, past = session.clock(), session.past
        earliest, kept_since = session.since.at(now), now - session.settings.keep_failed

        def is_in_window(run: Run) -> bool:
            if past is not None:
                return past.was_running(run)
            return run.end is None or (session.show_ended and run.end >= earliest)

        def is_kept(row: RunRow) -> bool:
            end = row.run.end
            if row.state is not State.FAILED or end is None or end < kept_since:
                return False
            return past is not None or not session.acknowledged.is_acknowledged(_signature(row), now)

        self._lost = row_texts.count_lost(session)
        self._in_scope = [row for row in run_list.rows(session.cluster) if session.is_in_scope(row.run)]
        return [row for row in self._in_scope if is_in_window(row.run) or is_kept(row)]

    def fields(self) -> Fields[RunRow]:
        return run_list.fields(self.session.cluster, self.session.clock())

    def empty_text(self) -> Content:
        session = self.session
        if session.past is not None:
            return status_texts.empty_past(session.past, "No run was alive then.")
        whose = f" of {session.user}" if session.user else ""
        noun = "runs" if session.show_ended else "active runs"
        remedies = [
            *([f"{self.key_of('user')} shows those of others"] if session.user else []),
            *([] if session.show_ended else [f"{self.key_of('all')} shows those that have ended"]),
            f"{self.key_of('window')} widens the window",
        ]
        text = f"No {noun}{whose} {row_texts.window(session.since)}. {', '.join(remedies)}."
        return status_texts.empty(session, text)

    def breadcrumb(self) -> Content:
        return content("runs", "bold")

    def status_parts(self) -> tuple[Sequence[Part], Sequence[Part]]:
        left, right = super().status_parts()
        counts, choices = row_texts.runs_summary(self.session, self.all_rows, self._lost)
        return [*counts, *left], [*right, *choices]

    def compose_above(self) -> Iterable[Widget]:
        yield ActivityLine()
        yield NewRowsLine()

    def compose_below(self) -> Iterable[Widget]:
        yield StatusLine(id="explanation")
        yield Paragraph(id="why")
        yield PreviewPane()

    def tick(self) -> None:
        changes = new_rows.describe(self.session.unseen_changes.counts(), "run")
        self.query_one(NewRowsLine).tick(self, changes)
        super().tick()
        if self.query_one(PreviewPane).display or self._explained_width != self.size.width:
            self.show_details()

    def show_summary(self) -> None:
        # Ended runs, too: failures must not disappear when their run ends.
        matches = self.view.filter.matcher(self.fields()) if self.view.filter and self.view.hides else None
        rows = self._in_scope if matches is None else list(filter(matches, self._in_scope))
        self.query_one(ActivityLine).show_runs(self, [row.run.id for row in rows])

    def show_details(self) -> None:
        row, explanation = self.table.cursor_row, self.query_one("#explanation", StatusLine)
        make = None if row is None else lambda: self._previews.make(self.session, row)
        explanation.display = (
            not self.query_one(PreviewPane).show_row(make, None if row is None else row.run) and self.details_height > 1
        )
        self._explained_width = self.size.width
        parts: Sequence[Part] = ()
        lines: Sequence[Content] = ()
        if explanation.display and row is not None:
            parts, lines = self._explain(row, self.size.width - explanation.gutter.width)
        explanation.show(parts)
        self.query_one("#why", Paragraph).show(Content("\n").join(lines))

    def _explain(self, row: RunRow, width: int) -> tuple[Sequence[Part], Sequence[Content]]:
        """Return the line of a run, and the lines below it: the causes of failures come there if they do not fit."""
        cluster, room = self.session.cluster, self.details_limit
        parts, reasons = row_texts.run_explanation(cluster, row), list[Content]()
        if row.state.needs_attention or row.all_lost:
            reasons = list(self._previews.reasons(self.session, row))
        if not row.failed_flows or total_width(parts) <= width or not room:
            return parts, reasons
        most = min(_MOST_CAUSES, max(1, room - sum(len(line.wrap(max(1, width))) for line in reasons)))
        causes = row_texts.failure_causes(cluster, row, most, width)
        return row_texts.run_explanation(cluster, row, has_causes=False), [*causes, *reasons]

    @property
    def details_limit(self) -> int:
        """The most lines below the line of the run."""
        return max(0, super().details_limit - _EXPLANATION)

    @cached_property
    def _previews(self) -> "RunPreviews":
        from tui.screens.preview.run_preview import RunPreviews  # the first frame has no rows

        return RunPreviews()

    def action_open(self) -> None:
        if (row := self.table.cursor_row) is not None:
            from tui.screens.actions import routing  # not needed for the first frame

            routing.go(self, RunRoute(row.run.id))


def _signature(row: RunRow) -> "Signature":
    from tui.watch.findings.acknowledgements import Signature  # the first frame has no rows

    return Signature.for_run(row.run, row.failed_flows)
