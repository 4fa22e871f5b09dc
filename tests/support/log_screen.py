"""The screen of a log, on a repository in a folder and a stream that the test writes to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input

from store import Error, ErrorKind, FailureReason, LocalRepository, MemoryTaskDB, Run, Task
from store.logs.open import Logs
from tests.support import frames, idle
from tests.support.clock import MockClock
from tests.support.rows import NOW, ago, make_run, make_task
from tui.logs.tabs import Tab
from tui.screens.base.navigation import new_screen
from tui.screens.base.session import Session
from tui.screens.log.log_screen import LogScreen, RunLogScreen, TaskLogScreen
from tui.settings import Settings
from tui.watch.model.cluster import Cluster
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller
from tui.widgets.compact_output import CompactApp

HOSTILE = b"\x1b]52;c;x\x07\x9b [/x][@click=app.quit]x[/] \x1b[31mred\x1b[0m \x1b]8;;http://e.vil\x1b\\x\n"


RUN_LOG = b"".join(
    b"2026/11/01 12:%02d:00 [%s] line %d\n%s"
    % (n % 60, b"error" if n in (70, 90) else b"info", n, b"\tgoes on\n" * (n % 7 == 0))
    for n in range(120)
)


class Stream:
    """A client for CloudWatch Logs with one stream in it, None where there is none."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] | None = []
        self.failure: Exception | None = None

    def write(self, *messages: str) -> None:
        assert self.events is not None
        start = round(ago(minutes=1).timestamp() * 1000)
        for message in messages:
            self.events.append({"timestamp": start + 1000 * len(self.events), "message": message})

    async def get_log_events(self, **request: Any) -> dict[str, Any]:
        if self.failure is not None:
            raise self.failure
        if self.events is None:
            raise Error(ErrorKind.NOT_EXIST, "logs.GetLogEvents", (), "no stream", FailureReason.NO_LOG_STREAM)
        events = [event for event in self.events if request.get("startTime", 0) <= event["timestamp"]]
        kind, _, at = request.get("nextToken", f"{'f' if request['startFromHead'] else 'b'}/").partition("/")
        size = 1000
        if kind == "f":
            start = int(at or 0)
            page = events[start : start + size]
        else:
            end = int(at) if at else len(events)
            start = max(0, end - size)
            page = events[start:end]
        return {"events": page, "nextForwardToken": f"f/{start + len(page)}", "nextBackwardToken": f"b/{start}"}


class DB(MemoryTaskDB):
    def __init__(self, folder: Path, stream: Stream, run: Run) -> None:
        super().__init__(repository=LocalRepository(folder))
        self._stream = stream
        self.run = run

    @property
    def logs(self) -> Logs:
        return Logs(lambda: self.repository, self._stream, "us-west-2")

    async def runs(self, query: Any) -> Any:
        return [self.run]


class App(CompactApp[None]):
    pass


class Shown:
    """The screen, and what the test may change under it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stream = Stream()
        self.clock = MockClock(NOW)
        self.run = make_run(1)
        self.db = DB(folder, self.stream, self.run)
        self.cluster = Cluster(NOW)
        poller = Poller(self.cluster, lambda now: now, Budget(10.0, 0.0), clock=self.clock.now)
        self.session = Session(poller, Settings(table="reflow-prod"), new_screen)
        self.session.db = self.db
        self.row = make_task(1, 1, uri="h/a/e", start=ago(minutes=1))
        self.pilot: Pilot[None]
        self.screen: LogScreen

    @property
    def row(self) -> Task | Run:
        """The row whose logs are shown."""
        return self._row

    @row.setter
    def row(self, row: Task | Run) -> None:
        self._row = row
        self.cluster.add([row])

    async def put(self, data: bytes) -> Any:
        return await self.db.repository.put(data)

    async def task(self, **contents: bytes) -> None:
        digests = {name: await self.put(data) for name, data in contents.items()}
        self.row = make_task(1, 1, uri="h/a/e", start=ago(minutes=1), end=NOW, **digests)

    @asynccontextmanager
    async def shown(self, tab: Tab | None = None, width: int = 80, height: int = 24) -> AsyncIterator["Shown"]:
        app = App()
        kind = TaskLogScreen if isinstance(self.row, Task) else RunLogScreen
        async with app.run_test(size=(width, height), notifications=True, tooltips=True) as self.pilot:
            self.screen = kind(self.session, self.row, tab, sleep=self.clock.sleep)
            await app.push_screen(self.screen)
            await self.settle()
            yield self

    async def settle(self) -> None:
        await idle.settle(self.pilot.app)

    async def pass_time(self, seconds: float = 2) -> None:
        await self.clock.advance(seconds)
        await self.settle()

    async def press(self, *keys: str) -> None:
        with frames.held():
            await self.pilot.press(*keys)
        await self.settle()

    async def answer(self, key: str, text: str) -> None:
        await self.press(key)
        self.screen.query_one("#prompt-text", Input).value = text
        await self.press("enter")

    @property
    def lines(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.screen._compositor.render_strips()]

    @property
    def body(self) -> list[str]:
        """The lines of the log, without the thumb."""
        region = self.screen.view.region
        return [line.rstrip("▐ ") for line in self.lines[region.y : region.bottom]]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def numbers(self) -> list[int]:
        """The last word of each line, which is a number."""
        return [int(line.split()[-1]) for line in self.body if line]


def numbered(count: int) -> bytes:
    return b"".join(b"line %d\n" % n for n in range(count))
