"""What can be done on a screen: one list for the keys, the help, the command palette and the line after `:`.

Every class of screens has a `COMMAND_LIST` of what it adds, and `in_effect` makes one list of them. A new key is a new
`Command` in one of these lists and an action of that class, nothing more.
"""

from collections.abc import Iterable
from typing import NamedTuple

from textual.binding import Binding, BindingType


class Command(NamedTuple):
    """Something to do. `name` is what is typed after `:`; `keys` are those of a `Binding`, the first one is shown.

    `short` is its text in the line of keys, empty to leave it out there. `action` is Textual's, by default that of the
    screen with the same name. One that `takes` something may be given it after its name; the action then takes it.
    """

    name: str
    keys: str
    help: str
    short: str = ""
    takes: str = ""
    action: str = ""

    @property
    def to_run(self) -> str:
        """The action without an argument."""
        return self.action or f"screen.{self.name.replace('-', '_')}"

    def with_argument(self, argument: str) -> str:
        """The action with what was typed after the name."""
        return f"{self.to_run}({argument!r})" if self.takes and argument else self.to_run

    @property
    def key_list(self) -> list[str]:
        """Its keys as Textual names them."""
        return [key for key in self.keys.split(",") if key]

    @property
    def shown_keys(self) -> list[str]:
        """Its keys as they are written on screen."""
        return shown(self.keys)


def shown(keys: str) -> list[str]:
    """The keys of a binding as they are written on screen."""
    return [_SHOWN.get(key, key.replace("ctrl+", "^")) for key in keys.split(",") if key]


_SHOWN = {
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


def in_effect(lists: Iterable[Iterable[Command]]) -> list[Command]:
    """One list of what can be done, from the `lists` of a class and its bases, what is most special first.

    What comes first takes a name from what comes later, and its keys: that is left with the other keys, or none.
    """
    found: dict[str, Command] = {}
    taken: set[str] = set()
    for command in (command for commands in lists for command in commands):
        if command.name not in found:
            left = [key for key in command.key_list if key not in taken]
            found[command.name] = command._replace(keys=",".join(left))
            taken.update(left)
    return list(found.values())


def bindings(commands: Iterable[Command]) -> list[BindingType]:
    """The bindings of `commands` that have keys.

    They go before those of widgets, which do by a message, and so later, what a key can have done at once.
    """
    return [
        Binding(command.keys, command.to_run, command.help, show=False, priority=True, id=f"reflowtop.{command.name}")
        for command in commands
        if command.keys
    ]
