"""Compact output leaves the same on the terminal as Textual's own."""

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widgets import Label

from tests.support.emulator import Cell, Emulator
from tui.widgets.compact_output import CompactApp, CompactUpdate

WIDTH, HEIGHT = 20, 4
SEQUENCES = re.compile(r"\x1b\[[0-9;]*[Hm]")
colors = st.sampled_from([None, *map(Color.parse, ["default", "red", "bright_blue", "#808080", "#102030"])])
styles = st.none() | st.builds(
    lambda color, background, bold, dim, reverse, link: Style(
        color=color, bgcolor=background, bold=bold, dim=dim, reverse=reverse, link=link
    ),
    colors, colors, st.none() | st.booleans(), st.booleans(), st.booleans(), st.sampled_from([None, None, "s3://x"]),
)  # fmt: skip


def written(text: str) -> dict[tuple[int, int], Cell]:
    emulator = Emulator()
    emulator.feed(text)
    return emulator.cells


@st.composite
def strips(draw: st.DrawFn, width: int) -> Strip:
    segments = []
    while width:
        length = draw(st.integers(1, width))
        text = draw(st.text("abc ", min_size=length, max_size=length))
        segments.append(Segment(text, draw(styles)))
        width -= length
    return Strip(segments)


@st.composite
def partial_updates(draw: st.DrawFn) -> ChopsUpdate:
    cuts = [0, *sorted(draw(st.sets(st.integers(1, WIDTH - 1), max_size=2))), WIDTH]
    chops = [{left: draw(strips(right - left)) for left, right in pairwise(cuts)} for _ in range(HEIGHT)]
    spans = []
    for y in sorted(draw(st.sets(st.integers(0, HEIGHT - 1), min_size=1))):
        start = draw(st.integers(0, WIDTH - 1))
        spans.append((y, start, draw(st.integers(start + 1, WIDTH))))
    return ChopsUpdate(chops, spans, [cuts[1:]] * HEIGHT)


@pytest.fixture(scope="module", params=["truecolor", "256", "standard"])
def console(request: pytest.FixtureRequest) -> Console:
    return Console(color_system=request.param, force_terminal=True, _environ={})


@given(update=partial_updates())
def test_a_partial_update_writes_the_spans_and_nothing_else(update: ChopsUpdate, console: Console) -> None:
    theirs = written(update.render_segments(console))
    ours = written(CompactUpdate(update).render_segments(console))
    spans = {(x, y) for y, start, end in update.spans for x in range(start, end)}
    assert ours == {cell: theirs[cell] for cell in spans}


@given(lines=st.lists(st.lists(strips(WIDTH // 2), min_size=2, max_size=2), min_size=HEIGHT, max_size=HEIGHT))
def test_a_full_update_leaves_the_same_screen(lines: list[list[Strip]], console: Console) -> None:
    update = LayoutUpdate([*lines], Region(0, 0, WIDTH, HEIGHT))
    assert written(CompactUpdate(update).render_segments(console)) == written(update.render_segments(console))


@pytest.mark.parametrize("char", ["\x1b", "\x07", "\x00", "\x7f", "\x9b", "\u202e", "\u200b", "\n", "\ud800"])
def test_a_text_that_was_drawn_without_the_door_still_holds_no_control(char: str, console: Console) -> None:
    line = Strip([Segment(f"a{char}[2J", Style.parse("red")), Segment("b")])
    output = CompactUpdate(LayoutUpdate([[line]], Region(0, 0, WIDTH, HEIGHT))).render_segments(console)
    assert char not in SEQUENCES.sub("", output)
    assert "a�[2J" in output


def test_only_style_differences_are_written(console: Console) -> None:
    grey, red = Style.parse("white on black"), Style.parse("red on black")
    line = Strip([Segment("a", grey), Segment("b", grey), Segment("c", red), Segment("d", red + Style(bold=True))])
    text = CompactUpdate(LayoutUpdate([[line]], Region(0, 0, 4, 1))).render_segments(console)
    if console.color_system == "standard":
        assert text == "\x1b[1;1H\x1b[37;40mab\x1b[31mc\x1b[0;1;31;40md\x1b[0m"


def test_text_after_ambiguous_width_keeps_its_place(console: Console) -> None:
    line = Strip([Segment("界", None), Segment("ab"), Segment("e\u0301"), Segment("cd")])
    text = CompactUpdate(LayoutUpdate([[line]], Region(3, 1, 7, 1))).render_segments(console)
    assert text == "\x1b[2;4H界\x1b[2;6Habe\u0301\x1b[2;9Hcd"


class Labels(App[None]):
    def compose(self) -> ComposeResult:
        yield Label("one")


class FrugalLabels(CompactApp[None], Labels):
    pass


async def test_an_app_writes_so(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[object] = []
    monkeypatch.setattr(App, "_display", lambda self, screen, renderable: shown.append(renderable))
    app = FrugalLabels()
    async with app.run_test() as pilot:
        app.query_one(Label).update("two")
        await pilot.pause()
        app.screen.refresh()
        await pilot.pause()
    assert shown
    assert all(isinstance(update, CompactUpdate) for update in shown if update is not None)
