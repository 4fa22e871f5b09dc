"""Keys in the order in which they are typed, however fast that is."""

from typing import Any

from textual.app import App


class KeysInOrder(App[Any]):
    """An app in which what a key is bound to is done before the next key is looked at.

    Textual first offers a key to the widget with the focus and to all around it, and does what it is bound to when it
    comes back. By then it may have passed on the next ones: over a slow line several arrive at once, and of `j`, enter
    the enter would be done first. Here a key that is bound is not offered. A line to type into has its characters all
    the same, for what it consumes counts as not bound.
    """

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        # Not public. Textual asks it for those with priority before it passes on a key.
        return await super()._check_bindings(key, priority) or (priority and await super()._check_bindings(key))
