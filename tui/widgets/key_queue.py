"""Keys in the order in which they are typed, however fast that is."""

from typing import Any

from textual.app import App
from textual.events import Event, Key


class KeyQueueApp(App[Any]):
    """An app in which what a key does is done before the next key is looked at.

    Textual first offers a key to the widget with the focus and to all around it, and does what it is bound to when it
    comes back. By then it may have passed on the next ones: over a slow line several arrive at once, and of `j`, enter
    the enter would be done first. Here a key that is bound is not offered, and a character is typed at once.
    """

    async def on_event(self, event: Event) -> None:
        """Have a line that is typed into take its characters now."""
        if not (isinstance(event, Key) and not event.is_forwarded and self._type(event)):
            await super().on_event(event)

    def _type(self, key: Key) -> bool:
        """Type a character, if the focus is on a line to type into; says whether it is."""
        line = self.focused
        if line is None or key.character is None or not line.check_consume_key(key.key, key.character):
            return False
        from textual.widgets import Input  # by now it is there

        if not isinstance(line, Input):
            return False
        self.app_focus = True  # as with any key
        line.replace(key.character, *line.selection)
        return True

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        # Not public. Textual asks it for those with priority before it passes on a key.
        return await super()._check_bindings(key, priority) or (priority and await super()._check_bindings(key))
