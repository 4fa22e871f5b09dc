"""Which screen shows a place: the one module that knows all screens. Each is imported when it is first gone to."""

from tui.screens.base import routes as places
from tui.screens.base.routes import Place
from tui.screens.base.session import Session
from tui.screens.base.watching import WatchingScreen


def screen_of(place: Place, session: Session) -> WatchingScreen:
    """A new screen that shows `place`."""
    match place:
        case places.Runs():
            from tui.screens.runs import RunsScreen

            return RunsScreen(session)
        case places.OneRun():
            from tui.screens.run import RunScreen

            return RunScreen(session, place.run_id)
        case places.Timeline():
            from tui.screens.timeline import TimelineScreen

            return TimelineScreen(session, place.run_id)
        case places.OneTask():
            from tui.screens.task import TaskScreen

            return TaskScreen(session, place.task)
        case places.Failures():
            from tui.screens.findings import FailuresScreen

            return FailuresScreen(session, place.run_id)
        case places.Found():
            from tui.screens.findings import FoundScreen

            return FoundScreen(session, place.finding)
        case places.Pools():
            from tui.screens.pools import PoolsScreen

            return PoolsScreen(session)
        case places.OneHost():
            from tui.screens.pools import PlaceScreen

            return PlaceScreen(session, place.row)
        case places.Idents():
            from tui.screens.idents import IdentsScreen

            return IdentsScreen(session, place)
        case places.Logs():
            from tui.screens.log.log_screen import screen_of_logs

            return screen_of_logs(session, place.row)
