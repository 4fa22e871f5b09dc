"""A sleep that an event ends early."""

import asyncio

from tui.watch.polling.backfill import Sleep


async def sleep_or_wake(sleep: Sleep, seconds: float, wake: asyncio.Event) -> None:
    """Wait until `wake` is set, at most for `seconds` by `sleep`. Both waits have ended when it returns or raises."""
    waits = [asyncio.ensure_future(wake.wait()), asyncio.ensure_future(sleep(seconds))]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.wait(waits)
