"""Textual's command palette, at rest, with what can be done in the order of the help."""

from collections.abc import Iterable
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits
from textual.fuzzy import Matcher
from textual.system_commands import SystemCommandsProvider
from textual.widgets import Input, LoadingIndicator

from tui.widgets.textual_private import invoke

_NAMED = 1000.0  # more than any other score


def found(commands: Iterable[SystemCommand], query: str) -> list[tuple[float, SystemCommand]]:
    """Return the matches of a query, names before descriptions, the best first; all commands for an empty query."""
    matcher = Matcher(query)

    def score(command: SystemCommand) -> float:
        is_named = f":{query.lower()}" in command.help
        return max(matcher.match(command.title), matcher.match(command.help)) + _NAMED * is_named

    scored = [(score(each) if query else 1.0, each) for each in commands]
    return sorted(((score, each) for score, each in scored if score > 0), key=lambda hit: -hit[0])


class _Commands(SystemCommandsProvider):
    """The commands of the screen, for the palette."""

    async def discover(self) -> Hits:
        """All of it, what is special to the screen first."""
        for _, each in found(self.app.get_system_commands(self.screen), ""):
            yield DiscoveryHit(each.title, each.callback, help=each.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for score, each in found(self.app.get_system_commands(self.screen), query):
            yield Hit(score, matcher.highlight(each.title), each.callback, text=each.title, help=each.help)


class Palette(CommandPalette):
    """The command palette, in which nothing blinks or spins, and enter is for what was typed before it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", show=False, priority=True)]

    def __init__(self) -> None:
        super().__init__([_Commands])

    def on_mount(self) -> None:
        """Still the cursor, and what would be drawn 16 times a second though it is hidden."""
        self.query_one(Input).cursor_blink = False
        self.query_one(LoadingIndicator).auto_refresh = None

    async def action_choose(self) -> None:
        """Do what is under the cursor; while the list is still that of what was typed before, what it begins with."""
        below = self.app.screen_stack[self.app.screen_stack.index(self) - 1]
        commands = [each for _, each in found(self.app.get_system_commands(below), self.query_one(Input).value.strip())]
        shown = self.query_one(CommandList)
        titles = [option.hit.text for option in shown.options if hasattr(option, "hit")]
        at = shown.highlighted or 0 if titles == [each.title for each in commands] else 0
        if commands:
            self.dismiss()
            await invoke(commands[at].callback)
