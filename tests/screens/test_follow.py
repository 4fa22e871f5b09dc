"""The dashboard on a recording that is being written."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from store import LocalRepository
from store.logs.open import Logs
from tests.support.clock import MockClock
from tests.support.recorded import HEADER, STEP, Recording
from tests.support.replay_dashboard import ReplayDashboard
from tests.support.rows import NOW, OOM, digest, make_run, make_task
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tui.app import ReflowTop
from tui.commands.replay import apply_live_header, open_followed, open_recorded
from tui.logs.recorded_db import RecordedDB
from tui.settings import Settings
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.followed_recording import FollowedRecording
from tui.watch.recording.follower import Follower
from tui.watch.recording.rotation import Rotation, SharedWriter
from tui.watch.recording.task_texts import TaskTexts


class Followed(ReplayDashboard):
    """The dashboard on a shared recording of two runs, and the recorder of it, on one clock."""

    def __init__(self, history: FollowedRecording, recording: Recording, writer: SharedWriter, db: RecordedDB) -> None:
        super().__init__(ScriptedDB())
        self.recording, self.writer = recording, writer
        self.clock = MockClock(recording.wholes[-1].time)
        follower = Follower(history, clock=self.clock.now, sleep=self.clock.sleep)
        settings = apply_live_header(history.header, Settings(table="reflow-prod"), NOW)
        self.app = ReflowTop(settings, lambda: open_recorded(db), clock=self.clock.now, replay=follower)

    async def record(self) -> None:
        """Write a refresh 5 seconds later, and show it."""
        recording = self.recording
        await recording.refresh()
        self.writer.add(recording.wholes[-1] if self.writer.needs_keyframe else recording.refreshes[-1])
        await self.wait(STEP.total_seconds() + 1)


@pytest.fixture
async def recording() -> Recording:
    recording = Recording(ScriptedDB(make_run(1, labels={"Name": "align"}), make_task(1, 1)), interval=STEP)
    await recording.refresh()
    return recording


@pytest.fixture
def writer(tmp_path: Path, recording: Recording) -> Iterator[SharedWriter]:
    header = msgspec.structs.replace(HEADER, host="bastion-1", logs=True)
    with SharedWriter(tmp_path / "prod.rec", header, Rotation()) as writer:
        writer.add(recording.wholes[0])
        yield writer


@asynccontextmanager
async def following(
    recording: Recording, writer: SharedWriter, repository: LocalRepository | None = None, **size: int
) -> AsyncIterator[Followed]:
    with closing(FollowedRecording(RecordingFile(writer.path))) as history:
        logs = None if repository is None else Logs(lambda: repository)
        dashboard = Followed(history, recording, writer, RecordedDB(repository, history, logs=logs))
        async with dashboard.shown(**size):
            yield dashboard


async def test_a_followed_recording_opens_at_its_live_end(recording: Recording, writer: SharedWriter) -> None:
    async with following(recording, writer, width=80, height=24) as dashboard:
        assert "following a recording by bastion-1, 0s old" in dashboard.heading
        assert "replay" not in dashboard.heading
        recording.watched.db.put(make_task(1, 1, end=recording.watched.db.now, err=OOM))
        await dashboard.record()
        assert "failing" in dashboard.line("01010101  amy")
        assert "following a recording by bastion-1, 1s old" in dashboard.heading


async def test_data_of_a_recorder_that_is_gone_gets_old_and_no_run_is_lost(
    recording: Recording, writer: SharedWriter
) -> None:
    async with following(recording, writer) as dashboard:
        await dashboard.wait(3600)
        assert "◌ following a recording by bastion-1, 1h00m old" in dashboard.heading
        assert "running" in dashboard.line("01010101  amy")
        assert "expired" not in dashboard.text
        writer._writer.end()
        await dashboard.wait(1)
        assert "the recorder has ended" in dashboard.text


async def test_failing_reads_of_the_recorder_are_told(recording: Recording, writer: SharedWriter) -> None:
    async with following(recording, writer) as dashboard:
        recording.watched.db.failure = THROTTLED
        await dashboard.record()
        assert "✗ following a recording by bastion-1" in dashboard.heading
        assert "AWS throttles" in dashboard.text


async def test_keys_of_time_travel(recording: Recording, writer: SharedWriter) -> None:
    async with following(recording, writer) as dashboard:
        await dashboard.press("full_stop")
        assert "showing current state; , goes back" in dashboard.text
        recording.watched.db.put(make_task(1, 1, end=recording.watched.db.now, err=OOM))
        await dashboard.record()
        await dashboard.press("comma")
        assert "❮❮ 12:03:46, 6s ago · stopped · L live" in dashboard.heading
        assert "running" in dashboard.line("01010101  amy")
        await dashboard.record()
        assert "❮❮ 12:03:46, 12s ago" in dashboard.heading
        await dashboard.press("L")
        await dashboard.wait(1)
        assert "following a recording" in dashboard.heading
        assert "failing" in dashboard.line("01010101  amy")
        await dashboard.answer("T", "12:03:47")
        assert "❮❮ 12:03:47" in dashboard.heading
        assert "running" in dashboard.line("01010101  amy")
        await dashboard.answer("T", "11:00")
        assert "the recording starts at 12:03:46 UTC" in dashboard.text


async def test_recorded_texts_are_shown_without_a_bucket(recording: Recording, writer: SharedWriter) -> None:
    async with following(recording, writer) as dashboard:
        task = make_task(1, 1, end=recording.watched.db.now, err=OOM, stderr=digest("stderr"))
        recording.watched.db.put(task)
        writer.add_texts(task, TaskTexts(read=NOW, stderr=b"out of memory\n"))
        await dashboard.record()
        await dashboard.press("enter", "l")
        assert "out of memory" in dashboard.text


async def test_logs_of_a_bucket_are_read(recording: Recording, writer: SharedWriter, tmp_path: Path) -> None:
    """Of tasks that have not failed, too."""
    repository = LocalRepository(tmp_path / "objects")
    stderr = await repository.put(b"still sorting\n")
    async with following(recording, writer, repository) as dashboard:
        recording.watched.db.put(make_task(1, 1, end=recording.watched.db.now, stderr=stderr))
        await dashboard.record()
        await dashboard.press("enter", "l")
        await dashboard.until(lambda: "still sorting" in dashboard.text)


async def test_recorded_texts_are_shown_if_the_bucket_has_none(
    recording: Recording, writer: SharedWriter, tmp_path: Path
) -> None:
    repository = LocalRepository(tmp_path / "objects")
    async with following(recording, writer, repository) as dashboard:
        task = make_task(1, 1, end=recording.watched.db.now, err=OOM, stderr=digest("stderr"))
        recording.watched.db.put(task)
        writer.add_texts(task, TaskTexts(read=NOW, stderr=b"out of memory\n"))
        await dashboard.record()
        await dashboard.press("enter", "l")
        await dashboard.until(lambda: "out of memory" in dashboard.text)
        await dashboard.press("2")
        await dashboard.until(lambda: "out of memory" not in dashboard.text)
        assert "stdout" in dashboard.where


async def test_the_settings_of_the_user_open_the_logs(recording: Recording, writer: SharedWriter) -> None:
    user = Settings(table="reflow-prod", bucket="logs", region="eu-west-1", profile="oncall")
    with closing(FollowedRecording(RecordingFile(writer.path))) as history:
        settings = apply_live_header(history.header, user, NOW)
        assert (settings.bucket, settings.region, settings.profile) == ("logs", "us-west-2", "oncall")
        assert settings.since.age == timedelta(minutes=10)
        async with open_followed(Settings(table="reflow-prod"), history, Follower(history)) as db:
            assert isinstance(db, RecordedDB)


async def test_a_hostile_host_is_shown_safely(recording: Recording, tmp_path: Path) -> None:
    header = msgspec.structs.replace(HEADER, host="[red]x[/y]\x1b]52;c;eA==\x07\u202e" * 9)
    with SharedWriter(tmp_path / "prod.rec", header, Rotation()) as writer:
        writer.add(recording.wholes[0])
        async with following(recording, writer) as dashboard:
            assert "\x1b" not in dashboard.text
            assert "following a recording by [red]x[/y]" in dashboard.text
