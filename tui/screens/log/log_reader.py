"""A screen with a log: moving in it, searching, leaving lines out, and what else is done with what is shown."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual.widget import Widget
from textual.worker import Worker

from store import Digest, Error, Log, Run, RunID, Task
from store.logs.runlog import Level
from tui.logs.search import LogFilter, compiled
from tui.query import time_expressions as when
from tui.screens.base import row_texts as sentences
from tui.screens.base.command_registry import Command
from tui.screens.base.question import Question
from tui.screens.base.session import Session
from tui.screens.base.watching import WatchingScreen
from tui.screens.log import log_commands as log_keys
from tui.screens.log import log_files
from tui.screens.log import log_texts as log_words
from tui.screens.log.log_session import LogSession, Sleep
from tui.text import formats
from tui.widgets.log_view import LogView
from tui.widgets.paragraph import Paragraph
from tui.widgets.status_line import StatusLine

_LEVELS = (None, Level.INFO, Level.ERROR)
_MOST_CONTEXT = 20


class LogReadingScreen(WatchingScreen):
    """Shows one log of a row at a time, in `log_session`."""

    COMMAND_LIST: ClassVar[Sequence[Command]] = log_keys.READING

    DEFAULT_CSS = """
    LogReadingScreen #truth { padding: 0 1; max-height: 4; }
    """

    def __init__(self, session: Session, row: Task | Run, sleep: Sleep = asyncio.sleep) -> None:
        """For a log of `row`; `sleep` is what more of it is waited for with."""
        super().__init__(session)
        self._row = row
        self._sleep = sleep
        self._shows_link = False
        self.view = LogView()
        self.log_session = self.new_log_session()

    def new_log_session(self) -> LogSession:
        """A log that is not open yet."""
        return LogSession(self.view, lambda: self.row, self.tell, self._sleep)

    @property
    def row(self) -> Task | Run:
        """Whose log it is, as it is now."""
        cluster, row = self.session.cluster, self._row
        if isinstance(row, Task):
            return cluster.tally(row.run_id).tasks.get(row.id, row)
        return cluster.run(row.id) or row

    @property
    def run_id(self) -> RunID:
        """The run, or that of the task."""
        return self._row.run_id if isinstance(self._row, Task) else self._row.id

    @property
    def pool_id(self) -> Digest:
        """Where the task runs."""
        row = self.row
        return sentences.pool_id(self.session.cluster, row if isinstance(row, Task) else None)

    def logged(self) -> Task | Run:
        """The row."""
        return self.row

    @property
    def log_shown(self) -> Log | None:
        """The log, once it is open."""
        return self.log_session.reading.document.log if self.log_session.reading is not None else None

    def compose_body(self) -> Iterable[Widget]:
        """What the log is worth, its lines, and how they are shown."""
        yield Paragraph(id="truth")
        yield self.view
        yield StatusLine(id="status")

    def tick(self) -> None:
        """Bring the lines around the log up to date."""
        super().tick()
        self.tell()

    def tell(self) -> None:
        """Say how the log stands."""
        if not self.is_ready:
            return
        row, now, session = self.row, self.session.clock(), self.log_session
        if (log := self.log_shown) is not None:
            said = log_words.link(log) if self._shows_link else log_words.of(log, row, now)
        else:
            said = log_words.READING if session.error is None else log_words.nothing(session.error, row, now)
        self.query_one("#truth", Paragraph).show(said)
        self.query_one("#status", StatusLine).show(*log_words.status(session))

    def start(self, work: Callable[[], Awaitable[None]], group: str = "read") -> None:
        """Do something that reads, in place of what the group does; what fails is told."""

        async def guarded() -> None:
            session = self.log_session
            try:
                await work()
            except Error as error:
                session.say(formats.error(error), "$text-error")
            except OSError as error:
                of_what = f"{error.filename}: " if isinstance(error.filename, str) else ""
                session.say(f"{of_what}{error.strerror or error}", "$text-error")
            self.tell()

        _: Worker[None] = self.run_worker(guarded, group=group, exclusive=True)

    # Moving.

    def on_log_view_reached(self, event: LogView.Reached) -> None:
        """Read on where the first or last line is on screen."""
        group = "later" if event.end else "earlier"
        if not self._is_at_work(group):
            self.start(partial(self.log_session.read_on, end=event.end), group)

    def _is_at_work(self, group: str) -> bool:
        return any(worker.group == group and not worker.is_finished for worker in self.workers)

    def on_log_view_moved(self, event: LogView.Moved) -> None:
        """Who leaves the end does not want to be taken there."""
        session = self.log_session
        if event.by_hand:
            session.following = session.following and self.view.at_end
        self.tell()

    def action_move(self, lines: int) -> None:
        """Move down by `lines` of the screen."""
        self.view.action_move(lines)

    def action_page(self, pages: float) -> None:
        """Move down by `pages` screens."""
        self.view.action_page(pages)

    def action_shift(self, screens: float) -> None:
        """Look further to the right by `screens`."""
        self.view.action_shift(screens)

    def action_start(self) -> None:
        """Go to the first line of the log."""
        self.start(self.log_session.go_to_start)

    def action_end(self) -> None:
        """Go to the last line of the log."""
        self.start(self.log_session.go_to_end)

    def action_time(self, text: str | None = None) -> None:
        """Go to what was logged at a time."""

        def go(text: str) -> None:
            if text:
                now = self.session.clock()
                self.start(partial(self.log_session.go_to, when.parse(text, now).at(now)))

        self._answer_or_ask(text, Question("time ", go, f"go to {when.FORMS}"))

    def action_follow(self) -> None:
        """Stay at the end, or no longer."""
        session = self.log_session
        if (log := self.log_shown) is None or not log.grows or self.row.end is not None:
            session.say("the log is complete: there is nothing to follow")
            return
        session.following = not session.following
        if session.following:
            self.action_end()
            if not self._is_at_work("follow"):  # it has failed
                self.start(session.follow, "follow")
        self.tell()

    # Searching and leaving out.

    def action_search(self, text: str | None = None) -> None:
        """Search for a text."""

        def search(text: str) -> None:
            self.start(partial(self.log_session.search, compiled(text) if text else None))

        self._answer_or_ask(text, Question("/", search, "text or regular expression to search for; nothing for none"))

    def action_errors(self) -> None:
        """Search for what errors look like."""
        self.start(self.log_session.search_errors)

    def action_hit(self, step: int) -> None:
        """Go to the next line that was searched for, or the one before."""
        self.start(partial(self.log_session.next_hit, forward=step > 0))

    def action_filter(self, text: str | None = None) -> None:
        """Show only lines with a text, or without it."""

        def choose(text: str) -> None:
            shown = text.removeprefix("!")
            pattern = compiled(shown) if shown else None
            self._choose(replace(self._filter, pattern=pattern, without=text.startswith("!")))

        hint = "show only lines with ..., or !... for those without; nothing for all"
        self._answer_or_ask(text, Question("&", choose, hint))

    def action_level(self) -> None:
        """Show only lines of a level or worse: the next one of all, info, error."""
        if not self.view.leveled:
            self.log_session.say("only the log of a run has levels")
            return
        level = _LEVELS[(_LEVELS.index(self._filter.level) + 1) % len(_LEVELS)]
        self._choose(replace(self._filter, level=level))

    def action_context(self, more: int) -> None:
        """Show more or fewer lines around those that are shown."""
        self._choose(replace(self._filter, context=max(0, min(self._filter.context + more, _MOST_CONTEXT))))

    @property
    def _filter(self) -> LogFilter:
        return self.log_session.reading.filter if self.log_session.reading is not None else LogFilter()

    def _choose(self, chosen: LogFilter) -> None:
        self.start(partial(self.log_session.choose, chosen))

    def _answer_or_ask(self, text: str | None, question: Question) -> None:
        """Take a text that came with the command, else ask for one."""
        if self.log_shown is None:
            return
        if text is None:
            self.ask(question)
            return
        try:
            question.done(text)
        except ValueError as error:
            self.complain(error)

    # The look of it.

    def action_wrap(self) -> None:
        """Wrap long lines, or no longer."""
        self.view.reflow(replace(self.view.look, wrap=not self.view.look.wrap, left=0))
        self.tell()

    def action_times(self) -> None:
        """Show the times of lines in the next form."""
        if (log := self.log_shown) is not None and not log.timed:
            self.log_session.say("the lines of this log have no times of their own")
            return
        self.view.reflow(replace(self.view.look, times=self.view.look.times.next))
        self.tell()

    # Out of the dashboard.

    def action_show_in(self, variable: str) -> None:
        """Show the log in the user's pager or editor."""
        if (log := self.log_shown) is not None:
            self.start(partial(log_files.show_in, self.app, log, variable), "file")

    def action_save(self, path: str | None = None) -> None:
        """Save the log to a new file."""

        def save(path: str) -> None:
            if path and (log := self.log_shown) is not None:
                self.start(partial(self._save, log, path), "file")

        self._answer_or_ask(path, Question("save ", save, "a file that there is not yet"))

    async def _save(self, log: Log, path: str) -> None:
        self.log_session.say("saving …")
        self.log_session.say(await log_files.save(log, path))
