"""Dashboards that follow a recording while it is written, rotated, and its recorder killed and restarted."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.support.clock import MockClock, settle
from tests.support.deltas import seen
from tests.support.recorded import HEADER, STEP, Recording, applied, recorded
from tests.support.rows import NOW, make_run
from tests.support.scripted_db import ScriptedDB
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.followed_recording import FollowedRecording
from tui.watch.recording.follower import Follower
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.rotation import Rotation, SharedWriter

SIX_REFRESHES = Rotation(age=timedelta(seconds=25), kept=3)


class Recorder:
    """A recorder of a table in which a run renews its lease and others come, that a test kills and restarts."""

    def __init__(self, path: Path, clock: MockClock, rotation: Rotation = SIX_REFRESHES) -> None:
        self.path = path
        self.clock = clock
        self.rotation = rotation
        self.recording = Recording(ScriptedDB(make_run(1)), interval=STEP)
        self.writer = self.start()

    def start(self) -> SharedWriter:
        self.writer = SharedWriter(self.path, HEADER, self.rotation)
        return self.writer

    def close(self) -> None:
        self.writer._writer._file.close()

    def kill(self, rest: bytes = b"K\x00\x00123") -> None:
        """End as SIGKILL does: in the middle of a frame, without an end mark."""
        with self.path.open("ab") as file:
            file.write(rest)
        self.close()

    def stop(self) -> None:
        self.writer.__exit__(None, None, None)

    async def refresh(self) -> None:
        db, number = self.recording.watched.db, len(self.recording.refreshes) + 2
        db.put(
            make_run(1, keepalive=db.now + timedelta(minutes=2)),
            make_run(number % 200, start=db.now, keepalive=db.now + timedelta(minutes=2)),
        )
        await self.recording.refresh()
        whole, change = self.recording.wholes[-1], self.recording.refreshes[-1]
        self.writer.add(whole if self.writer.needs_keyframe else change)
        await self.clock.advance((self.last.time - self.clock.now()).total_seconds())

    @property
    def last(self) -> Refresh:
        return self.recording.wholes[-1]


@asynccontextmanager
async def following(path: Path, clock: MockClock) -> AsyncIterator[Follower]:
    with closing(FollowedRecording(RecordingFile(path))) as history:
        follower = Follower(history, clock=clock.now, sleep=clock.sleep)
        task = asyncio.create_task(follower.run())
        await settle()
        yield follower
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.fixture
def clock() -> MockClock:
    return MockClock(NOW)


@pytest.fixture
def recorder(path: Path, clock: MockClock) -> Iterator[Recorder]:
    recorder = Recorder(path, clock)
    yield recorder
    recorder.close()


def times(history: FollowedRecording) -> list[datetime]:
    return [history.time(place) for place in range(history.first, history.last + 1)]


def shows_last(follower: Follower, recorder: Recorder) -> bool:
    return seen(follower.cluster) == seen(applied([recorder.last]))


def is_overdue(follower: Follower) -> bool:
    return follower.status.overdue


async def poll(clock: MockClock) -> None:
    """Let followers look for growth, in as many slices as they need."""
    for _ in range(5):
        await clock.advance(1)
        await settle()


async def test_ten_followers_miss_nothing_while_the_recorder_is_killed_and_restarted(
    recorder: Recorder, clock: MockClock, path: Path
) -> None:
    """Through rotations; one follower is stopped for several of them, and then continues."""
    await recorder.refresh()
    async with AsyncExitStack() as stack:
        followers = [await stack.enter_async_context(following(path, clock)) for _ in range(9)]
        history = FollowedRecording(RecordingFile(path))
        stack.callback(history.close)
        stopped = Follower(history, clock=clock.now, sleep=clock.sleep)
        task = asyncio.create_task(stopped.run())
        for number in range(14):
            if number == 2:
                assert shows_last(stopped, recorder)
                task.cancel()
                await asyncio.wait([task])
            if number in (3, 8):
                recorder.kill()
                recorder.start()
            if number == 11:
                recorder.stop()
                recorder.start()
            await recorder.refresh()
            await poll(clock)
            assert all(shows_last(follower, recorder) for follower in followers)
        task = asyncio.create_task(stopped.run())
        followers.append(stopped)
        await poll(clock)
        assert recorder.writer._writer.header.part >= 3
        recorded_times = [refresh.time for refresh in recorder.recording.refreshes]
        for follower in followers:
            assert shows_last(follower, recorder)
            assert (follower.is_following, follower.trouble, follower.status.overdue) == (True, "", False)
            assert times(follower.history) == recorded_times
        task.cancel()
        await asyncio.wait([task])


async def test_a_file_that_stops_growing_gets_old_and_nothing_in_it_dies(
    recorder: Recorder, clock: MockClock, path: Path
) -> None:
    await recorder.refresh()
    async with following(path, clock) as follower:
        as_of = follower.status.as_of
        assert as_of is not None
        recorder.kill()
        await clock.advance(3600)
        assert is_overdue(follower)
        assert follower.now() == clock.now()
        assert follower.status.seen_at(follower.now()) == as_of
        assert follower.trouble == ""
        recorder.recording.watched.db.now = clock.now()
        recorder.start()
        await recorder.refresh()
        await poll(clock)
        assert not is_overdue(follower)
        assert follower.status.seen_at(follower.now()) == follower.now()
        assert shows_last(follower, recorder)


async def test_an_ended_recorder_is_told_until_it_is_started_again(
    recorder: Recorder, clock: MockClock, path: Path
) -> None:
    await recorder.refresh()
    recorder.stop()
    async with following(path, clock) as follower:
        assert follower.trouble.startswith("the recorder has ended")
        recorder.start()
        await recorder.refresh()
        await poll(clock)
        assert (follower.trouble, shows_last(follower, recorder)) == ("", True)


async def test_time_travel_in_a_followed_recording(recorder: Recorder, clock: MockClock, path: Path) -> None:
    """Back beyond a rotation, while the recording goes on, and forward to its live end."""
    for _ in range(8):
        await recorder.refresh()
    refreshes, wholes = recorder.recording.refreshes, recorder.recording.wholes
    async with following(path, clock) as follower:
        assert shows_last(follower, recorder)
        follower.step(-1)
        await settle()
        assert (follower.is_following, follower.is_paused, follower.now()) == (False, True, refreshes[6].time)
        follower.go_to(refreshes[2].time + timedelta(seconds=2))
        await settle()
        assert seen(follower.cluster) == seen(applied([wholes[2]]))
        assert follower.now() == refreshes[2].time + timedelta(seconds=2)
        await recorder.refresh()
        await poll(clock)
        assert seen(follower.cluster) == seen(applied([wholes[2]]))
        assert follower.behind == clock.now() - follower.now()
        follower.go_to_end()
        await poll(clock)
        assert (follower.is_following, shows_last(follower, recorder)) == (True, True)
        follower.step(-1)
        follower.step(1)
        await settle()
        assert not follower.is_following
        follower.step(1)
        assert follower.is_following


async def test_playing_on_to_the_end_follows_again(recorder: Recorder, clock: MockClock, path: Path) -> None:
    for _ in range(4):
        await recorder.refresh()
    async with following(path, clock) as follower:
        follower.step(-2)
        await settle()
        follower.resume()
        follower.change_speed(3)
        await poll(clock)
        assert (follower.is_following, follower.speed, shows_last(follower, recorder)) == (True, 1, True)


async def test_pause_holds_the_last_refresh(recorder: Recorder, clock: MockClock, path: Path) -> None:
    await recorder.refresh()
    async with following(path, clock) as follower:
        await recorder.refresh()
        await poll(clock)
        follower.pause()
        held = recorder.last.time
        await recorder.refresh()
        await poll(clock)
        assert (follower.is_paused, follower.now()) == (True, held)
        follower.resume()
        await poll(clock)
        await poll(clock)
        assert (follower.is_following, shows_last(follower, recorder)) == (True, True)


async def test_a_follower_goes_on_after_a_gap_if_parts_were_deleted(
    recorder: Recorder, clock: MockClock, path: Path
) -> None:
    await recorder.refresh()
    with closing(FollowedRecording(RecordingFile(path))) as history:
        for _ in range(40):
            await recorder.refresh()
        while history.grow():
            pass
        found, recorded_times = times(history), [refresh.time for refresh in recorder.recording.refreshes]
        assert found == [*recorded_times[:6], *recorded_times[-len(found) + 6 :]]
        assert len(found) < len(recorded_times)
        assert [place for place in range(history.last + 1) if history.starts_session(place)] == [0, 6]


async def test_parts_are_closed_when_there_are_too_many(
    recorder: Recorder, clock: MockClock, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.watch.recording.followed_recording.MOST_PARTS", 2)
    await recorder.refresh()
    async with following(path, clock) as follower:
        follower.step(0)
        for _ in range(20):
            await recorder.refresh()
            await poll(clock)
        assert follower.history.first > 0
        assert follower.now() == follower.history.time(follower.history.first) or not follower.is_following
        follower.go_to_end()
        await poll(clock)
        assert shows_last(follower, recorder)


async def test_another_table_at_the_path_is_refused_in_one_line(
    recorder: Recorder, clock: MockClock, path: Path
) -> None:
    await recorder.refresh()
    async with following(path, clock) as follower:
        recorder.stop()
        recorder.path.unlink()
        (await recorded()).write(path, type(HEADER)("reflow-dev"))
        await poll(clock)
        assert follower.trouble == (
            f"{path} is now a recording of the table reflow-dev, not of the table reflow-prod at us-west-2"
        )


async def test_a_damaged_end_is_told_and_left_behind(recorder: Recorder, clock: MockClock, path: Path) -> None:
    """The recorder that is started then goes on in a new file."""
    await recorder.refresh()
    async with following(path, clock) as follower:
        recorder.kill(bytes(500))
        await poll(clock)
        assert "is damaged at byte" in follower.trouble
        recorder.start()
        await recorder.refresh()
        await poll(clock)
        assert (follower.trouble, shows_last(follower, recorder)) == ("", True)
