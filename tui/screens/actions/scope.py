"""Whose runs are shown, since when, and whether those that have ended are."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.worker import Worker

from tui.query import time_expressions as when
from tui.screens.actions.time_travel import PAST
from tui.screens.base.command_registry import Command
from tui.screens.base.question import Question
from tui.screens.base.watching import WatchingScreen
from tui.settings import DEFAULT_SINCE
from tui.text import formats
from tui.watch.model.cluster import Cluster
from tui.watch.polling.past import PastView


class EndedToo(WatchingScreen):
    """Shows what is active, or also what has ended in the window."""

    COMMAND_LIST: ClassVar[Sequence[Command]] = (Command("all", "a", "Active ones only, or all in the window", "all"),)

    def action_all(self) -> None:
        """Show ended ones, too, or no longer."""
        self.session.ended = not self.session.ended
        self.show()


class Scoped(EndedToo):
    """Shows the runs of a user, or of all, in a window of time."""

    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("user", "u", "Whose runs to show: a name, or nothing for all", "user", "NAME"),
        Command("window", "w", "How far back to look: 10m, 24h, 2026-11-01, 02:10", "window", "TIME"),
    )

    def action_user(self, name: str | None = None) -> None:
        """Show the runs of one user, or of all."""

        def choose(name: str) -> None:
            self.session.user = name.strip() if name.strip() not in ("", "all") else None
            self.show()

        def complete(text: str) -> list[str]:
            users = {formats.user(run.user) for run in self.session.cluster.runs}
            return sorted(user for user in users if user.startswith(text))

        if name is not None:
            choose(name)
            return
        self.ask(Question("user ", choose, "whose runs; nothing for all", self.session.user or "", complete))

    def action_window(self, text: str | None = None) -> None:
        """Look further back, or less far."""

        def choose(text: str) -> None:
            self._look_at(when.parse_window(text or DEFAULT_SINCE.text, self.session.clock()))

        if text is not None:
            try:
                choose(text)
            except ValueError as error:
                self.complain(error)
            return
        forms = ("10m", "1h", "24h", "7d")
        self.ask(Question("window ", choose, f"like {when.WINDOWS}", "", lambda text: [] if text else forms))

    def _look_at(self, window: when.Window) -> None:
        """Show what is running since a while, or what was running in a window of the past."""
        session, db = self.session, self.session.db
        session.show_live()
        if session.replay is not None and window.until is not None:
            self.go_to_time(window.until.at(session.clock()))
            return
        if window.until is None:
            self.leave_past()
            session.since = window.since
            session.poller.refresh_now()
        elif db is not None:
            now = session.clock()
            since, until = window.since.at(now), window.until.at(now)
            budget = session.poller.budget
            session.past = PastView(Cluster(now), since, until, budget, clock=session.clock, notify=self.show_on_top)
            _: Worker[None] = self.app.run_worker(
                partial(session.past.read, db), group=PAST, exclusive=True, exit_on_error=False
            )
        self.show_runs()
