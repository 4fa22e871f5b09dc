"""The commands of screens: one list for the keys, the help, the command palette and the `:` prompt.

Every screen class has a `COMMAND_LIST` of the commands that it adds; `effective_commands` merges these lists. To add a
command, add a `Command` to one of them, with the function that it calls or an action method of the screen.
"""

import enum
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from textual.binding import Binding, BindingType


class Group(enum.StrEnum):
    """A group of commands, by which the help is sorted; the value is its title."""

    MOVE = "move"
    FIND = "find"
    GO_TO = "go to"
    ACT = "act"
    TIME = "time"
    SHARE = "share"


class Command(NamedTuple):
    """A command of a screen.

    `name` is typed after `:`; `keys` are those of a Textual `Binding`; the first one is shown; `help` is one
    line for the help and the palette. `label` is its text in the footer; empty leaves it out there. `argument` is the
    title of an optional argument, typed after the name. `run` is called with the screen and, if given, the argument;
    without one, the Textual `action` runs, by default that of the screen with the name of the command. `group` is the
    group of the help. `choices` returns, for the screen, the values of the argument that the palette and the `:` prompt
    offer, and `completions` those that only the prompt does: they would fill the palette.
    """

    name: str
    keys: str
    help: str
    label: str = ""
    argument: str = ""
    action: str = ""
    run: Callable[..., object] | None = None
    group: Group = Group.ACT
    choices: Callable[[Any], Sequence[str]] = lambda _: ()
    completions: Callable[[Any], Sequence[str]] = lambda _: ()

    @property
    def textual_action(self) -> str:
        """The Textual action that runs the command without an argument."""
        if self.run is not None:
            return run_action(self.name)
        return self.action or f"screen.{self.name.replace('-', '_')}"

    def action_with(self, argument: str) -> str:
        """Return the Textual action that runs the command with `argument`; empty for none."""
        if not self.argument or not argument:
            return self.textual_action
        return run_action(self.name, argument) if self.run else f"{self.textual_action}({argument!r})"

    @property
    def key_list(self) -> list[str]:
        """Its keys by Textual's names."""
        return [key for key in self.keys.split(",") if key]

    @property
    def shown_keys(self) -> list[str]:
        """Its keys as they are written on screen."""
        return displayed_keys(self.keys)


def grouped(group: Group, commands: Iterable[Command]) -> tuple[Command, ...]:
    """Return the `commands` in one group of the help."""
    return tuple(command._replace(group=group) for command in commands)


def run_action(name: str, argument: str = "") -> str:
    """Return the Textual action that runs the command `name` of the screen, such as `filter` with `state:failed`.

    The argument is quoted, so that it may come from a row.
    """
    return f"screen.run({name!r}, {argument!r})" if argument else f"screen.run({name!r})"


def displayed_keys(keys: str) -> list[str]:
    """Return the keys of a binding as they are written on screen."""
    return [_DISPLAYED.get(key, key.replace("ctrl+", "^")) for key in keys.split(",") if key]


_DISPLAYED = {
    "escape": "esc",
    "question_mark": "?",
    "slash": "/",
    "colon": ":",
    "comma": ",",
    "full_stop": ".",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "plus": "+",
    "minus": "-",
    "equals_sign": "=",
    "ampersand": "&",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "left_curly_bracket": "{",
    "right_curly_bracket": "}",
    "down": "↓",
    "up": "↑",
    "left": "←",
    "right": "→",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "shift+tab": "S-tab",
}


def effective_commands(lists: Iterable[Iterable[Command]]) -> list[Command]:
    """Merge the `lists` of a class and its bases, the most derived class first.

    A command replaces later ones of the same name, and takes its keys from them: those keep their other keys, if any.
    """
    merged: dict[str, Command] = {}
    used: set[str] = set()
    for command in (command for commands in lists for command in commands):
        if command.name not in merged:
            free = [key for key in command.key_list if key not in used]
            merged[command.name] = command._replace(keys=",".join(free))
            used |= set(free)
    return list(merged.values())


def make_bindings(commands: Iterable[Command]) -> list[BindingType]:
    """Return the Textual bindings of the `commands` that have keys.

    They have priority over the bindings of widgets. A widget acts by posting a message, which a key typed ahead would
    overtake.
    """
    return [
        Binding(
            command.keys,
            command.textual_action,
            command.help,
            show=False,
            priority=True,
            id=f"reflowtop.{command.name}",
        )
        for command in commands
        if command.keys
    ]
