"""A walk over the dashboard on a hostile world: all screens, all that opens over them, all commands, a recording."""

import inspect
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.screen import Screen
from textual.widgets import Input

from store import Error, ErrorKind, FailureReason, Run, Task
from tests.hostile import files
from tests.hostile.dashboard import HostileDashboard, Tap, make_settings, opened
from tests.hostile.world import HostileDB, Text, failure, make_db
from tests.support.rows import NOW, ago, digest, run_id, task_id
from tui.commands.replay import apply_header
from tui.logs.recorded_db import RecordedDB
from tui.query import filter as filters
from tui.screens.actions import routing
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.command_registry import Command
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
from tui.settings import Settings
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.replay import Replay

# These end the dashboard, or lend the terminal to the shell.
_ENDING = {"quit", "interrupt", "suspend", "close"}
_LONGEST = 2000  # characters that are typed


@dataclass
class Seen:
    """The parts of the program that a walk has opened: types of routes, classes of screens, commands by class."""

    routes: set[type] = field(default_factory=set)
    screens: set[type] = field(default_factory=set)
    commands: dict[type, set[str]] = field(default_factory=dict)


def screen_classes(base: type[Any] = Screen) -> Iterator[type]:
    """Yield the classes of the screens of the program that nothing is derived from. All modules must be imported."""
    for cls in base.__subclasses__():
        if cls.__subclasses__():
            yield from screen_classes(cls)
        elif cls.__module__.startswith("tui.") and not inspect.isabstract(cls):
            yield cls


async def walk(
    db: HostileDB, texts: Sequence[Text], folder: Path, seen: Seen | None = None, turn: int | None = None
) -> list[str]:
    """Open every screen and run every command on a world of `texts`; return the failures.

    Each command runs on one screen, for one of the texts. With a `turn` all commands of one screen do, in turn.
    """
    seen, most = Seen() if seen is None else seen, 1 if turn is None else None
    tap, settings = Tap(), make_settings(texts[0])
    with files.environment(folder), pytest.MonkeyPatch.context() as patch:
        patch.setattr("tui.screens.log.log_files.subprocess.run", lambda *_, **__: None)  # a pager has no place here
        await files.write_state(db, texts, settings)
        async with opened(db, settings, tap) as dashboard:
            await _walk_lists(dashboard)
            for number, text in enumerate(texts, 1):
                await _walk_row(dashboard, number, seen)
                places = _places(dashboard, number)
                chosen = places[number - 1 :: len(texts)] if turn is None else [places[turn % len(places)]]
                for route in chosen:
                    await _walk_commands(dashboard, route, text, folder, seen, most)
            for text in texts:
                await _walk_typed(dashboard, text)
                await _walk_failures(dashboard, text)
            _check(dashboard)
        for number, text in enumerate(texts):
            await _walk_recording(text, folder / f"recording {number}", tap, number, len(texts))
    seen.screens |= tap.screens
    return tap.problems()


def _check(dashboard: HostileDashboard) -> None:
    assert dashboard.app.return_code is None, "an action of a text has ended the dashboard"
    assert not dashboard.app.failures, [repr(error)[:300] for error in dashboard.app.failures]


async def _close_screens(dashboard: HostileDashboard) -> None:
    """Go back to the list of runs."""
    while len(dashboard.app.screen_stack) > 1:
        dashboard.app.pop_screen()
    await dashboard.settle()
    if isinstance(dashboard.app.focused, Input):
        await dashboard.press("escape")


async def _go(dashboard: HostileDashboard, route: Route) -> BaseScreen:
    screen: Any = dashboard.app.screen
    routing.go(screen, route)
    await dashboard.settle()
    screen = dashboard.app.screen
    assert isinstance(screen, BaseScreen)
    return screen


def _places(dashboard: HostileDashboard, number: int) -> list[Route]:
    """Return a route of each kind, about the run `number`, its task, alloc and pool."""
    cluster, rows = dashboard.app.session.cluster, dashboard.db.rows  # type: ignore[attr-defined]
    run, task, findings = cluster.run(run_id(number)), rows[task_id(3 * number)], dashboard.app.session.findings
    assert isinstance(run, Run)
    assert isinstance(task, Task)
    finding = findings[number % len(findings)]
    return [
        RunsRoute(),
        RunRoute(run.id),
        IdentsRoute(RunRoute(run.id)),
        TimelineRoute(run.id),
        TaskRoute.for_task(task),
        LogsRoute.for_row(task),
        LogsRoute.for_row(run),
        PoolsRoute((digest(f"pool {number}"),)),
        HostRoute.for_row(rows[digest(f"pool {number}")]),
        FindingsRoute(run.id),
        FindingRoute(finding.cause, finding),
    ]


_KEYS: dict[type, Sequence[str]] = {
    RunRoute: ("down", "d", "escape"),
    TimelineRoute: ("down",),
    TaskRoute: ("end", "Y", "escape", "y"),
    LogsRoute: (*"12345", "L", "w", "t"),
    PoolsRoute: ("down", "d", "escape"),
    FindingsRoute: ("down",),
}


async def _walk_row(dashboard: HostileDashboard, number: int, seen: Seen) -> None:
    """Show each screen of the run `number`, and of its task, alloc and pool."""
    await _close_screens(dashboard)
    for route in _places(dashboard, number):
        await _go(dashboard, route)
        seen.routes.add(type(routing.route_of(dashboard.app.screen)))
        for key in _KEYS.get(type(route), ()):
            await dashboard.press(key)


async def _walk_commands(
    dashboard: HostileDashboard, route: Route, text: Text, folder: Path, seen: Seen, most: int | None
) -> None:
    """Run each command of a screen as a key, the palette or `:` would, and with a hostile argument if it takes one.

    With `most`, leave out those that have run on so many screens.
    """
    await _close_screens(dashboard)
    screen = await _go(dashboard, route)
    done = seen.commands.setdefault(type(screen), set())
    for command in [each for each in screen.commands if each.name not in _ENDING]:
        if most is not None and sum(command.name in names for names in seen.commands.values()) >= most:
            continue
        for action in _actions(command, text, folder):
            await screen.run_action(action)
            await dashboard.settle()
            screen = await _return_to(dashboard, screen, route)
        done.add(command.name)
    await _close_screens(dashboard)
    app = dashboard.app
    app.session.user, app.session.views[RunsRoute()].filter = None, filters.EVERYTHING
    app.poller.resume()
    app.session.show_live()
    await dashboard.refresh()


async def _return_to(dashboard: HostileDashboard, screen: BaseScreen, route: Route) -> BaseScreen:
    """Close the screens that a command has opened; return to `screen` if the command has left it."""
    if isinstance(dashboard.app.focused, Input):
        await dashboard.press("escape")
    if dashboard.app.screen is screen:
        return screen
    while len(dashboard.app.screen_stack) > 1 and dashboard.app.screen is not screen:
        dashboard.app.pop_screen()
    await dashboard.settle()
    return screen if dashboard.app.screen is screen else await _go(dashboard, route)


def _actions(command: Command, text: Text, folder: Path) -> Iterator[str]:
    yield command.textual_action
    if command.argument:
        argument = text(f"argument of :{command.name}")[:_LONGEST]
        name = files.file_name(argument) if command.argument == "FILE" else argument
        yield command.action_with(str(folder / name) if command.argument == "FILE" else name)


async def _walk_lists(dashboard: HostileDashboard) -> None:
    """Show the lists with all rows, and everything that opens over them."""
    await _close_screens(dashboard)
    for keys in (
        ("a", "down", "end", "home"),
        ("?", "space", "escape"),
        ("ctrl+p", *"fil", "escape"),
        ("slash", *"user:", "tab", "tab", "escape"),
        ("slash", *"name:", "tab", "escape"),
        ("slash", "question_mark", "escape", "escape"),
        ("colon", *"user ", "tab", "tab", "escape"),
        ("u", "tab", "escape"),
        ("greater_than_sign", "greater_than_sign", "0"),
        ("w", "escape"),
        ("e", "down", "d", "escape", "N", "escape", "enter", "escape", "1"),
        ("p", "down", "down", "1"),
        ("c", "escape"),
    ):
        await dashboard.press(*keys)


async def _walk_typed(dashboard: HostileDashboard, text: Text) -> None:
    """Type and paste into the prompts, whose validation errors quote the text."""
    app = dashboard.app
    await _close_screens(dashboard)
    for key in ("slash", "colon", "T"):
        await dashboard.press(key)
        app.screen.query_one("#prompt-text", Input).value = text(f"typed after {key}")[:_LONGEST]
        await dashboard.settle()
        await dashboard.press("tab", "enter")
        await dashboard.press("escape", "escape")
    app.session.user = None
    app.session.views[RunsRoute()].filter = filters.EVERYTHING
    app.screen.footer.dismiss()  # type: ignore[attr-defined]
    await dashboard.settle()


async def _walk_failures(dashboard: HostileDashboard, text: Text) -> None:
    """Let reads fail with hostile messages, and show a notification."""
    app, db = dashboard.app, dashboard.db
    assert isinstance(db, HostileDB)
    await _close_screens(dashboard)
    named = {name: text(name) for name in ("table", "region", "profile")}
    app.session.settings = msgspec.structs.replace(app.session.settings, **named)
    column = text("row error id"), text("row error column")
    db.row_errors = [Error(ErrorKind.INVALID, "decode row", column, text("row error"))]
    db.history_errors = [failure(text)]
    for reason in (FailureReason.OTHER, FailureReason.DENIED, FailureReason.NO_CREDENTIALS, FailureReason.SERVICE):
        db.failure = failure(text, ErrorKind.OTHER, reason)
        await dashboard.refresh()
    db.failure = None
    await dashboard.refresh()
    db.objects.failure = failure(text)
    db.objects.bucket = text("bucket")
    task = next(row for row in db.rows.values() if isinstance(row, Task))
    await _go(dashboard, LogsRoute.for_row(task))
    for key in "12345L":
        await dashboard.press(key)
    db.objects.failure = None
    await _close_screens(dashboard)
    run = next(run for run in app.session.cluster.runs)
    app.session.marked.add(run.id, app.session.cluster.run_state(run.id))
    db.put(msgspec.structs.replace(run, end=ago(seconds=1)))
    await dashboard.refresh()
    app.clear_notifications()


# Groups of keys, pressed after the first keys. If there are several texts, each text gets some of the groups.
_FIRST_KEYS = ("a", "full_stop", "full_stop", "enter", "enter", "l", *"123", "escape", "escape", "escape")
_KEY_GROUPS: Sequence[Sequence[str]] = (
    ("d", "escape", "p", "down", "1"),
    ("e", "d", "escape", "N", "escape", "l", *"123", "escape", "1"),
    ("comma", "full_stop", "T", *"1m ago", "enter", "L"),
    ("c", "escape", "S", "escape", "t", "escape"),
)


async def _walk_recording(text: Text, path: Path, tap: Tap, number: int, count: int) -> None:
    """Show a recording of one of `count` texts: its rows, errors of its reads, the texts of failed tasks."""
    await files.write_recording(path, make_db([text]), text)
    with closing(RecordingFile(path)) as history:
        settings = apply_header(history.header, Settings(table="recorded", preview="half"), NOW)
        source = Replay(history, clock=lambda: NOW)
        async with opened(RecordedDB(source=history), settings, tap, source) as dashboard:
            for keys in (_FIRST_KEYS, *_KEY_GROUPS[number::count]):
                await dashboard.press(*keys)
            _check(dashboard)
