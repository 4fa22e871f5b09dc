"""The colour themes of reflowtop, in addition to those of Textual.

Every colour is legible in true colour and when a terminal reduces it to the nearest of 256 or of 16 colours. The tests
measure the contrast on every screen.
"""

from collections.abc import Mapping

import msgspec
from textual.color import Color
from textual.theme import BUILTIN_THEMES, Theme

from tui.settings import Settings, SettingsError
from tui.settings.settings_error import suggest


class _BasePalette(msgspec.Struct, frozen=True):
    """The neutral colours of a theme. Pairs are (background, foreground).

    `row` is the row under the cursor of a table. Unlike `cursor`, it leaves the colours of states legible.
    """

    dark: bool
    background: str
    surface: str
    panel: str
    foreground: str
    muted: str
    cursor: tuple[str, str]
    blurred: tuple[str, str]
    row: tuple[str, str]
    mark: tuple[str, str]


_DARK = _BasePalette(
    dark=True,
    background="#121417",
    surface="#1a1d21",
    panel="#23272d",
    foreground="#d0d0d0",
    muted="#9e9e9e",
    cursor=("#264d61", "#ffffff"),
    blurred=("#23323b", "#ffffff"),
    row=("#0c2844", "#ffffff"),
    mark=("#d7af5f", "#121417"),
)
_LIGHT = _BasePalette(
    dark=False,
    background="#fafafa",
    surface="#f2f2f2",
    panel="#e8e8e8",
    foreground="#1c1c1c",
    muted="#585858",
    cursor=("#0a4f78", "#ffffff"),
    blurred=("#bcd3e0", "#121212"),
    row=("#c4f0fa", "#121212"),
    mark=("#ffe08a", "#121212"),
)


def _theme(
    name: str, base: _BasePalette, *, good: str, warning: str, critical: str, accent: str, primary: str
) -> Theme:
    return Theme(
        name,
        dark=base.dark,
        primary=primary,
        secondary=primary,
        accent=accent,
        success=good,
        warning=warning,
        error=critical,
        foreground=base.foreground,
        background=base.background,
        surface=base.surface,
        panel=base.panel,
        variables={
            "muted": base.muted,
            "text-muted": base.muted,
            "text-disabled": base.muted,
            # Set explicitly because Textual would derive them by mixing with white or black.
            "text-primary": primary,
            "text-accent": accent,
            "text-success": good,
            "text-warning": warning,
            "text-error": critical,
            "block-cursor-background": base.cursor[0],
            "block-cursor-foreground": base.cursor[1],
            "block-cursor-blurred-background": base.blurred[0],
            "block-cursor-blurred-foreground": base.blurred[1],
            "row-cursor-background": base.row[0],
            "row-cursor-foreground": base.row[1],
            "row-cursor-text-style": "bold",
            "mark-background": base.mark[0],
            "mark-foreground": base.mark[1],
        },
    )


THEMES = (
    _theme(
        "reflowtop-dark",
        _DARK,
        good="#67c167",
        warning="#ffd75f",
        critical="#ff6f5f",
        accent="#d7af5f",
        primary="#5fafd7",
    ),
    _theme(
        "reflowtop-light",
        _LIGHT,
        good="#1f5f1f",
        warning="#7a4a2a",
        critical="#af0000",
        accent="#7a2f8f",
        primary="#005f87",
    ),
    # For red-green colour blindness: blue, yellow and orange; on white, where yellow is too pale, two reds.
    _theme(
        "deuteranopia-dark",
        _DARK,
        good="#56b4e9",
        warning="#fff3a0",
        critical="#f2682a",
        accent="#d7a5c8",
        primary="#9fc7df",
    ),
    _theme(
        "deuteranopia-light",
        _LIGHT,
        good="#0050a0",
        warning="#7f2f5f",
        critical="#af0000",
        accent="#4a2f8f",
        primary="#30506f",
    ),
    # The terminal's own 16 colours. Only its default foreground and background are sure to contrast, so nothing is
    # muted and the cursor is shown in reverse.
    Theme(
        "ansi",
        ansi=True,
        primary="ansi_cyan",
        secondary="ansi_cyan",
        accent="ansi_magenta",
        success="ansi_green",
        warning="ansi_yellow",
        error="ansi_red",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        variables={
            "muted": "ansi_default",
            "text-muted": "ansi_default",
            "ansi-background": "ansi_default",
            "ansi-foreground": "ansi_default",
            "block-cursor-background": "ansi_default",
            "block-cursor-foreground": "ansi_default",
            "block-cursor-text-style": "reverse",
            "block-cursor-blurred-background": "ansi_default",
            "block-cursor-blurred-foreground": "ansi_default",
            "block-cursor-blurred-text-style": "reverse",
            "row-cursor-background": "ansi_default",
            "row-cursor-foreground": "ansi_default",
            "row-cursor-text-style": "reverse",
            "mark-background": "ansi_yellow",
            "mark-foreground": "ansi_black",
        },
    ),
)
BY_NAME: Mapping[str, Theme] = {theme.name: theme for theme in THEMES}


def check_theme(settings: Settings) -> None:
    """Raise SettingsError if the theme of `settings` does not exist."""
    known = [*BY_NAME, *BUILTIN_THEMES]
    if settings.theme not in known:
        raise SettingsError(
            f"{settings.source('theme')}: unknown theme {settings.theme[:100]!r}; {suggest(settings.theme, known)}"
        )


def derive_variables(theme: Theme) -> Mapping[str, str]:
    """Return the colour variables that our themes define and those of Textual lack, derived from `theme`."""
    if "muted" in theme.variables:  # ours; return early, Textual calls this several times before the first frame
        return {}
    colors = theme.to_color_system().generate()
    if theme.ansi:
        return {
            "muted": colors["text-muted"],
            "row-cursor-background": "ansi_default",
            "row-cursor-foreground": "ansi_default",
            "row-cursor-text-style": "reverse",
            "mark-background": colors["accent"],
            "mark-foreground": "ansi_black",
        }
    foreground, background = (Color.parse(colors[name]) for name in ("foreground", "background"))
    return {
        "muted": foreground.blend(background, 0.3).hex,
        "row-cursor-background": background.blend(Color.parse(colors["primary"]), 0.25).hex,
        "row-cursor-foreground": foreground.hex,
        "row-cursor-text-style": "bold",
        "mark-background": background.blend(Color.parse(colors["accent"]), 0.3).hex,
        "mark-foreground": foreground.hex,
    }
