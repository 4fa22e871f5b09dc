"""The tabs of a log screen, and the position in each log that it restores."""

import asyncio
import json

import pytest

from store import Run, Task
from store.logs.log import END, Cursor, Page
from store.logs.object_log import ObjectLog
from tests.support.log_screen import RUN_LOG, Shown, numbered
from tests.support.rows import NOW, make_run, make_task
from tui.logs.tabs import Tab
from tui.screens.log.log_screen import LogScreen, RunLogScreen, TaskLogScreen


@pytest.mark.parametrize("tab", [Tab.INSPECT, Tab.TRACE, Tab.STDOUT])
async def test_tabs_of_a_task_and_a_run(tab: Tab, log: Shown) -> None:
    trace = {"traceEvents": [{"ph": "X", "name": "sort", "cat": "exec", "ts": 1e15, "dur": 5e6, "args": {"x": "\x1b"}}]}
    inspect = {"Config": {"Ident": "samtools.sort"}}
    await log.task(stdout=b"out\n", inspect=json.dumps(inspect).encode())
    log.db.run = make_run(1, end=NOW, trace=await log.put(json.dumps(trace).encode()))
    async with log.shown(tab):
        expected = {Tab.INSPECT: "ident      samtools.sort", Tab.TRACE: "sort  x=␛", Tab.STDOUT: "out"}
        assert expected[tab] in log.text


async def test_tab_shows_one_log_after_the_other(log: Shown) -> None:
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


def test_the_numbers_of_the_tabs_are_those_of_their_keys() -> None:
    for kind in (TaskLogScreen, RunLogScreen):
        for number, tab in enumerate(kind.TABS, 1):
            (command,) = [command for command in kind.commands if command.name == tab]
            assert command.key_list == [str(number)]


@pytest.mark.parametrize("row", [make_task(1, 1), make_run(1)])
async def test_digits_are_logs_and_nothing_else(row: Task | Run, log: Shown) -> None:
    log.row = row
    async with log.shown():
        for digit, tab in zip("123456789", [*log.screen.TABS, *[log.screen.TABS[-1]] * 9], strict=False):
            await log.press(digit)
            assert log.pilot.app.screen is log.screen
            assert log.screen._tab is tab


async def test_q_closes_the_log(log: Shown) -> None:
    async with log.shown():
        await log.press("q")
        assert not isinstance(log.pilot.app.screen, LogScreen)


async def test_coming_back_finds_the_log_as_it_was_left(log: Shown) -> None:
    await log.task(stderr=numbered(3_000), stdout=numbered(2000))
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
        assert log.numbers[-1] == 2_999, "read again from the end, as at first"


async def test_a_log_that_was_left_while_it_was_read_is_read_on(log: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    await log.task(stderr=b"".join(b"%s line %d\n" % (b"x" * 3000, n) for n in range(40)), stdout=b"out\n")
    read, can_read = ObjectLog.read, asyncio.Event()

    async def read_the_end_first(self: ObjectLog, cursor: Cursor) -> Page:
        if cursor is not END:
            await can_read.wait()
        return await read(self, cursor)

    monkeypatch.setattr(ObjectLog, "read", read_the_end_first)
    async with log.shown():
        rows = log.screen.log_session.reading
        assert rows is not None
        assert rows.rows.end - rows.rows.first < log.screen.view.size.height
        await log.press("2")
        can_read.set()
        await log.settle()
        await log.press("1")
        assert all(log.body), "the screen is full"


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
