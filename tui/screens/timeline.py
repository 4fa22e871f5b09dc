"""The tasks of a run over time."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from textual.widget import Widget

from store import Digest, Run, RunID, Task
from tui.lists import flows as lines
from tui.lists import tasks as task_list
from tui.lists.columns import Cell, Column
from tui.lists.flows import Flow, TimeRange
from tui.lists.runs import state_cell
from tui.query.filter import Fields
from tui.screens.base import routes as places
from tui.screens.base import row_texts as sentences
from tui.screens.base.command_registry import Command
from tui.screens.base.list_screen import ListScreen
from tui.screens.base.one_run import OneRunScreen
from tui.screens.base.session import Session
from tui.text import durations
from tui.text.safe import NONE
from tui.widgets.content import content
from tui.widgets.status_line import Part, StatusLine

_CLOSEST = timedelta(seconds=10)
# With less room for bars, other columns go.
_BAR = 40
_LEGEND = f"{lines.RUNNING} ran  {lines.RETRIED} tried before  {lines.WAITING} waited  ◆ decides the end"


class TimelineScreen(OneRunScreen, ListScreen[Flow]):
    """The flows of a run, each a bar over time; those that decided when it ends are marked."""

    CRUMB = "timeline"

    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("open", "enter", "All about the latest attempt", "task"),
        Command(
            "zoom-in",
            "plus,equals_sign",
            "Show less time, from the task under the cursor on",
            "zoom",
            action="screen.zoom(0.5)",
        ),
        Command("zoom-out", "minus", "Show more time", action="screen.zoom(2)"),
        Command("earlier", "left,h", "Earlier, when not all of the time is shown", action="screen.shift(-0.25)"),
        Command("later", "right", "Later", action="screen.shift(0.25)"),
        Command("whole", "0", "All of the time of the run", "all of it"),
        Command("critical", "c", "Only what decided when the run ends, or all tasks", "critical path"),
    )

    def __init__(self, session: Session, run_id: RunID) -> None:
        super().__init__(session, run_id)
        self._whole = TimeRange(session.clock(), timedelta(seconds=1))
        self._zoomed: TimeRange | None = None  # None: all of it
        self._only_critical = False
        self._unknown = 0  # tasks that cannot be shown

    @property
    def place(self) -> places.TimelineRoute:
        """One for each run."""
        return places.TimelineRoute(self._run_id)

    @property
    def _span(self) -> TimeRange:
        """What is shown."""
        return self._zoomed or self._whole

    def _now(self) -> datetime:
        """Where bars of what has not ended end: now, or at the end of the window in the past."""
        return self.session.clock() if self.session.past is None else self.session.past.until

    def compose_body(self) -> Iterable[Widget]:
        """The times, and the bars below them."""
        yield StatusLine(id="ruler")
        yield from super().compose_body()

    def compose_below(self) -> Iterable[Widget]:
        """What there is to say of the flow under the cursor."""
        yield StatusLine(id="explanation")

    def columns(self) -> Sequence[Column[Flow]]:
        """What a flow is, how it went, and its bar."""
        now = self._now

        def took(flow: Flow) -> timedelta:
            return lines.end(flow.last, now()) - (flow.start or now())

        def on(flow: Flow) -> str:
            return task_list.host(self.session.cluster.pool_of(flow.last))

        return [
            Column(
                "critical",
                "◆",
                1,
                lambda flow: Cell("◆" if flow.critical else "", "accent"),
                lambda flow: not flow.critical,
            ),
            Column("ident", "IDENT", 22, lambda flow: Cell(flow.last.ident or NONE), lambda flow: flow.last.ident),
            Column(
                "attempts",
                "ATT",
                3,
                lambda flow: Cell(str(flow.last.attempt + 1)),
                lambda flow: -flow.last.attempt,
                3,
                "right",
            ),
            Column("state", "STATE", 11, lambda flow: state_cell(flow.state), lambda flow: flow.state.urgency, 2),
            Column(
                "took",
                "TOOK",
                6,
                lambda flow: Cell(durations.duration(took(flow))),
                lambda flow: -took(flow),
                1,
                "right",
            ),
            Column("host", "HOST", 24, lambda flow: Cell(on(flow) or NONE), on, 4),
            Column("bar", "OVER TIME", _BAR, self._bar, lambda flow: flow.start, flex=True, max_width=1000),
        ]

    def _bar(self, flow: Flow) -> Cell:
        bar = lines.bar(flow, self._span, self.table.place_of("bar")[1], self._now())
        tone = flow.state.tone
        return Cell(bar, "accent" if flow.critical and tone == "muted" else tone)

    def key(self, row: Flow) -> Digest:
        """The flow's id."""
        return row.id

    def rows(self) -> Sequence[Flow]:
        """The flows, by their start."""
        session, now = self.session, self._now()
        found = lines.flows(session.cluster, self._run_id, now)
        self._unknown = lines.without_times(session.cluster, self._run_id)
        run = session.cluster.run(self._run_id)
        self._whole = lines.whole(found, None if run is None else run.start, now)
        if session.past is not None and session.past.since < session.past.until:
            self._whole = TimeRange(session.past.since, session.past.until - session.past.since)
        return [flow for flow in found if flow.critical or not self._only_critical]

    def fields(self) -> Fields[Flow]:
        """Those of the latest attempts."""
        of_tasks = task_list.fields(self.session.cluster, self.session.clock())
        return Fields(
            {key: lambda flow, get=get: get(flow.last) for key, get in of_tasks.texts.items()},  # type: ignore[misc]
            {key: lambda flow, get=get: get(flow.last) for key, get in of_tasks.amounts.items()},  # type: ignore[misc]
        )

    def where(self) -> tuple[Sequence[Part], Sequence[Part]]:
        """How much time is shown."""
        left, right = super().where()
        shown = f"{durations.age(self._span.length)} from {durations.clock(self._span.start, self.session.clock())}"
        only = [Part(content("critical path only", "bold $accent"))] if self._only_critical else []
        gone = [Part(content(f"{self._unknown} without times", "$text-warning"))] if self._unknown else []
        return [*only, *left], [*right, *gone, Part(content(shown))]

    def tick(self) -> None:
        """Bring the bars up to date: those of running tasks grow."""
        super().tick()
        x, width = self.table.place_of("bar")
        ruler = " " * max(0, x - 1) + lines.ruler(self._span, width)
        self.query_one("#ruler", StatusLine).show([Part(content(ruler, "$muted"))])

    def explain(self) -> None:
        """Say where it ran, and what its attempts came to."""
        flow = self.table.cursor_row
        legend = [Part(content(_LEGEND, "$muted"), 9)]
        self.query_one("#explanation", StatusLine).show([] if flow is None else list(self._said_of(flow)), legend)

    def _said_of(self, flow: Flow) -> Iterable[Part]:
        now = self.session.clock()
        yield Part(content(f"{flow.last.ident}", "bold", 40))
        yield Part(content(f"from {durations.clock(flow.start, now)} to {durations.clock(flow.last.end, now)}"), 2)
        yield Part(content(task_list.host(self.session.cluster.pool_of(flow.last)), limit=40), 3)
        for task in flow.attempts:
            if task.err is not None:
                yield Part(
                    content(f"{task.attempt + 1}: {task_list.failure(task.err)}", sentences.style("critical"), 60), 1
                )

    def logged(self) -> Task | Run | None:
        """The latest attempt under the cursor."""
        flow = self.table.cursor_row
        return super().logged() if flow is None else flow.last

    @property
    def pool_id(self) -> Digest:
        """Where that ran."""
        flow = self.table.cursor_row
        return sentences.pool_id(self.session.cluster, None if flow is None else flow.last)

    def action_open(self) -> None:
        """Show all about the latest attempt of the flow under the cursor."""
        if (flow := self.table.cursor_row) is not None:
            self.go(places.TaskRoute.of(flow.last))

    def action_zoom(self, factor: float) -> None:
        """Show so many times the span, around the middle of the task under the cursor if that is shown."""
        length = max(_CLOSEST, self._span.length * factor)
        flow = self.table.cursor_row
        middle = self._span.start + self._span.length / 2
        if flow is not None and flow.start is not None and factor < 1:
            middle = flow.start + (lines.end(flow.last, self._now()) - flow.start) / 2
        self._show_span(middle - length / 2, length)

    def action_shift(self, part: float) -> None:
        """Show what was earlier, or later, by a part of the span."""
        self._show_span(self._span.start + self._span.length * part, self._span.length)

    def action_whole(self) -> None:
        """Show all of it."""
        self._zoomed = None
        self.tick()

    def action_critical(self) -> None:
        """Show the critical path only, or everything."""
        self._only_critical = not self._only_critical
        self.show()

    def _show_span(self, start: datetime, length: timedelta) -> None:
        """Show that much from `start` on, but nothing beyond the whole."""
        whole = self._whole
        latest = whole.start + whole.length - length
        self._zoomed = TimeRange(max(whole.start, min(start, latest)), length) if length < whole.length else None
        self.tick()
