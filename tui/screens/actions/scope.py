"""Choosing whose runs are shown, alive since when, and whether ended ones are."""

from tui.query import time_expressions as times
from tui.screens.actions import routing, time_travel
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.footer import Question, complete_from
from tui.settings import DEFAULT_SINCE
from tui.text import formats, time_zone

_WINDOWS = ("10m", "1h", "24h", "7d")


def toggle_ended(screen: BaseScreen) -> None:
    """Show active rows only, or also those that ended in the window."""
    screen.session.show_ended = not screen.session.show_ended
    screen.show()


def choose_user(screen: BaseScreen, name: str | None = None) -> None:
    """Show the runs of one user, or of all; without a `name`, ask for it."""
    session = screen.session

    def submit(name: str) -> None:
        session.user = name.strip() if name.strip() not in ("", "all") else None
        screen.show()

    complete = complete_from(lambda: users(screen))
    screen.ask(Question("user ", submit, "a user name; empty for all users", session.user or "", complete), name)


def users(screen: BaseScreen) -> list[str]:
    """Return the users of all known runs."""
    return sorted({formats.user(run.user) for run in screen.session.cluster.runs})


def choose_window(screen: BaseScreen, text: str | None = None) -> None:
    """Show the runs alive since another time, as they are now; without a `text`, ask for it."""

    def submit(text: str) -> None:
        session = screen.session
        session.since = times.parse_since(text or DEFAULT_SINCE.text, time_zone.localize(session.source.now()))
        session.show_live()
        time_travel.leave_past(screen)
        session.source.refresh_now()
        routing.show_runs(screen)

    def complete(text: str) -> tuple[str, ...]:
        return () if text else _WINDOWS

    screen.ask(Question("window ", submit, f"like {times.WINDOWS}", complete=complete), text)
