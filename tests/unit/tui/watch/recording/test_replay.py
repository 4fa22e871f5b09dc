import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.clock import MockClock, settle
from tests.support.deltas import seen
from tests.support.recorded import Recording, applied
from tests.support.rows import NOW
from tui.watch.model.usual_duration import UsualDuration
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.replay import Replay
from tui.watch.recording.session_history import RefreshHistory, SessionHistory

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@pytest.fixture
def clock() -> MockClock:
    return MockClock(NOW + timedelta(days=99))


@asynccontextmanager
async def running(
    history: RefreshHistory, clock: MockClock, place: int | None = None, *, playing: bool = False
) -> AsyncIterator[Replay]:
    replay = Replay(history, place, playing=playing, clock=clock.now, sleep=clock.sleep)
    task = asyncio.create_task(replay.run())
    await settle()
    yield replay
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def shows(replay: Replay, recording: Recording, place: int) -> bool:
    await settle()
    return seen(replay.cluster) == seen(applied([recording.wholes[place]])) and (
        replay.status == recording.refreshes[place].status
    )


async def test_a_replay_steps_forward_and_back(recording: Recording, clock: MockClock) -> None:
    times = [refresh.time for refresh in recording.refreshes]
    async with running(recording.history, clock, 1) as replay:
        assert await shows(replay, recording, 1)
        assert replay.now() == times[1]
        before = replay.cluster
        replay.step(1)
        assert await shows(replay, recording, 2)
        assert replay.cluster is before
        replay.step(-2)
        assert await shows(replay, recording, 0)
        assert replay.now() == times[0]
        replay.step(-1)
        assert await shows(replay, recording, 0)
        replay.step(99)
        assert await shows(replay, recording, 5)
        assert replay.is_at_end


async def test_the_clock_stands_until_it_is_played(recording: Recording, clock: MockClock) -> None:
    async with running(recording.history, clock) as replay:
        await clock.advance(60)
        assert replay.now() == recording.refreshes[0].time
        assert await shows(replay, recording, 0)
        replay.resume()
        await clock.advance(4)
        assert replay.now() == recording.refreshes[0].time + 4 * SECOND
        assert await shows(replay, recording, 0)
        await clock.advance(1)
        assert await shows(replay, recording, 1)
        replay.pause()
        await clock.advance(60)
        assert replay.now() == recording.refreshes[1].time
        assert await shows(replay, recording, 1)


async def test_a_replay_is_played_faster(recording: Recording, clock: MockClock) -> None:
    async with running(recording.history, clock, playing=True) as replay:
        replay.change_speed(2)
        assert replay.speed == 5
        await clock.advance(2)
        assert await shows(replay, recording, 2)
        assert replay.now() == recording.refreshes[2].time
        replay.change_speed(99)
        replay.change_speed(-99)
        assert replay.speed == 1


async def test_several_refreshes_that_are_due_are_shown_together(recording: Recording, clock: MockClock) -> None:
    async with running(recording.history, clock, playing=True) as replay:
        replay.change_speed(6)
        await clock.advance(0.1)
        assert await shows(replay, recording, 4)


async def test_a_replay_stops_at_the_end_and_begins_again(recording: Recording, clock: MockClock) -> None:
    async with running(recording.history, clock, 4, playing=True) as replay:
        await clock.advance(3600)
        assert await shows(replay, recording, 5)
        assert not replay.is_playing
        assert replay.now() == recording.refreshes[5].time
        replay.resume()
        assert await shows(replay, recording, 0)
        assert replay.is_playing


async def test_a_replay_goes_to_a_time(recording: Recording, clock: MockClock) -> None:
    time = recording.refreshes[3].time
    async with running(recording.history, clock) as replay:
        replay.go_to(time + 2 * SECOND)
        assert await shows(replay, recording, 3)
        assert replay.now() == time + 2 * SECOND  # leases have run on since
        replay.go_to(time - timedelta(days=1))
        assert await shows(replay, recording, 0)
        assert replay.now() == recording.refreshes[0].time
        replay.go_to(time + timedelta(days=1))
        assert await shows(replay, recording, 5)
        assert replay.now() == recording.refreshes[5].time
        replay.step(-1)
        replay.go_to_end()
        assert await shows(replay, recording, 5)


async def test_gaps_are_skipped(recording: Recording, clock: MockClock, tmp_path: Path) -> None:
    path = tmp_path / "twice"
    recording.write(path)
    for place, refreshes in enumerate((recording.refreshes, recording.wholes)):
        for refresh in refreshes:
            object.__setattr__(refresh, "time", refresh.time + timedelta(days=1 - place / 2))
    recording.write(path)
    with closing(RecordingFile(path)) as history:
        async with running(history, clock, 5, playing=True) as replay:
            assert await shows(replay, recording, 0)
            assert replay.now() == history.time(6)
            replay.step(-1)
            await settle()
            await clock.advance(60)
            assert replay.now() == history.time(5)


async def test_a_new_jump_cancels_the_one_before(recording: Recording, clock: MockClock) -> None:
    async with running(recording.history, clock, 5) as replay:
        for _ in range(5):
            replay.step(-1)
        assert await shows(replay, recording, 0)


async def test_an_unreadable_refresh_is_reported(recording: Recording, clock: MockClock, tmp_path: Path) -> None:
    path = tmp_path / "cut"
    recording.write(path)
    with closing(RecordingFile(path)) as history:
        async with running(history, clock, playing=True) as replay:
            with path.open("r+b") as file:
                file.truncate(history._found.offsets[2])
            replay.go_to_end()
            assert await shows(replay, recording, 1)
            assert "the file was truncated" in replay.trouble
            assert not replay.is_playing
            replay.step(-5)
            assert await shows(replay, recording, 0)


async def test_refreshes_dropped_meanwhile_are_skipped(recording: Recording, clock: MockClock) -> None:
    history = SessionHistory()
    for refresh in recording.refreshes[:5]:
        history.add(refresh)
    async with running(history, clock, 1) as replay:
        history.add(recording.refreshes[5])
        recording.watched.db.now += timedelta(minutes=10)
        await recording.refresh()
        history.add(recording.refreshes[6])
        assert history.first == 4
        assert await shows(replay, recording, 1)  # what is shown stays
        replay.step(-1)
        assert await shows(replay, recording, 4)


async def test_findings_are_those_of_then(recording: Recording, clock: MockClock) -> None:
    async with running(recording.history, clock) as replay:
        assert not [finding for finding in replay.findings if "failed" in finding.reason]
        replay.step(1)
        await settle()
        assert "samtools.sort: OOM error in 1 flow on r5.2xlarge, killed" in replay.findings[0].reason


async def test_usual_durations_are_those_known_then(recording: Recording, clock: MockClock) -> None:
    usual = UsualDuration(100, MINUTE, 2 * MINUTE)
    history = SessionHistory()
    for place, refresh in enumerate(recording.refreshes):
        known = {"samtools.sort": usual} if place else {}
        history.add(dataclasses.replace(refresh, usual=known))
    async with running(history, clock, 0) as replay:
        assert replay.cluster.usual == {}
        replay.step(1)
        await settle()
        assert replay.cluster.usual == {"samtools.sort": usual}
