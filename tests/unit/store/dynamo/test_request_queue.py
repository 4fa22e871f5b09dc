"""The order of waiting requests."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Error, ErrorKind
from store.dynamo.request_queue import RequestQueue

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def lease(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


class World:
    """Requests on a queue of one slot, which each end when the test says so."""

    def __init__(self, slots: int = 1) -> None:
        self.queue = RequestQueue(slots, longest_wait=100.0)
        self.sent: list[str] = []
        self._replies: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def send(self, name: str, renewed_until: datetime | None = None) -> None:
        async def run() -> None:
            async with self.queue.slot("op", (name,), renewed_until):
                self.sent.append(name)
                await self._replies[name].wait()

        self._replies[name] = asyncio.Event()
        self._tasks[name] = asyncio.create_task(run())
        await asyncio.sleep(0)

    async def reply(self, name: str) -> None:
        self._replies[name].set()
        await self._tasks[name]
        await asyncio.sleep(0)

    async def cancel(self, name: str) -> None:
        self._tasks[name].cancel()
        with pytest.raises(asyncio.CancelledError):
            await self._tasks[name]


async def test_requests_are_sent_in_their_order() -> None:
    world = World()
    for name in "abc":
        await world.send(name)
    for name in "abc":
        await world.reply(name)
    assert world.sent == ["a", "b", "c"]


async def test_a_row_write_is_sent_before_waiting_renewals() -> None:
    world = World()
    await world.send("renewal 1", lease(0))
    for number in range(2, 100):
        await world.send(f"renewal {number}", lease(0))
    await world.send("create")
    await world.reply("renewal 1")
    assert world.sent == ["renewal 1", "create"]


async def test_renewals_are_sent_by_the_end_of_their_lease() -> None:
    world = World()
    await world.send("first")
    for seconds in (30, 10, 20):
        await world.send(f"until {seconds}", lease(seconds))
    await world.reply("first")
    for seconds in (10, 20, 30):
        await world.reply(f"until {seconds}")
    assert world.sent == ["first", "until 10", "until 20", "until 30"]


async def test_a_request_that_is_cancelled_while_it_waits_is_never_sent() -> None:
    world = World()
    for name in "abc":
        await world.send(name)
    await world.cancel("b")
    await world.reply("a")
    await world.reply("c")
    assert world.sent == ["a", "c"]


async def test_a_slot_received_with_a_cancellation_is_passed_on() -> None:
    world = World()
    for name in "abc":
        await world.send(name)
    world._replies["a"].set()
    await asyncio.sleep(0)  # the slot is now that of b, which has not run since
    await world.cancel("b")
    await asyncio.sleep(0)
    assert world.sent == ["a", "c"]


async def test_waiting_too_long_raises_an_error_before_sending(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    await world.send("a")
    await world.send("b")
    waiting = asyncio.create_task(world.queue.slot("dynamodb.PutItem", ("t",)).__aenter__())
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + 100)
    with pytest.raises(Error) as failed:
        await waiting
    assert failed.value.kind is ErrorKind.TIMEOUT
    text = str(failed.value)
    assert "dynamodb.PutItem t" in text
    assert "not sent: waited 100 s for a connection (1 in use, 0 others waiting)" in text
    assert "raise max_in_flight" in text


async def test_a_request_that_waited_too_long_counts_the_others_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    await world.send("a")
    waiting = asyncio.create_task(world.queue.slot("dynamodb.PutItem", ("t",)).__aenter__())
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    time = loop.time
    monkeypatch.setattr(loop, "time", lambda: time() + 50)
    for name in "bcd":
        await world.send(name)
    await world.send("renewal", lease(0))
    await world.cancel("d")
    monkeypatch.setattr(loop, "time", lambda: time() + 100)
    with pytest.raises(Error, match=r"a connection \(1 in use, 3 others waiting\)"):
        await waiting


@given(st.integers(1, 4), st.integers(0, 2**32))
def test_no_slot_is_lost_or_invented(slots: int, seed: int) -> None:
    async def play() -> None:
        chance, world, running, most = random.Random(seed), RequestQueue(slots, 100.0), 0, 0

        async def request(steps: int) -> None:
            nonlocal running, most
            async with world.slot("op", (), lease(steps) if steps % 2 else None):
                running += 1
                most = max(most, running)
                try:
                    for _ in range(steps):
                        await asyncio.sleep(0)
                finally:
                    running -= 1

        tasks = [asyncio.create_task(request(chance.randrange(4))) for _ in range(30)]
        for _ in range(20):
            await asyncio.sleep(0)
            chance.choice(tasks).cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert most <= slots
        for _ in range(slots):  # all are free again
            await asyncio.wait_for(world.slot("op", ()).__aenter__(), 1)

    asyncio.run(play())
