"""The commands of every screen, and those that several lists share."""

import inspect
from importlib import import_module

import pytest

from tui.screens.actions import common
from tui.screens.log import log_commands

LISTS = (common.COMMON, common.ACKNOWLEDGE, common.SCOPE, (common.NOTE, common.PREVIEW), log_commands.READING)
DEFERRED = {
    (of["module"], of["function"]): of["arguments"]
    for commands in LISTS
    for command in commands
    for function in (command.run, command.choices)
    if inspect.isfunction(function) and "module" in (of := inspect.getclosurevars(function).nonlocals)
}


@pytest.mark.parametrize(("module", "function"), DEFERRED)
def test_deferred_function_exists_and_takes_its_arguments(module: str, function: str) -> None:
    found = getattr(import_module(f"tui.screens.actions.{module}"), function)
    inspect.signature(found).bind(object(), **DEFERRED[module, function])


def test_most_commands_are_deferred() -> None:
    assert len(DEFERRED) > 20


def test_deferred_function_gets_the_screen_and_both_kinds_of_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[tuple[object, ...]] = []
    monkeypatch.setattr(
        "tui.screens.actions.routing.go", lambda screen, text, route: called.append((screen, text, route))
    )
    common.deferred("routing", "go", route="x")("screen", "typed")
    assert called == [("screen", "typed", "x")]
