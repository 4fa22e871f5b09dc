"""Keys and columns from the settings."""

from typing import Any

import pytest

from tests.support.dashboard import Dashboard, cluster
from tests.support.tour import TourDB
from tui.screens.base import settings_check as checked
from tui.settings import Settings, SettingsError
from tui.settings.origin import Origin


def complaint(**given: Any) -> str:
    (table,) = given
    (name,) = given[table]
    settings = Settings(table="prod", **given, sources={f"{table}.{name}": Origin("config.toml:7", f"{table}.{name}")})
    with pytest.raises(SettingsError) as raised:
        checked.check(settings)
    message = str(raised.value)
    assert message.startswith(f"config.toml:7: {table}.{name}"), message
    return message.removeprefix(f"config.toml:7: {table}.{name}: ")


# Keys


async def test_chosen_keys_run_a_command() -> None:
    async with Dashboard(cluster(), keys={"pools": ("P", "?"), "help": ("f1",), "pause": ()}).shown() as top:
        assert "P pools" in top.lines[-1]
        assert "f1 help" in top.lines[-1]
        assert "pause" not in top.lines[-1]
        await top.press("p", "3")
        assert top.where.startswith("runs")
        await top.press("question_mark")
        assert "POOL / ALLOC" in top.text
        await top.press("escape", "space")
        assert "paused" not in top.text
        await top.press("f1")
        assert "P ?       pools" in top.text
        await top.press("escape", "colon", *"pause", "enter")
        assert "paused" in top.text


async def test_keys_move_as_they_were_chosen_on_every_screen() -> None:
    keys = {"table.cursor_down": ("down", "ctrl+n"), "table.cursor_up": ("up", "ctrl+b"), "open": ("o",)}
    async with Dashboard(cluster(), keys=keys).shown(height=80) as top:
        await top.press("j")
        assert top.line("▸").split()[1] == "01010101"
        await top.press("ctrl+n")
        assert top.line("▸").split()[1] == "03030303"
        await top.press("ctrl+b", "question_mark")
        assert "↓ ^n      " in top.text
        await top.press("escape", "o")
        assert "run 01010101" in top.where
        await top.press("o")
        assert "task 00000000" in top.where


async def test_a_key_of_a_special_screen_stays_there() -> None:
    """The log screen has an `e` of its own, also when the settings give other keys to failures."""
    async with Dashboard(TourDB(), keys={"failures": ("e", "x")}).shown() as top:
        await top.press("l", "e")
        assert "log" in top.where
        await top.press("x")
        assert "failures" in top.where


async def test_without_settings_screens_share_their_bindings() -> None:
    async with Dashboard(cluster()).shown() as top:
        assert "commands" not in vars(top.app.screen)


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
        ("table.cursor_down", ("x", "q"), "q is a key of quit, too; choose another one for either"),
        ("table.cursor_down", (), "no key; name at least one"),
    ],
)
def test_keys_that_cannot_be_are_refused(name: str, keys: tuple[str, ...], message: str) -> None:
    assert complaint(keys={name: keys}).startswith(message)


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
    checked.check(Settings(table="prod", keys=keys))


# Columns


async def test_a_list_has_the_columns_that_were_chosen_in_their_order() -> None:
    columns = {"runs": ("state", "run", "tasks"), "tasks": ("ident", "run")}
    async with Dashboard(cluster(), columns=columns).shown() as top:
        assert top.line("TASKS") == "STATE RUN TASKS"
        await top.press("greater_than_sign")
        assert top.line("TASKS") == "STATE↑ RUN TASKS"
        await top.press("colon", *"sort", "space", *"user", "enter")
        assert "no column 'user' to sort by: use state, run, tasks" in " ".join(top.text.split())
        await top.press("escape", "enter")
        assert top.line("IDENT") == "IDENT"
        await top.press("e", "enter")
        assert top.line("IDENT") == "IDENT RUN"
        await top.press("1", "p")
        assert "LEASE" in top.text


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
    assert complaint(columns={name: ids}).startswith(message)


def test_columns_that_can_be() -> None:
    columns = {"runs": ("run",), "tasks": ("task", "run"), "failures": ("kind", "why"), "pools": ("pool",)}
    checked.check(Settings(table="prod", columns=columns))
