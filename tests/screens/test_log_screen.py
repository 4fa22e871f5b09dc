"""The screen of a log, on a repository in a folder and a stream that the test writes to."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input

from store import Error, ErrorKind, FailureReason, LocalRepository, MemoryTaskDB, Run, Task
from store.aws.retry import Retries
from store.logs.open import Logs
from tests.support.clock import MockClock
from tests.support.headless import Written
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
        for _ in range(4):
            await self.pilot.pause()
            waiting = [worker for worker in self.pilot.app.workers if worker.group != "follow" and not self.waits]
            await asyncio.gather(*(worker.wait() for worker in waiting if worker.is_running), return_exceptions=True)

    @property
    def waits(self) -> bool:
        return bool(self.clock._sleepers) and self.screen.log_session.reading is None

    async def pass_time(self, seconds: float = 2) -> None:
        await self.clock.advance(seconds)
        await self.settle()

    async def press(self, *keys: str) -> None:
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


@pytest.fixture
def log(tmp_path: Path) -> Shown:
    return Shown(tmp_path)


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


def numbered(count: int) -> bytes:
    return b"".join(b"line %d\n" % n for n in range(count))


# Opening.


async def test_a_log_opens_at_its_end(log: Shown) -> None:
    await log.task(stderr=numbered(1_000_000))
    async with log.shown():
        assert log.numbers[-1] == 999_999
        assert "complete · 11.3M · not checked yet ·" in log.text
        assert log.lines[1].split()[:5] == ["log", "00000000", "samtools.sort", "1", "stderr"]
        await log.press("g")
        assert log.numbers[0] == 0
        await log.press("G")
        assert log.numbers[-1] == 999_999


async def test_scrolling_reads_more(log: Shown) -> None:
    await log.task(stderr=numbered(1_000_000))
    async with log.shown():
        height = log.screen.view.size.height
        last = log.numbers[0]
        for _ in range(20):
            await log.press("pageup")
            assert log.numbers[-1] == last - 1
            last = log.numbers[0]
        assert len(log.screen.view._drawn) <= 21 * height
        before = log.screen.view._blocks.first
        log.screen.view.go_to_start()
        await log.press("k")
        assert log.screen.view._blocks.first < before


async def test_the_log_of_a_run_opens_at_its_first_error(log: Shown) -> None:
    log.row = make_run(1, end=NOW, run_log=await log.put(RUN_LOG))
    async with log.shown():
        (found,) = [line for line in log.body if line.startswith("▸")]
        assert found.endswith("[error] line 70")
        assert "errors  1 of 2" in log.text
        await log.press("n")
        assert "line 90" in next(line for line in log.body if line.startswith("▸"))
        await log.press("n")
        assert "not found below" in log.text
        await log.press("N")
        assert "line 70" in next(line for line in log.body if line.startswith("▸"))


@pytest.mark.parametrize("tab", [Tab.INSPECT, Tab.TRACE, Tab.STDOUT])
async def test_tabs_of_a_task_and_a_run(tab: Tab, log: Shown) -> None:
    trace = {"traceEvents": [{"ph": "X", "name": "sort", "cat": "exec", "ts": 1e15, "dur": 5e6, "args": {"x": "\x1b"}}]}
    inspect = {"Config": {"Ident": "samtools.sort"}}
    await log.task(stdout=b"out\n", inspect=json.dumps(inspect).encode())
    log.db.run = make_run(1, end=NOW, trace=await log.put(json.dumps(trace).encode()))
    async with log.shown(tab):
        expected = {Tab.INSPECT: "ident      samtools.sort", Tab.TRACE: "sort  x=␛", Tab.STDOUT: "out"}
        assert expected[tab] in log.text


async def test_turning_through_the_tabs(log: Shown) -> None:
    await log.task(stdout=b"out\n", stderr=b"err\n")
    async with log.shown():
        assert log.body[0] == "  err"
        await log.press("tab")
        assert log.body[0] == "  out"
        await log.press("3")
        assert "no inspect: it ended without writing one" in log.text
        await log.press("shift+tab")
        assert log.body[0] == "  out"
        await log.press("9", "1")
        assert log.body[0] == "  err"


# Why there is nothing.


async def test_a_missing_log_is_awaited(log: Shown) -> None:
    log.stream.events = None
    async with log.shown():
        assert "nothing is written yet" in log.text
        await log.pass_time()
        assert "nothing is written yet" in log.text
        log.stream.events = []
        log.stream.write("first words")
        await log.pass_time()
        assert log.body[0] == "  first words"
        assert "growing · CloudWatch reflow a/e/stderr" in log.text


async def test_a_deleted_log(log: Shown) -> None:
    log.stream.events = None
    log.row = make_task(1, 1, uri="h/a/e", end=NOW)
    async with log.shown():
        assert "the stream is gone, deleted or beyond its retention" in log.text


async def test_looking_for_a_log_again_and_again_leaves_no_file_open(log: Shown) -> None:
    log.stream.events = None
    async with log.shown():
        gc.collect()
        before = open_files()
        gc.disable()
        try:
            for _ in range(5):
                await log.pass_time()
            assert open_files() <= before
        finally:
            gc.enable()


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry without a pause."""

    async def back_off(*_: Any, **__: Any) -> None:
        pass

    monkeypatch.setattr(Retries, "back_off", back_off)


@pytest.mark.usefixtures("at_once")
async def test_a_temporary_failure_is_retried(log: Shown) -> None:
    log.stream.write("line 0")
    log.stream.failure = Error(ErrorKind.TIMEOUT, "logs.GetLogEvents", ("reflow",), "no answer")
    async with log.shown():
        assert "it could not be read." in log.text
        assert log.lines[3].endswith(" r again")
        log.stream.failure = None
        await log.pass_time(10)
        assert log.numbers == [0]


async def test_r_retries_a_failed_log(log: Shown) -> None:
    log.stream.write("line 0")
    log.stream.failure = Error(ErrorKind.NOT_ALLOWED, "logs.GetLogEvents", ("reflow",), "denied")
    async with log.shown():
        await log.pass_time(10)
        assert "denied" in log.text
        log.stream.failure = None
        await log.press("r")
        assert log.numbers == [0]


async def test_denied(log: Shown) -> None:
    log.stream.failure = Error(ErrorKind.NOT_ALLOWED, "logs.GetLogEvents", ("reflow",), "amy may not\x1b[2J")
    async with log.shown():
        assert "denied, it takes logs:GetLogEvents" in log.text


async def test_corrupt(log: Shown) -> None:
    await log.task(stderr=b"hello\n")
    assert isinstance(log.row, Task)
    (log.folder / f"objects/{log.row.stderr}").write_bytes(b"jello\n")
    async with log.shown():
        assert "CORRUPT: this is not the content of its digest" in log.text
        assert log.body[0] == "  jello"


async def test_before_the_taskdb_is_open(log: Shown) -> None:
    log.session.db = None
    async with log.shown():
        assert "it could not be read: open log: unavailable: not connected yet" in log.text


# Following.


async def test_following(log: Shown) -> None:
    log.stream.write(*(f"line {n}" for n in range(50)))
    async with log.shown():
        assert log.numbers[-1] == 49
        assert "following" in log.text
        log.stream.write("line 50", "line 51")
        await log.pass_time()
        assert log.numbers[-1] == 51
        await log.press("k")
        assert "following" not in log.text
        log.stream.write("line 52")
        await log.pass_time()
        assert log.numbers[-1] == 50
        await log.press("F")
        assert log.numbers[-1] == 52
        log.row = make_task(1, 1, uri="h/a/e", end=NOW)
        log.stream.write("line 53")
        await log.pass_time()
        assert log.numbers[-1] == 53
        assert " complete · " in log.text
        await log.press("F")
        assert "nothing to follow" in log.text


async def test_a_short_stream_is_read_from_its_head(log: Shown) -> None:
    log.row = make_task(1, 1, uri="h/a/e", end=NOW)
    log.stream.write(*(f"line {n}" for n in range(50)))
    async with log.shown():
        assert log.numbers[-1] == 49
        assert log.lines[-2].split() == ["50", "lines"]
        await log.answer("slash", "line")
        assert " of 50 " in log.text


async def test_wrapping_keeps_the_match_and_the_end_in_sight(log: Shown) -> None:
    log.row = make_task(1, 1, uri="h/a/e", end=NOW)
    log.stream.write(*(f"line {'x' * 200} {n}" for n in range(40)), "the last one")
    async with log.shown():
        for _ in range(2):
            await log.press("w")
            assert log.body[-1] == "  the last one"
        await log.answer("slash", "35$")
        assert [line for line in log.body if line.startswith("▸")]
        for key in "wtwt":
            await log.press(key)
            assert [line for line in log.body if line.startswith("▸")]
        await log.press("g")
        assert "12:02:41" in log.body[0]
        await log.press("w")
        assert "12:02:41" in log.body[0]


async def test_a_stream_has_an_end_once_its_task_has(log: Shown) -> None:
    log.stream.write(*(f"line {n}" for n in range(5)))
    async with log.shown():
        await log.press("g")
        await log.answer("slash", "line")
        assert "1 of 5+" in log.text
        assert "5 lines …" in log.text
        log.row = make_task(1, 1, uri="h/a/e", end=NOW)
        log.stream.write("line 5")
        await log.pass_time()
        assert "1 of 6  " in log.text
        assert "6 lines" in log.text
        assert "…" not in log.lines[-2]


async def test_a_failure_while_following_is_reported(log: Shown) -> None:
    log.stream.write("line 0")
    async with log.shown():
        log.stream.failure = Error(
            ErrorKind.NOT_ALLOWED, "logs.GetLogEvents", (), "expired", FailureReason.EXPIRED_CREDENTIALS
        )
        await log.pass_time()
        assert "expired" in log.text
        assert "following" not in log.text
        assert log.numbers == [0]
        log.stream.failure = None
        log.stream.write("line 1")
        await log.press("F")
        await log.pass_time()
        assert log.numbers == [0, 1]


@pytest.mark.usefixtures("at_once")
async def test_following_resumes_after_a_temporary_failure(log: Shown) -> None:
    log.stream.write("line 0")
    async with log.shown():
        log.stream.failure = Error(ErrorKind.NET, "logs.GetLogEvents", (), "cut off")
        await log.pass_time()
        assert "tried again: logs.GetLogEvents: network error: cut off" in log.text
        log.row = make_task(1, 1, uri="h/a/e", end=NOW)
        log.stream.write("line 1")
        await log.pass_time(10)
        log.stream.failure = None
        await log.pass_time(10)
        assert "cut off" not in log.text
        assert log.numbers == [0, 1]


# Searching, leaving out.


async def test_searching(log: Shown) -> None:
    await log.task(stderr=numbered(30_000))
    async with log.shown():
        await log.press("g")
        await log.answer("/", "line 2999[0-9]")
        assert "▸ line 29990" in log.body
        assert "1 of 10" in log.text
        await log.press("n", "n", "N")
        assert "▸ line 29991" in log.body
        assert "2 of 10" in log.text
        await log.answer("/", "nowhere")
        assert "not found below" in log.text
        assert "0 lines" in log.text
        await log.press("g")
        await log.answer("/", "line 7(")
        assert "not found" in log.text, "what is no expression is a text"
        await log.press("slash", "x", "escape")
        assert log.screen.is_current


async def test_a_search_reads_on(log: Shown) -> None:
    await log.task(stderr=numbered(500_000))
    async with log.shown():
        await log.press("g")
        await log.answer("/", "line 400000$")
        assert "▸ line 400000" in log.body


async def test_leaving_out(log: Shown) -> None:
    await log.task(stderr=numbered(30_000))
    async with log.shown():
        await log.press("g")
        await log.answer("&", "7777$")
        assert log.numbers == [7777, 17777, 27777]
        await log.press("plus")
        assert log.numbers[:4] == [7776, 7777, 7778, 17776]
        await log.press("minus")
        await log.answer("&", "!1")
        assert log.numbers[:2] == [7777, 7778], "where one was"
        await log.press("g")
        assert log.numbers[:3] == [0, 2, 3]
        await log.answer("&", "")
        assert log.numbers[:3] == [0, 1, 2]


async def test_levels(log: Shown) -> None:
    log.row = make_run(1, end=NOW, run_log=await log.put(RUN_LOG))
    async with log.shown():
        await log.press("v", "v")
        assert "error or worse" in log.text
        assert [line.split("]")[-1].strip() for line in log.body if line] == ["line 70", "goes on", "line 90"]
        await log.press("v")
        assert "or worse" not in log.text


async def test_errors_of_a_task(log: Shown) -> None:
    await log.task(stderr=numbered(100) + b"ERROR: no space\n" + numbered(1000))
    async with log.shown():
        await log.press("e")
        assert "▸ ERROR: no space" in log.body


# How lines are shown.


def segment_color(strip: Strip) -> Any:
    style = next(iter(strip)).style
    return style and style.color


async def test_hostile_lines(log: Shown) -> None:
    await log.task(stderr=HOSTILE)
    async with log.shown():
        (line,) = [line for line in log.body if line]
        assert line == "  ␛]52;c;x␇\ufffd [/x][@click=app.quit]x[/] red ␛]8;;http://e.vil␛\\x"
        strip = next(strip for strip in log.screen._compositor.render_strips() if "red" in strip.text)
        (red,) = [segment for segment in strip if segment.text == "red"]
        assert red.style
        assert red.style.color != segment_color(strip)


async def test_wrapping_and_looking_to_the_right(log: Shown) -> None:
    await log.task(stderr=b"".join(b"%d" % (n % 10) for n in range(200)) + b"\nend\n")
    async with log.shown():
        room = log.screen.view.look.room
        assert len(log.body[0].strip()) == room
        await log.press("right")
        assert log.body[0].strip()[0] == str(room // 2 % 10)
        await log.press("w")
        assert [len(line.strip()) for line in log.body[:3]] == [room, room, 200 - 2 * room]
        assert log.body[3] == "  end"
        assert "wrapped" in log.text


async def test_a_line_of_any_length(log: Shown) -> None:
    await log.task(stderr=b"x" * 5_000_000 + b"\nend\n")
    async with log.shown():
        assert log.body[-1].strip() in ("end", "")
        await log.press("w", "g", "pagedown", "pageup", "G")
        assert "end" in log.text


async def test_times(log: Shown) -> None:
    log.stream.write(*(f"line {n}" for n in range(50)))
    async with log.shown():
        await log.press("t")
        assert log.body[-1] == "  12:03:30.000  line 49"
        await log.press("t", "t")
        assert log.body[-1] == "    +0:00:49.0  line 49"
        await log.press("t")
        assert log.body[-1] == "  line 49"
        await log.answer("T", "12:02:51")
        assert log.numbers[-20:][0] >= 10
        await log.answer("T", "soon")
        assert "is not a time" in log.text


async def test_going_to_a_time_in_the_log_of_a_run(log: Shown) -> None:
    log.row = make_run(1, end=NOW, run_log=await log.put(RUN_LOG[:2000]))
    async with log.shown(height=12):
        await log.answer("T", "2026-11-01T12:20:00")
        assert "line 20" in log.body[0]
        await log.press("t")
        assert "carry no times" in log.text


# Out of the dashboard.


async def test_saving(log: Shown, tmp_path: Path) -> None:
    await log.task(stderr=numbered(10))
    async with log.shown():
        path = tmp_path / "s"
        await log.answer("s", str(path))
        assert path.read_bytes() == numbered(10)
        assert "saved to" in log.text
        await log.answer("s", str(path))
        assert "File exists" in log.text


async def test_a_terminal_that_cannot_be_lent(log: Shown) -> None:
    await log.task(stderr=numbered(10))
    async with log.shown():
        await log.press("o")
        assert "operation not supported" in log.text


async def test_a_pager_gets_a_copy(log: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(App, "suspend", lambda self: nullcontext())
    monkeypatch.setenv("PAGER", f"cp -t '{tmp_path}'")
    await log.task(stderr=HOSTILE)
    async with log.shown():
        await log.press("o")
        assert (tmp_path / "log.txt").read_bytes() == HOSTILE
        monkeypatch.setenv("PAGER", "no-such-pager")
        await log.press("o")
        assert "No such file" in log.text


async def test_links_and_copies(log: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    log.stream.write("x")
    async with log.shown(width=160):
        await log.press("L")
        url = "https://us-west-2.console.aws.amazon.com/cloudwatch/home?region=us-west-2#logsV2:log-groups/log-group/reflow/log-events/a$252Fe$252Fstderr"
        assert url in log.text
        (segment,) = [each for strip in log.screen._compositor.render_strips() for each in strip if url in each.text]
        assert segment.style
        assert segment.style.link == url == segment.text.strip()
        written = Written(monkeypatch)
        await log.press("y")
        assert written.clipboard == url


async def test_back(log: Shown) -> None:
    async with log.shown():
        await log.press("q")
        assert not isinstance(log.pilot.app.screen, LogScreen)


async def test_coming_back_finds_the_log_as_it_was_left(log: Shown) -> None:
    await log.task(stderr=numbered(30_000), stdout=numbered(2000))
    async with log.shown():
        await log.press("g")
        await log.answer("&", "77$")
        await log.answer("/", "1577")
        await log.press("w", "tab", "g", "pagedown")
        below = log.numbers[0]
        assert below > 0
        await log.press("1")
        assert "1 of " in log.text
        assert "wrapped" in log.text
        assert "▸ line 1577" in log.body
        assert all(number % 100 == 77 for number in log.numbers)
        await log.press("2")
        assert log.numbers[0] == below
        await log.press("escape")
        again = TaskLogScreen(log.session, log.row, sleep=log.clock.sleep)
        log.screen = again
        await log.pilot.app.push_screen(again)
        await log.settle()
        assert log.numbers[0] == below, "the tab, and the place in it"
        await log.press("1")
        assert "▸ line 1577" in log.body
        await log.press("r")
        assert log.numbers[-1] == 29_999, "read again from where one begins"


async def test_logs_that_were_left_are_forgotten_for_those_of_another(log: Shown) -> None:
    await log.task(stderr=numbered(100))
    async with log.shown():
        left = log.screen.log_session
        await log.press("escape")
        log.row = make_run(1, end=NOW, run_log=await log.put(RUN_LOG))
        log.screen = RunLogScreen(log.session, log.row, sleep=log.clock.sleep)
        await log.pilot.app.push_screen(log.screen)
        await log.settle()
        await log.press("escape")
        assert left.reading is not None
        assert left.reading.document.blocks._file.closed


async def test_a_reopened_log_has_what_was_written_meanwhile(log: Shown) -> None:
    log.stream.write(*(f"line {n}" for n in range(50)))
    async with log.shown():
        await log.press("2", "1")
        assert "following" in log.text
        log.stream.write("line 50")
        await log.pass_time()
        assert log.numbers[-1] == 50


async def test_commands_by_name(log: Shown) -> None:
    await log.task(stderr=numbered(30_000), stdout=b"out\n")
    async with log.shown():
        await log.answer(":", "search line 2999[0-9]")
        assert "10 of 10" in log.text or "1 of 10" in log.text
        await log.answer(":", "filter 77$")
        assert all(number % 100 == 77 for number in log.numbers)
        await log.answer(":", "time soon")
        assert "is not a time" in log.text
        await log.answer(":", "stdout")
        assert log.body[0] == "  out"
        await log.answer("T", "soon")
        assert "is not a time" in log.text
        await log.press("escape")
        assert log.screen.is_current


def test_the_numbers_of_the_tabs_are_those_of_their_keys() -> None:
    for kind in (TaskLogScreen, RunLogScreen):
        for number, tab in enumerate(kind.TABS, 1):
            (command,) = [command for command in kind.commands if command.name == tab]
            assert command.key_list == [str(number)]


async def test_copy_items_of_a_log(log: Shown) -> None:
    await log.task(stderr=b"\x1b[31mred\x1b[0m line\n" + numbered(100))
    async with log.shown():
        await log.answer("/", "red")
        await log.press("N")
        named = dict(log.screen.subject().copy_items)
        assert named["line"] == "red line"
        assert named["uri"].endswith(f"objects/{log.row.stderr}")  # type: ignore[union-attr]
        assert named["id"] == str(log.row.id)


@pytest.mark.parametrize("row", [make_task(1, 1), make_run(1)])
async def test_digits_are_logs_and_nothing_else(row: Task | Run, log: Shown) -> None:
    log.row = row
    async with log.shown():
        for digit, tab in zip("123456789", [*log.screen.TABS, *[log.screen.TABS[-1]] * 9], strict=False):
            await log.press(digit)
            assert log.pilot.app.screen is log.screen
            assert log.screen._tab is tab
