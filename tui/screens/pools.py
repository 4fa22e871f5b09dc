"""The pools by cluster, their allocs, and what else runs there."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.content import Content
from textual.widget import Widget

from store import Alloc, Digest, PoolRow, RunID, Task
from tui.export import copy_items as copyable
from tui.export.copy_items import CopyItem
from tui.lists import pools as pool_list
from tui.lists import tasks as task_list
from tui.lists.columns import Column
from tui.lists.pools import PoolListRow
from tui.query.filter import Fields
from tui.screens.actions.scope import EndedToo
from tui.screens.base import routes as places
from tui.screens.base import status_texts as words
from tui.screens.base.command_registry import Command
from tui.screens.base.list_screen import ListScreen
from tui.screens.base.session import Session
from tui.screens.tasks import TasksScreen
from tui.text import durations, formats
from tui.text.safe import NONE
from tui.watch.model.states import is_expired
from tui.widgets.content import content
from tui.widgets.paragraph import Paragraph
from tui.widgets.status_line import Part

_IDENTS = 8


class PoolsScreen(EndedToo, ListScreen[PoolListRow]):
    """The pools that are not over, or also those that have ended in the window; with what they offer and have given."""

    LIST = "pools"
    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("open", "enter", "The tasks on the host, or in the alloc, of all runs", "tasks there"),
    )

    @property
    def place(self) -> places.PoolsRoute:
        """One for all."""
        return places.PoolsRoute()

    @property
    def copyable(self) -> Sequence[CopyItem]:
        """Of the pool or the alloc under the cursor; of an alloc also where that is."""
        match self.table.cursor_row:
            case PoolListRow(alloc=None) as place:
                return copyable.pool_items(place.pool)
            case PoolListRow(alloc=Alloc() as alloc) as place:
                pool = [
                    CopyItem("pool" if name == "id" else name, text) for name, text in copyable.pool_items(place.pool)
                ]
                return [*copyable.alloc_items(alloc), *pool[:-1]]
            case _:
                return ()

    def columns(self) -> Sequence[Column[PoolListRow]]:
        """Those of pools."""
        return pool_list.columns(self.session.cluster, self.session.clock, self.session.seen_at)

    def key(self, row: PoolListRow) -> Digest:
        """The id of the pool or the alloc."""
        return row.row.id

    def rows(self) -> Sequence[PoolListRow]:
        """Pools, each with its allocs after it: those that there are, or those that there were then."""
        session, past = self.session, self.session.past
        if past is not None:
            tasks = (task for run in session.cluster.runs for task in session.cluster.tally(run.id).tasks.values())
            return pool_list.rows(session.cluster, tasks, past.was_running, lambda row: _was_alive(row, past.until))
        since = session.since.at(session.clock())
        return pool_list.rows(
            session.cluster,
            (row for row in session.cluster.open_rows if isinstance(row, Task)),
            lambda row: row.end is None or (session.ended and row.end >= since),
            lambda row: row.end is None,
        )

    def fields(self) -> Fields[PoolListRow]:
        """Those of pools, and of what runs there."""
        return pool_list.fields(self.session.cluster, self.session.clock())

    def nothing(self) -> Content:
        """Whether there are none, or whether they are not known yet."""
        if self.session.past is not None:
            return words.nothing_then(self.session.past, "No pool was alive then.")
        return words.nothing(self.session.poller, "No pool is running. Key a shows those that have ended.")

    def crumb(self) -> Content:
        """The pools."""
        return content("pools", "bold")

    def where(self) -> tuple[Sequence[Part], Sequence[Part]]:
        """How many pools there are, and how many of them are silent."""
        left, right = super().where()
        pools = [place.pool for place in self.known if place.alloc is None]
        lost = sum(is_expired(self.session.cluster.liveness(pool)) for pool in pools)
        counts = [
            Part(content(formats.count(len(pools), "pool"))),
            Part(content(f"{lost} silent", "$text-error" if lost else "$muted")),
        ]
        what = [] if self.session.past is not None else [Part(content("all" if self.session.ended else "active"), 1)]
        return [*left, *what], [*right, *counts]

    def compose_below(self) -> Iterable[Widget]:
        """What runs at the place under the cursor."""
        yield Paragraph(id="task")

    def explain(self) -> None:
        """Say whose tasks run there, and of what kind."""
        place = self.table.cursor_row
        self.query_one("#task", Paragraph).show(Content() if place is None else self._said_of(place))

    def _said_of(self, place: PoolListRow) -> Content:
        cluster = self.session.cluster
        lines = [content(f"{place.pool.pool_id}  {place.pool.pool_type}  {task_list.host(place.pool)}", "bold")]
        by_run: dict[RunID, list[Task]] = {}
        for task in place.tasks:
            by_run.setdefault(task.run_id, []).append(task)
        for run_id, tasks in [*by_run.items()][:3]:
            run = cluster.run(run_id)
            who = NONE if run is None else formats.user(run.user)
            idents = ", ".join(dict.fromkeys(task.ident for task in tasks[:_IDENTS]))
            lines.append(content(f"{formats.count(len(tasks), 'task')} of {who}'s run {run_id.short}: {idents}"))
        if len(by_run) > 3:
            lines.append(content(f"and tasks of {formats.count(len(by_run) - 3, 'other run')}"))
        if not by_run:
            lines.append(content("no task runs here", "$muted"))
        row = place.row
        lines.append(
            content(
                f"lease until {durations.moment(row.keepalive)}, {durations.steady_lease(row, self.session.seen_at())}"
            )
        )
        return Content("\n").join(lines)

    def action_open(self) -> None:
        """Show the tasks at the place under the cursor."""
        if (place := self.table.cursor_row) is not None:
            self.go(places.HostRoute.of(place.row))


def _was_alive(row: Alloc | Task, at: datetime) -> bool:
    start, end = row.start_end()
    return (start is None or start <= at) and end is not None and end >= at


class HostScreen(TasksScreen):
    """The tasks in a pool or an alloc, of any run."""

    def __init__(self, session: Session, row: PoolRow | Alloc) -> None:
        super().__init__(session)
        self._row = row

    @property
    def place(self) -> places.HostRoute:
        """One for each pool and alloc."""
        return places.HostRoute.of(self._row)

    def columns(self) -> Sequence[Column[Task]]:
        """Also the runs, for they differ."""
        return [*task_list.run_columns(self.session.cluster), *super().columns()]

    def rows(self) -> Sequence[Task]:
        """All known tasks that ran there; those that fail and those that run first."""
        cluster = self.session.cluster
        return task_list.in_order(cluster, pool_list.tasks_on(cluster, self._row))

    def nothing(self) -> Content:
        """There are none."""
        return words.nothing(self.session.poller, "No task that is known of ran here.")

    def crumb(self) -> Content:
        """The pool or the alloc."""
        row = self._row
        name = f"pool {row.pool_id}" if isinstance(row, PoolRow) else f"alloc {row.alloc_id or row.id.short}"
        return content(name, "bold", 50)
