"""The log screen: the logs of a task or a run in tabs, with moving, searching and filtering."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

import msgspec
from textual.content import Content
from textual.widget import Widget
from textual.worker import Worker

from store import Error, ErrorKind, FailureReason, Log, Run, Task, TaskDB
from store.logs.runlog import Level
from tui.logs.search import LogFilter, compiled
from tui.logs.tabs import RUN_TABS, TASK_TABS, Tab, open_tab
from tui.query import time_expressions
from tui.screens.actions.common import COMMON
from tui.screens.base.base_screen import BaseScreen
from tui.screens.base.command_registry import Command
from tui.screens.base.footer import Question
from tui.screens.base.routes import LogsRoute
from tui.screens.base.session import Session
from tui.screens.base.subject import Subject
from tui.screens.log import log_commands as log_keys
from tui.screens.log import log_files, log_texts
from tui.screens.log.log_session import LeftLogs, LogSession, Sleep
from tui.terminal import new_files
from tui.watch.polling import error_texts
from tui.widgets.content import content
from tui.widgets.log_view import LogView
from tui.widgets.paragraph import Paragraph
from tui.widgets.status_line import Part, StatusLine

_FROM_END = (Tab.STDOUT, Tab.STDERR)
_LEVELS = (None, Level.INFO, Level.ERROR)
_MOST_CONTEXT = 20


class LogScreen(BaseScreen):
    """The logs of a row, one at a time in `log_session`; a subclass names the tabs. Logs of other tabs stay open."""

    TABS: ClassVar[Sequence[Tab]]
    NOT_IN_FOOTER = ("compare",)  # the keys of the log need the room

    DEFAULT_CSS = """
    LogScreen #provenance { padding: 0 1; max-height: 4; }
    """

    def __init__(
        self,
        session: Session,
        row: Task | Run,
        tab: Tab | None = None,
        *,
        reason: str = "",
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """The logs of `row`: `tab`, else the one shown last time, else the first one. `reason` says why these."""
        super().__init__(session, LogsRoute.for_row(row))
        self._row = row
        self._reason = reason
        self._sleep = sleep
        self._shows_link = False
        self.view = LogView()
        self.log_session = self.new_log_session()
        self._opened: dict[Tab, LogSession] = {}
        self._tab = tab or self.TABS[0]
        if (left := session.left_logs) is not None and left.route == self.route:
            session.left_logs = None
            self._opened, self._tab = left.opened, tab or left.tab

    def new_log_session(self) -> LogSession:
        """Return a session for a log that is not open yet."""
        return LogSession(self.view, lambda: self.row, self.tell, self._sleep)

    @property
    def row(self) -> Task | Run:
        """The task or run in its current state."""
        cluster, row = self.session.cluster, self._row
        if isinstance(row, Task):
            return self.session.current_row(cluster.tally(row.run_id).tasks.get(row.id, row))
        return self.session.current_row(cluster.run(row.id) or row)

    def subject(self) -> Subject:
        row, cluster = self.row, self.session.cluster
        subject = Subject.for_task(cluster, row) if isinstance(row, Task) else Subject.for_run(cluster, row.id)
        return msgspec.structs.replace(subject, row=row, copy_items=log_files.copy_items(self.log_session, row.id))

    @property
    def log_shown(self) -> Log | None:
        """The log on screen; None until it is open."""
        return self.log_session.reading.document.log if self.log_session.reading is not None else None

    def compose_body(self) -> Iterable[Widget]:
        yield Paragraph(id="provenance")
        yield self.view
        yield StatusLine(id="status")

    def tick(self) -> None:
        super().tick()
        self.tell()

    def commands_here(self) -> Sequence[Command]:
        unused = log_texts.commands_without_use(self.log_session, self._tab, self.row)
        return [command for command in super().commands_here() if command.name not in unused]

    def dismiss_message(self) -> bool:
        self.log_session.dismiss()
        return super().dismiss_message()

    def tell(self) -> None:
        """Show the provenance line, and the status of search and filter."""
        if not self.is_ready:
            return
        row, now, session = self.row, self.session.source.now(), self.log_session
        again, has_link = self.key_of("again"), self._shows_link
        said = log_texts.provenance_line(self.log_shown, session.error, row, now, has_link=has_link, again_key=again)
        if self._reason:
            said = Content("\n").join([log_texts.reason(self._reason, self._tab, row), said])
        self.query_one("#provenance", Paragraph).show(said)
        self.query_one("#status", StatusLine).show(*log_texts.status(session, self.key_of("follow")))
        self.show_keys()

    def start(self, work: Callable[[], Awaitable[None]], group: str = "read") -> None:
        """Run `work` in a worker that replaces the one of the same group; show its error if it fails."""

        async def guarded() -> None:
            session = self.log_session
            try:
                await work()
            except Error as error:
                session.say(error_texts.describe(error), "$text-error")
            except OSError as error:
                session.say(new_files.describe(error, self.size.width - 2), "$text-error")
            except Exception as error:
                session.fail(error)
                if not self.take_failure(error):
                    raise
            self.tell()

        _: Worker[None] = self.run_worker(guarded, group=group, exclusive=True)

    # Moving.

    def on_log_view_reached(self, event: LogView.Reached) -> None:
        """Read on when the first or last line is on screen."""
        group = "later" if event.end else "earlier"
        if not self._is_at_work(group):
            self.start(partial(self.log_session.read_on, end=event.end), group)

    def _is_at_work(self, group: str) -> bool:
        own = (worker for worker in self.workers if worker.node is self)  # not of another log screen below this one
        return any(worker.group == group and not worker.is_finished for worker in own)

    def on_log_view_moved(self, event: LogView.Moved) -> None:
        """Stop following when the user leaves the end."""
        session = self.log_session
        if event.by_hand:
            session.following = session.following and self.view.at_end
        self.tell()

    def action_move(self, lines: int) -> None:
        self.view.action_move(lines)

    def action_page(self, pages: float) -> None:
        self.view.action_page(pages)

    def action_shift(self, screens: float) -> None:
        """Scroll right by `screens`."""
        self.view.action_shift(screens)

    def action_start(self) -> None:
        """Go to the first line of the log."""
        self.start(self.log_session.go_to_start)

    def action_end(self) -> None:
        """Go to the last line of the log."""
        self.start(self.log_session.go_to_end)

    def action_time(self, text: str | None = None) -> None:
        """Go to the first line logged at a time or later."""

        def go(text: str) -> None:
            if text:
                now = self.session.source.now()
                self.start(partial(self.log_session.go_to, time_expressions.parse_time(text, now)))

        self._ask(Question("time ", go, f"go to {time_expressions.FORMS}"), text)

    def action_follow(self) -> None:
        """Follow the end of a growing log, or stop following."""
        session = self.log_session
        if (log := self.log_shown) is None or not log.grows or self.row.end is not None:
            session.say(log_texts.NO_LOG if log is None else "the log is complete: nothing to follow")
            return
        session.following = not session.following
        if session.following:
            self.action_end()
            if not self._is_at_work("follow"):  # following has failed
                self.start(session.follow, "follow")
        self.tell()

    # Searching and filtering.

    def action_search(self, text: str | None = None) -> None:
        """Search for a text or regular expression."""

        def search(text: str) -> None:
            self.start(partial(self.log_session.search, compiled(text) if text else None))

        self._ask(Question("/", search, "text or regular expression; empty clears the search", kind="search"), text)

    def action_errors(self) -> None:
        """Search for lines that look like errors."""
        self.start(self.log_session.search_errors)

    def action_hit(self, step: int) -> None:
        """Go to the next match, or the one before."""
        if self.log_session.pattern is None:
            self.log_session.say(f"no search; {self.key_of('search')} and {self.key_of('errors')} start one")
        self.start(partial(self.log_session.next_hit, forward=step > 0))

    def action_filter(self, text: str | None = None) -> None:
        """Show only lines that match, or that do not."""

        def choose(text: str) -> None:
            shown = text.removeprefix("!")
            pattern = compiled(shown) if shown else None
            self._choose(replace(self.log_session.filter, pattern=pattern, without=text.startswith("!")))

        hint = "text or regular expression; !text hides matches; empty shows all"
        self._ask(Question("&", choose, hint), text)

    def action_back(self) -> None:
        """Clear what was searched for, else the text of the filter; without both, close this screen."""
        if self.log_session.has_search:
            self.start(partial(self.log_session.search, None))
        elif self.log_session.filter.pattern is not None:
            self._choose(replace(self.log_session.filter, pattern=None, without=False))
        else:
            super().action_back()

    def action_level(self) -> None:
        """Show all lines, info and worse, or errors only, in turn."""
        if not self.view.leveled:
            self.log_session.say("only run logs have levels")
            return
        chosen = self.log_session.filter
        self._choose(replace(chosen, level=_LEVELS[(_LEVELS.index(chosen.level) + 1) % len(_LEVELS)]))

    def action_context(self, more: int) -> None:
        """Show more or fewer lines around each match."""
        chosen = self.log_session.filter
        self._choose(replace(chosen, context=max(0, min(chosen.context + more, _MOST_CONTEXT))))

    def _choose(self, chosen: LogFilter) -> None:
        self.start(partial(self.log_session.choose, chosen))

    def _ask(self, question: Question, answer: str | None) -> None:
        if self.log_shown is not None:
            self.ask(question, answer)
        else:
            self.log_session.say(log_texts.NO_LOG)

    # How lines are drawn.

    def action_wrap(self) -> None:
        """Wrap long lines, or stop wrapping."""
        self.view.reflow(replace(self.view.look, wrap=not self.view.look.wrap, left=0))
        self.tell()

    def action_raw(self) -> None:
        """Show and match control sequences, or no longer."""
        if self.log_shown is not None:
            self.start(self.log_session.toggle_raw)

    def action_times(self) -> None:
        """Show times of day, since the start, or not at all, in turn."""
        if (log := self.log_shown) is not None and not log.timed:
            self.log_session.say("the lines of this log have no times")
            return
        self.view.reflow(replace(self.view.look, times=self.view.look.times.next))
        self.tell()

    # Other programs.

    def action_show_in(self, variable: str) -> None:
        """Open the log in the user's pager or editor."""
        if (log := self.log_shown) is not None:
            self.start(partial(log_files.show_in, self.app, log, variable), "file")

    def action_save(self, path: str | None = None) -> None:
        """Save the log to a new file, by default in the platform's state folder."""
        default = log_files.suggest(self._row.id, self._tab)

        def save(path: str) -> None:
            if (log := self.log_shown) is not None:
                log_files.start_saving(self, self.log_session, log, new_files.parse_path(path, default))

        shown = new_files.abbreviate(default)
        self._ask(Question("save log to: ", save, "enter saves, esc cancels", shown, is_path=True), path)

    # Tabs.

    def on_mount(self) -> None:
        self.view.focus()
        self._open(self._tab)

    def on_unmount(self) -> None:
        """Keep the logs for the user's return, and close those of another row."""
        self._leave_log()
        if self.session.left_logs is not None:
            self.session.left_logs.close()
        self.session.left_logs = LeftLogs(self.route, self._tab, self._opened)

    def breadcrumb(self) -> Content:
        return content(f"log {self._row.id.short}", "bold")

    def status_parts(self) -> tuple[Sequence[Part], Sequence[Part]]:
        name = "run" if isinstance(self._row, Run) else self._row.ident
        return [Part(content(name, limit=40), 10)], log_texts.tab_parts(self.TABS, self._tab)

    def _leave_log(self) -> None:
        self.workers.cancel_node(self)
        self.log_session.leave()
        if self.log_session.reading is not None:
            self._opened[self._tab] = self.log_session

    def _open(self, tab: Tab) -> None:
        """Show a log as it was left, or open it."""
        self._tab, self._shows_link = tab, False
        if (left := self._opened.get(tab)) is not None:
            self.log_session = left
            left.come_back(self.view, lambda: self.row, self.tell)
            if not left.is_filled:  # the user has left before
                self.start(left.fill, "open")
            if self.log_shown is not None and self.log_shown.grows:
                self.start(left.follow, "follow")
        else:
            self.view.clear()
            self.log_session = self.new_log_session()
            self.start(partial(self._open_and_follow, self.log_session, tab), "open")
        self.show()

    async def _open_and_follow(self, session: LogSession, tab: Tab) -> None:
        async def find() -> Log:
            return await open_tab(self._db(), self.row, tab, self.session.source.now())

        await session.open(find, at_end=tab in _FROM_END, leveled=tab is Tab.RUNLOG)
        if session.reading is not None and session.reading.document.log.grows and self.row.end is None:
            self.start(session.follow, "follow")

    def _db(self) -> TaskDB:
        if self.session.db is None:
            raise Error(ErrorKind.UNAVAILABLE, "open log", (), "the table is not open yet", FailureReason.OTHER)
        return self.session.db

    def action_tab(self, name: str) -> None:
        self._leave_log()
        self._open(Tab(name))

    def action_turn(self, tabs: int) -> None:
        """Switch by so many tabs; 0 reads the current one again."""
        self._leave_log()
        if not tabs and (left := self._opened.pop(self._tab, None)) is not None:
            left.close()
        self._open(self.TABS[(self.TABS.index(self._tab) + tabs) % len(self.TABS)])

    def action_link(self) -> None:
        """Show the address in the AWS console, or the provenance line."""
        self._shows_link = not self._shows_link
        self.tell()


class TaskLogScreen(LogScreen):
    """The logs of a task, and of its run."""

    TABS = TASK_TABS
    COMMAND_LIST: ClassVar[Sequence[Command]] = (*log_keys.choosing(TASK_TABS), *log_keys.READING, *COMMON)


class RunLogScreen(LogScreen):
    """The logs of a run."""

    TABS = RUN_TABS
    COMMAND_LIST: ClassVar[Sequence[Command]] = (*log_keys.choosing(RUN_TABS), *log_keys.READING, *COMMON)


def new_log_screen(session: Session, route: LogsRoute) -> LogScreen:
    """Return the log screen of a route. A task that was chosen for something else opens with its stderr."""
    row = route.row
    if isinstance(row, Run):
        return RunLogScreen(session, row)
    return TaskLogScreen(session, row, Tab.STDERR if route.reason else None, reason=route.reason)
