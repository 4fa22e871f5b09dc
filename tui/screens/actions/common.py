"""The commands of every screen."""

from functools import partial

from tui.screens.actions import routing, time_travel
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.command_registry import Command

# These import what they need when they are first used: the first frame does not wait for it.


def copy_subject(screen: BaseScreen) -> None:
    """Copy the most likely text of the subject."""
    from tui.screens.actions import copy_row

    copy_row.copy_first(screen)


def _open_copy_menu(screen: BaseScreen) -> None:
    from tui.screens.actions import copy_row

    copy_row.open_menu(screen)


def _share(screen: BaseScreen) -> None:
    from tui.screens.actions import share

    share.write_bundle(screen)


def _mark(screen: BaseScreen) -> None:
    from tui.screens.actions import mark

    mark.toggle(screen)


_NAVIGATION = (
    Command("runs", "1", "All runs", run=routing.go_to_runs),
    Command(
        "failures", "e,2", "What fails, is silent, slow or stranded, and why", "failures", run=routing.go_to_failures
    ),
    Command("pools", "p,3", "Hosts, and what runs on them", "pools", run=routing.go_to_pools),
    Command("timeline", "t,4", "The tasks of the run over time", "timeline", run=routing.go_to_timeline),
    Command("log", "l", "What the task has written, or the engine of the run", "log", run=routing.go_to_log),
    Command("back", "escape", "Back to where you came from"),
)
_REFRESH = (
    Command("refresh", "r,f5", "Read now", action="app.refresh_now"),
    Command("pause", "space", "Stop reading, or go on", "pause", action="app.pause"),
)
_TEAM = (
    Command("copy", "y", "Copy the id of what is pointed at", run=copy_subject),
    Command(
        "copy-menu", "Y", "Copy something else of it: uri, host, error, the command that shows it", run=_open_copy_menu
    ),
    Command("share", "S", "Write an incident bundle of what is shown: Markdown and JSON, without secrets", run=_share),
    Command("watch", "m", "Mark the run, to be told when it ends, fails or goes silent, or no longer", run=_mark),
)
_DASHBOARD = (
    Command("palette", "ctrl+p,f12", "Search in what can be done", action="app.command_palette"),
    Command("quit", "q", "Quit", "quit", action="app.quit"),
    Command("interrupt", "ctrl+c", "Quit, as interrupted", action="app.interrupt"),
    Command("suspend", "ctrl+z", "Stop, back to the shell; its `fg` goes on", action="app.suspend_process"),
    Command("help", "question_mark,f1", "These keys", "help", action="app.help"),
)
_TIME = (
    Command("step-back", "comma", "Back in time by a refresh", run=partial(time_travel.step, refreshes=-1)),
    Command("step", "full_stop", "On by a refresh", run=partial(time_travel.step, refreshes=1)),
    Command("at", "T", "Show what was at a time: 12:03:41, 5m ago", "", "TIME", run=time_travel.choose_time),
    Command("live", "L", "Back to what is now; in a recording, to its end", run=time_travel.return_to_live),
    Command("faster", "plus,equals_sign", "Play what was faster", run=partial(time_travel.change_speed, steps=1)),
    Command("slower", "minus", "Play it slower", run=partial(time_travel.change_speed, steps=-1)),
)

COMMON = (*_NAVIGATION, *_REFRESH, *_TEAM, *_DASHBOARD, *_TIME)
