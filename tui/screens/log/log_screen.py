"""The logs of a task or a run, in tabs."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual.content import Content

from store import Error, ErrorKind, Log, Run, Task, TaskDB
from tui.export.copy_items import CopyItem
from tui.logs import console_url as console
from tui.logs.search import plain
from tui.logs.tabs import RUN_TABS, TASK_TABS, Tab, open_tab
from tui.screens.base import routes as places
from tui.screens.base.command_registry import Command
from tui.screens.base.session import Session
from tui.screens.log import log_commands as log_keys
from tui.screens.log import log_texts as log_words
from tui.screens.log.log_reader import LogReadingScreen
from tui.screens.log.log_session import LeftLogs, LogSession, Sleep
from tui.widgets.content import content
from tui.widgets.status_line import Part

_FROM_END = (Tab.STDOUT, Tab.STDERR)


class LogScreen(LogReadingScreen):
    """The logs of a row; a subclass says which. What was read of them is there when one comes back."""

    TABS: ClassVar[Sequence[Tab]]

    def __init__(
        self, session: Session, row: Task | Run, tab: Tab | None = None, *, sleep: Sleep = asyncio.sleep
    ) -> None:
        """The logs of `row`: `tab` of them, else the one that was left, or the first one."""
        super().__init__(session, row, sleep)
        self._opened: dict[Tab, LogSession] = {}
        self._tab = tab or self.TABS[0]
        if (left := session.left_logs) is not None and left.place == self.place:
            session.left_logs = None
            self._opened, self._tab = left.opened, tab or left.tab

    @property
    def place(self) -> places.LogsRoute:
        """One for each task and run."""
        return places.LogsRoute.of(self._row)

    def on_mount(self) -> None:
        """Open the log."""
        self.view.focus()
        self._open(self._tab)

    def on_unmount(self) -> None:
        """Leave the logs for when one comes back; those of another row are forgotten."""
        self._leave_log()
        if self.session.left_logs is not None:
            self.session.left_logs.close()
        self.session.left_logs = LeftLogs(self.place, self._tab, self._opened)

    def crumb(self) -> Content:
        """Whose log."""
        return content(f"log {self._row.id.short}", "bold")

    def where(self) -> tuple[Sequence[Part], Sequence[Part]]:
        """What it is of, and what else there is to read."""
        name = "run" if isinstance(self._row, Run) else self._row.ident
        return [Part(content(name, limit=40), 3)], [Part(log_words.tab_names(self.TABS, self._tab))]

    @property
    def copyable(self) -> Sequence[CopyItem]:
        """The line that was found, and where the log is."""
        found = []
        reading, number = self.log_session.reading, self.view.cursor
        if reading is not None:
            if number is not None:
                found.append(CopyItem("line", plain(reading.document.blocks.line(number).text)))
            place = reading.document.log.place
            if (url := console.url(place)) is not None:
                found.append(CopyItem("address", url))
            found.append(CopyItem("uri", place.uri))
        return [*found, CopyItem("id", str(self._row.id))]

    def _leave_log(self) -> None:
        self.workers.cancel_node(self)
        self.log_session.leave()
        if self.log_session.reading is not None:
            self._opened[self._tab] = self.log_session

    def _open(self, tab: Tab) -> None:
        """Show a log: as it was left, or from its beginning on."""
        self._tab, self._shows_link = tab, False
        if (left := self._opened.get(tab)) is not None:
            self.log_session = left
            left.come_back(self.view, self.tell)
            if self.log_shown is not None and self.log_shown.grows:
                self.start(left.follow, "follow")
        else:
            self.view.clear()
            self.log_session = self.new_log_session()
            self.start(partial(self._open_and_follow, self.log_session, tab), "open")
        self.show()

    async def _open_and_follow(self, session: LogSession, tab: Tab) -> None:
        async def find() -> Log:
            return await open_tab(self._db(), self.row, tab, self.session.clock())

        await session.open(find, at_end=tab in _FROM_END, leveled=tab is Tab.RUNLOG)
        if session.reading is not None and session.reading.document.log.grows and self.row.end is None:
            self.start(session.follow, "follow")

    def _db(self) -> TaskDB:
        if self.session.db is None:
            raise Error(ErrorKind.UNAVAILABLE, "open log", (), "not connected yet")
        return self.session.db

    def action_tab(self, name: str) -> None:
        """Open another log."""
        self._leave_log()
        self._open(Tab(name))

    def action_turn(self, tabs: int) -> None:
        """Open the log so many tabs further; 0: this one, again from its beginning."""
        self._leave_log()
        if not tabs and (left := self._opened.pop(self._tab, None)) is not None:
            left.close()
        self._open(self.TABS[(self.TABS.index(self._tab) + tabs) % len(self.TABS)])

    def action_link(self) -> None:
        """Show where the console of AWS has the log, or no longer."""
        self._shows_link = not self._shows_link
        self.tell()


class TaskLogScreen(LogScreen):
    """The logs of a task, and of its run."""

    TABS = TASK_TABS
    COMMAND_LIST: ClassVar[Sequence[Command]] = log_keys.choosing(TASK_TABS)


class RunLogScreen(LogScreen):
    """The logs of a run."""

    TABS = RUN_TABS
    COMMAND_LIST: ClassVar[Sequence[Command]] = log_keys.choosing(RUN_TABS)


def screen_of_logs(session: Session, row: Task | Run) -> LogScreen:
    """The screen of what a row has."""
    return TaskLogScreen(session, row) if isinstance(row, Task) else RunLogScreen(session, row)
