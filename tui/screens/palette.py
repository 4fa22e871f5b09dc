"""Textual's command palette, at rest, with what can be done in the order of the help."""

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits
from textual.system_commands import SystemCommandsProvider
from textual.widgets import Input, LoadingIndicator


class _Commands(SystemCommandsProvider):
    """What can be done on the screen. It is found by what it does and by its name."""

    async def discover(self) -> Hits:
        """All of it, what is special to the screen first."""
        for title, text, callback, _ in self.app.get_system_commands(self.screen):
            yield DiscoveryHit(title, callback, help=text)

    async def search(self, query: str) -> Hits:
        """What matches, the best first."""
        matcher = self.matcher(query)
        for title, text, callback, _ in self.app.get_system_commands(self.screen):
            if (score := max(matcher.match(title), matcher.match(text))) > 0:
                yield Hit(score, matcher.highlight(title), callback, help=text)


class Palette(CommandPalette):
    """The command palette, in which nothing blinks or spins."""

    def __init__(self) -> None:
        super().__init__([_Commands])

    def on_mount(self) -> None:
        """Still the cursor, and what would be drawn 16 times a second though it is hidden."""
        self.query_one(Input).cursor_blink = False
        self.query_one(LoadingIndicator).auto_refresh = None
