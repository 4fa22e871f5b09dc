"""The lines of a table that are drawn again after a change."""

from textual.screen import Screen

from tests.support.counted_table import Row, Screenful, rows, run, settle
from tui.widgets.table_line import THUMB, thumb


async def test_only_rows_on_screen_are_rendered() -> None:
    app = Screenful(rows(100_000))
    async with run(app) as pilot:
        await settle(pilot)
        on_screen = 10 * 4
        assert app.cells.asked <= 2 * on_screen
        app.cells.asked = 0
        app.table.tick()
        assert app.cells.asked == on_screen
        app.table.sort("name", reverse=True)
        app.table.set_rows(rows(100_000))
        await settle(pilot)
        assert app.cells.asked <= 6 * on_screen


async def test_a_page_down_asks_for_each_cell_once() -> None:
    app = Screenful(rows(1_000))
    async with run(app) as pilot:
        await settle(pilot)
        app.cells.asked = 0
        await pilot.press("pagedown")
        await settle(pilot)
        assert app.cursor == 10
        assert app.cells.asked <= (10 + 1) * 4  # the line of the cursor twice


async def test_nothing_is_drawn_when_nothing_visible_changed() -> None:
    app = Screenful(rows(1000))
    async with run(app) as pilot:
        await settle(pilot)
        app.table.lines.clear()
        app.table.set_rows([Row(row.id, age=row.age if row.id < 10 else 99) for row in rows(1000)])
        app.table.tick()
        app.table.sort(None)
        app.table.move_to(0)
        await settle(pilot)
        assert app.table.lines == []


async def test_only_changed_lines_are_drawn() -> None:
    app = Screenful(rows(1000))
    async with run(app) as pilot:
        await settle(pilot)
        app.table.lines.clear()
        app.table.set_rows([Row(row.id, age=int(row.id == 3)) for row in rows(1000)])
        await settle(pilot)
        assert app.table.lines == [4]
        assert app.on_screen()[4].split()[2] == "1m"


async def test_tick_draws_rows_changed_in_place() -> None:
    app = Screenful(rows(1000))
    async with run(app) as pilot:
        await settle(pilot)
        app.table.lines.clear()
        app.table.rows_shown[5].age = 41
        app.table.rows_shown[6].style = "critical"
        app.table.rows_shown[500].age = 41
        app.table.tick()
        await settle(pilot)
        assert app.table.lines == [6, 7]
        assert app.on_screen()[6].split()[2] == "41m"


async def test_moving_the_cursor_draws_two_lines() -> None:
    app = Screenful(rows(1000))
    async with run(app) as pilot:
        await settle(pilot)
        app.table.lines.clear()
        await pilot.press("j")
        await settle(pilot)
        assert app.table.lines == [1, 2]


async def test_a_covered_table_updates_when_it_is_resumed() -> None:
    app = Screenful(rows(3))
    async with run(app) as pilot:
        await settle(pilot)
        await app.push_screen(Screen())
        app.table.set_rows([Row(1, "merge"), Row(2)])
        await settle(pilot)
        app.pop_screen()
        await settle(pilot)
        assert [line[:17] for line in app.on_screen()[1:4]] == ["▸ 00000001  merge", "  00000002  align", ""]


async def test_the_thumb_fits_a_height_that_changed_before_lines_were_drawn() -> None:
    app = Screenful(rows(40))
    async with run(app, height=21) as pilot:
        await settle(pilot)
        for row in app.rows:
            row.age = 1
        app.table.tick()  # its lines are drawn after the table has its new height
        app.table.styles.height = 11
        await settle(pilot)
        assert sum(THUMB in line for line in app.on_screen()) == len(thumb(10, 40, 0))
