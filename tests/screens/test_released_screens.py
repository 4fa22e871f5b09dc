"""A screen that was closed is released: nothing that outlives it refers to it."""

import gc
import weakref
from collections.abc import AsyncIterator

import pytest

from tests.support.dashboard import Dashboard
from tests.support.tour import STEPS, TourDB, tour
from tui.screens.actions import routing
from tui.screens.base.routes import RunRoute

_TRIES = 5


@pytest.fixture
async def dashboard() -> AsyncIterator[Dashboard]:
    async with Dashboard(TourDB()).shown() as dashboard:
        yield dashboard


async def released(dashboard: Dashboard, left: dict[str, weakref.ref[object]]) -> None:
    while len(dashboard.app.screen_stack) > 1:
        dashboard.app.pop_screen()
    await dashboard.settle()
    for _ in range(_TRIES):
        await dashboard.press("down", "up")  # Textual keeps the last widget under the mouse, the last message and so on
        gc.collect()
        if not (kept := [name for name, ref in left.items() if ref() is not None]):
            return
    pytest.fail(f"these are still referred to: {kept}")


async def test_no_screen_of_a_tour_is_kept_after_it(dashboard: Dashboard) -> None:
    left: dict[str, weakref.ref[object]] = {}
    seen = 0
    async for name in tour(dashboard):
        seen += 1
        for screen in dashboard.app.screen_stack[1:]:
            left.setdefault(f"{name}: {type(screen).__name__} {id(screen)}", weakref.ref(screen))
            del screen
    assert seen >= len(STEPS)
    dashboard.app.clear_notifications()
    await released(dashboard, left)


async def test_grouping_the_tasks_of_a_run_many_times_keeps_one_view(dashboard: Dashboard) -> None:
    left: dict[str, weakref.ref[object]] = {}
    run = next(iter(dashboard.app.session.cluster.runs))
    for number in range(5):
        routing.go(dashboard.app.screen, RunRoute(run.id))  # type: ignore[arg-type]
        await dashboard.settle()
        await dashboard.press("b")
        for screen in dashboard.app.screen_stack[1:]:
            left[f"{number} {type(screen).__name__}"] = weakref.ref(screen)
            del screen
        routing.show_top_screen(dashboard.app)
        await dashboard.settle()
    assert len(dashboard.app.session.views) <= 4
    await released(dashboard, left)
