"""The table with any text at any size, resized and changed while it is shown: drawn to the last byte."""

import asyncio
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console, RenderableType
from textual.app import ComposeResult
from textual.screen import Screen

from tests.support import frames, idle
from tui.lists.columns import Cell, Column
from tui.widgets.compact_output import CompactApp, CompactUpdate
from tui.widgets.table import Table

CHARS = "abc 界世e\u0301👩🇺🇸한\u1160ﾊ½…█▌\x1b\u202e\ufe0f\u200d"
KEYS = ("j", "k", "g", "G", "pagedown", "pageup", "ctrl+d")
ROWS = 40


class Tables(CompactApp[None]):
    """A table of made-up texts. What would be written to a terminal is made, and dropped."""

    def __init__(self, chance: Random) -> None:
        super().__init__()
        self.chance = chance
        self.texts = {row: self._texts() for row in range(ROWS)}
        self.drawn = 0
        self._to = Console(color_system="truecolor", force_terminal=True, _environ={})

    def compose(self) -> ComposeResult:
        columns = [
            Column[int]("a", "A", 8, lambda row: Cell(self.texts[row][0], "critical"), lambda row: self.texts[row][0]),
            Column[int]("b", "界b", 5, lambda row: Cell(self.texts[row][1]), flex=True, priority=1),
            Column[int]("c", "C", 6, lambda row: Cell(self.texts[row][2]), align="right", priority=2),
        ]
        yield Table(columns, lambda row: row)

    def change(self) -> None:
        """Other texts in some rows, and any of the rows in any order."""
        for row in self.chance.sample(range(ROWS), 8):
            self.texts[row] = self._texts()
        self.query_one(Table).set_rows(self.chance.sample(range(ROWS), self.chance.randint(0, ROWS)))

    def _texts(self) -> tuple[str, ...]:
        return tuple("".join(self.chance.choices(CHARS, k=self.chance.randint(0, longest))) for longest in (12, 20, 9))

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        if renderable is not None:
            CompactUpdate(renderable).render_segments(self._to)  # type: ignore[arg-type]
            self.drawn += 1


@settings(max_examples=15)
@given(
    chance=st.integers(0, 2**32).map(Random), steps=st.lists(st.sampled_from(["change", "size", "key"]), max_size=25)
)
def test_any_text_at_any_size_is_drawn(chance: Random, steps: list[str]) -> None:
    async def play() -> None:
        app = Tables(chance)
        async with app.run_test(size=(40, 20)) as pilot:
            for step in steps:
                match step:
                    case "change":
                        app.change()
                    case "size":
                        await pilot.resize_terminal(chance.randint(1, 60), chance.randint(1, 30))
                    case "key":
                        await pilot.press(chance.choice(KEYS))
                await idle.settle(app)
        assert app.drawn

    with frames.at_once():
        asyncio.run(play())
