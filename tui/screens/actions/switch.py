"""Switching what the whole dashboard uses: its colour theme."""

from collections.abc import Sequence

from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.footer import Question
from tui.settings.settings_error import suggest


def themes(screen: BaseScreen) -> Sequence[str]:
    """Return the names of the colour themes, those of reflowtop first."""
    names = sorted(screen.app.available_themes)
    return sorted(names, key=lambda name: not name.startswith("reflowtop"))


def choose_theme(screen: BaseScreen, name: str | None = None) -> None:
    """Use another colour theme until the dashboard ends; without a `name`, ask for it."""

    def submit(name: str) -> None:
        if name not in screen.app.available_themes:
            raise ValueError(f"unknown theme {name!r}; {suggest(name, themes(screen))}")
        screen.app.theme = name

    def complete(text: str) -> list[str]:
        return [name for name in themes(screen) if name.startswith(text)]

    screen.ask(Question("theme ", submit, "the name of a theme; tab completes", complete=complete), name)
