"""The watchdog that finds what blocks the event loop."""

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support import idle
from tests.support.dashboard import Dashboard
from tests.support.rows import make_run
from tests.support.scripted_db import ScriptedDB
from tui.terminal import log_file, loop_watchdog
from tui.terminal.loop_watchdog import LoopWatchdog, Stack, describe, when_debugging

_PATIENCE = 60.0  # seconds


class World:
    """A watchdog with a clock that only blocks move."""

    def __init__(self) -> None:
        self.now = 100.0
        self.used = 7.0
        self.written: list[str] = []
        self.watchdog = LoopWatchdog(
            clock=lambda: self.now, cpu_clock=lambda: self.used, write_past_locks=self.written.append
        )

    def block(self, seconds: float, until: Callable[[], object] | None = None) -> None:
        """Block the loop until the watchdog has seen it, or until the condition holds."""
        self.now += seconds
        self.wait(until or (lambda: self.watchdog.samples))

    def wait(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            assert time.monotonic() < deadline, "the watchdog did not see it"

    async def until_free(self) -> None:
        """Wait for the next heartbeat, which reports the block before it."""
        await idle.until(lambda: not self.watchdog.samples, lambda: str(self.watchdog.samples))


def messages(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == loop_watchdog.__name__]


async def test_a_block_is_written_with_its_length_and_its_stack(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.watchdog.start()
    world.used += 0.2
    world.block(0.213)
    await world.until_free()
    world.watchdog.stop()
    (text,) = messages(caplog)
    shape = (
        r"the event loop was blocked for 213 ms, 200 ms of them on a CPU, "
        r"in \d+ of \d+ samples under \S+ [\w<>]+, such as (.*)"
    )
    match = re.fullmatch(shape, text)
    assert match is not None, text
    assert re.search(r"tui/terminal/test_loop_watchdog.py:\d+ block", match[1])
    assert "test_a_block_is_written" in match[1]
    assert "base_events" not in match[1], "the loop's own frames are the same in every stack"


async def test_blocks_of_50_ms_and_less_are_not_written(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.watchdog.start()
    world.block(0.05)
    await world.until_free()
    world.watchdog.stop()
    assert messages(caplog) == []


async def test_the_stack_is_that_of_the_block_not_of_the_one_before(caplog: pytest.LogCaptureFixture) -> None:
    def first() -> None:
        world.block(0.1)

    def second() -> None:
        world.block(0.2)

    world = World()
    world.watchdog.start()
    for block in (first, second):
        block()
        await world.until_free()
    world.watchdog.stop()
    one, other = messages(caplog)
    assert ("100 ms" in one, " first" in one, " second" in one) == (True, True, False)
    assert ("200 ms" in other, " first" in other, " second" in other) == (True, False, True)


def stack(*calls: str) -> Stack:
    """A stack of calls from the innermost to the outermost, written like `a.py:12 draw`."""
    parts = [call.replace(":", " ").split() for call in calls]
    return tuple((f"/usr/lib/tui/lists/{file}", int(line), name) for file, line, name in parts)


@pytest.mark.parametrize(
    ("stacks", "expected"),
    [
        pytest.param(
            [stack("c.py:1 cell", "b.py:7 rows", "a.py:1 show"), stack("d.py:1 sort", "b.py:9 rows", "a.py:1 show")],
            "2 of 2 samples under tui/lists/b.py:7 rows, such as tui/lists/c.py:1 cell < tui/lists/b.py:7 rows < ",
            id="the innermost call that they share, whatever its line",
        ),
        pytest.param(
            [*[stack("b.py:7 rows", "a.py:1 show")] * 2, stack("c.py:8 draw", "a.py:1 show")],
            "2 of 3 samples under tui/lists/b.py:7 rows, such as",
            id="a call of over half",
        ),
        pytest.param(
            [stack("b.py:7 rows"), stack("c.py:8 draw")],
            "2 samples with no call in common, such as tui/lists/b.py:7 rows",
            id="nothing in common",
        ),
        pytest.param([(), ()], "such as nothing: the process waited for a CPU", id="a loop that only waited"),
        pytest.param([], "; no stack: the process was suspended, or", id="no sample"),
        pytest.param(
            [stack("c.py:1 walk", "c.py:1 walk", "c.py:1 walk"), stack("c.py:1 walk", "c.py:1 walk")],
            "2 of 2 samples under tui/lists/c.py:1 walk",
            id="recursion",
        ),
    ],
)
def test_the_call_to_blame_is_named(stacks: list[Stack], expected: str) -> None:
    text = describe(0.2, stacks)
    assert text.startswith("the event loop was blocked for 200 ms")
    assert expected in text


async def test_a_block_that_the_thread_could_not_see_is_written_too(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.watchdog.start()
    world.now += 3  # as after a SIGSTOP: no sample in between
    world.watchdog.stop()
    (text,) = messages(caplog)
    assert text.startswith("the event loop was blocked for 3000 ms")


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "debug.log"
    end = log_file.log_to(path, print)
    yield path
    end()


async def test_a_long_block_is_logged_while_the_loop_holds_the_log_lock(log: Path) -> None:
    handler = logging.getLogger().handlers[-1]
    world = World()
    world.watchdog = LoopWatchdog(clock=lambda: world.now, write_past_locks=log_file.write_past_locks)
    world.watchdog.start()
    handler.acquire()  # as a thread that is stuck in the middle of a record
    try:
        world.block(6.0, until=lambda: lines(log))
        (early,) = lines(log)
        assert re.search(
            r"Z WARNING tui\.terminal\.\w+: the event loop was blocked for 6000 ms, in .*; still blocked$", early
        )
    finally:
        handler.release()
    await world.until_free()
    world.watchdog.stop()
    assert [line.endswith("; still blocked") for line in lines(log)] == [True, False]


def watchdogs() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "loop watchdog"]


async def test_a_dashboard_is_watched_while_a_log_takes_debug_records(log: Path) -> None:
    dashboard = Dashboard(ScriptedDB(make_run(1)))
    async with dashboard.app.run_test() as pilot:
        while not watchdogs():
            await pilot.pause(0)
    assert watchdogs() == [], "the thread ends with the dashboard"


async def test_without_a_debug_log_there_is_no_thread_and_no_heartbeat() -> None:
    async with when_debugging() as watchdog:
        assert watchdog is None
    async with Dashboard(ScriptedDB(make_run(1))).shown() as dashboard:
        await dashboard.refresh()
        assert watchdogs() == []
        assert [worker.group for worker in dashboard.app.workers if worker.group == "watchdog"] == []
