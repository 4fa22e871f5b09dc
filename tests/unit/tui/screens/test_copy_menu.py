from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from tui.export.copy_items import CopyItem
from tui.screens.copy_menu import CopyMenu
from tui.widgets.compact_output import CompactApp

ITEMS = [CopyItem(f"name{n}", f"text {n}") for n in range(1, 13)]


class MenuApp(CompactApp[None]):
    """A menu, and what was chosen in it."""

    def __init__(self, items: list[CopyItem]) -> None:
        super().__init__()
        self.items = items
        self.chosen: list[CopyItem | None] = []

    def on_mount(self) -> None:
        self.push_screen(CopyMenu(self.items), self.chosen.append)

    @property
    def text(self) -> str:
        return "\n".join(strip.text.rstrip() for strip in self.screen._compositor.render_strips())


@asynccontextmanager
async def shown(items: list[CopyItem], width: int = 80, height: int = 30) -> AsyncIterator[tuple[MenuApp, Pilot[None]]]:
    app = MenuApp(items)
    async with app.run_test(size=(width, height)) as pilot:
        await pilot.pause()
        yield app, pilot


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [
        (["1"], ITEMS[0]),
        (["9"], ITEMS[8]),
        (["enter"], ITEMS[0]),
        (["j", "j", "enter"], ITEMS[2]),
        (["G", "enter"], ITEMS[11]),
        (["escape"], None),
        (["q"], None),
        (["Y"], None),
    ],
)
async def test_an_item_is_chosen_by_digit_or_cursor(keys: list[str], chosen: CopyItem | None) -> None:
    async with shown(ITEMS) as (app, pilot):
        await pilot.press(*keys)
        await pilot.pause()
        assert app.chosen == [chosen]


async def test_a_digit_beyond_the_items_does_nothing() -> None:
    async with shown(ITEMS[:2]) as (app, pilot):
        await pilot.press("3")
        await pilot.pause()
        assert app.chosen == []
        await pilot.press("2")
        await pilot.pause()
        assert app.chosen == [ITEMS[1]]


async def test_the_first_nine_items_show_their_digits() -> None:
    async with shown(ITEMS) as (app, _):
        rows = [line.replace("▸", " ").split() for line in app.text.splitlines() if "name" in line]
        assert [row[0] for row in rows] == [*"123456789", "name10", "name11", "name12"]


async def test_a_click_selects_and_a_click_on_the_selected_row_chooses() -> None:
    async with shown(ITEMS) as (app, pilot):
        lines = app.text.splitlines()
        y = next(y for y, line in enumerate(lines) if "name3 " in line)
        for chosen in ([], [ITEMS[2]]):
            await pilot.click(offset=(lines[y].index("name3"), y))
            await pilot.pause()
            assert app.chosen == chosen


async def test_hostile_and_long_texts_are_shown_harmlessly_and_chosen_whole() -> None:
    item = CopyItem("uri", "[@click=app.quit]x[/] \x1b[31m" + "y" * 10_000)
    async with shown([item], width=60) as (app, pilot):
        assert "[@click=app.quit]x[/] ␛[31m" in app.text
        await pilot.press("1")
        await pilot.pause()
        assert app.chosen == [item]
