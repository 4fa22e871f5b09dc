import asyncio
import itertools
import random
from datetime import datetime
from typing import Any

import pytest

from store.digest import Digest
from store.errors import Error, ErrorKind
from store.keepalive import keep_id_alive, keep_run_alive
from store.lease_keeper import LeaseKeeper
from store.nop import NopTaskDB
from store.times import whole_seconds
from tests.support.clock import MockClock, settle
from tests.support.leases import DENIED, RUN, Leases

RESET = Error(ErrorKind.NET, "keep alive", (), "connection reset by peer")
TRY = 5.0  # seconds until the client gives up on a service that hangs


class Outage(NopTaskDB):
    """A TaskDB whose service fails from `begin` to `end`, in seconds: it resets connections, or it `hangs`.

    `late` are the seconds by which each renewal but the first came after the end of the lease before: negative if in
    time. A client with a `timeout` gives up after it. A reply takes `delay` seconds.
    """

    def __init__(
        self, begin: float = 0, end: float = 0, *, hangs: bool = False, timeout: float | None = TRY, delay: float = 0
    ) -> None:
        self.clock = MockClock()
        self.late: list[float] = []
        self.order: list[Digest] = []
        self.in_flight = self.most_in_flight = 0
        self.times: list[float] = []
        self._delay = delay
        self._began = self.clock.time
        self._begin, self._end, self._hangs, self._timeout = begin, end, hangs, timeout
        self._until: dict[Digest, datetime] = {}

    def keeper(self, renew_after: float = 90, max_in_flight: int = 16) -> LeaseKeeper:
        return LeaseKeeper(
            self, renew_after=renew_after, max_in_flight=max_in_flight, now=self.clock.now, sleep=self.clock.sleep
        )

    @property
    def seconds(self) -> float:
        return (self.clock.time - self._began).total_seconds()

    async def keep_id_alive(self, id: Digest, keepalive: datetime) -> None:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await (self.clock.sleep(self._delay) if self._delay else asyncio.sleep(0))
            if self._begin <= self.seconds < self._end:
                await self._fail()
        finally:
            self.in_flight -= 1
        if id in self._until:
            self.late.append((self.clock.time - self._until[id]).total_seconds())
        self._until[id] = whole_seconds(keepalive)
        self.order.append(id)
        self.times.append(self.seconds)

    async def _fail(self) -> None:
        if self._hangs:
            if self._timeout is None:
                await asyncio.Future()
            else:
                await self.clock.sleep(self._timeout)
            raise Error(ErrorKind.TIMEOUT, "keep alive")
        raise RESET


class Losses(list[Error]):
    """The errors of lost leases."""

    def of_one(self, error: Error) -> None:
        self.append(error)


def refuse(error: Error) -> None:
    pytest.fail(f"the lease was lost: {error}")


def digests(count: int) -> list[Digest]:
    return [Digest.compute(str(number).encode()) for number in range(count)]


@pytest.fixture
def jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.lease_keeper.random.random", lambda: 0.5)


@pytest.fixture
def no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.lease_keeper.random.random", lambda: 0.0)


async def test_a_thousand_leases_need_one_task() -> None:
    db = Outage()
    keeper = db.keeper()
    for id in digests(1000):
        keeper.add(id, refuse)
    while len(db.order) < 1000:
        await settle()
    assert len(keeper) == 1000
    assert len(asyncio.all_tasks()) == 2  # this test, and the timer
    await keeper.close()
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.usefixtures("jitter")
async def test_jitter_makes_a_renewal_early_by_up_to_a_tenth() -> None:
    db = Outage()
    keeper = db.keeper()
    keeper.add(RUN, refuse)
    await db.clock.advance(83.4)  # 90 less 4 to 9 s
    assert len(db.order) == 1
    await db.clock.advance(0.1)
    assert len(db.order) == 2
    await keeper.close()


async def test_leases_that_begin_in_a_crowd_are_renewed_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.lease_keeper.random.random", random.Random(1).random)
    db = Outage(delay=0.2)
    keeper = db.keeper()
    for id in digests(400):
        keeper.add(id, refuse)
    await db.clock.advance(100)
    assert max(db.times[:400]) < 6
    second = db.times[400:800]
    assert min(second) > 45
    assert max(second) < 96
    assert max(sum(start <= time < start + 5 for time in second) for start in range(45, 95)) < 80
    await keeper.close()


async def test_renewals_in_flight_are_bounded() -> None:
    db = Outage(0, 20, hangs=True)
    keeper = db.keeper(max_in_flight=3)
    for id in digests(20):
        keeper.add(id, refuse)
    await db.clock.advance(100)
    assert db.most_in_flight == 3
    await keeper.close()


async def test_leases_that_expire_earliest_go_first_when_it_falls_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    # Due at 86, 88, 89.5, 89 and 90 s; the first try occupies the only slot until 91 s.
    jitter = itertools.chain([0, 0, 0.1, 0.6, 0.8], itertools.repeat(0))
    monkeypatch.setattr("store.lease_keeper.random.random", lambda: next(jitter))
    db = Outage(86, 86.5, hangs=True)
    keeper = db.keeper(max_in_flight=1)
    ids = digests(5)
    for id in ids:
        keeper.add(id, refuse)
        await db.clock.advance(2)
    db.order.clear()
    await db.clock.advance(100)
    assert db.order[:5] == [*ids[1:], ids[0]]
    await keeper.close()


@pytest.mark.parametrize("hangs", [False, True])
@pytest.mark.parametrize(
    ("renew_after", "begin", "seconds"),
    [(90, 85.9, 30), (90, 86, 30), (90, 84, 30), (60, 55.9, 60), (60, 56, 60), (60, 50, 60), (45, 41.9, 75)],
)
@pytest.mark.usefixtures("no_jitter")
async def test_an_outage_at_the_moment_of_renewal_loses_no_lease(
    hangs: bool, renew_after: float, begin: float, seconds: float
) -> None:
    db = Outage(begin, begin + seconds, hangs=hangs)
    keeper = db.keeper(renew_after)
    for id in digests(40):
        keeper.add(id, refuse)
    await db.clock.advance(200)
    assert len(set(db.order)) == 40
    assert max(db.late) < 0
    await keeper.close()


@pytest.mark.usefixtures("no_jitter")
async def test_a_try_that_hangs_in_a_taskdb_without_a_timeout_is_cut_short() -> None:
    db = Outage(90, 110, hangs=True, timeout=None)
    keeper = db.keeper()
    keeper.add(RUN, refuse)
    await db.clock.advance(120)
    assert len(db.order) == 2
    assert max(db.late) < 0
    await keeper.close()


@pytest.mark.usefixtures("no_jitter")
async def test_a_lease_is_lost_by_gos_five_tries_and_not_by_those_in_between() -> None:
    db, losses = Outage(86, 1000), Losses()
    keeper = db.keeper()
    keeper.add(RUN, losses.of_one)
    await db.clock.advance(86 + 53.6)
    assert not losses
    await db.clock.advance(0.1)
    (lost,) = losses
    assert (lost.kind, lost.cause) == (ErrorKind.TOO_MANY_TRIES, RESET)
    assert len(keeper) == 0
    await settle()
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.usefixtures("no_jitter")
async def test_a_lease_that_is_still_held_is_not_given_up() -> None:
    db, losses = Outage(50, 1000), Losses()
    keeper = db.keeper(renew_after=60)  # the five tries are over at 109.7 s, 10 s before the end of the lease
    keeper.add(RUN, losses.of_one)
    await db.clock.advance(119.5)
    assert not losses
    await db.clock.advance(1)
    assert len(losses) == 1


async def test_the_timer_ends_with_the_last_lease_that_is_lost() -> None:
    db, losses = Leases(), Losses()
    keeper = LeaseKeeper(db, now=db.clock.now, sleep=db.clock.sleep)
    db.failures = [None, DENIED]
    keeper.add(RUN, losses.of_one)
    await db.clock.advance(90)
    assert losses == [DENIED]
    await settle()
    assert len(asyncio.all_tasks()) == 1


async def test_a_permanent_error_loses_the_lease_at_once_and_others_stay() -> None:
    db, losses = Leases(), Losses()
    db.failures = [DENIED]
    keeper = LeaseKeeper(db, now=db.clock.now, sleep=db.clock.sleep)
    first, second = digests(2)
    keeper.add(first, losses.of_one)
    keeper.add(second, refuse)
    await db.clock.advance(100)
    assert losses == [DENIED]
    assert [id for _, id, _ in db.writes] == [second, second]
    keeper.add(first, refuse)  # it was forgotten
    await keeper.close()


async def test_a_callback_that_fails_stops_no_other_lease(caplog: pytest.LogCaptureFixture) -> None:
    db = Leases()
    db.failures = [DENIED]

    def fail(_: Error) -> None:
        raise ZeroDivisionError

    keeper = LeaseKeeper(db, now=db.clock.now, sleep=db.clock.sleep)
    first, second = digests(2)
    keeper.add(first, fail)
    keeper.add(second, refuse)
    await db.clock.advance(100)
    assert len(db.writes) == 2
    assert f"lost lease of {first}" in caplog.text
    await keeper.close()


async def test_a_removed_lease_is_not_renewed_even_if_its_try_is_under_way() -> None:
    db = Leases()
    keeper = LeaseKeeper(db, now=db.clock.now, sleep=db.clock.sleep)
    first, second = digests(2)
    keeper.add(first, refuse)
    keeper.remove(first)
    keeper.remove(second)  # never added
    await db.clock.advance(100)
    assert db.writes == []
    assert len(asyncio.all_tasks()) == 1


async def test_slots_of_removed_leases_are_free_again() -> None:
    db = Leases()
    db.hang = True
    keeper = LeaseKeeper(db, max_in_flight=1, now=db.clock.now, sleep=db.clock.sleep)
    for id in digests(3):
        keeper.add(id, refuse)
        await settle()
        keeper.remove(id)
    db.hang = False
    keeper.add(RUN, refuse)
    await settle()
    assert [id for _, id, _ in db.writes] == [RUN]
    await keeper.close()


async def test_a_block_holds_a_lease() -> None:
    db = Leases()
    keeper = LeaseKeeper(db, now=db.clock.now, sleep=db.clock.sleep)
    async with keeper.hold(RUN):
        assert [(name, id) for name, id, _ in db.writes] == [("id", RUN)]
        keeper.add(RUN, refuse)  # a lease of its own
    assert len(keeper) == 1
    await keeper.close()


async def test_blocks_of_one_taskdb_share_a_keeper() -> None:
    db = Leases()
    async with db.keep(), db.keep(), keep_id_alive(db, RUN, now=db.clock.now, sleep=db.clock.sleep):
        await settle()
        assert len(asyncio.all_tasks()) == 2  # this test, and the timer
        async with keep_run_alive(db, RUN, renew_after=60, now=db.clock.now, sleep=db.clock.sleep):
            await db.clock.advance(61)
            assert len(db.writes) == 5


async def test_an_id_is_added_once() -> None:
    db = Leases()
    keeper = LeaseKeeper(db, now=db.clock.now, sleep=db.clock.sleep)
    keeper.add(RUN, refuse)
    with pytest.raises(Error, match="this lease already") as raised:
        keeper.add(RUN, refuse)
    assert raised.value.kind is ErrorKind.INVALID
    await keeper.close()


async def test_a_keeper_serves_one_event_loop_at_a_time() -> None:
    db = Leases()
    keeper = LeaseKeeper(db)

    async def hold() -> None:
        async with keeper.hold(RUN):
            pass

    await asyncio.to_thread(asyncio.run, hold())
    async with keeper.hold(RUN):
        with pytest.raises(Error, match="another event loop") as raised:
            await asyncio.to_thread(asyncio.run, hold())
    assert raised.value.kind is ErrorKind.PRECONDITION


def test_leases_end_with_their_event_loop() -> None:
    db = Leases()
    keeper = LeaseKeeper(db)

    async def add() -> None:
        keeper.add(RUN, refuse)
        await settle()

    asyncio.run(add())
    asyncio.run(add())
    assert len(db.writes) == 2


def test_the_end_of_an_event_loop_begins_no_further_renewals(caplog: pytest.LogCaptureFixture) -> None:
    db = Leases()
    db.hang = True
    keeper = LeaseKeeper(db)

    async def add() -> None:
        for id in digests(40):
            keeper.add(id, refuse)
        await settle()

    asyncio.run(add())
    assert len(db.tried) == 16
    assert caplog.text == ""


@pytest.mark.parametrize("options", [{"renew_after": 0}, {"renew_after": 120}, {"max_in_flight": 0}])
def test_options_are_checked(options: dict[str, Any]) -> None:
    with pytest.raises(Error, match=next(iter(options))) as raised:
        LeaseKeeper(NopTaskDB(), **options)
    assert raised.value.kind is ErrorKind.INVALID
