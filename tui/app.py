"""The dashboard: the screens, the poller behind them, and how both start and end."""

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.events import AppBlur, Event, InputEvent, Key
from textual.filter import NoColor
from textual.screen import Screen
from textual.theme import Theme
from textual.worker import Worker, get_current_worker

from store import Digest, Error, TaskDB
from store.times import Clock, utc_now
from tui import theme as themes
from tui.connect import open_db as open_settings_db
from tui.exit_status import ExitCode, report_lost
from tui.screens.base import status_texts
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.guarded_app import GuardedApp
from tui.screens.base.key_settings import keymap
from tui.screens.base.navigation import new_screen
from tui.screens.base.routes import RunsRoute
from tui.screens.base.session import Session
from tui.settings import Settings
from tui.settings.clusters import Clusters
from tui.terminal.new_files import acknowledgements_path, memory_path
from tui.terminal.signals import ExitGuard, is_hung_up, on_leave
from tui.text import time_zone
from tui.watch.data_source import DataSource
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import IDLE, Poller
from tui.widgets.compact_output import CompactApp
from tui.widgets.key_queue import KeyQueueApp

if TYPE_CHECKING:
    from tui.watch.recording.recorder import Recorder
    from tui.watch.recording.replay import Replay
    from tui.watch.recording.session_history import SessionHistory

STDIN = 0
# The activity line counts failures of the last hour, including those of runs that have ended.
_ACTIVITY_SPAN = timedelta(hours=1)

OpenDB = Callable[[], AbstractAsyncContextManager[TaskDB]]
Connect = Callable[[Settings], AbstractAsyncContextManager[TaskDB]]


class ReflowTop(GuardedApp, KeyQueueApp, CompactApp[BaseException], inherit_bindings=False):
    """The dashboard on the TaskDB that `open_db` opens. Its return value is the error that ended it, if any."""

    CSS_PATH = "reflowtop.tcss"
    COMMAND_PALETTE_BINDING = "f12"  # the screens have one of their own
    # Bindings that work on every screen, even while the user types into a prompt.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "interrupt", "Quit", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "Stop", show=False, priority=True),
        Binding("ctrl+l", "redraw", "Redraw", show=False, priority=True),
    ]

    def __init__(
        self,
        settings: Settings,
        open_db: OpenDB,
        *,
        clock: Clock = utc_now,
        replay: "Replay | None" = None,
        clusters: Clusters | None = None,
        connect: Connect = open_settings_db,
    ) -> None:
        themes.check_theme(settings)
        super().__init__(settings.theme)
        time_zone.use(settings.tz)
        if self.no_color:
            self.set_filters([NoColor()])  # by default Textual draws shades of grey
        if settings.keys or settings.columns or settings.filter:
            from tui.screens.base import settings_check

            settings_check.check(settings)
        self.set_keymap(keymap(settings.keys))
        if settings.ascii:
            from tui.widgets.ascii_filter import AsciiFilter

            self.add_filter(AsciiFilter())
        self._clock = clock
        self._clusters, self._connect = clusters, connect
        self._new_session(settings, replay)
        if replay is not None:
            replay.notify = self._show_soon
        self._open_db = open_db
        self._poll_worker: Worker[None] | None = None
        self._switch_worker: Worker[None] | None = None
        self._replacing = asyncio.Lock()
        self._is_show_due = False
        self._last_input = clock()
        self._early_keys: list[Key] | None = []
        self._guard: ExitGuard | None = None

    def _new_session(self, settings: Settings, replay: "Replay | None" = None) -> None:
        """Create the data source and the session, for a new dashboard or for another cluster."""
        self.poller: DataSource = replay or self._new_poller(settings, self._clock)
        self.session = Session(self.poller, settings, new_screen, self._clock)
        self.session.replay = replay
        self.session.clusters = self._clusters
        if replay is None or replay.is_following:
            self.session.acknowledgements_path = partial(acknowledgements_path, settings)
            self.session.memory_path = partial(memory_path, settings)
        self.session.notify = self._show_soon
        self.session.views[RunsRoute()].filter = settings.filter
        self._recorder: Recorder | None = None
        self._history: SessionHistory | None = None

    def _new_poller(self, settings: Settings, clock: Clock) -> Poller:
        return Poller(
            Cluster(clock()),
            lambda now: self.session.since.at(now),  # noqa: PLW0108 - the user changes `since`
            Budget(settings.read_budget, settings.price),
            interval=settings.interval,
            keep_ended=max(settings.keep_failed, _ACTIVITY_SPAN),
            clock=clock,
            notify=self._record_refresh,
        )

    @property
    def available_themes(self) -> dict[str, Theme]:
        """The themes by name. A property, because Textual reads it before any theme could be registered."""
        return {**super().available_themes, **themes.BY_NAME}

    def get_theme(self, theme_name: str) -> Theme | None:
        """Return a theme by its name. Textual asks for each line that it draws, and merges all themes each time."""
        return themes.BY_NAME.get(theme_name) or super().get_theme(theme_name)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the colours that reflowtop adds to Textual's, derived for themes that do not define them."""
        return {**super().get_theme_variable_defaults(), **themes.derive_variables(self.current_theme)}

    def get_default_screen(self) -> Screen[None]:
        return new_screen(RunsRoute(), self.session)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Return the commands of the screen for the palette."""
        return screen.palette_commands() if isinstance(screen, BaseScreen) else ()

    def on_mount(self) -> None:
        """Start to poll after the first frame."""
        self.set_interval(1, self.tick)
        if logging.getLogger("tui").isEnabledFor(logging.DEBUG):
            from tui.terminal import loop_watchdog

            _: Worker[None] = self.run_worker(loop_watchdog.watch, group="watchdog")
        # After ctrl-Z and `fg` Textual takes the terminal back, but draws nothing on it.
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        self.call_after_refresh(self._start_polling)
        if not self.is_headless:
            self._guard_exit()

    def _guard_exit(self) -> None:
        """Leave on signals; the second one, or the second ctrl-C, ends the process even if the loop is blocked."""
        driver = self.terminal_driver
        if driver is None:
            self._guard = on_leave(self._leave)
            return
        self._guard = on_leave(self._leave, driver.restore, lambda: driver.is_started)
        driver.interrupted = partial(self._guard.leave, ExitCode.INTERRUPTED)

    def _leave(self, code: int) -> None:
        if self._guard is not None:
            self._guard.closing(code)
        self.exit(return_code=code)

    def tick(self) -> None:
        """Update ages; exit if the terminal has hung up."""
        if not self.is_headless and is_hung_up(STDIN):
            os.kill(os.getpid(), signal.SIGHUP)
        self._note_attention()
        top = self.screen_stack[-1] if self.screen_stack else None  # none while the application closes
        if isinstance(top, BaseScreen) and top.is_ready:
            top.tick()

    def _note_attention(self) -> None:
        """Note whether the user is present: an idle dashboard reads less, and changes stay unseen."""
        session, now = self.session, self._clock()
        idle = now - self._last_input
        self.poller.attention(focused=self.app_focus, idle=idle)
        session.is_watched = self.app_focus and idle < IDLE and not self.poller.is_paused
        if session.is_watched:
            session.unseen_changes.user_returned()
        else:
            session.unseen_changes.user_left(self.poller.cluster, self._last_input)

    async def on_event(self, event: Event) -> None:
        """Record user input, so that the poller keeps its short interval."""
        if isinstance(event, InputEvent | AppBlur):  # the user may read the screen until it loses the focus
            self._last_input = self._clock()
            self.session.unseen_changes.user_acted()
        if isinstance(event, Key) and self._early_keys is not None:
            self._early_keys.append(event)
        elif isinstance(event, Key) and (keys := self.typed_apart(event)):
            self.session.note_return()  # of an alt key that was meant, q is not to quit
            for key in keys:
                await self.on_event(key)
        elif not (isinstance(event, Key) and not event.is_forwarded and self._dismiss(event)):
            await super().on_event(event)

    def _dismiss(self, key: Key) -> bool:
        """Remove the message in the footer, as any key does. Return whether that, or a notification, used up escape."""
        top = self.screen
        if isinstance(top, BaseScreen) and top.is_prompting:
            return False
        was_shown = isinstance(top, BaseScreen) and top.dismiss_message()
        if key.key != "escape":
            return False
        if top.query("Toast"):
            self.clear_notifications()
            return True
        return was_shown

    async def on_screen_footer_prompt_ready(self) -> None:
        """Process the keys that the user pressed before the prompt could take them."""
        typed, self._early_keys = self._early_keys or [], None
        for key in typed:
            await super().on_event(key)

    async def action_quit(self) -> None:
        """Exit; with an error if every read has failed."""
        from tui.screens.actions import outcome

        if outcome.holds_exit(self, self.session):
            return
        status, is_replay = self.poller.status, self.session.replay is self.poller
        self.exit(status.error if status.as_of is None and not is_replay else None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the bindings while the user types into a prompt."""
        is_prompting = isinstance(self.screen, BaseScreen) and self.screen.is_prompting
        return action in ("interrupt", "suspend_process", "redraw") or not is_prompting

    def action_interrupt(self) -> None:
        self._leave(ExitCode.INTERRUPTED)

    def action_refresh_now(self) -> None:
        """Refresh at once, and tell if the read budget leaves out part of it."""
        self.poller.refresh_now()
        if isinstance(self.screen, BaseScreen):
            self.screen.read_again()
            if limits := status_texts.requested(self.poller.status):
                self.screen.show_message(limits)

    def action_pause(self) -> None:
        """Pause or resume refresh, or the replay."""
        from tui.screens.actions import time_travel

        time_travel.pause_or_resume(self.session)

    def action_command_palette(self) -> None:
        """Open the command palette."""
        from tui.screens.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette())

    def action_help(self, query: str = "") -> None:
        if isinstance(self.screen, BaseScreen):
            from tui.screens.help import HelpScreen

            self.push_screen(HelpScreen(self.screen.commands, self.screen.moves, query))

    def _start_polling(self) -> None:
        self._poll_worker = self.run_worker(self._poll, exit_on_error=False)

    async def _poll(self) -> None:
        try:
            async with self._open_db() as db:
                self.session.db = db
                if self.session.settings.until is not None:
                    from tui.screens.actions import time_travel

                    time_travel.show_first_window(self, self.session, db, self._clock())
                await self.poller.run(db)
        except Exception as error:
            self.exit(error)

    def action_cluster(self, name: str | None = None) -> None:
        """Show another cluster of the configuration file."""
        if isinstance(self.screen, BaseScreen):
            from tui.screens.actions import switch

            def start(settings: Settings) -> None:
                # A table may answer after the next one was chosen. The worker of the cluster shown goes on until then.
                pending = self._switch_worker
                if pending is not None and pending is not self._poll_worker:
                    pending.cancel()
                self._switch_worker = self.run_worker(partial(self._switch_cluster, settings), exit_on_error=False)

            switch.choose_cluster(self.screen, name, start)

    async def _switch_cluster(self, settings: Settings) -> None:
        """Close the data source and show the table of `settings`; keep it if that table cannot be read."""
        from tui.screens.actions import switch

        is_open = False
        try:
            async with self._connect(settings) as db:
                await db.lookup([Digest.random()])
                is_open = True
                await switch.wait_for_prompt(self, settings)
                async with self._replacing:  # for two switches, the second one replaces what the first one has shown
                    switch.close_session(self, *await self._replace_session(settings, db))
                await self.poller.run(db)
        except Exception as error:
            if is_open or not isinstance(error, Error):
                self.exit(error)
            else:
                switch.report_unreadable(self, settings, error)

    async def _replace_session(self, settings: Settings, db: TaskDB) -> tuple[Session, OSError | None]:
        worker, self._poll_worker = self._poll_worker, get_current_worker()
        if worker is not None:
            worker.cancel()
        for group in ("past", "replay", "compare"):  # before the table that they read is closed
            self.workers.cancel_group(self, group)
        before = self.session
        before.show_live()
        lost = await before.close_files()
        while len(self.screen_stack) > 1:
            await self.wait_for_mount()  # of a screen that has just been opened
            await self.pop_screen()
        self._new_session(settings)
        self.session.db, self.session.prompt_history = db, before.prompt_history
        # Textual cannot replace the first screen; it reads all of its data from the session.
        if isinstance(self.screen, BaseScreen):
            self.screen.session = self.session
            self.screen.show()
        return before, lost

    def _record_refresh(self, changes: Changes) -> None:
        """Add a refresh to the session history, and compare it with what the user has seen."""
        if self._recorder is None:
            from tui.watch.recording.recorder import Recorder  # not needed for a first frame
            from tui.watch.recording.session_history import SessionHistory

            assert isinstance(self.poller, Poller)  # noqa: S101 - nothing else reads
            self._recorder, self._history = Recorder(self.poller), SessionHistory()
        assert self._history is not None  # noqa: S101 - set with the recorder
        if (refresh := self._recorder.record(changes)) is not None:
            self._history.add(refresh)
            is_complete = refresh.status.error is None
            self.session.unseen_changes.compare(self.poller.cluster, refresh.delta, is_complete=is_complete)
            self.session.history = self._history
            if is_complete:
                self.session.memory.observe(self.poller.cluster, self.poller.findings)
        self._show_soon()

    def _show_soon(self) -> None:
        # Several reads may end in one turn of the event loop: show them once.
        if not self._is_show_due:
            self._is_show_due = True
            self.call_later(self._show)

    def _show(self) -> None:
        self._is_show_due = False
        self.session.acknowledged.reload()
        if self.session.marked:
            from tui.screens.actions import mark

            mark.notify_changes(self, self.session)
        for screen in reversed(self.screen_stack):
            if isinstance(screen, BaseScreen):
                if screen.is_ready:
                    screen.show()
                return


def run(
    settings: Settings,
    open_recorded: OpenDB | None = None,
    replay: "Replay | None" = None,
    clusters: Clusters | None = None,
) -> int:
    """Run the dashboard on the table of `settings`, or on a `replay`; return the exit code.

    `open_recorded` opens the TaskDB with the logs of a recording. The user can switch to one of `clusters`. Raises the
    error that ended the dashboard.
    """
    app = ReflowTop(settings, open_recorded or (lambda: open_settings_db(settings)), replay=replay, clusters=clusters)
    failure = app.run(mouse=settings.mouse) or app.crash
    report_lost(app.session.flush_files())
    if failure is not None:
        raise failure
    return app.return_code or ExitCode.OK
