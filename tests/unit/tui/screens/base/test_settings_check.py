"""Checks of the settings of keys and columns; tests/screens/test_key_settings.py has what they do."""

from typing import Any

import pytest

from tui.query.filter import parse
from tui.screens.base import settings_check
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.list_screen import ListScreen
from tui.screens.base.settings_check import check
from tui.settings import Settings, SettingsError
from tui.settings.origin import Origin


def refusal(**given: Any) -> str:
    (table,) = given
    (name,) = given[table]
    settings = Settings(table="prod", **given, sources={f"{table}.{name}": Origin("config.toml:7", f"{table}.{name}")})
    with pytest.raises(SettingsError) as raised:
        check(settings)
    message = str(raised.value)
    assert message.startswith(f"config.toml:7: {table}.{name}"), message
    return message.removeprefix(f"config.toml:7: {table}.{name}: ")


@pytest.mark.parametrize(
    ("name", "keys", "message"),
    [
        ("puase", ("P",), "no such command; did you mean pause?"),
        ("table.cursor_dwn", ("P",), "no such command; did you mean table.cursor_down?"),
        ("pause", ("spacebar",), "no key 'spacebar'; did you mean space?"),
        ("pause", ("ctlr+x",), "no key 'ctlr+x'; did you mean ctrl+x?"),
        ("pause", ("shift+p",), "no key 'shift+p'; write P"),
        ("pause", ("",), "no key ''; choose from escape"),
        ("pause", ("p",), "p is a key of pools, too; choose another one for either"),
        ("pause", ("?",), "question_mark is a key of help, too; choose another one for either"),
        ("refresh", ("b",), "b is a key of group, too; choose another one for either"),
        ("refresh", ("j",), "j is a key of table.cursor_down, too; choose another one for either"),
        ("table.cursor_down", ("x", "q"), "q is a key of close, too; choose another one for either"),
        ("table.cursor_down", (), "no key; name at least one"),
    ],
)
def test_keys_that_cannot_be_are_refused(name: str, keys: tuple[str, ...], message: str) -> None:
    assert refusal(keys={name: keys}).startswith(message)


@pytest.mark.parametrize(
    "keys",
    [
        {"pause": ("P", "ctrl+x", "f9", "shift+f3", "alt+p", "é")},
        {"step-back": (",", "comma")},
        {"pause": ("p",), "pools": ("3",)},
        {"pause": ("space",), "failures": ("e",), "open": ("enter", "o")},
    ],
)
def test_keys_that_can_be(keys: dict[str, tuple[str, ...]]) -> None:
    check(Settings(table="prod", keys=keys))


@pytest.mark.parametrize(
    ("name", "ids", "message"),
    [
        ("run", ("state",), "no such list; did you mean runs?"),
        ("runs", ("stat",), "no column 'stat'; did you mean state?"),
        ("pools", ("x",), "no column 'x'; choose from "),
        ("runs", (), "no column; name at least one of run, user, name"),
    ],
)
def test_columns_that_cannot_be_are_refused(name: str, ids: tuple[str, ...], message: str) -> None:
    assert refusal(columns={name: ids}).startswith(message)


def test_columns_that_can_be() -> None:
    columns = {"runs": ("run",), "tasks": ("task", "run"), "failures": ("kind", "why"), "pools": ("pool",)}
    check(Settings(table="prod", columns=columns))


def test_each_named_list_has_columns_to_choose() -> None:
    list(settings_check._screens())  # imports every screen
    subclasses = settings_check._subclasses(BaseScreen)
    names = {screen.LIST for screen in subclasses if issubclass(screen, ListScreen)} - {""}
    assert names == settings_check._columns().keys(), "add the columns of the list to `_columns`"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("state:runing", "state: 'runing' is not one of starting"),
        ("attempt:2", "this list has no key 'attempt'"),
    ],
)
def test_filters_that_the_list_of_runs_refuses(text: str, message: str) -> None:
    settings = Settings(table="prod", filter=parse(text), sources={"filter": Origin("FILTER", "filter")})
    with pytest.raises(SettingsError) as raised:
        check(settings)
    assert message in str(raised.value)
    check(Settings(table="prod", filter=parse("state:running,late")))
