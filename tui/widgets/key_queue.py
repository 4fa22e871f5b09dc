"""Keys that are handled in the order in which they are typed, however fast."""

import asyncio
from collections.abc import Sequence
from typing import Any

from textual.events import Event, Key, Paste

from tui.widgets.textual_private import HookedApp


class KeyQueueApp(HookedApp[Any]):
    """An app that finishes one key before it handles the next.

    Textual first offers a key to the focused widget and its ancestors, and runs the binding when it comes back. By then
    it may have passed on the next keys: over a slow line several arrive at once, and of `j`, enter the enter would come
    first. Here a bound key is not offered, and a character is typed at once. Keys that follow one that opens a screen
    wait until that screen is mounted, since its commands need the widgets.
    """

    last_key: str = ""
    """The name of the key that was pressed last."""

    async def on_event(self, event: Event) -> None:
        """Type characters into the focused input at once."""
        if isinstance(event, Key | Paste):
            await self.wait_for_mount()
        if isinstance(event, Key):
            self.last_key = event.key
        if not (isinstance(event, Key) and not event.is_forwarded and self._type(event)):
            await super().on_event(event)

    def typed_apart(self, key: Key) -> Sequence[Key]:
        """Return escape and the character of an alt key without a binding; for another key, nothing.

        Terminals send both alike. When escape and the next key arrive at once, Textual takes them for one.
        """
        character = key.character
        if not key.key.startswith("alt+") or character is None or key.key in self.screen.active_bindings:
            return ()
        return (Key("escape", "\x1b"), Key(character, character))

    async def wait_for_mount(self) -> None:
        """Wait until the screen on top has its widgets."""
        # Textual has no public event for this. The screen composes itself in this event loop, in about 20 ms.
        while self.is_running and self.screen_stack and not self.screen.is_mounted:  # noqa: ASYNC110
            await asyncio.sleep(0)

    def _type(self, key: Key) -> bool:
        """Type a character if the focus is on an input; return whether it is."""
        line = self.focused
        if (
            line is None
            or key.character is None
            or key.key.startswith("alt+")
            or not line.check_consume_key(key.key, key.character)
        ):
            return False
        from textual.widgets import Input  # already loaded: the app has one

        if not isinstance(line, Input):
            return False
        self.app_focus = True  # as for any key
        line.replace(key.character, *line.selection)
        return True

    async def check_key(self, key: str, *, priority: bool) -> bool:
        """Also run other bindings when Textual asks for priority bindings, which is before it passes on the key."""
        return await super().check_key(key, priority=priority) or (
            priority and await super().check_key(key, priority=False)
        )
