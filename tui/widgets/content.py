"""Untrusted text for widgets. Textual parses a plain `str` as markup: `[/x]` crashes, `[@click=...]` runs an action.

This is the only module that makes a `Content` of a text or shows a notification; literals may be Contents elsewhere.
"""

from typing import Any

from textual.app import App
from textual.content import Content
from textual.style import Style

from tui.text.safe import LIMIT, safe
from tui.text.safe_text import SafeText


def content(text: str, style: Style | str = "", limit: int = LIMIT) -> Content:
    """Return `text` as one safe line in one style, of at most `limit` cells; markup in it is not parsed."""
    return Content.styled(safe(text, limit), style)


def assemble(*parts: Content | SafeText) -> Content:
    """Return the parts as one text."""
    return Content.assemble(*parts)


def blanks(cells: int) -> Content:
    """Return so many blanks; none if negative."""
    return Content(" " * cells)


def key_text(key: str, label: str) -> Content:
    """Return a key and what it does, as in the footer."""
    return assemble(content(key, "bold $accent"), content(" "), content(label, "$muted"))


def show_toast(app: App[Any], title: str, text: str, severity: str = "information") -> None:
    """Notify the user in a corner of the screen; neither text needs to be safe. `severity` is one of Textual's."""
    app.notify(safe(text), title=safe(title), severity=severity, markup=False)  # type: ignore[arg-type]
