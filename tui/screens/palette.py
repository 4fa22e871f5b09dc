"""Textual's command palette, at rest, with what can be done in the order of the help."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandList, CommandPalette, DiscoveryHit, Hit, Hits
from textual.content import Content
from textual.events import Click
from textual.fuzzy import Matcher
from textual.message import Message
from textual.system_commands import SystemCommandsProvider
from textual.widgets import Input, LoadingIndicator

from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.command_registry import Command
from tui.widgets.content import assemble, content
from tui.widgets.textual_private import invoke

_NAME, _KEYS = 18, 10  # cells
# Scores of a match in the name, which are higher than those of any match in a description.
_IS_NAME, _BEGINS_NAME, _IN_NAME, _LIKE_NAME = 4000.0, 3000.0, 2000.0, 1000.0


def found(commands: Iterable[SystemCommand], query: str) -> list[tuple[float, SystemCommand]]:
    """Return the matches of a query, names before descriptions, the best first; all commands for an empty query."""
    matcher, typed = Matcher(query), query.lower()

    def score(command: SystemCommand) -> float:
        name = command.title.lower()
        if name == typed:
            return _IS_NAME
        if typed in name:
            return (_BEGINS_NAME if name.startswith(typed) else _IN_NAME) + matcher.match(name)
        if (like := matcher.match(name)) > 0:
            return _LIKE_NAME + like
        return matcher.match(command.help)

    scored = [(score(each) if query else 1.0, each) for each in commands]
    return sorted(((score, each) for score, each in scored if score > 0), key=lambda hit: -hit[0])


class _Commands(SystemCommandsProvider):
    """The commands of the screen, for the palette: a line each, the name first."""

    async def discover(self) -> Hits:
        """Yield all commands, those of the screen first."""
        for _, each in found(self.app.get_system_commands(self.screen), ""):
            yield DiscoveryHit(self._line(each), each.callback, text=each.title)

    async def search(self, query: str) -> Hits:
        for score, each in found(self.app.get_system_commands(self.screen), query):
            yield Hit(score, self._line(each), each.callback, text=each.title)

    def _line(self, command: SystemCommand) -> Content:
        keys = next((each.shown_keys for each in self._commands if each.name == command.title), [])
        # A command with one of its choices has no keys, and takes their room.
        name = content(command.title.ljust(_NAME if keys else _NAME + _KEYS), "bold")
        return assemble(name, content(" ".join(keys).ljust(_KEYS) if keys else ""), content(command.help, "dim"))

    @property
    def _commands(self) -> Sequence[Command]:
        return self.screen.commands if isinstance(self.screen, BaseScreen) else ()


class Palette(CommandPalette):
    """The command palette, without animations; enter applies to the text typed before it."""

    CSS = """
    Palette > .command-palette--help-text { text-style: not bold; }
    CommandList > .option-list--option-highlighted {
        color: $block-cursor-foreground;
        background: $block-cursor-background;
    }
    SearchIcon { color: $foreground; }
    Palette #--input { border-top: hkey $border; border-bottom: none; }
    Palette LoadingIndicator, CommandList { border-bottom: hkey $border; }
    CommandList { text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "choose", show=False, priority=True)]

    def __init__(self) -> None:
        super().__init__([_Commands])

    def on_mount(self) -> None:
        """Stop the blinking cursor, and the hidden indicator that would be drawn 16 times a second."""
        self.query_one(Input).cursor_blink = False
        self.query_one(LoadingIndicator).auto_refresh = None

    def on_option_list_option_selected(self, event: CommandList.OptionSelected) -> None:
        self._ignore_if_closed(event)

    def on_click(self, event: Click) -> None:
        self._ignore_if_closed(event)

    def _ignore_if_closed(self, event: Message) -> None:
        """Leave out a click that arrived with the one that closed the palette: it would close the screen below."""
        if not self.is_active:
            event.stop().prevent_default()

    async def action_choose(self) -> None:
        """Run the command under the cursor; while the list is out of date, the first match of the text."""
        below = self.app.screen_stack[self.app.screen_stack.index(self) - 1]
        commands = [each for _, each in found(self.app.get_system_commands(below), self.query_one(Input).value.strip())]
        shown = self.query_one(CommandList)
        titles = [option.hit.text for option in shown.options if hasattr(option, "hit")]
        at = shown.highlighted or 0 if titles == [each.title for each in commands] else 0
        if commands:
            self.dismiss()
            await invoke(commands[at].callback)
