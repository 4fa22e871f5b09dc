"""The pools, their allocs, and the tasks that run there."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from store import Alloc, Digest, PoolRow, Task
from tui.export import copy_items
from tui.export.copy_items import CopyItem
from tui.lists import pools as pool_list
from tui.lists import tasks as task_list
from tui.lists.columns import Column
from tui.lists.pools import PoolListRow
from tui.query.filter import Fields
from tui.screens.actions import common, routing
from tui.screens.base import row_texts, status_texts
from tui.screens.base.command_registry import Command, Group
from tui.screens.base.list_screen import ListScreen
from tui.screens.base.routes import HostRoute, PoolsRoute
from tui.screens.base.session import Session
from tui.screens.base.subject import Subject
from tui.screens.preview import pool_preview
from tui.screens.preview.pane import PreviewPane
from tui.screens.tasks import TaskSource
from tui.text import formats
from tui.text.safe import NONE
from tui.watch.model.states import is_expired
from tui.widgets.content import content
from tui.widgets.paragraph import Paragraph
from tui.widgets.status_line import Part


class PoolsScreen(ListScreen[PoolListRow]):
    """The active pools, or also those that ended in the window, with their resources and allocs."""

    LIST = "pools"
    NOT_IN_FOOTER = ("pools", "compare")  # a host has no run of its own
    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command(
            "open", "enter", "The tasks on the host, or in the alloc, of all runs", "tasks there", group=Group.GO_TO
        ),
        *common.ENDED,
        common.PREVIEW,
    )

    def __init__(self, session: Session, route: PoolsRoute) -> None:
        super().__init__(session, route)
        self._ids = frozenset(route.ids)

    def subject(self) -> Subject:
        """Return the tasks and what can be copied of the pool or alloc under the cursor; for an alloc also its pool."""
        row = self.table.cursor_row
        if row is None:
            return Subject()
        tasks = partial(pool_list.tasks_on, self.session.cluster, row.row)
        if row.alloc is None:
            return Subject(copy_items=copy_items.pool_items(row.pool), tasks=tasks, noun="host")
        pool = [CopyItem("pool" if name == "id" else name, text) for name, text in copy_items.pool_items(row.pool)]
        return Subject(copy_items=[*copy_items.alloc_items(row.alloc), *pool[:-1]], tasks=tasks, noun="alloc")

    def columns(self) -> Sequence[Column[PoolListRow]]:
        session = self.session
        return pool_list.columns(session.cluster, session.clock, session.seen_at, session.costs)

    def key(self, row: PoolListRow) -> Digest:
        return row.row.id

    def rows(self) -> Sequence[PoolListRow]:
        """Return the pools, worst first, each followed by its allocs."""
        session, past = self.session, self.session.past
        if past is not None:
            known = (task for run in session.cluster.runs for task in session.cluster.tally(run.id).tasks.values())
            return self._select(filter(past.was_running, known), past.was_running, past.was_open_at_end)
        since = session.since.at(session.clock())
        return self._select(
            (row for row in session.cluster.open_rows if isinstance(row, Task)),
            lambda row: row.end is None or (session.show_ended and row.end >= since),
            lambda row: row.end is None,
        )

    def _select(
        self,
        tasks: Iterable[Task],
        is_shown: Callable[[PoolRow | Alloc], bool],
        is_running: Callable[[Alloc | Task], bool],
    ) -> Sequence[PoolListRow]:
        """Return the rows of the chosen pools, ended or not; without chosen ones, of those that are shown."""
        cluster, ids = self.session.cluster, self._ids
        if not ids:
            return pool_list.rows(cluster, tasks, is_shown, is_running)
        rows = pool_list.rows(cluster, tasks, lambda row: isinstance(row, PoolRow) or is_shown(row), is_running)
        return [row for row in rows if row.pool.id in ids]

    def fields(self) -> Fields[PoolListRow]:
        return pool_list.fields(self.session.cluster, self.session.clock())

    def empty_text(self) -> Content:
        if self.session.past is not None:
            return status_texts.empty_past(self.session.past, "No pool was alive then.")
        if self.session.show_ended:
            return status_texts.empty(self.session, f"No pool was up {row_texts.window(self.session.since)}.")
        return status_texts.empty(
            self.session, f"No pool is running. {self.key_of('all')} shows those that have ended."
        )

    def breadcrumb(self) -> Content:
        return content(formats.count(len(self._ids), "host") if self._ids else "pools", "bold")

    def status_parts(self) -> tuple[Sequence[Part], Sequence[Part]]:
        left, right = super().status_parts()
        cluster, lines = self.session.cluster, [row for row in self.all_rows if row.alloc is None]
        pools = [line.pool for line in lines]
        lost = self.session.known(sum(is_expired(cluster.liveness(pool)) for pool in pools))
        terminated = sum(pool_list.has_ended_early(cluster, line) for line in lines)
        counts = [
            Part(content(formats.count(self.session.known(len(pools)), "pool"))),
            Part(content(f"{NONE if lost is None else lost} stale or lost", "$text-error" if lost else "$muted")),
            *([Part(content(f"{terminated} terminated with tasks", "$text-error"), 1)] if terminated else []),
        ]
        state = (
            []
            if self.session.past is not None or self._ids
            else [Part(content("all" if self.session.show_ended else "active"), 1)]
        )
        return [*left, *state], [*right, *counts]

    def compose_below(self) -> Iterable[Widget]:
        yield Paragraph(id="task")
        yield PreviewPane()

    def tick(self) -> None:
        super().tick()
        if self.query_one(PreviewPane).display:
            self.show_details()

    def show_details(self) -> None:
        place, text = self.table.cursor_row, Content()
        make = None if place is None else partial(pool_preview.pool_preview, self.session, place)
        if not self.query_one(PreviewPane).show_row(make) and place is not None:
            text = Content("\n").join(pool_preview.details(self.session, place))
        self.query_one("#task", Paragraph).show(text)

    def action_open(self) -> None:
        if (place := self.table.cursor_row) is not None:
            routing.go(self, HostRoute.for_row(place.row))


class HostTasks(TaskSource):
    """The tasks in a pool or an alloc, of any run."""

    def __init__(self, session: Session, route: HostRoute) -> None:
        super().__init__(session, route)
        self._row = route.row

    def tasks(self) -> Sequence[Task]:
        cluster = self.session.cluster
        tasks, past = pool_list.tasks_on(cluster, self._row), self.session.past
        return task_list.in_order(cluster, tasks if past is None else filter(past.was_running, tasks))

    def breadcrumb(self) -> Content:
        row = self._row
        name = f"pool {row.pool_id}" if isinstance(row, PoolRow) else f"alloc {row.alloc_id or row.id.short}"
        return content(name, "bold", 50)

    def empty_text(self) -> Content:
        return status_texts.empty(self.session, "No known task ran here.")
