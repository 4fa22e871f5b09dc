"""The view of a log: what was found is in sight, however long its line is, and what is kept of it is little."""

import re
import tracemalloc
from dataclasses import replace

import pytest
from textual.app import ComposeResult

from store.logs.log import Page
from store.logs.runlog import Level
from tui.logs.line_store import LineStore
from tui.logs.lines import LONGEST
from tui.logs.row_index import AllLines
from tui.widgets.compact_output import CompactApp
from tui.widgets.log_view import LogView

WIDTH, HEIGHT = 40, 10
LONG = b"".join(b"%08d" % n for n in range(3000)) + b"needle" + b"-" * 1000 + b"\nend\n"


class ViewApp(CompactApp[None]):
    """A view of a log, and nothing else."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.blocks = LineStore()
        self.blocks.append(Page(data))
        self.blocks.finish(tail=True)
        self.view = LogView()

    def compose(self) -> ComposeResult:
        yield self.view

    def on_mount(self) -> None:
        self.view.show(self.blocks, AllLines(self.blocks), 0)

    @property
    def lines(self) -> list[str]:
        return [strip.text for strip in self.screen._compositor.render_strips()]


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize(("data", "number"), [(LONG, 0), (b"x" * LONGEST + LONG, 1)], ids=["a line", "a piece"])
async def test_the_match_is_in_sight(wrap: bool, data: bytes, number: int) -> None:
    app = ViewApp(data)
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.view.restyle(replace(app.view.look, wrap=wrap, pattern=re.compile("needle")))
        app.view.go_to(number, cursor=True)
        await pilot.pause()
        hits = [
            segment.text
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            if segment.style and segment.style.reverse
        ]
        assert "".join(hits) == "needle"


async def test_a_hit_over_two_pieces_is_marked_in_both() -> None:
    app = ViewApp(b"x" * (LONGEST - 3) + b"needle" + b"y" * 100 + b"\n")
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.view.restyle(replace(app.view.look, pattern=re.compile("needle"), left=LONGEST - 10))
        await pilot.pause()
        (strip,) = [strip for strip in app.screen._compositor.render_strips() if "nee" in strip.text]
        assert [segment.text for segment in strip if segment.style and segment.style.reverse] == ["nee"]
        app.view.restyle(replace(app.view.look, left=0))
        await pilot.pause()
        (strip,) = [strip for strip in app.screen._compositor.render_strips() if "dle" in strip.text]
        assert [segment.text for segment in strip if segment.style and segment.style.reverse] == ["dle"]


async def test_a_continuation_line_is_redrawn_when_its_level_is_known() -> None:
    app = ViewApp(b"")
    app.blocks = LineStore()
    app.blocks.prepend(Page(b"ror] it failed\n\tfor this reason\n"))
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.view.leveled = True
        app.view.show(app.blocks, AllLines(app.blocks), app.blocks.first)
        await pilot.pause()
        assert app.view._levels.level(-1) is None
        plain = app.view.render_line(0)
        app.blocks.prepend(Page(b"2026/11/01 12:00:00 [er"))
        app.blocks.finish(head=True)
        app.view.update()
        await pilot.pause()
        assert app.view._levels.level(-1) is Level.ERROR
        red = next(app.view.render_line(y) for y in range(HEIGHT) if "reason" in app.view.render_line(y).text)
        assert [segment.style for segment in red] != [segment.style for segment in plain]


async def test_the_cache_of_wrapped_lines_is_bounded() -> None:
    app = ViewApp((b"x" * 100_000 + b"\n") * 12)
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        app.view.restyle(replace(app.view.look, wrap=True))
        for number in range(app.blocks.end):
            app.view.go_to(number)
            await pilot.pause()
        assert app.view._strips < 8_000


def test_a_page_of_nothing_but_ends_of_lines() -> None:
    blocks = LineStore()
    tracemalloc.start()
    try:
        blocks.append(Page(b"\n" * 50_000))
        blocks.prepend(Page(b"\n" * 50_000))
        blocks.finish(head=True)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert blocks.end - blocks.first == 100_000
    assert max(len(blocks.span(number)) for number in (-50_000, -1, 0, 49_999)) <= 4096
    assert peak < 2 * 1024 * 1024
    blocks.close()


async def test_the_text_at_the_top_stays_when_lines_are_wrapped_anew() -> None:
    app = ViewApp(LONG + b"last\n" * 50)
    view = app.view
    async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
        view.restyle(replace(view.look, wrap=True))
        view.action_move(500)
        await pilot.pause()
        top = app.lines[0]
        assert "00002250" in top
        view.restyle(replace(view.look, wrap=False))
        await pilot.pause()
        assert "00000000" in app.lines[0]
        view.restyle(replace(view.look, wrap=True))
        await pilot.pause()
        assert app.lines[0] == top
        for width in (200, 83, WIDTH):
            await pilot.resize_terminal(width, HEIGHT)
            await pilot.pause()
            assert "00002250" in app.lines[0], width
        assert app.lines[0] == top
