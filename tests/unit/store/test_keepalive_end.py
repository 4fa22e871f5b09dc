import asyncio
from datetime import timedelta

import pytest

from store import MemoryTaskDB, RunQuery
from store.errors import Error, ErrorKind
from store.keepalive import keep_id_alive_and_end
from tests.support.clock import MockClock, settle
from tests.support.leases import DENIED, RUN, TEMPORARY, Leases


@pytest.fixture
def db(monkeypatch: pytest.MonkeyPatch) -> Leases:
    monkeypatch.setattr("store.lease_keeper.random.random", lambda: 0.0)  # no jitter
    return Leases()


async def cancel(task: "asyncio.Task[object]") -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_leaving_the_block_writes_the_end(db: Leases) -> None:
    async with db.keep_and_end():
        await db.clock.advance(100)
    assert [name for name, _, _ in db.writes] == ["id", "id", "end"]
    assert db.writes[-1] == ("end", RUN, db.clock.time)


async def test_an_end_that_was_set_inside_the_block_stays() -> None:
    clock = MockClock()
    db = MemoryTaskDB(clock=clock.now)
    await db.create_run(RUN, "amy")
    end = clock.time - timedelta(minutes=5)
    async with keep_id_alive_and_end(db, RUN, 30, now=clock.now, sleep=clock.sleep):
        await db.set_run_complete(RUN, end=end)
    (run,) = await db.runs(RunQuery(id=RUN))
    assert run.end == end


async def test_an_exception_of_the_block_writes_the_end_and_propagates(db: Leases) -> None:
    with pytest.raises(ZeroDivisionError):
        async with db.keep_and_end():
            raise ZeroDivisionError
    assert len(db.ends) == 1


async def test_cancelled_it_writes_the_end_and_stays_cancelled(db: Leases) -> None:
    task = asyncio.create_task(db.keep_and_end())
    await db.clock.advance(100)
    await cancel(task)
    assert db.ends == [db.clock.time]


async def test_the_end_is_retried_and_tells_when_it_was_not_when_it_was_written(db: Leases) -> None:
    db.end_failures = [TEMPORARY] * 3
    task = asyncio.create_task(db.keep_and_end())
    await settle()
    ended = db.clock.time
    task.cancel()
    await db.clock.advance(3)
    assert not task.done()
    await db.clock.advance(1)
    assert db.end_tried == pytest.approx([0, 1, 2.2, 3.64])
    assert db.ends == [ended]
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_further_cancellations_do_not_cut_the_end_short(db: Leases) -> None:
    db.end_failures = [TEMPORARY] * 2
    task = asyncio.create_task(db.keep_and_end())
    await settle()
    for _ in range(3):
        task.cancel()
        await settle()
    assert not task.done()
    await db.clock.advance(10)
    assert len(db.ends) == 1
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_cancellation_while_leaving_is_not_swallowed(db: Leases) -> None:
    db.end_failures = [TEMPORARY]

    async def work() -> None:
        async with db.keep_and_end():
            pass
        pytest.fail("the cancellation was swallowed")

    task = asyncio.create_task(work())
    await settle()
    task.cancel()
    await db.clock.advance(5)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(db.ends) == 1


@pytest.mark.parametrize("hang", [False, True])
async def test_the_end_is_given_up_when_its_time_is_over(hang: bool, db: Leases) -> None:
    db.end_failures = [] if hang else [TEMPORARY] * 100

    async def work() -> None:
        async with db.keep_and_end():
            db.hang = hang

    task = asyncio.create_task(work())
    await db.clock.advance(29.9)
    assert not task.done()
    await db.clock.advance(0.1)
    with pytest.raises(Error) as raised:
        await task
    assert raised.value.kind is (ErrorKind.TIMEOUT if hang else ErrorKind.TEMPORARY)
    assert db.ends == []


async def test_an_end_that_cannot_be_written_does_not_hide_the_cancellation(
    db: Leases, caplog: pytest.LogCaptureFixture
) -> None:
    db.end_failures = [DENIED]
    task = asyncio.create_task(db.keep_and_end())
    await settle()
    await cancel(task)
    assert db.end_tried == [0]  # a permanent error is not retried
    assert "access denied" in caplog.text


async def test_a_lost_lease_writes_the_end_too(db: Leases) -> None:
    db.failures = [TEMPORARY] * 5
    task = asyncio.create_task(db.keep_and_end())
    await db.clock.advance(60)
    with pytest.raises(Error) as raised:
        await task
    assert raised.value.kind is ErrorKind.TOO_MANY_TRIES
    assert len(db.ends) == 1


async def test_a_lost_lease_counts_more_than_an_end_that_fails_too(
    db: Leases, caplog: pytest.LogCaptureFixture
) -> None:
    db.failures = [DENIED]
    db.end_failures = [Error(ErrorKind.INVALID, "set end time")]
    with pytest.raises(Error) as raised:
        async with db.keep_and_end():
            pass
    assert raised.value is DENIED
    assert "set end time" in caplog.text


async def test_the_end_is_written_when_the_program_is_interrupted(db: Leases) -> None:
    def program() -> None:
        async def main() -> None:
            asyncio.create_task(db.keep_and_end())  # noqa: RUF006 - what asyncio.run finds when main has returned
            await settle()

        asyncio.run(main())

    await asyncio.to_thread(program)
    assert len(db.ends) == 1


async def test_cancelled_before_it_began_it_still_writes_the_end(db: Leases) -> None:
    await cancel(asyncio.create_task(db.keep_and_end()))
    assert db.ends == [db.clock.time]


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_without_any_time_for_the_end_it_is_invalid(seconds: float, db: Leases) -> None:
    with pytest.raises(Error, match="end_timeout") as raised:
        keep_id_alive_and_end(db, RUN, seconds)
    assert raised.value.kind is ErrorKind.INVALID
