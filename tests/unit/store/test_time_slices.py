"""Long work in slices of a few milliseconds, on a clock that the work moves."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from store import time_slices


class Clock:
    """A clock that stands until work moves it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(time, "perf_counter", lambda: self.now)


async def turns_during(count: int, seconds: float, clock: Clock) -> tuple[list[int], int]:
    """Work on `count` items for so many seconds each; return the items, and how often the event loop ran meanwhile."""
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(take_turns())
    seen: list[int] = []
    async for part in time_slices.in_slices(range(count)):
        seen += part
        clock.now += seconds * len(part)
    other.cancel()
    return seen, turns


async def test_all_items_come_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    for count in (0, 1, 50, 51, 1234):
        seen, turns = await turns_during(count, 0.0, clock)
        assert seen == list(range(count))
        # Work that takes no time is one slice, after which the loop runs.
        assert turns == min(count, 1)


async def test_the_event_loop_runs_every_four_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    # 50 items take 1 ms.
    assert (await turns_during(1000, 0.00002, clock))[1] == 20 / 4
    # 50 items take 10 ms.
    assert (await turns_during(1000, 0.0002, clock))[1] == 20


async def test_steps_run_when_they_are_asked_for_and_the_loop_after_four_milliseconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, turns = Clock(monkeypatch), 0

    def steps() -> Iterator[int]:
        for number in range(12):
            clock.now += 0.0015
            yield number

    async def take_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    other = asyncio.create_task(take_turns())
    assert await time_slices.run_in_slices(steps()) == list(range(12))
    other.cancel()
    # Three steps take longer than a slice; the first turn begins to count.
    assert turns == 3
