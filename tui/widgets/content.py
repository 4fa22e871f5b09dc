"""Untrusted text for widgets. Textual parses a plain `str` as markup: `[/x]` crashes, `[@click=...]` runs an action."""

from textual.content import Content
from textual.style import Style

from tui.text.safe import LIMIT, safe


def content(text: str, style: Style | str = "", limit: int = LIMIT) -> Content:
    """Return `text` as one safe line in one style, of at most `limit` cells; markup in it is not parsed."""
    return Content.styled(safe(text, limit), style)


def key_text(key: str, label: str) -> Content:
    """Return a key and what it does, as in the footer."""
    return Content.assemble(content(key, "bold $accent"), " ", content(label, "$muted"))
