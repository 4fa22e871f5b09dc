"""Opening the table, and leaving the dashboard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from store import Error, ErrorKind, TaskDB
from tests.support.clock import settle
from tests.support.dashboard import Dashboard, cluster
from tests.support.rows import NOW
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui.app import ReflowTop
from tui.exit_status import ExitCode
from tui.screens.actions import share
from tui.screens.runs import RunsScreen
from tui.settings import Settings


async def test_the_first_frame_comes_before_the_service() -> None:
    top = Dashboard(cluster())
    top.first_text = ""
    async with top.shown():
        assert top.seen == ["opened"]
        assert "reflow-prod" in top.first_text
        assert "Reading …" in top.first_text


async def test_quitting_closes_the_connection() -> None:
    top = Dashboard(cluster())
    async with top.shown():
        await top.pilot.press("q")
    await settle()
    assert top.seen == ["opened", "closed"]
    assert (top.app.return_value, top.app.return_code) == (None, 0)


async def test_q_goes_back_and_quits_on_the_first_screen_only() -> None:
    top = Dashboard(cluster())
    async with top.shown():
        await top.press("enter", "slash", *"bwa", "enter", "l", "q", "q")  # a filter does not keep a screen open
        assert isinstance(top.app.screen, RunsScreen)
        assert top.app.is_running
        top.now += timedelta(seconds=0.5)
        await top.pilot.press("q")
    await settle()
    assert top.seen == ["opened", "closed"]


@pytest.mark.parametrize("keys", [("enter",), ("d",), ("question_mark",), ("enter", "enter", "l")])
async def test_a_burst_of_q_does_not_quit(keys: tuple[str, ...]) -> None:
    top = Dashboard(cluster())
    async with top.shown():
        await top.press(*keys)
        await top.pilot.press(*"qqqqqq")
        await top.until(lambda: "press q again to quit" in top.text)
        assert top.app.is_running
        assert isinstance(top.app.screen, RunsScreen)
        top.now += timedelta(seconds=0.4)
        await top.press("q")  # the key is still held down
        assert top.app.is_running
        top.now += timedelta(seconds=0.5)
        await top.pilot.press("q")
    await settle()
    assert top.seen[1:] == ["closed"]


@pytest.mark.parametrize("keys", [("enter",), ("d",), ("question_mark",), ("enter", "enter")])
async def test_q_quits_at_once_after_escape(keys: tuple[str, ...]) -> None:
    top = Dashboard(cluster())
    async with top.shown():
        await top.press(*keys)
        await top.pilot.press("escape", "escape", "q")
    await settle()
    assert top.seen[1:] == ["closed"]


@pytest.mark.parametrize("keys", [(), ("enter",), ("enter", "enter"), ("l",), ("t",), ("p",), ("e",)])
async def test_capital_q_quits_from_any_screen(keys: tuple[str, ...]) -> None:
    top = Dashboard(cluster())
    async with top.shown():
        await top.press(*keys)
        await top.pilot.press("Q")
    assert (top.app.return_value, top.app.return_code) == (None, 0)
    assert top.seen == ["opened", "closed"]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("key", ["q", "Q"])
async def test_quitting_while_a_file_is_written_takes_the_key_twice(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = [asyncio.Event(), asyncio.Event()]
    events = iter(written)

    async def write(*_: object) -> None:
        await next(events).wait()

    monkeypatch.setattr(share, "_write_and_report", write)
    top = Dashboard(cluster())
    async with top.shown():
        for each in written:
            await top.press("S", "enter", key)
            assert "a file is still being written; the same key again quits without it" in top.text
            assert top.app.is_running
            if each is not written[-1]:
                each.set()
                await top.settle()
        await top.pilot.press(key)
    await settle()
    assert top.seen == ["opened", "closed"]


async def test_quitting_before_anything_was_read_leaves_the_reason() -> None:
    db = ScriptedDB()
    db.failure = THROTTLED
    top = Dashboard(db)
    async with top.shown():
        await top.pilot.press("q")
    assert top.app.return_value is THROTTLED


async def test_ctrl_c_is_an_interrupt() -> None:
    top = Dashboard(cluster())
    async with top.shown():
        await top.pilot.press("ctrl+c")
    assert top.app.return_code == ExitCode.INTERRUPTED


@pytest.mark.parametrize("failure", [Error(ErrorKind.INVALID, "open session", (), "no region"), KeyError("x")])
async def test_a_table_that_cannot_be_opened_ends_it(failure: Exception) -> None:
    async def refuse() -> TaskDB:
        raise failure

    @asynccontextmanager
    async def fail() -> AsyncIterator[TaskDB]:
        yield await refuse()

    app = ReflowTop(Settings(table="reflow-prod"), fail, clock=lambda: NOW)
    async with app.run_test() as pilot:
        await pilot.pause()
    assert app.return_value is failure
