"""The look of a table: hostile cells, colours, empty texts and the scrollbar."""

import pytest
from rich.cells import cell_len
from textual.content import Content

from tests.support.counted_table import Row, Screenful, rows, run, settle


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
