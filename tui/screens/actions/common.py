"""The commands of every screen."""

from collections.abc import Sequence
from functools import partial

from tui.screens.actions import routing, time_travel
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.command_registry import Command, Group, grouped
from tui.text import time_zone

# These import what they need when they are first used: the first frame does not wait for it.


def copy_subject(screen: BaseScreen) -> None:
    """Copy the most likely text of the subject."""
    from tui.screens.actions import copy_row

    copy_row.copy_first(screen)


def _open_copy_menu(screen: BaseScreen) -> None:
    from tui.screens.actions import copy_row

    copy_row.open_menu(screen)


def _share(screen: BaseScreen, path: str | None = None) -> None:
    from tui.screens.actions import share

    share.ask_for_bundle(screen, path)


def _handoff(screen: BaseScreen, path: str | None = None) -> None:
    from tui.screens.actions import handoff

    handoff.ask_for_page(screen, path)


def _mark(screen: BaseScreen) -> None:
    from tui.screens.actions import mark

    mark.toggle(screen)


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


def _choose_zone(screen: BaseScreen, name: str | None = None) -> None:
    from tui.screens.actions import switch

    switch.choose_zone(screen, name)


def _choose_theme(screen: BaseScreen, name: str | None = None) -> None:
    from tui.screens.actions import switch

    switch.choose_theme(screen, name)


def _themes(screen: BaseScreen) -> Sequence[str]:
    from tui.screens.actions import switch

    return switch.themes(screen)


def _clusters(screen: BaseScreen) -> Sequence[str]:
    from tui.screens.actions import switch

    return switch.clusters(screen)


def _describe(screen: BaseScreen) -> None:
    from tui.screens.actions import describe

    describe.describe(screen)


def _compare(screen: BaseScreen) -> None:
    from tui.screens.actions import compare

    compare.compare(screen)


def _note(screen: BaseScreen, text: str | None = None) -> None:
    from tui.screens.actions import note

    note.ask_for_note(screen, text)


_NAVIGATION = (
    Command("runs", "1", "All runs", run=routing.go_to_runs),
    Command(
        "failures", "e,2", "Findings: what failed, is stale, slow or orphaned", "failures", run=routing.go_to_failures
    ),
    Command("pools", "p,3", "Hosts and the tasks that run on them", "pools", run=routing.go_to_pools),
    Command("timeline", "t,4", "The run's tasks over time", "timeline", run=routing.go_to_timeline),
    Command("log", "l", "The most useful log: a task's stderr, the run log", "log", run=routing.go_to_log),
    Command("compare", "c", "Compare the run with the last one that succeeded", "compare", run=_compare),
    Command("describe", "d", "Describe the row: all fields; for a task, its page", run=_describe),
    Command("back", "escape", "Clear the filter, or go back to the previous screen"),
    Command("close", "q", "Back to the previous screen; on the first one, quit", "back"),
)
_REFRESH = (
    Command("refresh", "r,f5", "Refresh now", action="app.refresh_now"),
    Command("reads", "", "Show the refresh interval and the cost of our reads", run=_show_reads),
    Command("cost", "", "Show the cost of all hosts, by the hour and so far", run=_show_cost),
    Command("pause", "space", "Pause or resume refresh", "pause", action="app.pause"),
)
_TEAM = (
    Command("copy", "y", "Copy the id", run=copy_subject),
    Command("copy-menu", "Y", "Copy the URI, host, error, or a shell command that shows the row", run=_open_copy_menu),
    Command("share", "S", "Write an incident bundle: Markdown and JSON, secrets masked", "", "FILE", run=_share),
    Command("handoff", "", "Write a Markdown page for the next shift: findings, runs, costs", "", "FILE", run=_handoff),
)
_DASHBOARD = (
    Command("watch", "m", "Watch the run: notify when it ends, fails or goes stale", run=_mark),
    Command("palette", "ctrl+p,f12", "Search the commands", action="app.command_palette"),
    Command(
        "ctx", "", "Show another cluster of the configuration file", "", "CLUSTER", "app.cluster", choices=_clusters
    ),
    Command("theme", "", "Use another colour theme", "", "THEME", run=_choose_theme, choices=_themes),
    Command("quit", "Q", "Quit from any screen", action="app.quit"),
    Command("interrupt", "ctrl+c", "Quit with exit code 130", action="app.interrupt"),
    Command("suspend", "ctrl+z", "Suspend to the shell; `fg` resumes", action="app.suspend_process"),
    Command("help", "question_mark,f1", "Show the keys", "help", action="app.help"),
)
NOTE = Command("note", "N", "Attach a line of text to the error, shown when it returns", "note", "TEXT", run=_note)
"""The command of the list of findings."""
_TIME = (
    Command("step-back", "comma", "Back in time by one refresh", run=partial(time_travel.step, refreshes=-1)),
    Command("step", "full_stop", "Forward in time by one refresh", run=partial(time_travel.step, refreshes=1)),
    Command("at", "T", "Go to a time: 20m ago, 02:10, 2026-11-01 02:10", "", "TIME", run=time_travel.choose_time),
    Command(
        "tz",
        "",
        "Set the time zone of all times: utc, local, Europe/Berlin",
        "",
        "ZONE",
        run=_choose_zone,
        choices=_zones,
    ),
    Command("live", "L", "Back to the current state; in a recording, to its end", run=time_travel.return_to_live),
    Command("faster", "plus,equals_sign", "Replay faster", run=partial(time_travel.change_speed, steps=1)),
    Command("slower", "minus", "Replay slower", run=partial(time_travel.change_speed, steps=-1)),
)

COMMON = (
    *grouped(Group.GO_TO, _NAVIGATION),
    *grouped(Group.TIME, _REFRESH),
    *grouped(Group.SHARE, _TEAM),
    *_DASHBOARD,
    *grouped(Group.TIME, _TIME),
)
