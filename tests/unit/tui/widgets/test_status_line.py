"""Status lines: which parts are shown, and what a click on one runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot

from tui.widgets.status_line import Part, StatusLine


class _Line(App[None]):
    """An app with one status line, which notes what its parts run."""

    def __init__(self) -> None:
        super().__init__()
        self.clicked: list[str] = []
        self.line = StatusLine()
        self.pilot: Pilot[None]

    @asynccontextmanager
    async def shown(self, width: int) -> AsyncIterator["_Line"]:
        async with self.run_test(size=(width, 2)) as self.pilot:
            yield self

    def compose(self) -> ComposeResult:
        yield self.line

    def action_note(self, name: str) -> None:
        self.clicked.append(name)

    async def click(self, x: int) -> None:
        """Click on a cell of the content, which begins after one cell of padding."""
        await self.pilot.click(StatusLine, offset=(x + 1, 0))


def _part(name: str, priority: int = 0) -> Part:
    return Part(Content(name), priority, f"app.note({name!r})")


async def test_click_runs_the_action_of_the_part_under_the_mouse() -> None:
    async with _Line().shown(width=42) as app:
        app.line.show([_part("alpha"), Part(Content("plain")), _part("beta")], [_part("right")])
        text = str(app.line.render())
        assert text == "alpha  plain  beta                 right"
        for x in (0, 4, text.index("beta"), text.index("right"), len(text) - 1):
            await app.click(x)
        assert app.clicked == ["alpha", "alpha", "beta", "right", "right"]


@pytest.mark.parametrize("x", [-1, 5, 6, 7, 30])
async def test_click_beside_the_parts_with_an_action_runs_nothing(x: int) -> None:
    async with _Line().shown(width=42) as app:
        app.line.show([_part("alpha"), Part(Content("plain")), _part("beta")], [_part("right")])
        await app.click(x)
        assert app.clicked == []


async def test_clicks_find_wide_characters_and_parts_that_moved_up() -> None:
    async with _Line().shown(width=16) as app:
        app.line.show([_part("宽字"), _part("dropped", 2), _part("beta", 1)])
        assert str(app.line.render()).rstrip() == "宽字  beta"
        await app.click(3)
        await app.click(6)
        assert app.clicked == ["宽字", "beta"]


async def test_the_last_part_is_cut_and_still_runs_its_action() -> None:
    async with _Line().shown(width=7) as app:
        app.line.show([_part("alphabet"), _part("beta", 1)])
        assert str(app.line.render()).rstrip() == "alph…"
        await app.click(4)
        assert app.clicked == ["alphabet"]
