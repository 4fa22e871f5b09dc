"""The measured apps: `python -m tests.bench.table_app NAME` shows a table of tasks and nothing else.

Keys trigger what is measured.
"""

import gc
import random
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import msgspec
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import DataTable

from store import Digest, Error, ErrorKind, Resources, RunID, Task, TaskID
from store.lease import liveness
from tui.lists.columns import Cell, Column
from tui.text import durations, formats
from tui.watch.model.states import liveness_facts
from tui.widgets.compact_output import CompactApp
from tui.widgets.table import Table

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
# 20 that are on screen, and 980 that are not.
VISIBLE = range(5, 25)
CHANGED = (*VISIBLE, *range(1000, 1980))
# A lease is renewed every 90 s, the table read every 5 s.
SHARE = 18

Rows = Sequence[Task]


def tasks(count: int) -> list[Task]:
    """Tasks of one run, four of five ended, the others with leases of up to two minutes."""
    chance = random.Random(0)
    run = RunID(chance.randbytes(32))
    error = Error(ErrorKind.OOM, "exec", ("align",), "killed")
    resources = [
        Resources({"cpu": cpu, "mem": mem << 30, "disk": 100 << 30}) for cpu, mem in ((1, 4), (4, 16), (8, 32))
    ]

    def task() -> Task:
        start = NOW - timedelta(seconds=chance.randrange(60, 7200))
        return Task(
            id=TaskID(chance.randbytes(32)),
            run_id=run,
            flow_id=Digest(chance.randbytes(32)),
            alloc_id=Digest(chance.randbytes(32)),
            ident=f"{chance.choice(('align', 'samtools', 'qc', 'variants'))}.{chance.randrange(10_000)}",
            attempt=chance.randrange(2),
            start=start,
            keepalive=NOW + timedelta(seconds=chance.randrange(120)),
            end=NOW if chance.random() < 0.8 else None,
            err=error if chance.random() < 0.1 else None,
            resources=chance.choice(resources),
            uri="s3://bucket/flow",
            stderr=Digest(chance.randbytes(32)),
        )

    return [task() for _ in range(count)]


def columns(now: Callable[[], datetime]) -> list[Column[Task]]:
    """12 columns, one of them coloured, one grey; together as wide as the terminal."""

    def state(task: Task) -> Cell:
        look = liveness_facts(liveness(task, now()))
        return Cell(look.label, look.tone)

    return [
        Column("task", "TASK", 8, lambda task: Cell(formats.digest(task.id), "muted")),
        Column("ident", "IDENT", 20, lambda task: Cell(task.ident), lambda task: task.ident, flex=True),
        Column("attempt", "TRY", 3, lambda task: Cell(str(task.attempt)), align="right"),
        Column("state", "STATE", 11, state),
        Column("started", "STARTED", 11, lambda task: Cell(durations.clock(task.start, now()))),
        Column("age", "AGE", 6, lambda task: Cell(durations.age(now() - (task.start or now()))), align="right"),
        Column("lease", "LEASE", 11, lambda task: Cell(durations.steady_lease(task, now()))),
        Column("resources", "RESOURCES", 24, lambda task: Cell(formats.resources(task.resources))),
        Column("flow", "FLOW", 8, lambda task: Cell(formats.digest(task.flow_id))),
        Column("alloc", "ALLOC", 8, lambda task: Cell(formats.digest(task.alloc_id))),
        Column("stderr", "STDERR", 8, lambda task: Cell(formats.digest(task.stderr))),
        Column("error", "ERROR", 24, lambda task: Cell(formats.error(task.err))),
    ]


class Measured(App[None]):
    """The common part of both apps: the rows and the keys."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("0", "show(0)"),
        Binding("1", "show(10_000)"),
        Binding("2", "show(100_000)"),
        Binding("l", "live(5_000)"),
        Binding("g", "top"),
        Binding("s", "sort"),
        Binding("c", "change(True)"),
        Binding("v", "change(False)"),
        Binding("n", "repeat"),
        Binding("t", "second"),
        Binding("r", "refresh"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.all = tasks(100_000)
        gc.collect()
        gc.freeze()  # the model is not the contestants' to collect
        self.shown: list[Task] = []
        self.now = NOW
        self.reverse = True
        self.columns = columns(lambda: self.now)

    def action_show(self, count: int) -> None:
        self.show(self.all[:count])

    def action_top(self) -> None:
        self.top()

    def action_sort(self) -> None:
        """Sort by ident, and the other way round the next time."""
        self.reverse = not self.reverse
        self.sort()

    def action_change(self, many: bool) -> None:
        self._renew(CHANGED if many else VISIBLE)

    def action_repeat(self) -> None:
        """A refresh that brings nothing new."""
        self.update(VISIBLE)

    def action_live(self, count: int) -> None:
        """A cluster in which nothing has ended."""
        self.show([msgspec.structs.replace(task, end=None) for task in self.all[:count]])

    def action_second(self) -> None:
        """A second passes in the live cluster."""
        self.now += timedelta(seconds=1)
        self.tick()

    def action_refresh(self) -> None:
        """A refresh of the live cluster: some leases were renewed since the last one."""
        self._renew(range(self.now.second % SHARE, len(self.shown), SHARE))

    def _renew(self, indices: Sequence[int]) -> None:
        long, short = self.now + timedelta(seconds=119), self.now + timedelta(seconds=47)
        for index in indices:
            task = self.shown[index]
            lease = short if task.keepalive == long else long
            self.shown[index] = msgspec.structs.replace(task, keepalive=lease, end=None)
        self.update(indices)

    def show(self, rows: Rows) -> None:
        """Show these rows in place of others."""
        raise NotImplementedError

    def update(self, indices: Sequence[int]) -> None:
        """Show what the rows at `indices` are now."""
        raise NotImplementedError

    def sort(self) -> None:
        """Sort by ident."""
        raise NotImplementedError

    def top(self) -> None:
        """Move to the first row."""
        raise NotImplementedError

    def tick(self) -> None:
        """Bring ages up to date."""


class Ours(CompactApp[None], Measured):
    """Our table."""

    def compose(self) -> ComposeResult:
        yield Table(self.columns, lambda task: task.id)

    @property
    def table(self) -> Table[Task]:
        return self.query_one(Table)

    def show(self, rows: Rows) -> None:
        self.shown = list(rows)
        self.table.sort(None)
        self.table.set_rows(self.shown)

    def update(self, indices: Sequence[int]) -> None:
        self.shown = list(self.shown)
        self.table.set_rows(self.shown)

    def sort(self) -> None:
        self.table.sort("ident", reverse=self.reverse)

    def top(self) -> None:
        self.table.move_to(self.shown[0].id)

    def tick(self) -> None:
        self.table.tick()


class Theirs(Measured):
    """Textual's table, with the same rows, used as its documentation shows."""

    def compose(self) -> ComposeResult:
        yield DataTable[str](cursor_type="row")

    def on_mount(self) -> None:
        for column in self.columns:
            self.table.add_column(column.title, key=column.id, width=column.width)

    @property
    def table(self) -> DataTable[str]:
        return self.query_one(DataTable)

    def show(self, rows: Rows) -> None:
        self.shown = list(rows)
        self.table.clear()
        for task in rows:
            self.table.add_row(*(column.cell(task).text for column in self.columns), key=task.id.hex)

    def update(self, indices: Sequence[int]) -> None:
        (lease,) = (column for column in self.columns if column.id == "lease")
        for index in indices:
            task = self.shown[index]
            self.table.update_cell(task.id.hex, "lease", lease.cell(task).text)

    def sort(self) -> None:
        self.table.sort("ident", reverse=self.reverse)

    def top(self) -> None:
        self.table.move_cursor(row=0)


APPS: dict[str, Any] = {"ours": Ours, "DataTable": Theirs}


if __name__ == "__main__":
    APPS[sys.argv[1]]().run()
