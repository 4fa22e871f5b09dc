"""Opening a log, and the reasons why there is none."""

import gc
from datetime import datetime
from pathlib import Path

import pytest

from store import Error, ErrorKind, Task
from tests.support.log_screen import RUN_LOG, Shown, numbered
from tests.support.rows import NOW, OOM, make_run, make_task
from tui.logs.tabs import Tab
from tui.widgets.paragraph import Paragraph


def open_files() -> int:
    return len(list(Path("/dev/fd").iterdir()))


async def test_a_log_opens_at_its_end(log: Shown) -> None:
    await log.task(stderr=numbered(10_000))
    async with log.shown():
        assert log.numbers[-1] == 9_999
        assert "complete · 96.6K · digest not verified yet ·" in log.text
        assert log.lines[1].split()[:5] == ["log", "00000000", "samtools.sort", "1", "stderr"]
        await log.press("g")
        assert log.numbers[0] == 0
        await log.press("G")
        assert log.numbers[-1] == 9_999


async def test_scrolling_reads_more(log: Shown) -> None:
    await log.task(stderr=numbered(10_000))
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


async def test_a_missing_log_is_awaited(log: Shown) -> None:
    log.stream.events = None
    async with log.shown():
        assert "nothing written yet" in log.text
        await log.pass_time()
        assert "nothing written yet" in log.text
        log.stream.events = []
        log.stream.write("first words")
        await log.pass_time()
        assert log.body[0] == "  first words"
        assert "growing · CloudWatch reflow a/e/stderr" in log.text


async def test_a_missing_stream_of_an_ended_task_is_explained(log: Shown) -> None:
    log.stream.events = None
    log.row = make_task(1, 1, uri="h/a/e", end=NOW)
    async with log.shown():
        assert "nothing was written, or the stream was deleted or expired" in log.text


async def test_repeated_attempts_to_open_a_log_leave_no_file_open(log: Shown) -> None:
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


async def test_denied_access_names_the_permission(log: Shown) -> None:
    log.stream.failure = Error(ErrorKind.NOT_ALLOWED, "logs.GetLogEvents", ("reflow",), "amy may not\x1b[2J")
    async with log.shown():
        assert "denied, logs:GetLogEvents is required" in log.text


async def test_a_corrupt_log_is_reported_and_shown(log: Shown) -> None:
    await log.task(stderr=b"hello\n")
    assert isinstance(log.row, Task)
    (log.folder / f"objects/{log.row.stderr}").write_bytes(b"jello\n")
    async with log.shown():
        assert "CORRUPT: the content does not match its digest" in log.text
        assert log.body[0] == "  jello"


async def test_a_log_is_unavailable_before_the_taskdb_is_open(log: Shown) -> None:
    log.session.db = None
    async with log.shown():
        assert "it could not be read: the table is not open yet" in " ".join(log.text.split())


@pytest.mark.parametrize(
    ("end", "err", "tone"), [(None, None, "$muted"), (NOW, None, "$muted"), (NOW, OOM, "$text-error")]
)
async def test_a_healthy_task_without_stdout_is_no_error(
    end: datetime | None, err: Error | None, tone: str, log: Shown
) -> None:
    log.stream.events = None
    log.row = make_task(1, 1, uri="h/a/e", end=end, err=err)
    async with log.shown(Tab.STDOUT):
        assert "nothing " in log.text
        said = log.screen.query_one("#provenance", Paragraph)
        assert tone in {span.style for span in said.render().spans}


async def test_an_empty_stdout_is_said_to_be_empty(log: Shown) -> None:
    await log.task(stdout=b"")
    async with log.shown(Tab.STDOUT):
        assert " complete · empty · " in log.text
