"""Long work in slices of a few milliseconds, on a clock that the work moves."""

import asyncio
import time

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
