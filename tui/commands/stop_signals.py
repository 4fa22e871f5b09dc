"""Stop commands that keep reading on a signal or another event."""

import asyncio
import signal
from collections.abc import Awaitable, Coroutine
from typing import Any


def stop_on(*signals: signal.Signals) -> asyncio.Event:
    """Return an event of the running event loop that is set when the process receives one of `signals`."""
    stop = asyncio.Event()
    for number in signals:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def run_until(work: Coroutine[Any, Any, None], *ends: Awaitable[object]) -> None:
    """Run `work` until one of `ends` completes, then cancel `work` and wait for it. Raises what `work` raises."""
    tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(each) for each in (work, *ends)]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if tasks[0].done():
            await tasks[0]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
