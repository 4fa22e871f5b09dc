"""Following a log that grows."""

from typing import Any

import pytest
from msgspec.structs import replace

from store import Error, ErrorKind, FailureReason
from tests.support.clock import MockClock
from tests.support.log_screen import Shown
from tests.support.rows import NOW, make_task
from tui.screens.log.log_screen import TaskLogScreen


async def test_new_lines_are_shown_until_the_user_scrolls(log: Shown) -> None:
    log.stream.write(*(f"line {n}" for n in range(50)))
    async with log.shown():
        assert log.numbers[-1] == 49
        assert "following" in log.text
        log.stream.write("line 50", "line 51")
        await log.pass_time()
        assert log.numbers[-1] == 51
        await log.press("k")
        assert "following" not in log.text
        assert "paused, F follows" in log.text
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
        assert log.lines[-2].split()[-5] == "ended"
        await log.press("F")
        assert "nothing to follow" in log.text


async def test_a_long_log_is_not_read_as_a_whole_because_its_end_was_followed(
    log: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.stream.write(*(f"line {n}" for n in range(20_000)))
    calls, get = list[object](), log.stream.get_log_events

    async def get_and_count(**request: Any) -> dict[str, Any]:
        calls.append(request)
        return await get(**request)

    monkeypatch.setattr(log.stream, "get_log_events", get_and_count)
    async with log.shown():
        assert "following" in log.text
        await log.press("g")
        calls.clear()
        for _ in range(3):
            await log.pass_time()
        assert log.numbers[0] == 0
        assert len(calls) <= 1, "some lines ahead"
        await log.press(*["pagedown"] * 60)
        await log.pass_time()
        assert log.numbers[0] > 900
        assert 1 <= len(calls) <= 3
        await log.press("F")
        log.stream.write("line 20000")
        await log.pass_time()
        assert log.numbers[-1] == 20_000


async def test_a_short_stream_is_read_from_its_head(log: Shown) -> None:
    log.row = make_task(1, 1, uri="h/a/e", end=NOW)
    log.stream.write(*(f"line {n}" for n in range(50)))
    async with log.shown():
        assert log.numbers[-1] == 49
        assert log.lines[-2].split() == ["ended", "100%", "of", "50", "lines"]
        await log.answer("slash", "line")
        assert " of 50 " in log.text


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


async def test_f_follows_again_above_another_log_that_is_followed(log: Shown) -> None:
    log.stream.write("line 0")
    async with log.shown():
        log.row, clock = make_task(2, 1, uri="h/a/e"), MockClock(NOW)
        log.screen = TaskLogScreen(log.session, log.row, sleep=clock.sleep)
        await log.pilot.app.push_screen(log.screen)
        await log.settle()
        log.stream.failure = Error(
            ErrorKind.NOT_ALLOWED, "logs.GetLogEvents", (), "expired", FailureReason.EXPIRED_CREDENTIALS
        )
        await clock.advance(2)
        await log.settle()
        assert "expired" in log.text
        log.stream.failure = None
        log.stream.write("line 1")
        await log.press("F")
        log.stream.write("line 2")
        await clock.advance(2)
        await log.settle()
        assert log.numbers == [0, 1, 2]


@pytest.mark.usefixtures("at_once")
async def test_following_resumes_after_a_temporary_failure(log: Shown) -> None:
    log.stream.write("line 0")
    async with log.shown():
        log.stream.failure = Error(ErrorKind.NET, "logs.GetLogEvents", (), "cut off")
        await log.pass_time()
        assert "retrying: The service cannot be reached (cut off)" in log.text
        log.row = make_task(1, 1, uri="h/a/e", end=NOW)
        log.stream.write("line 1")
        await log.pass_time(10)
        log.stream.failure = None
        await log.pass_time(10)
        assert "cut off" not in log.text
        assert log.numbers == [0, 1]


async def test_a_reopened_log_has_what_was_written_meanwhile(log: Shown) -> None:
    log.stream.write(*(f"line {n}" for n in range(50)))
    async with log.shown():
        await log.press("2", "1")
        assert "following" in log.text
        log.stream.write("line 50")
        await log.pass_time()
        assert log.numbers[-1] == 50


async def test_other_tabs_have_no_follow_state(log: Shown) -> None:
    await log.task(stderr=b"x\n", inspect=b"{}")
    async with log.shown():
        assert "ended" in log.lines[-2]
        await log.press("3")
        assert "ended" not in log.lines[-2]


@pytest.mark.usefixtures("at_once")
async def test_without_a_log_there_is_none_to_follow(log: Shown) -> None:
    log.stream.write("line 0")
    log.stream.failure = Error(ErrorKind.TIMEOUT, "logs.GetLogEvents", ("reflow",), "no answer")
    async with log.shown():
        await log.press("F")
        assert "no log is open" in log.text
        assert "the log is complete" not in log.text


@pytest.mark.usefixtures("at_once")
async def test_hints_name_the_chosen_keys(log: Shown) -> None:
    log.session.settings = replace(log.session.settings, keys={"again": ("f5",), "follow": ()})
    log.stream.write(*(f"line {n}" for n in range(50)))
    async with log.shown():
        await log.press("k")
        assert "paused, :follow follows" in log.text
        log.stream.failure = Error(ErrorKind.TIMEOUT, "logs.GetLogEvents", ("reflow",), "no answer")
        await log.press("f5")
        assert log.lines[3].endswith(" f5 again")
