"""The table: what it draws, what it does not draw again, and how one moves in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from rich.cells import cell_len
from rich.style import Style
from textual import on
from textual.app import App, ComposeResult
from textual.content import Content
from textual.events import MouseScrollDown
from textual.pilot import Pilot
from textual.screen import Screen
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


# What is drawn again


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


# How it looks


async def test_hostile_cells_are_shown_harmless() -> None:
    hostile = "\x1b]52;c;eA==\x07[/x][@click=app.quit]\u202e\x9b"
    app = Screenful(
        [Row(1, hostile), Row(2, "\U0001f469\u200d\U0001f467\U0001f3fd" + "界" * 99), Row(3, "a\nb" + "\u0336" * 99)]
    )
    async with run(app) as pilot:
        await settle(pilot)
        shown = app.on_screen()
        assert "␛]52;c;eA==␇[/x][@click=app.quit]��" in shown[1]
        assert "\U0001f469�\U0001f467" in shown[2]
        assert "a␊b\u0336\u0336\u0336\u0336…" in shown[3]
        assert all(line.isprintable() for line in shown)
        assert {cell_len(line) for line in shown[1:4]} == {76}
        assert not any(segment.style.meta for y in range(4) for segment in app.table.render_line(y) if segment.style)


async def test_rows_may_come_before_the_screen() -> None:
    app = Screenful(rows(100))
    app.table.set_rows(app.rows)
    app.table.move_to(40)
    async with run(app) as pilot:
        await settle(pilot)
        assert app.on_screen()[10].startswith("▸ 00000040")


async def test_an_empty_table_says_so() -> None:
    app = Screenful()
    async with run(app) as pilot:
        await settle(pilot)
        assert app.on_screen()[1:3] == ["  no runs", ""]
        app.table.empty = Content("failed:\nnetwork")
        await settle(pilot)
        assert app.on_screen()[1:3] == ["  failed:", "  network"]
        app.table.set_rows(rows(1))
        await settle(pilot)
        assert app.on_screen()[1].startswith("▸ 00000000")
        assert app.on_screen()[2] == ""
        app.table.set_rows([])
        await settle(pilot)
        assert app.on_screen()[1:3] == ["  failed:", "  network"]
        assert app.cursor is None


async def test_stale_rows_are_dimmed() -> None:
    app = Screenful([Row(1, "merge", style="critical")])
    async with run(app) as pilot:
        await settle(pilot)
        fresh = app.style_of("0m")
        app.table.stale = True
        await settle(pilot)
        assert app.table.has_class("-stale")
        assert app.style_of("0m") != fresh
        app.table.stale = False
        await settle(pilot)
        assert app.style_of("0m") == fresh


async def test_a_cell_has_its_colour_but_under_the_cursor() -> None:
    app = Screenful([Row(1, "merge"), Row(2, "align", style="critical")])
    async with run(app) as pilot:
        await settle(pilot)
        assert app.style_of("0m").color != app.style_of("align").color
        await pilot.press("j")
        await settle(pilot)
        assert app.style_of("align") == app.style_of("▸")


async def test_a_theme_changes_the_table() -> None:
    app = Screenful(rows(2))
    async with run(app) as pilot:
        await settle(pilot)
        before = app.style_of("▸"), app.style_of("00000001")
        app.theme = "textual-light"
        await settle(pilot)
        after = app.style_of("▸"), app.style_of("00000001")
        assert before[0] != after[0]
        assert before[1] != after[1]


async def test_the_cursor_is_seen_without_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Screenful(rows(2))
    async with run(app) as pilot:
        await settle(pilot)
        assert app.style_of("▸").reverse
        assert not app.style_of("00000001").reverse


async def test_the_scrollbar_shows_the_position() -> None:
    app = Screenful(rows(100))
    async with run(app) as pilot:

        def thumb() -> list[int]:
            return [y for y, line in enumerate(app.on_screen()) if line.endswith("▐")]

        await settle(pilot)
        assert thumb() == [1]
        await pilot.press("end")
        await settle(pilot)
        assert thumb() == [10]
        app.table.set_rows(rows(20))
        await settle(pilot)
        assert thumb() == [6, 7, 8, 9, 10]
        app.table.set_rows(rows(10))
        await settle(pilot)
        assert thumb() == []
