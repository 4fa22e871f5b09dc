"""The logs of a task or a run: the keys, what is said around a log, and what is asked."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input

from store import Error, Log, Run, Task, TaskDB
from store.runlog import Level
from store.times import Clock
from tui import present, when
from tui.logs import console
from tui.logs.reading import Filter, compiled
from tui.logs.tabs import Tab, open_tab, tabs
from tui.screens import log_files, log_keys, log_words
from tui.screens.log_session import Session, Sleep
from tui.widgets.log_view import LogView
from tui.widgets.paragraph import Paragraph
from tui.widgets.status import Part, StatusLine

_LEVELS = (None, Level.INFO, Level.ERROR)
_MOST_CONTEXT = 20
_FROM_END = (Tab.STDOUT, Tab.STDERR)
_PROMPTS = {
    "search": "text or regular expression to search for",
    "filter": "show only lines with ..., or !... for those without",
    "time": f"go to {when.FORMS}",
    "save": "save to file",
}


class LogScreen(Screen[None]):
    """The logs of a row, in tabs.

    `db` gives the open TaskDB, or raises the Error that says why there is none. `row` gives the task or run as it is
    known now: its logs are looked at again as long as it lives. `tab` is opened first, by default a task's stderr and
    the log of a run. `sleep` is what a log is waited for with.
    """

    BINDINGS: ClassVar[list[BindingType]] = log_keys.BINDINGS

    DEFAULT_CSS = """
    LogScreen #heading, LogScreen #keys { background: $panel; }
    LogScreen #truth { padding: 0 1; max-height: 4; }
    LogScreen #prompt { background: $surface; }
    """

    def __init__(
        self,
        db: Callable[[], TaskDB],
        clock: Clock,
        row: Callable[[], Task | Run],
        tab: Tab | None = None,
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__()
        self._db = db
        self._clock = clock
        self._row = row
        self._tabs = tabs(row())
        self._tab = tab or self._tabs[0]
        self._sleep = sleep
        self._asked = ""
        self._shows_link = False
        self.view = LogView()
        self.session = Session(self.view, row, self.tell, sleep)

    def compose(self) -> ComposeResult:
        """Whose log it is and what it is worth, the lines, and how they are shown."""
        yield StatusLine(id="heading")
        yield Paragraph(id="truth")
        yield self.view
        prompt = Input(id="prompt", compact=True)
        prompt.display = False
        yield prompt
        yield StatusLine(id="status")
        yield StatusLine(id="keys")

    def on_mount(self) -> None:
        """Open the log."""
        keys = [Content.assemble((key, "bold $accent"), " ", (text, "$muted")) for key, text in log_keys.SHOWN]
        self.query_one("#keys", StatusLine).show([Part(key, priority) for priority, key in enumerate(keys)])
        self.view.focus()
        self._open(self._tab)
        self.set_interval(1, self.tell)

    def on_unmount(self) -> None:
        """Forget the log."""
        self.session.close()

    @property
    def log_shown(self) -> Log | None:
        """The log, once it is open."""
        return self.session.reading.document.log if self.session.reading is not None else None

    def tell(self) -> None:
        """Bring the lines around the log up to date."""
        row, now, session = self._row(), self._clock(), self.session
        self.query_one("#heading", StatusLine).show(log_words.heading(row, self._tabs, self._tab))
        if (log := self.log_shown) is not None:
            said = log_words.link(log) if self._shows_link else log_words.of(log, row, now)
        else:
            said = log_words.READING if session.error is None else log_words.nothing(session.error, row, now)
        self.query_one("#truth", Paragraph).show(said)
        self.query_one("#status", StatusLine).show(*log_words.status(session))

    def _open(self, tab: Tab) -> None:
        self.workers.cancel_node(self)
        self.session.close()
        self.view.clear()
        self._tab, self._shows_link = tab, False
        self.session = session = Session(self.view, self._row, self.tell, self._sleep)

        async def find() -> Log:
            return await open_tab(self._db(), self._row(), tab, self._clock())

        async def open_and_follow() -> None:
            await session.open(find, at_end=tab in _FROM_END, leveled=tab is Tab.RUNLOG)
            if session.following:
                self._start(session.follow(), "follow")

        self._start(open_and_follow(), "open")
        self.tell()

    def _start(self, work: Coroutine[Any, Any, None], group: str = "read") -> None:
        """Do something that reads, in place of what the group does; what fails is told."""

        async def guarded() -> None:
            session = self.session
            try:
                await work
            except Error as error:
                session.say(present.error(error), "$text-error")
            except OSError as error:
                session.say(error.strerror or str(error), "$text-error")
            self.tell()

        self.run_worker(guarded(), group=group, exclusive=True)

    # Moving.

    def on_log_view_reached(self, event: LogView.Reached) -> None:
        """Read on where the first or last line is on screen."""
        group = "later" if event.end else "earlier"
        if not any(worker.group == group and not worker.is_finished for worker in self.workers):
            self._start(self.session.read_on(end=event.end), group)

    def on_log_view_moved(self, event: LogView.Moved) -> None:
        """Who leaves the end does not want to be taken there."""
        if event.by_hand:
            self.session.following = self.session.following and self.view.at_end
        self.tell()

    def action_start(self) -> None:
        """Go to the first line of the log."""
        self._start(self.session.go_to_start())

    def action_end(self) -> None:
        """Go to the last line of the log."""
        self._start(self.session.go_to_end())

    def action_follow(self) -> None:
        """Stay at the end, or no longer."""
        if (log := self.log_shown) is None or not log.grows or self._row().end is not None:
            self.session.say("the log is complete: there is nothing to follow")
            return
        self.session.following = not self.session.following
        if self.session.following:
            self.action_end()
        self.tell()

    # Searching and leaving out.

    def action_errors(self) -> None:
        """Search for what errors look like."""
        self._start(self.session.search_errors())

    def action_next(self, forward: bool) -> None:
        """Go to the next line that was searched for, or the one before."""
        self._start(self.session.next_hit(forward=forward))

    def action_level(self) -> None:
        """Show only lines of a level or worse: the next one of all, info, error."""
        if not self.view.leveled:
            self.session.say("only the log of a run has levels")
            return
        level = _LEVELS[(_LEVELS.index(self._filter.level) + 1) % len(_LEVELS)]
        self._start(self.session.choose(replace(self._filter, level=level)))

    def action_context(self, more: int) -> None:
        """Show more or fewer lines around those that are shown."""
        context = max(0, min(self._filter.context + more, _MOST_CONTEXT))
        self._start(self.session.choose(replace(self._filter, context=context)))

    @property
    def _filter(self) -> Filter:
        return self.session.reading.filter if self.session.reading is not None else Filter()

    # Asking.

    def action_ask(self, what: str) -> None:
        """Ask for a text."""
        if self.log_shown is not None:
            self._asked = what
            prompt = self.query_one("#prompt", Input)
            prompt.placeholder, prompt.value, prompt.display = _PROMPTS[what], "", True
            prompt.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Do what was asked for."""
        event.stop()
        text, log = event.value, self.log_shown
        self._close_prompt()
        match self._asked:
            case "search":
                self._start(self.session.search(compiled(text) if text else None))
            case "filter":
                shown = text.removeprefix("!")
                pattern = compiled(shown) if shown else None
                chosen = replace(self._filter, pattern=pattern, without=text.startswith("!"))
                self._start(self.session.choose(chosen))
            case "time" if text:
                self._go_to(text)
            case "save" if text and log is not None:
                self._start(self._save(log, text), "file")

    def _go_to(self, text: str) -> None:
        now = self._clock()
        try:
            time = when.parse(text, now).at(now)
        except ValueError as error:
            self.session.say(str(error))
        else:
            self._start(self.session.go_to(time))

    def action_back(self) -> None:
        """Close what was asked, else the screen."""
        if self.query_one("#prompt", Input).display:
            self._close_prompt()
        else:
            self.dismiss()

    def _close_prompt(self) -> None:
        self.query_one("#prompt", Input).display = False
        self.view.focus()

    # The look of it, other logs, other places.

    def action_wrap(self) -> None:
        """Wrap long lines, or no longer."""
        self.view.restyle(replace(self.view.look, wrap=not self.view.look.wrap, left=0))
        self.tell()

    def action_times(self) -> None:
        """Show the times of lines in the next form."""
        if (log := self.log_shown) is not None and not log.timed:
            self.session.say("the lines of this log have no times of their own")
            return
        self.view.restyle(replace(self.view.look, times=self.view.look.times.next))
        self.tell()

    def action_tab(self, index: int) -> None:
        """Open another log."""
        if index < len(self._tabs):
            self._open(self._tabs[index])

    def action_turn(self, tabs: int) -> None:
        """Open the log so many tabs further; 0: this one, again."""
        self._open(self._tabs[(self._tabs.index(self._tab) + tabs) % len(self._tabs)])

    def action_link(self) -> None:
        """Show where the console of AWS has the log, or no longer."""
        self._shows_link = not self._shows_link
        self.tell()

    def action_copy(self) -> None:
        """Copy the address of the log."""
        if (log := self.log_shown) is not None:
            self.app.copy_to_clipboard(console.url(log.place) or log.place.uri)
            self.session.say("address copied")

    def action_show_in(self, variable: str) -> None:
        """Show the log in the user's pager or editor."""
        if (log := self.log_shown) is not None:
            self._start(log_files.show_in(self.app, log, variable), "file")

    async def _save(self, log: Log, path: str) -> None:
        self.session.say("saving …")
        self.session.say(await log_files.save(log, path))
