"""Untrusted text for widgets. A plain `str` would be parsed as markup: `[/x]` crashes, `[@click=...]` acts."""

from textual.content import Content
from textual.style import Style

from tui.present import LIMIT, safe, safe_lines


def content(text: str, style: Style | str = "", limit: int = LIMIT) -> Content:
    """`text` as one safe line, in one style, up to `limit` cells; no markup in it is parsed."""
    return Content.styled(safe(text, limit), style)


def content_lines(text: str, style: Style | str = "", limit: int = LIMIT) -> Content:
    """`text` as safe lines, in one style, each up to `limit` cells; no markup in it is parsed."""
    return Content.styled("\n".join(safe_lines(text, limit)), style)
