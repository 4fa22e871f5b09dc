"""Opening the screen of a route, or going back to it."""

from textual.app import App
from textual.screen import Screen

from store import Digest
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.routes import FindingsRoute, LogsRoute, PoolsRoute, Route, TimelineRoute


def route_of(screen: Screen[object]) -> Route | None:
    """Return the route that a screen shows; None for a menu or the help."""
    return screen.route if isinstance(screen, BaseScreen) else None


def go(screen: BaseScreen, route: Route) -> None:
    """Open the screen of a route, or go back to it if it is open.

    This happens at once, not through a message: keys typed ahead are for the screen that is opened.
    """
    routes = [route_of(each) for each in screen.app.screen_stack]
    if route in routes:
        _close_above(screen.app, routes.index(route))
    else:
        screen.app.push_screen(screen.session.new_screen(route))


def go_to_runs(screen: BaseScreen) -> None:
    """Go back to the list of runs, the first screen."""
    _close_above(screen.app, 0)


def _close_above(app: App[object], index: int) -> None:
    for _ in app.screen_stack[index + 1 :]:
        app.pop_screen()


def show_runs(screen: BaseScreen) -> None:
    """Go to the list of runs and show its new data: the other screens show rows of the data before."""
    go_to_runs(screen)
    screen.app.call_later(show_top_screen, screen.app)


def show_top_screen(app: App[object]) -> None:
    """Show the current data on the top screen."""
    if isinstance(app.screen, BaseScreen) and app.screen.is_ready:
        app.screen.show()


def go_to_failures(screen: BaseScreen) -> None:
    """Show the findings about the run that is open, else about all runs."""
    open_screens = [each for each in screen.app.screen_stack[1:] if isinstance(each, BaseScreen)]
    go(screen, FindingsRoute(open_screens[0].subject().run_id if open_screens else None))


def go_to_pools(screen: BaseScreen) -> None:
    """Show the pools, with the cursor on the pool of the subject."""
    pool_id = screen.subject().pool_id
    if pool_id != Digest.ZERO:
        screen.session.views[PoolsRoute()].selected = pool_id
    go(screen, PoolsRoute())


def go_to_timeline(screen: BaseScreen) -> None:
    """Show the timeline of the run of the subject."""
    run_id = screen.subject().run_id
    if run_id is None:
        screen.show_error("no run is selected")
    else:
        go(screen, TimelineRoute(run_id))


def go_to_log(screen: BaseScreen) -> None:
    """Show the logs of the task or run of the subject."""
    row = screen.subject().row
    if row is None:
        screen.show_error("no run or task is selected")
    else:
        go(screen, LogsRoute.for_row(row))
