"""The table: its columns, how one moves in it, and its order."""

import pytest
from textual.events import MouseScrollDown

from tests.support.counted_table import Row, Screenful, rows, run, settle


@pytest.mark.parametrize(
    ("width", "titles"),
    [
        (20, "RUN"),
        (40, "RUN NAME AGE"),
        (80, "RUN NAME AGE TYPE"),
        (120, "RUN NAME AGE HOST TYPE"),
        (200, "RUN NAME AGE HOST TYPE"),
    ],
)
async def test_columns_come_with_the_width(width: int, titles: str) -> None:
    app = Screenful(rows(3))
    async with run(app, width) as pilot:
        await settle(pilot)
        assert app.on_screen()[0].split() == titles.split()
        assert all(len(line) <= width for line in app.on_screen())


async def test_gaps_never_grow() -> None:
    app = Screenful(rows(2))
    async with run(app, 200) as pilot:
        await settle(pilot)
        assert app.on_screen()[:3] == [
            f"  RUN       {'NAME':60}     AGE  {'HOST':40}  TYPE",
            f"▸ 00000000  {'align':60}      0m  {'ip-10-0-0-1':40}  r5.2xlarge",
            f"  00000001  {'align':60}      0m  {'ip-10-0-0-1':40}  r5.2xlarge",
        ]


async def test_resizing_brings_other_columns_and_keeps_the_cursor_in_sight() -> None:
    app = Screenful(rows(30))
    async with run(app, 120, 21) as pilot:
        await pilot.press("end", *["up"] * 3)
        await pilot.resize_terminal(50, 6)
        await settle(pilot)
        assert any(line.startswith("▸ 00000026") for line in app.on_screen())
        assert "HOST" not in app.on_screen()[0]


@pytest.mark.parametrize(
    ("keys", "cursor", "top"),
    [
        ("down", 1, 0),
        ("j j j k", 2, 0),
        ("up", 0, 0),
        ("pagedown", 10, 10),
        ("ctrl+f ctrl+f ctrl+b", 10, 10),
        ("j pagedown pagedown pageup", 11, 10),
        ("ctrl+d ctrl+d ctrl+d ctrl+u", 10, 10),
        ("end", 99, 90),
        ("G k", 98, 90),
        ("G g", 0, 0),
        ("end down home", 0, 0),
        ("down " * 10, 10, 1),
        ("end " + "up " * 10, 89, 89),
        ("G pagedown", 99, 90),
        ("j pageup", 0, 0),
    ],
)
async def test_keys(keys: str, cursor: int, top: int) -> None:
    app = Screenful(rows(100))
    async with run(app) as pilot:
        await pilot.press(*keys.split())
        await settle(pilot)
        assert app.cursor == cursor
        assert app.on_screen()[1][2:10] == f"{top:08}"
        assert [line[2:10] for line in app.on_screen() if line.startswith("▸")] == [f"{cursor:08}"]
        assert app.highlighted[-1] == cursor


async def test_enter_opens() -> None:
    app = Screenful(rows(5))
    async with run(app) as pilot:
        await pilot.press("j", "enter")
        assert app.opened == [1]
        app.table.set_rows([])
        await pilot.press("enter", "down", "up", "end", "pagedown", "home")
        assert app.opened == [1]


async def test_messages_tell_which_row_has_the_cursor() -> None:
    app = Screenful(rows(3))
    async with run(app) as pilot:
        await settle(pilot)
        await pilot.press("j", "j", "j")
        app.table.set_rows(list(reversed(rows(3))))
        await settle(pilot)
        app.table.set_rows(rows(2))
        await settle(pilot)
        app.table.set_rows([])
        await settle(pilot)
    assert app.highlighted == [0, 1, 2, 0, None]


# What stays where it is


async def test_the_cursor_stays_with_its_row() -> None:
    app = Screenful(rows(50))
    async with run(app) as pilot:
        assert app.table.move_to(7)
        app.table.set_rows(list(reversed(rows(50))))
        await settle(pilot)
        assert app.cursor == 7
        assert any(line.startswith("▸ 00000007") for line in app.on_screen())
        app.table.sort("id")
        assert app.cursor == 7
        app.table.set_rows([row for row in rows(50) if row.id != 7])
        assert app.cursor == 8, "where the row was"
        app.table.set_rows(rows(3))
        assert app.cursor == 2, "the last one"
        assert not app.table.move_to(99)
        assert app.cursor == 2


async def test_the_row_under_the_cursor_stays_at_its_line() -> None:
    app = Screenful(rows(100))
    async with run(app) as pilot:
        await pilot.press("pagedown", "pagedown", "j", "j", "j")
        await settle(pilot)
        line = next(y for y, text in enumerate(app.on_screen()) if text.startswith("▸ 00000023"))
        app.table.set_rows([Row(1000), Row(1001), *rows(100)])
        await settle(pilot)
        assert app.on_screen()[line].startswith("▸ 00000023")


async def test_a_list_at_its_top_shows_new_rows() -> None:
    app = Screenful(rows(100))
    async with run(app) as pilot:
        await pilot.press("down", "up")
        app.table.set_rows([Row(1000), *rows(100)])
        await settle(pilot)
        assert [line[:10] for line in app.on_screen()[1:3]] == ["  00001000", "▸ 00000000"]


async def test_an_unmoved_cursor_stays_on_the_first_row() -> None:
    app = Screenful(rows(100))
    async with run(app) as pilot:
        app.table.set_rows([Row(1000), *rows(100)])
        await settle(pilot)
        assert [line[:10] for line in app.on_screen()[1:3]] == ["▸ 00001000", "  00000000"]


async def test_rows_scrolled_to_with_the_wheel_stay_too() -> None:
    app = Screenful(rows(1000))
    async with run(app) as pilot:
        await pilot.press("down", "up")
        app.table.scroll_to(y=500, animate=False)
        app.table.set_rows([Row(1000), *rows(1000)])
        await settle(pilot)
        assert app.on_screen()[1].startswith("  00000500")
        assert app.cursor == 0


async def test_fewer_rows_than_the_table_was_scrolled_to() -> None:
    app = Screenful(rows(1000))
    async with run(app) as pilot:
        await pilot.press("end")
        app.table.set_rows(rows(15))
        await settle(pilot)
        assert app.on_screen()[1].startswith("  00000005")
        assert app.on_screen()[10].startswith("▸ 00000014")


# Order


async def test_sort_is_stable_and_puts_rows_without_a_key_last() -> None:
    app = Screenful([Row(1, age=5), Row(2, age=None), Row(3, age=9), Row(4, age=5)])
    async with run(app) as pilot:

        def order() -> list[int]:
            return [row.id for row in app.table.rows_shown]

        app.table.sort("age")
        assert order() == [1, 4, 3, 2]
        app.table.sort("age", reverse=True)
        assert order() == [3, 1, 4, 2]
        assert app.table.sorted_by == ("age", True)
        await settle(pilot)
        assert "AGE↓" in app.on_screen()[0]
        app.table.set_rows([Row(8, age=1), Row(9, age=2)])
        assert order() == [9, 8], "it stays sorted"
        app.table.sort(None)
        assert order() == [8, 9]
        for column in ("host", "nonsense"):
            with pytest.raises(KeyError):
                app.table.sort(column)


async def test_a_click_on_a_title_sorts() -> None:
    app = Screenful([Row(1, age=5), Row(2, age=9)])
    async with run(app) as pilot:
        await settle(pilot)
        x = app.on_screen()[0].index("AGE")
        sorts = []
        for _ in range(4):
            await pilot.click("#runs", offset=(x, 0))
            sorts.append(app.table.sorted_by)
        assert sorts == [("age", True), ("age", False), None, ("age", True)]
        await pilot.click("#runs", offset=(0, 0))
        await pilot.click("#runs", offset=(app.on_screen()[0].index("TYPE"), 0))
        assert app.table.sorted_by == ("age", True)


async def test_a_letter_sorts_by_the_title_that_has_it_underlined() -> None:
    app = Screenful([Row(1, "b", age=5), Row(2, "a", age=9)])
    app.table.show_sort_letters({"N", "G"})
    async with run(app) as pilot:
        await settle(pilot)
        assert app.table.sort_letters == {"R": "id", "M": "name", "A": "age"}
        underlined = {s.text for s in app.table.render_line(0) if s.style is not None and s.style.underline}
        assert underlined == {"R", "M", "A"}
        sorts = []
        for key in ("M", "A", "A", "N", "T"):
            await pilot.press(key)
            sorts.append(app.table.sorted_by)
        assert sorts == [("name", False), ("age", True), *[("age", False)] * 3]


# Mouse


async def test_the_first_click_selects_and_the_second_opens() -> None:
    app = Screenful(rows(5))
    async with run(app) as pilot:
        await pilot.click("#runs", offset=(5, 3))
        assert (app.cursor, app.opened) == (2, [])
        await pilot.click("#runs", offset=(5, 3))
        assert (app.cursor, app.opened) == (2, [2])
        await pilot.click("#runs", offset=(5, 9))
        await pilot.click("#runs", offset=(5, 4), button=3)
        assert (app.cursor, app.opened) == (2, [2])
        await pilot.double_click("#runs", offset=(5, 5))
        assert (app.cursor, app.opened) == (4, [2, 4])


async def test_the_wheel_scrolls_and_leaves_the_cursor() -> None:
    app = Screenful(rows(100))
    async with run(app) as pilot:
        await settle(pilot)
        await pilot._post_mouse_events([MouseScrollDown], "#runs", offset=(5, 5))
        await settle(pilot)
        assert not any(line.startswith("▸") for line in app.on_screen())
        assert app.cursor == 0
        await pilot.press("down")
        await settle(pilot)
        assert app.on_screen()[1].startswith("▸ 00000001")
