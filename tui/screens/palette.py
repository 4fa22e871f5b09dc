"""Textual's command palette, at rest."""

from textual.command import CommandPalette
from textual.widgets import Input, LoadingIndicator


class Palette(CommandPalette):
    """The command palette, in which nothing blinks or spins."""

    def on_mount(self) -> None:
        """Still the cursor, and what would be drawn 16 times a second though it is hidden."""
        self.query_one(Input).cursor_blink = False
        self.query_one(LoadingIndicator).auto_refresh = None
