"""Apps without a terminal draw when they have settled, and what is wrong with their drawing still fails a test."""

import pytest
from textual.app import App, ComposeResult, RenderResult
from textual.widget import Widget

from tests.support import frames, idle


class Counter(Widget):
    number = 0
    drawn = 0

    def render(self) -> RenderResult:
        self.drawn += 1
        if self.number < 0:
            raise ValueError("a negative number")
        return str(self.number)


class Counting(App[None]):
    def compose(self) -> ComposeResult:
        yield Counter()

    @property
    def counter(self) -> Counter:
        return self.query_one(Counter)

    @property
    def text(self) -> str:
        return self.screen._compositor.render_strips()[0].text.strip()


async def test_a_settled_app_has_been_drawn() -> None:
    app = Counting()
    async with app.run_test():
        await idle.settle(app)
        drawn = app.counter.drawn
        app.counter.number = 5
        app.counter.refresh()
        await idle.settle(app)
        assert app.counter.drawn == drawn + 1
        assert app.text == "5"


async def test_a_change_without_a_repaint_is_not_shown() -> None:
    app = Counting()
    async with app.run_test() as pilot:
        await idle.settle(app)
        app.counter.number = 5
        await pilot.press("a")
        await idle.settle(app)
        assert app.text == "0"


async def test_frames_are_held_while_more_follows() -> None:
    app = Counting()
    async with app.run_test() as pilot:
        await idle.settle(app)
        drawn = app.counter.drawn
        with frames.held():
            for app.counter.number in range(1, 4):
                app.counter.refresh()
                await pilot.pause()
        assert app.counter.drawn == drawn
        await idle.settle(app)
        assert app.counter.drawn == drawn + 1
        assert app.text == "3"


async def draw_a_negative_number() -> None:
    app = Counting()
    async with app.run_test():
        app.counter.number = -1
        app.counter.refresh()
        await idle.settle(app)


async def test_an_error_of_drawing_fails_the_test() -> None:
    with pytest.raises(ValueError, match="a negative number"):
        await draw_a_negative_number()
