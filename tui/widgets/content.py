"""Untrusted text for widgets. A plain `str` would be parsed as markup: `[/x]` crashes, `[@click=...]` acts."""

from textual.content import Content
from textual.style import Style

from tui.text.safe import LIMIT, safe


def content(text: str, style: Style | str = "", limit: int = LIMIT) -> Content:
    """`text` as one safe line, in one style, up to `limit` cells; no markup in it is parsed."""
    return Content.styled(safe(text, limit), style)
