"""Keys that somebody has chosen in place of ours: for commands by their names, for moves by the ids of bindings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from textual.binding import Binding, BindingsMap, BindingType

from tui.screens.base.command_registry import Command

Chosen = Mapping[str, Sequence[str]]


def of_commands(commands: Iterable[Command], chosen: Chosen) -> list[Command]:
    """The commands, with their keys as they were chosen."""
    return [
        command._replace(keys=_listed(chosen[command.name])) if command.name in chosen else command
        for command in commands
    ]


def of_moves(moves: Iterable[BindingType], chosen: Chosen) -> list[BindingType]:
    """The bindings, with their keys as they were chosen."""
    return [_move(move, chosen) if isinstance(move, Binding) else move for move in moves]


def _move(move: Binding, chosen: Chosen) -> Binding:
    return replace(move, key=_listed(chosen[move.id])) if move.id is not None and move.id in chosen else move


def keymap(chosen: Chosen) -> dict[str, str]:
    """What Textual calls a keymap: the keys of moves. Those of commands are for the screens to take."""
    return {name: _listed(keys) for name, keys in chosen.items() if "." in name}


def name_of(key: str) -> str:
    """The name that Textual has for a key: `question_mark` for `?`."""
    if key == ",":  # elsewhere it is between keys
        return "comma"
    (name,) = BindingsMap([Binding(key, "")]).key_to_bindings
    return name


def _listed(keys: Iterable[str]) -> str:
    return ",".join(map(name_of, keys))
