"""The timeline of a run: its flows as bars over time."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from store import Digest
from tui.lists import cells
from tui.lists import flows as lines
from tui.lists import tasks as task_list
from tui.lists.cells import task_state_cell
from tui.lists.columns import Cell, Column
from tui.lists.flows import Flow, TimeRange
from tui.query.filter import Fields
from tui.screens.actions import routing
from tui.screens.base.command_registry import Command, Group
from tui.screens.base.list_screen import ListScreen
from tui.screens.base.open_run import OpenRun
from tui.screens.base.routes import TaskRoute, TimelineRoute
from tui.screens.base.row_texts import style
from tui.screens.base.session import Session
from tui.screens.base.subject import Subject
from tui.text import durations
from tui.text.safe import NONE
from tui.widgets.content import content
from tui.widgets.status_line import Part, StatusLine

_MIN_RANGE = timedelta(seconds=10)
# Other columns are hidden before the bars get narrower than this. Without them, bars become narrower.
_BAR = 32  # cells
_LEAST_BAR = 12
_LEGEND = f"{lines.RUNNING} ran  {lines.RETRIED} retried  {lines.WAITING} waited  ◆ critical path"


class TimelineScreen(ListScreen[Flow]):
    """The flows of a run, each a bar over time, with those of the critical path marked."""

    NOT_IN_FOOTER = ("timeline",)
    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("open", "enter", "The latest attempt", "task", group=Group.GO_TO),
        Command(
            "zoom-in",
            "plus,equals_sign",
            "Zoom in on the task under the cursor",
            "zoom",
            action="screen.zoom(0.5)",
            group=Group.MOVE,
        ),
        Command("zoom-out", "minus", "Zoom out", action="screen.zoom(2)", group=Group.MOVE),
        Command("earlier", "left,h", "Scroll to earlier times", action="screen.shift(-0.25)", group=Group.MOVE),
        Command("later", "right", "Scroll to later times", action="screen.shift(0.25)", group=Group.MOVE),
        Command("whole", "0", "Show the whole run", "whole run", group=Group.MOVE),
        Command("critical", "c", "Show the critical path only, or all tasks", "critical path", group=Group.FIND),
    )

    def __init__(self, session: Session, route: TimelineRoute) -> None:
        super().__init__(session, route)
        self._run = OpenRun(session, route.run_id)
        self._whole = TimeRange(session.clock(), timedelta(seconds=1))
        self._zoomed: TimeRange | None = None  # None for the whole range
        self._only_critical = False
        self._missing = 0  # tasks without a start time, which have no bar
        self._proposed: Digest | None = None  # the flow that the cursor was put on
        self._is_cursor_settled = session.views[route].selected is not None

    def on_mount(self) -> None:
        """Request all tasks of the run."""
        self._run.open()

    def on_unmount(self) -> None:
        self._run.close()

    def subject(self) -> Subject:
        """Return the latest attempt of the flow under the cursor, or the run if it has no flows."""
        flow, cluster = self.table.cursor_row, self.session.cluster
        return Subject.for_run(cluster, self._run.id) if flow is None else Subject.for_task(cluster, flow.last)

    @property
    def _range(self) -> TimeRange:
        """The range of time on screen."""
        return self._zoomed or self._whole

    def _now(self) -> datetime:
        """Return where the bars of active tasks end."""
        return self.session.clock()

    def breadcrumb(self) -> Content:
        return self._run.breadcrumb("timeline")

    def empty_text(self) -> Content:
        return self._run.empty_text()

    def problem(self) -> Content:
        return self._run.problem() or super().problem()

    def compose_above(self) -> Iterable[Widget]:
        yield StatusLine(id="ruler")

    def compose_below(self) -> Iterable[Widget]:
        yield StatusLine(id="explanation")

    def columns(self) -> Sequence[Column[Flow]]:
        now = self._now

        def took(flow: Flow) -> timedelta:
            return lines.end(flow.last, now()) - (flow.start or now())

        def state(flow: Flow) -> Cell:
            return task_state_cell(self.session.cluster, flow.last, self.session.seen_at())

        def waited(flow: Flow) -> Cell:
            return Cell(durations.duration(flow.waited) if flow.waits else NONE, "warning" if flow.waits else "muted")

        def on(flow: Flow) -> str:
            return cells.host(self.session.cluster.pool_of(flow.last))

        return [
            Column(
                "critical",
                "◆",
                1,
                lambda flow: Cell("◆" if flow.is_critical else "", "accent"),
                lambda flow: not flow.is_critical,
            ),
            Column("task", "TASK", 8, lambda flow: Cell(flow.last.id.short), lambda flow: flow.last.id.hex, 1),
            Column("ident", "IDENT", 20, lambda flow: Cell(flow.last.ident or NONE), lambda flow: flow.last.ident),
            Column(
                "attempts",
                "ATT",
                3,
                lambda flow: Cell(str(flow.last.attempt + 1)),
                lambda flow: -flow.last.attempt,
                3,
                "right",
            ),
            Column("state", "STATE", 11, state, lambda flow: flow.state.urgency, 2),
            Column(
                "took",
                "SPAN",  # of all attempts and the waits between them; TOOK of a task is that of one attempt
                6,
                lambda flow: Cell(durations.duration(took(flow))),
                lambda flow: -took(flow),
                align="right",
            ),
            Column("wait", "WAIT", 6, waited, lambda flow: flow.waited, 2, "right"),
            Column("host", "HOST", 24, lambda flow: Cell(on(flow) or NONE), on, 4),
            Column(
                "bar",
                "TIMELINE",
                _LEAST_BAR,
                self._bar,
                lambda flow: flow.start,
                flex=True,
                max_width=1000,
                comfort=_BAR,
            ),
        ]

    def _bar(self, flow: Flow) -> Cell:
        bar = lines.bar(flow, self._range, self.table.place_of("bar")[1], self._now())
        tone = flow.state.tone
        return Cell(bar, "accent" if flow.is_critical and tone == "muted" else tone)

    def key(self, row: Flow) -> Digest:
        return row.id

    def rows(self) -> Sequence[Flow]:
        """Return the flows in the order of their start."""
        session, now = self.session, self._now()
        flows = lines.flows(session.cluster, self._run.id, now)
        self._missing = lines.without_times(session.cluster, self._run.id)
        run = session.cluster.run(self._run.id)
        self._whole = lines.whole(flows, None if run is None else run.start, now)
        if (past := session.past) is not None and past.since < past.until:
            self._whole = TimeRange(past.since, past.until - past.since)
            flows = [flow for flow in flows if any(map(past.was_running, flow.attempts))]
        return [flow for flow in flows if flow.is_critical or not self._only_critical]

    def fields(self) -> Fields[Flow]:
        """Return the fields of tasks, read from the latest attempt."""
        return task_list.fields(self.session.cluster, self.session.clock()).through(lambda flow: flow.last)

    def show(self) -> None:
        super().show()
        self._propose_cursor()

    def _propose_cursor(self) -> None:
        """Put the cursor on the first flow that needs attention, else on the newest one.

        Until all tasks are read this may become another flow, unless the user has moved the cursor.
        """
        table = self.table
        if self._is_cursor_settled or (row := table.cursor_row) is None:
            return
        if table.is_placed and row.id != self._proposed:
            self._is_cursor_settled = True
            return
        self._is_cursor_settled = self.session.cluster.has_all_tasks(self._run.id)
        flows = table.rows_shown
        self._proposed = next((flow.id for flow in flows if flow.state.needs_attention), flows[-1].id)
        table.move_to(self._proposed)

    def status_parts(self) -> tuple[Sequence[Part], Sequence[Part]]:
        left, right = super().status_parts()
        shown = f"{durations.age(self._range.length)} from {durations.clock(self._range.start, self.session.clock())}"
        only = [Part(content("critical path only", "bold $accent"))] if self._only_critical else []
        missing = [Part(content(f"{self._missing} without times", "$text-warning"))] if self._missing else []
        return [*only, *left], [*right, *missing, Part(content(shown))]

    def tick(self) -> None:
        super().tick()
        if not self.table.size.width:  # of a screen that opens, before the first layout
            self.call_after_refresh(self.tick)
            return
        x, width = self.table.place_of("bar")
        ruler = " " * max(0, x - 1) + lines.ruler(self._range, width)
        self.query_one("#ruler", StatusLine).show([Part(content(ruler, "$muted"))])

    def show_details(self) -> None:
        flow = self.table.cursor_row
        legend = [Part(content(_LEGEND, "$muted"), 9)]
        self.query_one("#explanation", StatusLine).show([] if flow is None else list(self._details(flow)), legend)

    def _details(self, flow: Flow) -> Iterable[Part]:
        now = self.session.clock()
        yield Part(content(f"{flow.last.ident}", "bold", 40))
        ended = "" if flow.last.end is None else f", ended {durations.clock(flow.last.end, now)}"
        yield Part(content(f"started {durations.clock(flow.start, now)}{ended}"), 2)
        if flow.waits:
            yield Part(content(f"waited {durations.duration(flow.waited)}", "$text-warning"), 2)
        yield Part(content(cells.host(self.session.cluster.pool_of(flow.last)), limit=40), 3)
        for task in flow.attempts:
            if task.err is not None:
                yield Part(content(f"{task.attempt + 1}: {task_list.failure(task.err)}", style("critical"), 60), 1)

    def action_open(self) -> None:
        """Show the latest attempt of the flow under the cursor."""
        if (flow := self.table.cursor_row) is not None:
            routing.go(self, TaskRoute.for_task(flow.last))

    def action_zoom(self, factor: float) -> None:
        """Multiply the length of the range shown by `factor`. Zooming in centres on the task under the cursor."""
        length = max(_MIN_RANGE, self._range.length * factor)
        flow = self.table.cursor_row
        middle = self._range.start + self._range.length / 2
        if flow is not None and flow.start is not None and factor < 1:
            middle = flow.start + (lines.end(flow.last, self._now()) - flow.start) / 2
        self._show_range(middle - length / 2, length)

    def action_shift(self, part: float) -> None:
        """Move the range by a fraction of its length; to earlier times if negative."""
        self._show_range(self._range.start + self._range.length * part, self._range.length)

    def action_whole(self) -> None:
        self._zoomed = None
        self.tick()

    def action_critical(self) -> None:
        """Show the critical path only, or all flows."""
        self._only_critical = not self._only_critical
        self.show()

    def _show_range(self, start: datetime, length: timedelta) -> None:
        """Show `length` from `start` on, within the whole range."""
        whole = self._whole
        latest = whole.start + whole.length - length
        self._zoomed = TimeRange(max(whole.start, min(start, latest)), length) if length < whole.length else None
        self.tick()
