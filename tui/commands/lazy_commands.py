"""A table of commands whose modules are imported when a command is looked up."""

from collections.abc import Iterator, MutableMapping, Sequence
from importlib import import_module

import click

COMPLETE_VARIABLE = "_REFLOWTOP_COMPLETE"
"""The variable by which a shell requests values of commands and flags."""


class LazyCommands(MutableMapping[str, click.Command]):
    """The commands of a group by name: those set here, and the `COMMANDS` of `modules`.

    The dashboard needs none of them: without the modules its first frame comes sooner.
    """

    def __init__(self, modules: Sequence[str]) -> None:
        self._modules = [*modules]  # not imported yet
        self._commands: dict[str, click.Command] = {}

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        del self._load()[name]

    def __getitem__(self, name: str) -> click.Command:
        return self._load()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())

    def _load(self) -> dict[str, click.Command]:
        while self._modules:
            for command in import_module(self._modules.pop(0)).COMMANDS:
                self._commands[command.name] = command
        return self._commands
