from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.content import Content
from textual.geometry import Region, Size

from tui.widgets.status_line import Part, StatusLine


def part(text: str, priority: int = 0, action: str = "") -> Part:
    return Part(Content(text), priority, action)


class Line(StatusLine):
    """A status line of a given width, without an app; it records what it draws again."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width
        self.drawn: list[tuple[Region, ...]] = []

    @property
    def size(self) -> Size:
        return Size(self.width, 1)

    def refresh(self, *regions: Region, **options: Any) -> "Line":
        self.drawn.append(regions)
        return self


def text(width: int, left: list[Part], right: list[Part] | None = None) -> str:
    line = Line(width)
    line.show(left, right or [])
    return line.render().plain


def test_parts_are_two_cells_apart_on_either_side() -> None:
    assert text(20, [part("ab"), part("c")], [part("d"), part("ef")]) == f"ab  c{' ' * 10}d  ef"
    assert text(6, [part("ab")], [part("cd")]) == "ab  cd"
    assert text(5, [], [part("cd")]) == "   cd"


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (13, "a  bb  c  ddd"),
        (12, "a  c     ddd"),
        (9, "a  c  ddd"),
        (8, "a    ddd"),
        (6, "a  ddd"),
        (5, "a    "),
        (1, "a"),
    ],
)
def test_parts_of_the_highest_number_are_dropped_first(width: int, shown: str) -> None:
    assert text(width, [part("a", -1), part("bb", 3), part("c", 2)], [part("ddd", 1)]) == shown


def test_the_last_part_is_cut() -> None:
    assert text(4, [part("abcdef", -1), part("x", 1)]) == "abc…"


def test_a_line_without_parts_is_empty() -> None:
    assert text(10, []).strip() == ""


texts = st.text("ab界", min_size=1, max_size=8)
parts = st.lists(st.builds(part, texts, st.integers(0, 3)), max_size=5)


@given(st.integers(1, 40), parts, parts)
def test_any_parts_fit(width: int, left: list[Part], right: list[Part]) -> None:
    line = Line(width)
    line.show(left, right)
    assert line.render().cell_length <= width


@given(st.integers(1, 40), parts, parts)
def test_dropped_parts_matter_less_than_those_shown(width: int, left: list[Part], right: list[Part]) -> None:
    line = Line(width)
    line.show(left, right)
    kept, dropped = [each for _, each in line._placed()], [*left, *right]
    for each in kept[: len(dropped) if len(kept) > 1 else 0]:
        dropped.remove(each)
    if len(kept) > 1 and dropped:
        assert max(each.priority for each in kept) <= min(each.priority for each in dropped)


# Drawing.


def drawn_after(before: str, after: str) -> tuple[Region, ...] | None:
    line = Line(20)
    line.show([part(before)])
    line.render()
    line.drawn.clear()
    line.show([part(after)])
    return line.drawn[0] if line.drawn else None


def test_only_the_cells_that_change_are_drawn_again() -> None:
    assert drawn_after("data 1s old", "data 2s old") == (Region(5, 0, 1, 1),)
    assert drawn_after("12:03:41", "12:04:52") == (Region(4, 0, 4, 1),)
    assert drawn_after("same", "same") is None


def test_wide_characters_and_other_styles_are_drawn_as_a_whole() -> None:
    assert drawn_after("界a", "界b") == ()
    line = Line(20)
    line.show([part("a")])
    line.render()
    line.drawn.clear()
    line.show([Part(Content.styled("a", "bold"))])
    assert line.drawn == [()]


# Clicks.


class LineApp(App[None]):
    """A status line with two actions."""

    def __init__(self) -> None:
        super().__init__()
        self.ran: list[str] = []

    def compose(self) -> ComposeResult:
        yield StatusLine()

    def on_mount(self) -> None:
        left = [part("first", action="app.note('first')"), part("plain")]
        self.query_one(StatusLine).show(left, [part("last", action="app.note('last')")])

    def action_note(self, name: str) -> None:
        self.ran.append(name)


@pytest.mark.parametrize(
    ("x", "ran"), [(0, []), (1, ["first"]), (5, ["first"]), (6, []), (8, []), (34, []), (35, ["last"]), (38, ["last"])]
)
async def test_a_click_runs_the_action_of_the_part_below_it(x: int, ran: list[str]) -> None:
    app = LineApp()
    async with app.run_test(size=(40, 3)) as pilot:
        await pilot.click(offset=(x, 0))
        await pilot.pause()
        assert app.ran == ran
