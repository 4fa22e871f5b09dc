"""A screen that does what is in its list of commands, by key or by name."""

from collections.abc import Awaitable, Sequence
from types import MappingProxyType
from typing import ClassVar

from textual.binding import BindingsMap, BindingType

from tui.screens.base import key_settings as keys
from tui.screens.base.command_registry import Command, bindings, in_effect
from tui.screens.base.key_settings import Chosen
from tui.screens.base.prompting import AskingScreen
from tui.screens.base.question import Question


class CommandedScreen(AskingScreen, inherit_bindings=False):
    """Its keys are those of `commands`, and no others but those that move in the widget that has the focus."""

    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("command", "colon", "Type what to do: any name in this list", action="screen.command"),
    )
    """What can be done on such a screen, beside what its base classes let one do."""
    MOVES: ClassVar[Sequence[BindingType]] = ()
    """The keys that move in the body of the screen, for the help."""
    commands: Sequence[Command] = in_effect([COMMAND_LIST])
    """All that can be done here, what is special to this screen first."""
    BINDINGS: ClassVar[list[BindingType]] = bindings(commands)
    _chosen: Chosen = MappingProxyType({})

    def __init_subclass__(cls) -> None:
        cls.commands = in_effect(cls.command_lists())
        cls.BINDINGS = bindings(cls.commands)
        super().__init_subclass__(inherit_bindings=False)

    @classmethod
    def command_lists(cls) -> list[Sequence[Command]]:
        """What each class adds, the most special first."""
        return [vars(base).get("COMMAND_LIST", ()) for base in cls.__mro__]

    def take_keys(self, chosen: Chosen) -> None:
        """Do commands by other keys: those that are `chosen`, by name."""
        if chosen:
            self._chosen = chosen
            self.commands = in_effect(keys.of_commands(commands, chosen) for commands in self.command_lists())
            self._bindings = BindingsMap(bindings(self.commands))

    @property
    def moves(self) -> Sequence[BindingType]:
        """The keys that move in the body, as they are."""
        return keys.of_moves(self.MOVES, self._chosen)

    def action_command(self) -> None:
        """Ask what to do."""

        def complete(text: str) -> list[str]:
            names = [command.name for command in self.commands if command.name != "command"]
            return [name for name in names if text and name.startswith(text)]

        self.ask(
            Question(":", self._run_command, "what to do, such as failures, user amy, window 24h", complete=complete)
        )

    def _run_command(self, text: str) -> Awaitable[object] | None:
        name, _, argument = text.strip().partition(" ")
        if not name:
            return None
        found = [command for command in self.commands if command.name.startswith(name)]
        command = next((command for command in found if command.name == name), found[0] if len(found) == 1 else None)
        if command is None:
            known = ", ".join(command.name for command in found)
            raise ValueError(f"{name!r} may be {known}" if found else f"no command {name!r}; ? lists them")
        if argument and not command.takes:
            raise ValueError(f"{command.name} takes nothing after it")
        return self.run_action(command.with_argument(argument.strip()))
