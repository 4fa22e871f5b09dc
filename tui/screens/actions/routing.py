"""Opening the screen of a route, or going back to it."""

from textual.app import App
from textual.screen import Screen

from store import Task
from tui.screens.actions.best_log import best_log, newest
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.routes import FindingsRoute, PoolsRoute, Route, TimelineRoute


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
    first = open_screens[0] if open_screens else None
    if first is not None and isinstance(first.route, FindingsRoute):
        go(screen, first.route)  # its cursor points at a finding, which opens no run
    else:
        go(screen, FindingsRoute(None if first is None else first.subject().run_id))


def go_to_pools(screen: BaseScreen) -> None:
    """Show the pools of the subject, or all of them with the cursor on the pool of the subject."""
    session, subject = screen.session, screen.subject()
    pool = session.cluster.pool(subject.pool_id)
    route = PoolsRoute(subject.pool_ids)
    if pool is not None and pool.end is not None and session.past is None and not session.show_ended:
        route = PoolsRoute((pool.id,))  # it is not among the active ones
    if pool is not None:
        session.views[route].selected = pool.id
    go(screen, route)


def go_to_timeline(screen: BaseScreen) -> None:
    """Show the timeline of the run of the subject, with the cursor on its task."""
    subject = screen.subject()
    task = subject.row if isinstance(subject.row, Task) else newest(subject.tasks())
    run_id = subject.run_id or (None if task is None else task.run_id)
    if run_id is None:
        screen.show_error("no run is selected")
        return
    route = TimelineRoute(run_id)
    if task is not None and task.run_id == run_id:
        screen.session.views[route].selected = task.flow_id or task.id
    go(screen, route)


def go_to_log(screen: BaseScreen) -> None:
    """Show the most useful log of the subject."""
    route = best_log(screen.session.cluster, screen.subject())
    if route is None:
        screen.show_error("no run or task is selected")
    else:
        go(screen, route)
