"""Switching what the whole dashboard uses: its colour theme, its time zone, and the cluster that it shows."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from msgspec.structs import replace
from textual.app import App
from textual.widgets import Input

from store import Error
from tui.exit_status import describe_lost
from tui.screens.actions import outcome
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.footer import Question, complete_from
from tui.screens.base.session import Session
from tui.settings import Settings
from tui.settings.settings_error import SettingsError, suggest
from tui.text import time_zone
from tui.watch.polling import error_texts

_LOOK = 0.1  # seconds between looks whether a prompt has closed


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

    complete = complete_from(lambda: themes(screen))
    screen.ask(Question("theme ", submit, "the name of a theme; tab completes", complete=complete), name)


def choose_zone(screen: BaseScreen, name: str | None = None) -> None:
    """Show times in the time zone `name`; without one, ask for it."""

    def submit(name: str) -> None:
        time_zone.use(time_zone.parse(name))
        screen.show()
        for widget in screen.query("*"):
            widget.notify_style_update()  # log views cache the lines that they have drawn
            widget.refresh()

    hint = f"utc, local, or a name such as Europe/Berlin; now {time_zone.current().text}"
    screen.ask(Question("time zone ", submit, hint, complete=time_zone.complete), name)


def clusters(screen: BaseScreen) -> Sequence[str]:
    """Return the names of the clusters in the configuration file; none if it cannot be read."""
    try:
        return _names(screen)
    except SettingsError:
        return ()


def _names(screen: BaseScreen) -> Sequence[str]:
    found = screen.session.clusters
    return () if found is None else found.names(screen.session.live.now())


def choose_cluster(screen: BaseScreen, name: str | None, switch: Callable[[Settings], None]) -> None:
    """Call `switch` with the settings of another cluster; without a `name`, ask for it."""
    found, session = screen.session.clusters, screen.session

    def submit(name: str) -> None:
        if found is None or not (names := _names(screen)):
            raise ValueError("there is no other cluster: the configuration file has no section [clusters.NAME]")
        if name not in names:
            raise ValueError(f"unknown cluster {name!r}; {suggest(name, names)}")
        switch(found.load(name, session.live.now(), replace(session.settings, theme=screen.app.theme)))

    complete = complete_from(lambda: clusters(screen))
    hint = "a section [clusters.NAME] of the configuration file"
    screen.ask(Question("ctx ", submit, hint, complete=complete), name)


async def wait_for_prompt(app: App[Any], settings: Settings) -> None:
    """Wait until no prompt takes the keys: what is typed for it would run commands on the cluster of `settings`."""
    if _is_typing(app):
        outcome.report(app, f"{settings.table} is ready; it is shown when this prompt closes")
    while _is_typing(app):  # noqa: ASYNC110 - Textual has no event for this
        await asyncio.sleep(_LOOK)


def _is_typing(app: App[Any]) -> bool:
    top = app.screen
    return isinstance(app.focused, Input) or (isinstance(top, BaseScreen) and top.is_prompting)


def close_session(app: App[Any], session: Session, lost: OSError | None) -> None:
    """Close what the session of the cluster shown before has kept, and show the error that `lost` a note of it."""
    if session.left_logs is not None:
        session.left_logs.close()
    if lost is not None:
        outcome.report(app, describe_lost(lost), is_error=True)


def report_unreadable(app: App[Any], settings: Settings, error: Error) -> None:
    """Show why the table of the cluster that was chosen cannot be read."""
    outcome.report(app, f"{settings.table}: {error_texts.explain(error, settings.region)}", is_error=True)
