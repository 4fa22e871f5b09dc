"""After any change of a table the terminal shows the same as after drawing all of it again."""

import random

import pytest
from rich.console import Console, RenderableType
from textual._compositor import LayoutUpdate
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot
from textual.screen import Screen

from tests.support import frames, idle
from tests.support.emulator import Cell as Shown
from tests.support.emulator import Emulator
from tui.lists.columns import Cell, Column
from tui.widgets.compact_output import CompactApp, CompactUpdate
from tui.widgets.table import Table

STEPS = 25
CONSOLE = Console(color_system="truecolor", force_terminal=True, _environ={})
Row = list[str]  # an id, a name, an age and a style


class Watched(CompactApp[None]):
    """An app whose every update goes to an emulator."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.chance = chance
        self.emulator = Emulator()
        self.table = Table[Row](
            [
                Column("id", "ID", 4, lambda row: Cell(row[0], "muted"), lambda row: row[0]),
                Column("name", "NAME", 8, lambda row: Cell(row[1]), lambda row: row[1], flex=True, max_width=30),
                Column("age", "AGE", 6, lambda row: Cell(row[2], row[3]), lambda row: row[2], align="right"),
                Column("host", "HOST", 20, lambda row: Cell("host"), priority=1),
            ],
            lambda row: row[0],
        )

    def compose(self) -> ComposeResult:
        yield self.table

    def some_rows(self) -> list[Row]:
        ids = self.chance.sample(range(100), self.chance.randrange(60))
        return [self.some_row(id) for id in ids]

    def some_row(self, id: int) -> Row:
        choose = self.chance.choice
        return [
            str(id),
            choose(("a", "界b", "e\u0301", "align" * 9)),
            choose(("1m", "22m", "")),
            choose(("", "critical")),
        ]


async def show(app: Watched, pilot: Pilot[None]) -> None:
    app.table.set_rows(app.some_rows())


async def change(app: Watched, pilot: Pilot[None]) -> None:
    for row in app.table.rows_shown[::3]:
        row[1:] = app.some_row(0)[1:]
    app.table.tick()


async def sort(app: Watched, pilot: Pilot[None]) -> None:
    app.table.sort(app.chance.choice((None, "id", "name", "age")), app.chance.random() < 0.5)


async def stale(app: Watched, pilot: Pilot[None]) -> None:
    app.table.stale = not app.table.stale


async def press(app: Watched, pilot: Pilot[None]) -> None:
    await pilot.press(app.chance.choice(("down", "up", "pagedown", "pageup", "home", "end", "ctrl+d", "ctrl+u")))


async def resize(app: Watched, pilot: Pilot[None]) -> None:
    await pilot.resize_terminal(app.chance.choice((5, 30, 80)), app.chance.choice((2, 8, 30)))


async def cover(app: Watched, pilot: Pilot[None]) -> None:
    await app.push_screen(Screen())
    app.table.set_rows(app.some_rows())
    await pilot.pause()
    await app.pop_screen()


EVENTS = (show, show, change, change, sort, stale, press, press, press, resize, cover)


@pytest.mark.parametrize("seed", range(4))
async def test_redraw(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(app: Watched, screen: Screen[object], update: RenderableType | None) -> None:
        if isinstance(update, CompactUpdate):
            app.emulator.feed(update.render_segments(CONSOLE))

    monkeypatch.setattr(App, "_display", write)
    chance = random.Random(seed)
    app = Watched(chance)
    with frames.at_once():
        await play(app, chance)


async def play(app: Watched, chance: random.Random) -> None:
    async with app.run_test(size=(80, 20)) as pilot:
        for step in range(STEPS):
            event = chance.choice(EVENTS)
            await event(app, pilot)
            await idle.settle(app)
            assert on_terminal(app) == redrawn(app), f"step {step}: {event.__name__}"


def on_terminal(app: Watched) -> dict[tuple[int, int], Shown]:
    width, height = app.size
    return visible({(x, y): cell for (x, y), cell in app.emulator.cells.items() if x < width and y < height})


def redrawn(app: Watched) -> dict[tuple[int, int], Shown]:
    emulator = Emulator()
    strips = app.screen._compositor.render_strips()
    update = LayoutUpdate([[strip] for strip in strips], Region(0, 0, *app.size))
    emulator.feed(CompactUpdate(update).render_segments(CONSOLE))
    return visible(emulator.cells)


def visible(cells: dict[tuple[int, int], Shown]) -> dict[tuple[int, int], Shown]:
    """Blanks of another colour look the same."""

    def look(cell: Shown) -> Shown:
        text, style, link = cell
        return (
            (text, style, link) if text.strip() else (text, style - {one for one in style if one[0] == "color"}, link)
        )

    return {place: look(cell) for place, cell in cells.items()}
