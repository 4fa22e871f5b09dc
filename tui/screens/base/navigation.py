"""The screen of each route. Only this module knows all screens; it imports each one when it is first opened."""

from typing import TYPE_CHECKING

from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.routes import (
    FindingRoute,
    FindingsRoute,
    HostRoute,
    IdentsRoute,
    LogsRoute,
    PoolsRoute,
    Route,
    RunRoute,
    RunsRoute,
    TaskRoute,
    TimelineRoute,
)
from tui.screens.base.session import Session

if TYPE_CHECKING:
    from tui.screens.tasks import TaskSource


def new_screen(route: Route, session: Session) -> BaseScreen:
    """Return a new screen that shows `route`."""
    match route:
        case RunsRoute():
            from tui.screens.runs import RunsScreen

            return RunsScreen(session, route)
        case RunRoute() | FindingRoute() | HostRoute():
            from tui.screens.tasks import TasksScreen

            return TasksScreen(session, new_task_source(route, session))
        case TimelineRoute():
            from tui.screens.timeline import TimelineScreen

            return TimelineScreen(session, route)
        case TaskRoute():
            from tui.screens.task import TaskScreen

            return TaskScreen(session, route)
        case FindingsRoute():
            from tui.screens.findings import FindingsScreen

            return FindingsScreen(session, route)
        case PoolsRoute():
            from tui.screens.pools import PoolsScreen

            return PoolsScreen(session, route)
        case IdentsRoute():
            from tui.screens.idents import IdentsScreen

            return IdentsScreen(session, route, new_task_source(route.parent, session))
        case LogsRoute():
            from tui.screens.log.log_screen import new_log_screen

            return new_log_screen(session, route)


def new_task_source(route: RunRoute | HostRoute | FindingRoute, session: Session) -> "TaskSource":
    """Return the tasks of a route."""
    match route:
        case RunRoute():
            from tui.screens.run import RunTasks

            return RunTasks(session, route)
        case FindingRoute():
            from tui.screens.findings import FindingTasks

            return FindingTasks(session, route)
        case HostRoute():
            from tui.screens.pools import HostTasks

            return HostTasks(session, route)
