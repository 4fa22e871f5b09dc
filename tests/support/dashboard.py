"""The dashboard on a TaskDB, its screen as text."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from store import TaskDB
from tests.support import frames, idle
from tests.support.rows import NOW, OOM, ago, digest, make_alloc, make_pool, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tui.app import ReflowTop
from tui.screens.actions import time_travel
from tui.screens.actions.routing import show_top_screen
from tui.screens.runs import RunsScreen
from tui.screens.tasks import TasksScreen
from tui.settings import Settings
from tui.watch.polling.backfill import BackgroundReads
from tui.watch.polling.past import PastView
from tui.watch.polling.poller import Poller

_KEYS = {" ": "space", "\x1b": "escape"}


class Dashboard:
    """The app on a TaskDB, with a clock that the test moves; reads happen when the test asks for them."""

    def __init__(self, db: TaskDB, **settings: Any) -> None:
        self.db = db
        self.now = NOW
        self.seen: list[str] = []  # that the TaskDB was opened, then closed
        self.first_text: str | None = None
        """The text of the screen when the TaskDB was opened, if it is set to an empty text before the start."""
        # Most tests are about the list, and look for the one line that has a text.
        given = {
            "table": "reflow-prod",
            "region": "us-west-2",
            "interval": timedelta(days=1),
            "preview": "off",
            **settings,
        }
        self.app = ReflowTop(Settings(**given), self._open, clock=lambda: self.now)
        self._is_waiting = asyncio.Event()
        if isinstance(self.app.poller, Poller):
            self._pace(self.app.poller._background)
        self.pilot: Pilot[BaseException]
        self._first_lines: list[str] = []
        self._first_user: str | None = None
        self._lines: list[str] = []
        self._shown: object = None  # when `_lines` were drawn

    def _pace(self, background: BackgroundReads) -> None:
        """Let background reads pause until the test waits for a condition, once the histories of live runs are read.

        If pauses ended by the time of this machine, a read could fail, or change rows, between two lines of a test.
        Reads of the past pause in the same way, from the first one.
        """

        async def pause(seconds: float) -> None:
            if not (background._wanted or background._idents):
                await self._pause(seconds)

        background._sleep = pause

    async def _pause(self, _: float) -> None:
        await self._is_waiting.wait()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[TaskDB]:
        self.seen.append("opened")
        if self.first_text is not None:  # drawing it takes a tenth of the CPU time of a start
            self.first_text = self.text
        try:
            yield self.db
        finally:
            self.seen.append("closed")

    @asynccontextmanager
    async def shown(self, width: int = 120, height: int = 36) -> AsyncIterator["Dashboard"]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time_travel, "PastView", partial(PastView, sleep=self._pause))
            async with self.app.run_test(size=(width, height), notifications=True, tooltips=True) as self.pilot:
                await self.settle()
                self._first_lines, self._first_user = self.lines, self.app.session.user
                yield self
        assert not self.app.failures, f"shown as a line; clear `failures` if that is expected: {self.app.failures!r}"

    async def start_over(self) -> None:
        """Go back to the list of runs as it was when the dashboard opened; fails if it does not look the same.

        It takes 4 ms of CPU, and another app 70 ms. For cases that each begin there.
        """
        while len(self.app.screen_stack) > 1:
            self.app.pop_screen()
        await self.settle()
        if isinstance(self.app.focused, Input):
            await self.press("escape")
        if self.app.session.past is not None:
            await self.press("L")
        self.app.clear_notifications()
        session = self.app.session
        session.views.clear()
        for run in list(session.marked):
            session.marked.discard(run)
        session.user, session.show_ended = self._first_user, False
        session.since, session.preview = session.settings.since, session.settings.preview
        show_top_screen(self.app)
        await self.press("0", "home")
        # The heading may tell the progress of the history.
        changed = [pair for pair in zip(self.lines[1:], self._first_lines[1:], strict=True) if pair[0] != pair[1]]
        assert not changed, f"some state of the case before remains: {changed}"

    async def settle(self) -> None:
        await idle.settle(self.app)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until `condition` holds, and the screen shows it."""
        await self.until_shown(condition)
        await self.settle()

    async def until_past_is_read(self) -> None:
        """Wait until a view of the past, if there is one, is complete."""
        past = self.app.session.past
        await self.until(lambda: past is None or past.progress.share == 1)

    async def until_shown(self, condition: Callable[[], object]) -> None:
        """Wait until `condition` holds, while threads may work on."""
        self._is_waiting.set()
        try:
            await idle.until(condition, lambda: self.text)
        finally:
            self._is_waiting.clear()

    async def press(self, *keys: str) -> None:
        with frames.held():
            await self.pilot.press(*keys)
        await self.settle()

    async def type(self, text: str) -> None:
        """Press the key of each character."""
        await self.press(*(_KEYS.get(char, char) for char in text))

    async def answer(self, key: str, text: str) -> None:
        """Open a prompt with `key`, and submit `text`."""
        await self.press(key)
        await self.type(text)
        await self.press("enter")

    def ahead(self, *keys: str) -> None:
        """Press keys faster than the dashboard gets to them."""
        for key in keys:
            self.app.simulate_key(key)

    async def tick(self, at: datetime) -> None:
        self.now = at
        if isinstance(self.db, ScriptedDB):
            self.db.now = at
        self.app.tick()
        await self.settle()

    async def refresh(self, at: datetime | None = None) -> None:
        await self.tick(at or self.now)
        await self.press("r")

    @property
    def lines(self) -> list[str]:
        shown = frames.change(), id(self.app.screen)
        if self._shown != shown:
            self._lines = [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]
            self._shown = shown
        return [*self._lines]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def line(self, word: str) -> str:
        """The one line with `word` in it."""
        (line,) = (line for line in self.lines if word in line)
        return " ".join(line.split())

    @property
    def where(self) -> str:
        """The breadcrumb line; empty while a screen opens."""
        return " ".join("".join(self.lines[1:2]).split())

    @property
    def ids(self) -> list[int]:
        """The first byte of the ids of the rows shown, or the last one of tasks."""
        screen = self.app.screen
        if isinstance(screen, TasksScreen):
            return [row.id[-1] for row in screen.table.rows_shown]
        assert isinstance(screen, RunsScreen)
        return [row.run.id[0] for row in screen.table.rows_shown]


def cluster() -> ScriptedDB:
    return ScriptedDB(
        make_run(1, labels={"Name": "align", "project": "p1"}, run_log=digest("log"), args=("-n", "1")),
        make_task(1, 1, end=ago(seconds=20), err=OOM, stderr=digest("stderr")),
        make_task(2, 1),
        make_task(3, 1, end=ago(seconds=30), attempt=1),
        make_task(4, 1, end=ago(minutes=3), err=OOM, flow_id=digest("flow 3"), start=ago(minutes=5)),
        make_alloc(),
        make_pool(),
        make_run(2, user="bob@example.com", start=ago(minutes=9)),
        make_run(3, keepalive=ago(minutes=3), start=ago(minutes=9)),
        make_run(4, end=ago(minutes=1), start=ago(minutes=9)),
    )
