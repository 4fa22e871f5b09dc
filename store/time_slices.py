"""Long work in the event loop, in slices of a few milliseconds between which the loop runs."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")

# Seconds of work between two turns of the event loop. A key press waits for one slice of each task that works.
_SLICE = 0.004
# Items between two looks at the clock: decoding or merging them takes a quarter of a slice at most.
_STEP = 50


async def in_slices(items: Sequence[T]) -> AsyncIterator[Sequence[T]]:
    """Yield all of `items`, in parts of at most 50.

    The event loop runs whenever work on them has taken 4 ms, and after the last part.
    """
    began = time.perf_counter()
    for end in range(_STEP, len(items) + _STEP, _STEP):
        yield items[end - _STEP : end]
        if end >= len(items) or time.perf_counter() - began >= _SLICE:
            await asyncio.sleep(0)
            began = time.perf_counter()


async def run_in_slices(steps: Iterable[T]) -> list[T]:
    """Return all that `steps` yields. Each step works when it is asked for; the event loop runs every 4 ms."""
    found: list[T] = []
    began = time.perf_counter()
    for each in steps:
        found.append(each)
        if time.perf_counter() - began >= _SLICE:
            await asyncio.sleep(0)
            began = time.perf_counter()
    return found
