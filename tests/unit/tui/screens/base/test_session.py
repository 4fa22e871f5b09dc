"""The state that all screens share."""

from tests.support.rows import make_task, run_id
from tui.screens.base.routes import FindingsRoute, RunRoute, RunsRoute, TaskRoute
from tui.screens.base.session import Views


def test_the_state_of_a_list_is_kept() -> None:
    views = Views()
    views[RunRoute(run_id(1))].selected = "a row"
    assert views[RunRoute(run_id(1))].selected == "a row"
    assert views[RunRoute(run_id(2))].selected is None
    views.clear()
    assert views[RunRoute(run_id(1))].selected is None


def test_only_recent_views_and_that_of_the_home_screen_are_kept() -> None:
    views = Views()
    views[RunsRoute()].selected = "home"
    views[FindingsRoute()].selected = "open"
    for number in range(3_000):
        views[TaskRoute.for_task(make_task(number, 1))].selected = number
        assert views[FindingsRoute()].selected == "open"
    assert len(views) == 200
    assert views[RunsRoute()].selected == "home"
    assert views[TaskRoute.for_task(make_task(2_999, 1))].selected == 2_999
    assert views[TaskRoute.for_task(make_task(0, 1))].selected is None
