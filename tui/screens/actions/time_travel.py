"""Showing earlier data: of a recording, of the session history, or from the table."""

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from textual.app import App
from textual.worker import Worker

from store import TaskDB
from tui.query import time_expressions as times
from tui.screens.actions import routing
from tui.screens.base import status_texts
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.footer import Question
from tui.screens.base.session import Session
from tui.text import time_zone
from tui.watch.polling.past import PastView

if TYPE_CHECKING:
    from tui.watch.recording.replay import Replay

PAST_WORKERS = "past"
"""The group of the workers that read a window of the past from the table."""

_HINT = f"like {times.PAST}"


def step(screen: BaseScreen, refreshes: int) -> None:
    """Show the data some `refreshes` later; earlier if negative. After the last refresh comes the live data."""
    session, replay = screen.session, screen.session.replay
    if session.past is not None:
        keys = f"{screen.key_of('at')} goes to another time, {screen.key_of('live')} to the current state"
        screen.show_error(f"this snapshot is from the table; {keys}")
    elif replay is None:
        history = session.history
        if refreshes > 0:
            screen.show_error(f"showing current state; {screen.key_of('step-back')} goes back")
        elif history is None or history.first == history.last:
            screen.show_error("the session history has no earlier refresh yet")
        else:
            _rewind(screen, history.last - 1)
    elif refreshes > 0 and session.is_rewound and replay.is_at_end:
        session.show_live()
    elif refreshes > 0 and replay.is_following:
        screen.show_error(f"showing current state; {screen.key_of('step-back')} goes back")
    else:
        replay.step(refreshes)


def choose_time(screen: BaseScreen, text: str | None = None) -> None:
    """Show the data as of the time `text`; without one, ask for it."""

    def submit(text: str) -> None:
        session, now = screen.session, screen.session.live.now()
        if session.live is session.replay:
            end = session.replay.history.time(session.replay.history.last)
            _go_in_recording(session.replay, parse_time_before(text, now, end))
            return
        window = times.parse_window(text, time_zone.localize(now))
        show_window(screen, window.since.at(now), now if window.until is None else min(window.until.at(now), now))

    screen.ask(Question("time ", submit, _HINT), text)


def _go_in_recording(replay: "Replay", time: datetime) -> None:
    begin = replay.history.time(replay.history.first)
    if time < begin:
        raise ValueError(f"the recording starts at {status_texts.clock_text(begin)}")
    replay.go_to(time)


def show_window(screen: BaseScreen, since: datetime, until: datetime) -> None:
    """Show the data as of `until`: from the session history if that reaches back to `since`, else from the table."""
    session, history = screen.session, screen.session.history
    if since == until and history is not None and since >= history.time(history.first):
        if session.replay is None:
            _rewind(screen, history.find(until))
        if session.replay is not None:
            session.replay.go_to(until)
        return
    if session.db is None:
        raise ValueError("the table is not open yet")
    _read_window(screen.app, session, session.db, since, until)
    routing.show_runs(screen)


def _read_window(app: App[object], session: Session, db: TaskDB, since: datetime, until: datetime) -> None:
    session.show_live()
    session.past = past = PastView(
        since,
        until,
        session.live.budget,
        clock=session.live.now,
        notify=lambda: routing.show_top_screen(app),
    )
    _: Worker[None] = app.run_worker(partial(past.read, db), group=PAST_WORKERS, exclusive=True)


def show_first_window(app: App[object], session: Session, db: TaskDB, now: datetime) -> None:
    """Show the window of the past that the settings name by its end, unless a recording is shown.

    Screens that the user has opened meanwhile stay: there were no rows yet to open one of.
    """
    settings = session.settings
    if settings.until is not None and session.replay is None:
        until = min(settings.until.at(now), now)
        _read_window(app, session, db, min(settings.since.at(now), until), until)
        session.notify()


def return_to_live(screen: BaseScreen) -> None:
    """Show the live data, or the end of the recording."""
    session = screen.session
    if session.past is not None:
        leave_past(screen)
        routing.show_runs(screen)
    if session.replay is not None and not session.is_rewound:
        session.replay.go_to_end()
    session.show_live()


def pause_or_resume(session: Session) -> None:
    """Pause or resume refresh, or the replay. At the end of the session history, show the live data."""
    source, replay = session.source, session.replay
    if replay is not None and session.is_rewound and replay.is_paused and replay.is_at_end:
        session.show_live()
    elif source.is_paused:
        source.resume()
    else:
        source.pause()


def change_speed(screen: BaseScreen, steps: int) -> None:
    """Play the recording or the history faster by some `steps`; slower if negative."""
    replay = screen.session.replay
    if replay is None or replay.is_following:
        keys = f"{screen.key_of('step-back')} and {screen.key_of('at')} go back in time"
        screen.show_error(f"showing current state; {keys}")
    else:
        replay.change_speed(steps)
        screen.session.notify()


def leave_past(screen: BaseScreen) -> None:
    """Leave the window of the past, and stop reading it."""
    screen.app.workers.cancel_group(screen.app, PAST_WORKERS)
    screen.session.past = None


def parse_time_before(text: str, now: datetime, end: datetime) -> datetime:
    """Return the time that `text` names. A time of day is the nearest one to `now` that is not after `end`.

    A recording may span midnight, so a time of day may be that of tomorrow. Raises ValueError if `text` is no time.
    """
    text = text.strip()
    time = times.parse_time(text, now)
    # By the clock on the wall: the day on which the clocks change has 23 or 25 hours.
    later = (time_zone.localize(time) + timedelta(days=1)).astimezone(UTC)
    is_time_of_day = ":" in text and "-" not in text
    return later if is_time_of_day and later - now < now - time and later <= end else time


def _rewind(screen: BaseScreen, index: int) -> None:
    """Show the refresh at `index` of the session history in place of the live data."""
    session = screen.session
    if session.history is None:
        return
    from tui.watch.recording.replay import Replay  # not needed for the first frame

    leave_past(screen)
    session.replay = Replay(session.history, index, before=session.live, clock=session.live.now, notify=session.notify)
    _: Worker[None] = screen.app.run_worker(session.replay.run, group="replay")
