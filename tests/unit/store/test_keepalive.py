import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import pytest

from store.errors import Error, ErrorKind
from store.keepalive import KeepAlive, keep_id_alive_and_end, keep_run_alive, keep_task_alive
from tests.support.clock import settle
from tests.support.leases import DENIED, RUN, TEMPORARY, Leases

LEASE = timedelta(minutes=2)
PERMANENT = ["NOT_ALLOWED", "NOT_EXIST", "INVALID", "FATAL", "NOT_SUPPORTED", "PRECONDITION"]


@pytest.fixture
def db(monkeypatch: pytest.MonkeyPatch) -> Leases:
    monkeypatch.setattr("store.lease_keeper.random.random", lambda: 0.0)  # no jitter
    return Leases()


def assert_not_cancelled() -> None:
    task = asyncio.current_task()
    assert task
    assert task.cancelling() == 0


async def cancel(task: "asyncio.Task[object]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# Timing.


async def test_the_lease_is_two_minutes_and_renewed_four_seconds_before_ninety(db: Leases) -> None:
    began = db.clock.time
    async with db.keep():
        await db.clock.advance(300)
    assert db.tried == [0, 86, 172, 258]
    assert db.writes == [("run", RUN, began + timedelta(seconds=s) + LEASE) for s in db.tried]


@pytest.mark.parametrize(
    ("helper", "name"),
    [
        (keep_run_alive, "run"),
        (keep_task_alive, "task"),
        (partial(keep_id_alive_and_end, end_timeout=10), "id"),
    ],
)
async def test_each_helper_uses_its_method(helper: Callable[..., KeepAlive], name: str, db: Leases) -> None:
    async with helper(db, RUN, now=db.clock.now, sleep=db.clock.sleep):
        pass
    assert db.writes[0] == (name, RUN, db.clock.time + LEASE)


async def test_entering_waits_for_the_first_lease(db: Leases) -> None:
    async with db.keep():
        assert len(db.writes) == 1


async def test_a_first_try_that_fails_for_now_does_not_keep_the_block_waiting(db: Leases) -> None:
    db.failures = [TEMPORARY]
    async with db.keep():
        assert db.writes == []
        await db.clock.advance(10)
        assert db.writes == [("run", RUN, db.clock.time + LEASE)]


async def test_failures_are_retried_and_forgotten_once_one_succeeds(db: Leases) -> None:
    db.failures = [None, *[TEMPORARY] * 4, None, *[TEMPORARY] * 4]
    async with db.keep():
        await db.clock.advance(112)
        # Go's tries are those at 86, 96 and 108; the others come before them while the lease is held.
        assert db.tried == pytest.approx([0, 86, 96, 96 + 24 / 3, 108, 108 + 12 / 3])
        assert len(db.writes) == 2
        await db.clock.advance(112)
        assert len(db.writes) == 3


async def test_five_tries_in_all_then_too_many_tries(db: Leases) -> None:
    last = Error(ErrorKind.NET, "keep alive", (), "the last one")
    db.failures = [*[TEMPORARY] * 4, last]
    with pytest.raises(Error) as raised:
        async with db.keep():
            await db.clock.advance(1000)
    assert db.tried == pytest.approx([0, 10, 22, 36.4, 53.68])
    assert raised.value.kind is ErrorKind.TOO_MANY_TRIES
    assert raised.value.cause == raised.value.__cause__ == last
    assert str(RUN) in str(raised.value)


async def test_jitter_shortens_a_wait_by_up_to_a_fifth(db: Leases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.lease_keeper.random.random", lambda: 1.0)
    db.failures = [TEMPORARY] * 4
    async with db.keep():
        await db.clock.advance(50)
    assert db.tried == pytest.approx([0, 8, 17.6, 29.12, 42.944])


async def test_foreign_exceptions_are_retried(db: Leases) -> None:
    db.failures = [ConnectionResetError("gone"), TimeoutError()]
    async with db.keep():
        await db.clock.advance(22)
        assert len(db.writes) == 1


@pytest.mark.parametrize("kind", PERMANENT)
async def test_a_permanent_error_ends_it_at_once(kind: str, db: Leases) -> None:
    permanent = Error(ErrorKind[kind], "keep alive", (), "no")
    db.failures = [None, permanent]
    with pytest.raises(Error) as raised:
        async with db.keep():
            await db.clock.advance(1000)
    assert raised.value is permanent
    assert db.tried == [0, 86]


async def test_a_permanent_error_of_the_first_try_is_raised_before_the_block(db: Leases) -> None:
    db.failures = [DENIED]
    with pytest.raises(Error) as raised:
        async with db.keep():
            pytest.fail("the block was entered")
    assert raised.value is DENIED


# As a context manager.


async def test_leaving_the_block_stops_the_renewals(db: Leases) -> None:
    async with db.keep():
        pass
    await db.clock.advance(1000)
    assert len(db.writes) == 1
    assert len(asyncio.all_tasks()) == 1


async def test_leaving_the_block_cancels_a_renewal_that_hangs(db: Leases) -> None:
    async with db.keep():
        db.hang = True
        await db.clock.advance(100)
    assert len(asyncio.all_tasks()) == 1


async def test_an_exception_of_the_block_is_its_own(db: Leases) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.keep():
            raise ZeroDivisionError


async def test_a_lost_lease_cancels_the_block_like_a_timeout(db: Leases) -> None:
    db.failures = [None, DENIED]
    cancelled = asyncio.Event()

    async def work() -> None:
        async with db.keep():
            try:
                await asyncio.Future()
            except asyncio.CancelledError:
                cancelled.set()
                raise

    async def engine() -> None:
        with pytest.raises(Error) as raised:
            await work()
        assert raised.value is DENIED
        assert_not_cancelled()
        await asyncio.sleep(0)

    task = asyncio.create_task(engine())
    await db.clock.advance(90)
    await task
    assert cancelled.is_set()


async def test_a_block_that_ends_after_its_lease_was_lost_still_raises_it(db: Leases) -> None:
    db.failures = [None, DENIED]

    async def work() -> None:
        async with db.keep():
            with contextlib.suppress(asyncio.CancelledError):
                await db.clock.advance(90)

    with pytest.raises(Error) as raised:
        await work()
    assert raised.value is DENIED
    assert_not_cancelled()


async def test_an_exception_of_the_clean_up_beats_the_lost_lease(db: Leases, caplog: pytest.LogCaptureFixture) -> None:
    db.failures = [None, DENIED]

    async def work() -> None:
        async with db.keep():
            try:
                await db.clock.advance(90)
            finally:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await work()
    assert "access denied" in caplog.text
    assert_not_cancelled()


async def test_a_cancellation_from_outside_stays_one(db: Leases) -> None:
    async def work() -> None:
        async with db.keep():
            await asyncio.Future()

    task = asyncio.create_task(work())
    await settle()
    await cancel(task)
    await db.clock.advance(1000)
    assert len(db.writes) == 1


async def test_a_cancellation_from_outside_wins_over_a_lease_lost_at_the_same_moment(
    db: Leases, caplog: pytest.LogCaptureFixture
) -> None:
    db.failures = [None, DENIED]

    async def work() -> None:
        async with db.keep():
            try:
                await asyncio.Future()
            except asyncio.CancelledError:
                task.cancel()
                raise

    task = asyncio.create_task(work())
    await db.clock.advance(90)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "access denied" in caplog.text


async def test_a_timeout_around_the_block_stays_one(db: Leases) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0), db.keep():
            await asyncio.Future()


async def test_a_lost_lease_inside_a_task_group_ends_the_group(db: Leases) -> None:
    db.failures = [None, DENIED]
    children = []

    async def work() -> None:
        async with db.keep(), asyncio.TaskGroup() as group:
            children.append(group.create_task(db.clock.sleep(3600)))
            await db.clock.advance(90)

    with pytest.raises(Error) as raised:
        await work()
    assert raised.value is DENIED
    assert children[0].cancelled()


async def test_cancelled_while_entering(db: Leases) -> None:
    db.hang = True

    async def work() -> None:
        async with db.keep():
            pytest.fail("the block was entered")

    task = asyncio.create_task(work())
    await settle()
    await cancel(task)
    assert len(asyncio.all_tasks()) == 1


async def test_each_object_serves_once(db: Leases) -> None:
    lease = db.keep()
    async with lease:
        pass
    with pytest.raises(RuntimeError, match="only once"):
        async with lease:
            pass


# As an awaitable.


async def run_directly(lease: Awaitable[object]) -> None:
    await lease


@pytest.mark.parametrize("start", [asyncio.create_task, asyncio.ensure_future, run_directly])
async def test_awaited_it_runs_until_cancelled(start: Callable[[KeepAlive], Awaitable[object]], db: Leases) -> None:
    task = asyncio.ensure_future(start(db.keep()))
    await db.clock.advance(200)
    assert len(db.writes) == 3
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await db.clock.advance(200)
    assert len(db.writes) == 3


async def test_awaited_it_raises_the_lost_lease(db: Leases) -> None:
    db.failures = [TEMPORARY] * 5
    task = asyncio.create_task(db.keep())
    await db.clock.advance(60)
    with pytest.raises(Error) as raised:
        await task
    assert raised.value.kind is ErrorKind.TOO_MANY_TRIES


async def test_never_awaited_it_leaves_nothing_behind(db: Leases) -> None:
    db.keep().close()
    db.keep()


def test_a_keepalive_can_be_the_main_coroutine_of_a_program(db: Leases) -> None:
    db.failures = [DENIED]
    with pytest.raises(Error) as raised:
        asyncio.run(db.keep())
    assert raised.value is DENIED


async def test_failed_tries_are_logged(db: Leases, caplog: pytest.LogCaptureFixture) -> None:
    db.failures = [TEMPORARY]
    with caplog.at_level(logging.WARNING):
        async with db.keep():
            pass
    assert f"try 1 of 5 to keep {RUN} alive: keep alive: temporary: try again" in caplog.text
