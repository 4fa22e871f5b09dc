"""Keys from the settings: for commands by name, for moves by the id of their binding."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from textual.binding import Binding, BindingsMap, BindingType

from tui.screens.base.command_registry import Command

KeySettings = Mapping[str, Sequence[str]]


def apply_to_commands(commands: Iterable[Command], settings: KeySettings) -> list[Command]:
    """Return the commands with their keys from the settings."""
    return [
        command._replace(keys=_join(settings[command.name])) if command.name in settings else command
        for command in commands
    ]


def apply_to_moves(moves: Iterable[BindingType], settings: KeySettings) -> list[BindingType]:
    """Return the bindings with their keys from the settings."""
    return [_move(move, settings) if isinstance(move, Binding) else move for move in moves]


def _move(move: Binding, settings: KeySettings) -> Binding:
    return replace(move, key=_join(settings[move.id])) if move.id is not None and move.id in settings else move


def keymap(settings: KeySettings) -> dict[str, str]:
    """Return the Textual keymap: the keys of moves. Screens apply those of commands themselves."""
    return {name: _join(keys) for name, keys in settings.items() if "." in name}


def key_name(key: str) -> str:
    """Return Textual's name of a key: `question_mark` for `?`."""
    if key == ",":  # Binding would split it: a comma separates keys
        return "comma"
    (name,) = BindingsMap([Binding(key, "")]).key_to_bindings
    return name


def _join(keys: Iterable[str]) -> str:
    return ",".join(map(key_name, keys))
