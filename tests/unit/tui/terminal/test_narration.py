"""Narration on stderr."""

import asyncio
import io
import sys

import pytest

from tests.support.clock import MockClock, settle
from tests.support.full_disk import FullDisk
from tests.support.terminal_streams import use_screen
from tui.terminal import narration
from tui.terminal.narration import progress_of


async def read(seconds: float) -> None:
    clock = MockClock()

    async def under_way() -> None:
        async with progress_of("reading t\x1b", sleep=clock.sleep):
            await clock.sleep(seconds)

    task = asyncio.create_task(under_way())
    await settle()
    await clock.advance(seconds)
    await task


async def test_reads_of_more_than_a_second_have_one_line_that_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    await read(2.5)
    assert screen.getvalue() == ("\r\x1b[Kreflowtop: reading t␛, 1s\r\x1b[Kreflowtop: reading t␛, 2s\r\x1b[K")


async def test_short_reads_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    await read(0.9)
    assert screen.getvalue() == ""


async def test_pipes_and_dumb_terminals_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    monkeypatch.setenv("TERM", "dumb")
    await read(2.5)
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    monkeypatch.setenv("TERM", "xterm")
    await read(2.5)
    assert (screen.getvalue(), pipe.getvalue()) == ("", "")


async def test_quiet_commands_print_neither_progress_nor_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    narration.be_quiet()
    try:
        await read(2.5)
        narration.note("No runs found")
    finally:
        narration.be_quiet(False)
    assert screen.getvalue() == ""
    narration.note("No\nruns")
    assert screen.getvalue() == "reflowtop: No runs\n"


async def test_a_credential_process_is_named_in_place_of_the_read(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    wait = ""
    monkeypatch.setattr(narration, "describe_wait", lambda patience: wait)
    await read(1.5)
    wait = "credential_process `login --password=hunter2hunter2`, 4s"
    await read(2.5)
    assert screen.getvalue().startswith("\r\x1b[Kreflowtop: reading t␛, 1s")
    assert screen.getvalue().endswith(
        "\r\x1b[Kreflowtop: waiting for credential_process `login --password=[redacted], 4s\r\x1b[K"
    )
    assert "waiting" in screen.getvalue()


async def test_a_credential_process_is_noted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    waits = ["", "", "`one`, 3s", "`one`, 4s", "", "`two`, 3s", "`two`, 4s"]
    monkeypatch.setattr(narration, "describe_wait", lambda patience: waits.pop(0) if waits else "")
    clock = MockClock()

    async def under_way() -> None:
        async with narration.waits_noted(sleep=clock.sleep):
            await clock.sleep(10)

    task = asyncio.create_task(under_way())
    await settle()
    await clock.advance(10)
    await task
    assert pipe.getvalue() == "reflowtop: waiting for `one`, 3s\nreflowtop: waiting for `two`, 3s\n"


def test_notes_that_cannot_be_written_do_not_fail_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", FullDisk())
    narration.note("No runs found")


def test_notes_replace_the_progress_line(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use_screen(monkeypatch)
    narration.show_progress("50% read")
    narration.note("done")
    narration.erase()
    assert screen.getvalue() == "\r\x1b[Kreflowtop: 50% read\r\x1b[Kreflowtop: done\n"
