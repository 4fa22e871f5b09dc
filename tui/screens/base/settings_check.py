"""Checks of the settings of keys and columns against the commands and lists that exist."""

import importlib
import itertools
import pkgutil
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from textual.binding import Binding
from textual.keys import Keys

from store.times import utc_now
from tui import screens
from tui.lists import findings as finding_list
from tui.lists import idents as ident_list
from tui.lists import pools as pool_list
from tui.lists import runs as run_list
from tui.lists import tasks as task_list
from tui.lists.columns import Column
from tui.query.filter import FilterError
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.key_settings import key_name
from tui.settings import Settings, SettingsError
from tui.settings.settings_error import suggest
from tui.watch.model.cluster import Cluster

_MODIFIERS = ("ctrl", "alt", "shift", "meta", "super", "hyper")
_SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


def check(settings: Settings) -> None:
    """Raise SettingsError for a command, key, list, column or filter that does not exist, and a key with two uses."""
    if settings.keys:
        _check_keys(settings)
    if settings.columns:
        _check_columns(settings)
    if settings.filter:
        _check_filter(settings)


def _check_keys(settings: Settings) -> None:
    kinds = list(_screens())
    known = sorted({name for screen in kinds for name in screen})
    for name, keys in settings.keys.items():
        source = settings.source(f"keys.{name}")
        if name not in known:
            raise SettingsError(f"{source}: no such command; {suggest(name, known)}")
        if "." in name and not keys:
            raise SettingsError(f"{source}: no key; name at least one")
        for key in keys:
            if (remedy := _remedy(key)) is not None:
                raise SettingsError(f"{source}: no key {key[:40]!r}; {remedy}")
    chosen = {name: set(map(key_name, keys)) for name, keys in settings.keys.items()}
    for screen, name in ((screen, name) for screen in kinds for name in chosen if name in screen):
        for other in screen:
            both = chosen[name] & chosen.get(other, screen[other])
            # Some share a key as they come, and what is more special has it.
            if both and name != other and not screen[name] & screen[other]:
                source = settings.source(f"keys.{name}")
                raise SettingsError(f"{source}: {min(both)} is a key of {other}, too; choose another one for either")


def _screens() -> Iterator[Mapping[str, set[str]]]:
    """Of every kind of screen all commands and moves, each with the keys that it comes with."""
    for module in pkgutil.walk_packages(screens.__path__, f"{screens.__name__}."):
        importlib.import_module(module.name)
    for screen in sorted(_subclasses(BaseScreen), key=lambda screen: (screen.__module__, screen.__name__)):
        found: dict[str, set[str]] = {}
        for command in itertools.chain.from_iterable(screen.command_lists()):
            found.setdefault(command.name, set(command.key_list))
        for move in screen.MOVES:
            if isinstance(move, Binding) and move.id is not None:
                found[move.id] = set(move.key.split(","))
        yield found


def _subclasses(cls: type[BaseScreen]) -> Iterator[type[BaseScreen]]:
    for each in cls.__subclasses__():
        yield each
        yield from _subclasses(each)


def _remedy(key: str) -> str | None:
    """Return the remedy for an unknown key; None if the key exists."""
    *modifiers, base = key.split("+") if len(key) > 1 else [key]
    if modifiers == ["shift"] and len(base) == 1:
        return f"write {base.upper()}"
    known = [str(each.value) for each in Keys if not each.value.startswith("<")] + list(map(key_name, _SIGNS))
    has_arrived = base in known or (len(base) == 1 and base.isprintable() and not base.isspace())
    return None if has_arrived and all(each in _MODIFIERS for each in modifiers) else suggest(key, known)


def _check_filter(settings: Settings) -> None:
    """Raise SettingsError for a filter that the list of runs refuses."""
    now = utc_now()
    try:
        settings.filter.matcher(run_list.fields(Cluster(now), now))
    except FilterError as error:
        raise SettingsError(f"{settings.source('filter')}: {error}") from None


def _check_columns(settings: Settings) -> None:
    known = _columns()
    for name, ids in settings.columns.items():
        source = settings.source(f"columns.{name}")
        if name not in known:
            raise SettingsError(f"{source}: no such list; {suggest(name, known)}")
        there = [column.id for column in known[name]]
        for id in ids:
            if id not in there:
                raise SettingsError(f"{source}: no column {id[:40]!r}; {suggest(id, there)}")
        if not ids:
            raise SettingsError(f"{source}: no column; name at least one of {', '.join(there)}")


def _columns() -> Mapping[str, Sequence[Column[Any]]]:
    """Return the columns of every list that they can be chosen for."""
    cluster = Cluster(utc_now())
    cluster.outcomes = {}  # the column of views of the past is known, too
    return {
        "runs": run_list.columns(cluster, utc_now, utc_now),
        "tasks": [*task_list.run_columns(cluster), *task_list.columns(cluster, utc_now, utc_now)],
        "idents": ident_list.columns(utc_now),
        "failures": finding_list.columns(cluster, utc_now),
        "pools": pool_list.columns(cluster, utc_now, utc_now),
    }
