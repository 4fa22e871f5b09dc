"""The registry of commands: keys, help, palette and the `:` prompt agree on every screen."""

import asyncio
import inspect
from typing import get_args

import pytest
from textual.actions import parse
from textual.binding import Binding
from textual.widgets import Input

from store import Alloc, PoolRow, Task
from tests.support.dashboard import Dashboard, cluster
from tests.support.rows import digest, run_id, task_id
from tests.support.scripted_db import ScriptedDB
from tui.screens.actions.routing import go, route_of
from tui.screens.base import footer
from tui.screens.base import routes as places
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.command_registry import displayed_keys
from tui.screens.base.list_screen import ListScreen
from tui.screens.base.routes import Route
from tui.screens.help import HelpScreen

# What an argument may be, by what a command says it takes.
ARGUMENTS = {
    "NAME": "amy",
    "TIME": "10m",
    "FILTER": "state:live",
    "TEXT": "x",
    "FILE": "x",
    "COLUMN": "age",
    "THEME": "nord",
    "SIZE": "small",
    "ZONE": "utc",
    "CLUSTER": "other",
    "STATE": "live",
    "WORDS": "states",
}


# One for each kind of route, and logs of both kinds of rows.
RUN_LOGS = "LogsRoute of a run"
NAMES = [*(kind.__name__ for kind in get_args(Route)), RUN_LOGS]


def every_place(top: Dashboard) -> dict[str, Route]:
    """The routes to open, by the names in NAMES."""
    known = top.app.session.cluster
    task, run = known.tally(run_id(1)).tasks[task_id(1)], known.run(run_id(1))
    pool, alloc = known.pool(digest("i-0abc")), known.alloc(digest("a1"))
    assert isinstance(task, Task)
    assert run is not None
    assert isinstance(pool, PoolRow)
    assert isinstance(alloc, Alloc)
    finding = top.app.session.findings[0]
    found: list[Route] = [
        places.RunsRoute(),
        places.RunRoute(run_id(1)),
        places.TimelineRoute(run_id(1)),
        places.IdentsRoute(places.RunRoute(run_id(1))),
        places.TaskRoute.for_task(task),
        places.FindingsRoute(),
        places.FindingRoute("key", finding),
        places.PoolsRoute(),
        places.HostRoute.for_row(pool),
        places.LogsRoute.for_row(task),
    ]
    return {type(place).__name__: place for place in found} | {RUN_LOGS: places.LogsRoute.for_row(run)}


async def go_to(top: Dashboard, name: str) -> BaseScreen:
    """Go to the place of that name, by way of the runs."""
    found = every_place(top)
    assert name in found, "add the new route to `every_place`"
    for place in (places.RunsRoute(), found[name]):
        screen = top.app.screen
        assert isinstance(screen, BaseScreen)
        go(screen, place)
        await top.settle()
    screen = top.app.screen
    assert isinstance(screen, BaseScreen)
    return screen


async def test_every_key_is_that_of_a_command_or_moves() -> None:
    async with Dashboard(cluster()).shown(height=24) as top:
        for name in NAMES:
            screen = await go_to(top, name)
            of_commands = {key: command.textual_action for command in screen.commands for key in command.key_list}
            moves = {binding.key for binding in Binding.make_bindings(screen.MOVES)}
            letters = set(screen.table.sort_letters) if isinstance(screen, ListScreen) else set()
            assert letters.isdisjoint(moves | set(of_commands)), name
            for key, active in screen.active_bindings.items():
                if active.node is top.app:
                    assert of_commands[key] == f"app.{active.binding.action}", f"{key} at {name}"
                elif active.node is screen:
                    assert of_commands[key] == active.binding.action, f"{key} at {name}"
                else:
                    known = moves | letters | set(of_commands)
                    assert key in known, f"{key} of {active.node} at {name} is in no list"
            assert of_commands.keys() <= screen.active_bindings.keys(), name


@pytest.mark.slow
async def test_every_command_can_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    run: asyncio.Queue[str] = asyncio.Queue()

    async def take(action: str, *_: object) -> bool:
        run.put_nowait(action)
        return True

    async with Dashboard(cluster()).shown(height=24) as top:
        for name in NAMES:
            screen = await go_to(top, name)
            with monkeypatch.context() as patched, top.app.batch_update():  # which draws nothing meanwhile
                patched.setattr(screen, "run_action", take)
                for command in screen.commands:
                    for argument in ["", ARGUMENTS[command.argument]] if command.argument else [""]:
                        typed = f"{command.name} {argument}".strip()
                        action = command.action_with(argument)
                        screen.action_command()
                        screen.query_one("#prompt-text", Input).value = typed
                        top.ahead("enter")
                        assert await asyncio.wait_for(run.get(), 60) == action, f"{typed} at {name}"
                        target, method, given = parse(action)
                        node = {"app": top.app, "screen": screen}[target]
                        inspect.signature(getattr(node, f"action_{method}")).bind(*given)
            await top.settle()
            assert run.empty(), name


async def test_the_help_and_the_palette_have_every_command() -> None:
    missing = []
    async with Dashboard(cluster()).shown(height=200) as top:
        for name in NAMES:
            screen = await go_to(top, name)
            offered = [(command.title, command.help) for command in top.app.get_system_commands(top.app.screen)]
            top.app.action_help()
            await top.settle()
            shown = top.app.screen
            assert isinstance(shown, HelpScreen)
            text = " ".join(top.text.split())
            for command in screen.commands:
                keys = " ".join(command.shown_keys)
                line = " ".join(f"{keys} {command.name} {command.argument}".split())
                if line not in text:
                    missing.append(f"{line!r} in the help at {name}")
                if (command.name, command.help) not in offered:
                    missing.append(f"{command.name} in the palette at {name}")
            for binding in screen.MOVES:
                assert isinstance(binding, Binding)
                assert binding.description, f"{binding.key} says nothing"
                if (moves := " ".join(displayed_keys(binding.key))) not in text:
                    missing.append(f"{moves} in the help at {name}")
            await top.press("escape")
            assert top.app.screen is screen
    assert not missing, "\n".join(missing)


async def test_errors_of_commands_replace_the_keys_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Dashboard(ScriptedDB()).shown(width=40, height=24) as top:
        keys = top.lines[-1]
        for _ in range(3):
            await top.press("l")
        why = "no run or task is selected"
        assert " ".join(" ".join(top.lines[-2:]).split()) == why, "once, in as many lines as it takes"
        await top.press("slash")
        assert why[:20] not in top.text
        await top.press("escape")
        assert top.lines[-1] == keys
        monkeypatch.setattr(footer, "_MESSAGE_SECONDS", 0.01)
        await top.press("l")
        await top.until(lambda: top.lines[-1] == keys)


async def test_arguments_of_states_columns_and_users_are_completed() -> None:
    async with Dashboard(cluster()).shown() as top:
        for typed, completed in (
            ("state fai", "state failing"),
            ("state al", "state all"),
            ("sort us", "sort user"),
            ("sort def", "sort default"),
            ("user bo", "user bob"),
        ):
            await top.type(f":{typed}")
            await top.press("tab")
            assert top.app.screen.query_one("#prompt-text", Input).value == completed
            await top.press("escape")
        await top.type(":state foo")
        await top.press("enter")
        assert "state: 'foo' is not one of starting," in top.text


async def test_a_place_is_that_of_its_screen() -> None:
    async with Dashboard(cluster()).shown(height=24) as top:
        for name in NAMES:
            screen = await go_to(top, name)
            place = screen.route
            assert route_of(top.app.session.new_screen(place)) == place, name
            count = len(top.app.screen_stack)
            go(screen, place)
            assert len(top.app.screen_stack) == count, f"{name} is shown already"
            assert all(text for _, text in screen.subject().copy_items), name
