"""A table in an app of its own, which counts what is drawn and asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.style import Style
from textual import on
from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot
from textual.strip import Strip

from tests.support import idle
from tui.lists.columns import Cell, Column
from tui.widgets.table import Table


@dataclass
class Row:
    id: int
    name: str = "align"
    age: int | None = 0
    style: str = ""


class CountingTable(Table[Row]):
    """Remembers which lines Textual had to draw."""

    lines: list[int]

    def render_line(self, y: int) -> Strip:
        self.lines.append(y)
        return super().render_line(y)


@dataclass
class Cells:
    """The columns, and how often a cell was asked for."""

    asked: int = 0
    columns: list[Column[Row]] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = [
            Column("id", "RUN", 8, self.counted(lambda row: Cell(f"{row.id:08}")), lambda row: row.id),
            Column("name", "NAME", 12, self.counted(lambda row: Cell(row.name)), lambda row: row.name, flex=True),
            Column(
                "age",
                "AGE",
                6,
                self.counted(lambda row: Cell(f"{row.age}m", row.style)),
                lambda row: row.age,
                align="right",
            ),
            Column("host", "HOST", 40, self.counted(lambda row: Cell("ip-10-0-0-1")), priority=2),
            Column("type", "TYPE", 12, self.counted(lambda row: Cell("r5.2xlarge")), priority=1),
        ]

    def counted(self, cell: Callable[[Row], Cell]) -> Callable[[Row], Cell]:
        def ask(row: Row) -> Cell:
            self.asked += 1
            return cell(row)

        return ask


class Screenful(App[None]):
    def __init__(self, rows: Sequence[Row] = ()) -> None:
        super().__init__()
        self.cells = Cells()
        self.table = CountingTable(self.cells.columns, lambda row: row.id, empty=Content("no runs"), id="runs")
        self.table.lines = []
        self.highlighted: list[int | None] = []
        self.opened: list[int] = []
        self.rows = rows

    def compose(self) -> ComposeResult:
        yield self.table

    def on_mount(self) -> None:
        self.table.set_rows(self.rows)

    @on(Table.RowHighlighted, "#runs")
    def _highlighted(self, event: Table.RowHighlighted[Row]) -> None:
        self.highlighted.append(None if event.row is None else event.row.id)

    @on(Table.RowSelected, "#runs")
    def _selected(self, event: Table.RowSelected[Row]) -> None:
        self.opened.append(event.row.id)

    def on_screen(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]

    def style_of(self, text: str) -> Style:
        for strip in self.screen._compositor.render_strips():
            for segment in strip:
                if text in segment.text and segment.style:
                    return segment.style
        raise LookupError(text)

    @property
    def cursor(self) -> int | None:
        row = self.table.cursor_row
        return None if row is None else row.id


def rows(count: int) -> list[Row]:
    return [Row(id) for id in range(count)]


def run(app: Screenful, width: int = 80, height: int = 11) -> Any:
    """10 lines for rows and one for the titles, unless said otherwise."""
    return app.run_test(size=(width, height), notifications=True, tooltips=True)


async def settle(pilot: Pilot[None]) -> None:
    await idle.settle(pilot.app)
