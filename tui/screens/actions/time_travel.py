"""Going back in what was read or recorded, refresh by refresh or to a time, and back to what is now."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from tui.query import time_expressions as when
from tui.screens.base.command_registry import Command
from tui.screens.base.pointing import PointingScreen
from tui.screens.base.question import Question
from tui.watch.model.changes import Changes

if TYPE_CHECKING:
    from tui.watch.recording.session_history import RefreshHistory

PAST = "past"
"""The workers that read what was running at some time ago."""

_FORMS = "12:03, 12:03:41, 2026-11-01T12:03 (UTC), or 5m ago"


class ReplayingScreen(PointingScreen):
    """A screen that shows what is now, or what was: of a recording, or of the last half hour."""

    COMMAND_LIST: ClassVar[Sequence[Command]] = (
        Command("step-back", "comma", "Back in time by a refresh", action="screen.step(-1)"),
        Command("step", "full_stop", "On by a refresh", action="screen.step(1)"),
        Command("at", "T", "Show what was at a time: 12:03:41, 5m ago", "", "TIME"),
        Command("live", "L", "Back to what is now; in a recording, to its end"),
        Command("faster", "plus,equals_sign", "Play what was faster", action="screen.speed(1)"),
        Command("slower", "minus", "Play it slower", action="screen.speed(-1)"),
    )

    def action_step(self, refreshes: int) -> None:
        """Show the next refresh, or the one before; after the last one, what is now."""
        session, replay = self.session, self.session.replay
        if replay is None:
            recent = session.recent
            if refreshes > 0:
                self.complain(ValueError("this is what is now; , goes back"))
            elif recent is None or recent.first == recent.last:
                self.complain(ValueError("there is nothing before this: it was just begun to read"))
            else:
                self._rewind(recent.last - 1)
        elif refreshes > 0 and session.is_rewound and replay.is_at_end:
            session.show_live()
        else:
            replay.step(refreshes)

    def action_at(self, text: str | None = None) -> None:
        """Ask for a time, and show what was then."""

        def choose(text: str) -> None:
            now, tape = self.session.clock(), self._tape
            self.go_to_time(_moment(text, now, now if tape is None else tape.time(tape.last)))

        if text is None:
            self.ask(Question("time ", choose, _FORMS))
            return
        try:
            choose(text)
        except ValueError as error:
            self.complain(error)

    def action_live(self) -> None:
        """Show what is now, or the end of the recording."""
        if self.session.replay is not None and not self.session.is_rewound:
            self.session.replay.go_to_end()
        self.session.show_live()

    def action_speed(self, steps: int) -> None:
        """Play faster, or slower."""
        if (replay := self.session.replay) is None:
            self.complain(ValueError("this is what is now; , and T go back, and what was can be played"))
        else:
            replay.faster(steps)
            self.session.notify(Changes())

    def go_to_time(self, time: datetime) -> None:
        """Show what was at a time. Raises ValueError for one before all there is."""
        session, tape = self.session, self._tape
        if tape is None or time < tape.time(tape.first):
            begin = session.clock() if tape is None else tape.time(tape.first)
            raise ValueError(f"there is nothing before {begin:%H:%M:%S} UTC to show")
        if session.replay is None:
            self._rewind(tape.find(time))
        if session.replay is not None:
            session.replay.go_to(time)

    def leave_past(self) -> None:
        """Look no longer at what was running at some time ago, and read no more of it."""
        self.app.workers.cancel_group(self.app, PAST)
        self.session.past = None

    @property
    def _tape(self) -> "RefreshHistory | None":
        """What can be gone back in."""
        session = self.session
        return session.recent if session.replay is None else session.replay.tape

    def _rewind(self, place: int) -> None:
        """Show what was in place of what is."""
        session = self.session
        if session.recent is None:
            return
        from tui.watch.recording.replay import Replay  # seldom needed

        self.leave_past()
        session.replay = Replay(
            session.recent, place, before=session.live, clock=session.live.now, notify=session.notify
        )
        self.app.run_worker(session.replay.run(), group="replay")


def _moment(text: str, now: datetime, end: datetime) -> datetime:
    """The time meant by `text`: a time of day is that which is nearest, for a recording may have gone past midnight,
    but none after its `end`.

    Raises ValueError for what is no time.
    """
    text = text.strip()
    time = when.parse(text, now).at(now)
    later = time + timedelta(days=1)
    return later if ":" in text and "-" not in text and later - now < now - time and later <= end else time
