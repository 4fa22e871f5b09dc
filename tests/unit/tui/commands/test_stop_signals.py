"""Signals that stop commands that keep reading."""

import asyncio
import os
import signal

import pytest

from tui.commands.stop_signals import run_until, stop_on


async def test_a_signal_sets_the_event() -> None:
    stop = stop_on(signal.SIGUSR1, signal.SIGUSR2)
    assert not stop.is_set()
    os.kill(os.getpid(), signal.SIGUSR2)
    await asyncio.wait_for(stop.wait(), timeout=10)


async def test_work_is_cancelled_and_awaited_when_an_end_completes() -> None:
    stop, events = asyncio.Event(), list[str]()

    async def work() -> None:
        stop.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            events.append("cleaned up")

    await run_until(work(), asyncio.Event().wait(), stop.wait())
    assert events == ["cleaned up"]


async def test_work_that_ends_first_cancels_the_ends_and_its_error_is_raised() -> None:
    end = asyncio.ensure_future(asyncio.Event().wait())

    async def work() -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        await run_until(work(), end)
    assert end.cancelled()
