"""A sleep that an event ends early: what has ended when it has."""

import asyncio

import pytest

from tests.support.clock import MockClock, settle
from tui.watch.polling.interruptible_sleep import sleep_or_wake


class Sleeper:
    """A sleep under way, on a clock that the test moves."""

    def __init__(self) -> None:
        self.clock, self.wake = MockClock(), asyncio.Event()
        self.sleeping = 0
        self.left: tuple[int, bool] | None = None  # the waits under way when it ended
        self.task = asyncio.create_task(self.run())

    async def run(self) -> None:
        try:
            await sleep_or_wake(self.sleep, 10, self.wake)
        finally:
            self.left = self.sleeping, self.is_waiting

    async def sleep(self, seconds: float) -> None:
        self.sleeping += 1
        try:
            await self.clock.sleep(seconds)
        finally:
            self.sleeping -= 1

    @property
    def is_waiting(self) -> bool:
        return bool(self.wake._waiters)


async def test_a_sleep_ends_when_the_time_is_over() -> None:
    sleeper = Sleeper()
    await sleeper.clock.advance(9)
    assert not sleeper.task.done()
    await sleeper.clock.advance(1)
    assert (sleeper.task.done(), sleeper.left) == (True, (0, False))


async def test_a_sleep_ends_when_it_is_woken() -> None:
    sleeper = Sleeper()
    await settle()
    assert (sleeper.task.done(), sleeper.sleeping) == (False, 1)
    sleeper.wake.set()
    await sleeper.task
    assert sleeper.left == (0, False)


async def test_a_cancellation_leaves_no_wait_behind() -> None:
    sleeper = Sleeper()
    await settle()
    assert (sleeper.sleeping, sleeper.is_waiting) == (1, True)
    sleeper.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sleeper.task
    assert sleeper.left == (0, False)
