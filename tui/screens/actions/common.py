"""The commands of every screen, and those that several lists share.

They name the functions that they run: the module of a command is imported when it first runs. The first frame waits for
none of them.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.command_registry import Command, Group, grouped
from tui.text import time_zone


def deferred(module: str, function: str, **arguments: object) -> Callable[..., Any]:
    """Return a function that calls `function` of a `module` of `tui.screens.actions` with more keyword `arguments`."""

    def run(screen: BaseScreen, *given: str) -> Any:
        return getattr(import_module(f"tui.screens.actions.{module}"), function)(screen, *given, **arguments)

    return run


def _zones(_: BaseScreen) -> Sequence[str]:
    # Not all 600: without one of these the command asks, and completes the others.
    return time_zone.UTC_ZONE.text, time_zone.LOCAL_ZONE.text


def _show_cost(screen: BaseScreen) -> None:
    costs = screen.session.costs
    if costs is None:
        screen.show_error("no prices of hosts; see `reflowtop prices --help`")
        return
    from tui.lists import cost_texts
    from tui.text.safe import safe

    screen.show_message(safe(cost_texts.cluster_line(costs)))


def _show_reads(screen: BaseScreen) -> None:
    from tui.screens.base import status_texts

    screen.show_message(status_texts.read_cost(screen.session.source))


_NAVIGATION = (
    Command("runs", "1", "All runs", run=deferred("routing", "go_to_runs")),
    Command(
        "failures",
        "e,2",
        "Findings: what failed, is stale, slow or orphaned",
        "failures",
        run=deferred("routing", "go_to_failures"),
    ),
    Command("pools", "p,3", "Hosts and the tasks that run on them", "pools", run=deferred("routing", "go_to_pools")),
    Command("timeline", "t,4", "The run's tasks over time", "timeline", run=deferred("routing", "go_to_timeline")),
    Command(
        "log", "l", "The most useful log: a task's stderr, the run log", "log", run=deferred("routing", "go_to_log")
    ),
    Command(
        "compare",
        "c",
        "Compare the run with the last one that succeeded",
        "compare",
        run=deferred("compare", "compare"),
    ),
    Command(
        "describe", "d", "Describe the row: all fields; for a task, its page", run=deferred("describe", "describe")
    ),
    Command("back", "escape", "Clear the search or filter, or go back to the previous screen"),
    Command("close", "q", "Back to the previous screen; on the first one, quit", "back"),
)
_REFRESH = (
    Command("refresh", "r,f5", "Refresh now", action="app.refresh_now"),
    Command("reads", "", "Show the refresh interval and the cost of our reads", run=_show_reads),
    Command("cost", "", "Show the cost of all hosts, by the hour and so far", run=_show_cost),
    Command("pause", "space", "Pause or resume refresh", "pause", action="app.pause"),
)
_TEAM = (
    Command("copy", "y", "Copy the id", run=deferred("copy_row", "copy_first")),
    Command(
        "copy-menu",
        "Y",
        "Copy the URI, host, error, or a shell command that shows the row",
        run=deferred("copy_row", "open_menu"),
    ),
    Command(
        "share",
        "S",
        "Write an incident bundle: Markdown and JSON, secrets masked",
        "",
        "FILE",
        run=deferred("share", "ask_for_bundle"),
    ),
    Command(
        "handoff",
        "",
        "Write a Markdown page for the next shift: findings, runs, costs",
        "",
        "FILE",
        run=deferred("handoff", "ask_for_page"),
    ),
)
_DASHBOARD = (
    Command("watch", "m", "Watch the run: notify when it ends, fails or goes stale", run=deferred("mark", "toggle")),
    Command("palette", "ctrl+p,f12", "Search the commands", action="app.command_palette"),
    Command(
        "ctx",
        "",
        "Show another cluster of the configuration file",
        "",
        "CLUSTER",
        "app.cluster",
        choices=deferred("switch", "clusters"),
    ),
    Command(
        "theme",
        "",
        "Use another colour theme",
        "",
        "THEME",
        run=deferred("switch", "choose_theme"),
        choices=deferred("switch", "themes"),
    ),
    Command("quit", "Q", "Quit from any screen", action="app.quit"),
    Command("interrupt", "ctrl+c", "Quit with exit code 130", action="app.interrupt"),
    Command("suspend", "ctrl+z", "Suspend to the shell; `fg` resumes", action="app.suspend_process"),
    Command("redraw", "ctrl+l", "Redraw the screen, if another program has written over it", action="app.redraw"),
    Command(
        "help",
        "question_mark,f1",
        "Show the keys, or what contains the words: `:help states`",
        "help",
        "WORDS",
        action="app.help",
        choices=lambda _: ("states",),
    ),
)
NOTE = Command(
    "note",
    "N",
    "Attach a line of text to the finding, shown with it",
    "note",
    "TEXT",
    run=deferred("note", "ask_for_note"),
)
"""The command of the list of findings."""
_TIME = (
    Command("step-back", "comma", "Back in time by one refresh", run=deferred("time_travel", "step", refreshes=-1)),
    Command("step", "full_stop", "Forward in time by one refresh", run=deferred("time_travel", "step", refreshes=1)),
    Command(
        "at",
        "T",
        "Go to a time: 20m ago, 02:10, 2026-11-01 02:10",
        "",
        "TIME",
        run=deferred("time_travel", "choose_time"),
    ),
    Command(
        "tz",
        "",
        "Set the time zone of all times: utc, local, Europe/Berlin",
        "",
        "ZONE",
        run=deferred("switch", "choose_zone"),
        choices=_zones,
    ),
    Command(
        "live",
        "L",
        "Back to the current state; in a recording, to its end",
        run=deferred("time_travel", "return_to_live"),
    ),
    Command("faster", "plus,equals_sign", "Replay faster", run=deferred("time_travel", "change_speed", steps=1)),
    Command("slower", "minus", "Replay slower", run=deferred("time_travel", "change_speed", steps=-1)),
)

COMMON = (
    *grouped(Group.GO_TO, _NAVIGATION),
    *grouped(Group.TIME, _REFRESH),
    *grouped(Group.SHARE, _TEAM),
    *_DASHBOARD,
    *grouped(Group.TIME, _TIME),
)

ACKNOWLEDGE = grouped(
    Group.ACT,
    (
        Command(
            "acknowledge",
            "x",
            "Acknowledge the finding or failed run until it changes",
            "ack",
            run=deferred("acknowledge", "toggle"),
        ),
        Command("mute", "X", "Mute it: 1h, 4h, or until it changes", "", "TIME", run=deferred("acknowledge", "mute")),
    ),
)
"""The commands of lists of findings or failed runs."""
ENDED = grouped(
    Group.FIND,
    [Command("all", "a", "Show active runs only, or all in the window", "all", run=deferred("scope", "toggle_ended"))],
)
"""The command of lists that hide ended rows."""
SCOPE = (
    *grouped(
        Group.FIND,
        [
            Command(
                "user",
                "u",
                "Show the runs of one user, or of all",
                "user",
                "NAME",
                run=deferred("scope", "choose_user"),
                completions=deferred("scope", "users"),
            )
        ],
    ),
    *grouped(
        Group.TIME,
        [
            Command(
                "window",
                "w",
                "Set the time window: 10m, 24h, 2026-11-01",
                "window",
                "TIME",
                run=deferred("scope", "choose_window"),
            )
        ],
    ),
    *ENDED,
)
"""The commands of lists of the runs in scope: whose, and alive since when."""

PREVIEW = Command(
    "preview",
    "v",
    "Preview of the row below the list: half the screen, small, off",
    argument="SIZE",
    run=deferred("preview_size", "choose_size"),
    choices=deferred("preview_size", "sizes"),
)
"""The command of lists that have a preview."""
