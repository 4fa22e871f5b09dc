"""Which screen shows a place: the one module that knows all screens. Each is imported when it is first gone to."""

from tui.screens.base import routes as places
from tui.screens.base.routes import Route
from tui.screens.base.session import Session
from tui.screens.base.watching import WatchingScreen


def screen_of(place: Route, session: Session) -> WatchingScreen:
    """A new screen that shows `place`."""
    match place:
        case places.RunsRoute():
            from tui.screens.runs import RunsScreen

            return RunsScreen(session)
        case places.RunRoute():
            from tui.screens.run import RunScreen

            return RunScreen(session, place.run_id)
        case places.TimelineRoute():
            from tui.screens.timeline import TimelineScreen

            return TimelineScreen(session, place.run_id)
        case places.TaskRoute():
            from tui.screens.task import TaskScreen

            return TaskScreen(session, place.task)
        case places.FindingsRoute():
            from tui.screens.findings import FindingsScreen

            return FindingsScreen(session, place.run_id)
        case places.FindingRoute():
            from tui.screens.findings import FindingScreen

            return FindingScreen(session, place.finding)
        case places.PoolsRoute():
            from tui.screens.pools import PoolsScreen

            return PoolsScreen(session)
        case places.HostRoute():
            from tui.screens.pools import HostScreen

            return HostScreen(session, place.row)
        case places.IdentsRoute():
            from tui.screens.idents import IdentsScreen

            return IdentsScreen(session, place)
        case places.LogsRoute():
            from tui.screens.log.log_screen import screen_of_logs

            return screen_of_logs(session, place.row)
