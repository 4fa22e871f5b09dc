"""What the screens have in common: they show what is known of the cluster, and lead from place to place."""

from collections.abc import Sequence
from typing import ClassVar

from textual.screen import Screen

from tui.screens.actions.time_travel import ReplayingScreen
from tui.screens.base import routes as places
from tui.screens.base.command_registry import Command
from tui.screens.base.routes import Route

PLACES = (
    Command("runs", "1", "All runs"),
    Command("failures", "e,2", "What fails, is silent, slow or stranded, and why", "failures"),
    Command("pools", "p,3", "Hosts, and what runs on them", "pools"),
    Command("timeline", "t,4", "The tasks of the run over time", "timeline"),
    Command("log", "l", "What the task has written, or the engine of the run", "log"),
    Command("back", "escape", "Back to where you came from"),
)
READING = (
    Command("refresh", "r,f5", "Read now", action="app.refresh_now"),
    Command("pause", "space", "Stop reading, or go on", "pause", action="app.pause"),
)
TEAM = (
    Command("copy", "y", "Copy the id of what is pointed at"),
    Command("copy-menu", "Y", "Copy something else of it: uri, host, error, the command that shows it"),
    Command("share", "S", "Write an incident bundle of what is shown: Markdown and JSON, without secrets"),
    Command("watch", "m", "Mark the run, to be told when it ends, fails or goes silent, or no longer"),
)
ALWAYS = (
    Command("palette", "ctrl+p,f12", "Search in what can be done", action="app.command_palette"),
    Command("quit", "q", "Quit", "quit", action="app.quit"),
    Command("interrupt", "ctrl+c", "Quit, as interrupted", action="app.interrupt"),
    Command("suspend", "ctrl+z", "Stop, back to the shell; its `fg` goes on", action="app.suspend_process"),
    Command("help", "question_mark,f1", "These keys", "help", action="app.help"),
)


class WatchingScreen(ReplayingScreen):
    """A screen that leads to other places, and does what there is to do with what is pointed at."""

    COMMAND_LIST: ClassVar[Sequence[Command]] = (*PLACES, *READING, *TEAM, *ALWAYS)

    # Going from place to place

    def go(self, place: Route) -> None:
        """Go to a place; back to it when that is where one came from.

        It is not sent as a message: keys that are typed ahead are for the screen that is opened.
        """
        stack = self.app.screen_stack
        at = next((at for at, screen in enumerate(stack) if shown_by(screen) == place), None)
        if at is None:
            self.app.push_screen(self.session.screen_of(place))
        else:
            self._leave(stack[at + 1 :])

    def _leave(self, screens: Sequence[Screen[object]]) -> None:
        for _ in screens:
            self.app.pop_screen()

    def action_back(self) -> None:
        """Go back to where one came from."""
        self._leave(self.app.screen_stack[1:][-1:])

    def action_runs(self) -> None:
        """Go to the list of runs."""
        self._leave(self.app.screen_stack[1:])

    def action_live(self) -> None:
        """Show what is now, also in place of what was running at some time ago."""
        if self.session.past is not None:
            self.leave_past()
            self.show_runs()
        super().action_live()

    def show_runs(self) -> None:
        """Go to the list of runs when others are shown: screens that are open show what they were opened for."""
        self.action_runs()
        self.app.call_later(self.show_on_top)

    def show_on_top(self, *_: object) -> None:
        """Show what has come in on the screen that is on top."""
        screen = self.app.screen
        if isinstance(screen, WatchingScreen) and screen.is_ready:
            screen.show()

    def action_failures(self) -> None:
        """Show what deserves attention: of the run that is open, else of all."""
        runs = [screen.run_id for screen in self.app.screen_stack[1:] if isinstance(screen, WatchingScreen)]
        self.go(places.FindingsRoute(runs[0] if runs else None))

    def action_pools(self) -> None:
        """Show the pools, the one that is pointed at under the cursor."""
        if self.pool_id:
            self.session.views[places.PoolsRoute()].selected = self.pool_id
        self.go(places.PoolsRoute())

    def action_timeline(self) -> None:
        """Show the tasks of the run that is open or pointed at over time."""
        if self.run_id is None:
            self.complain(ValueError("there is no run here to show over time"))
        else:
            self.go(places.TimelineRoute(self.run_id))

    def action_log(self) -> None:
        """Show what the task that is pointed at, else the run, has written."""
        if (row := self.logged()) is None:
            self.complain(ValueError("there is no run or task here to show the log of"))
        else:
            self.go(places.LogsRoute.of(row))

    # For the team

    def action_copy(self) -> None:
        """Copy the id of what is pointed at."""
        from tui.screens.actions import copy_row as copying

        copying.copy_first(self)

    def action_copy_menu(self) -> None:
        """Ask what to copy of it."""
        from tui.screens.actions import copy_row as copying

        copying.choose(self)

    def action_share(self) -> None:
        """Write an incident bundle of what is shown."""
        from tui.screens.actions import share as sharing

        sharing.share(self)

    def action_watch(self) -> None:
        """Mark the run, to be told what becomes of it, or no longer."""
        from tui.screens.actions import mark as marking

        marking.toggle(self)


def shown_by(screen: Screen[object]) -> Route | None:
    """The place that a screen shows, if it is one of a place."""
    return screen.place if isinstance(screen, WatchingScreen) else None
