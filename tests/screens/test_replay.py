"""The dashboard on a recording: every screen of it, at the time of the recording."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from store import LocalRepository
from tests.support.clock import MockClock
from tests.support.recorded import HEADER, recorded, without_end
from tests.support.replay_dashboard import ReplayDashboard
from tests.support.rows import NOW, OOM, digest, make_task
from tests.support.scripted_db import ScriptedDB
from tui.app import ReflowTop
from tui.commands.replay import apply_header, open_recorded
from tui.logs.recorded_db import RecordedDB
from tui.settings import Settings
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.file_writer import RecordingWriter
from tui.watch.recording.header import Header
from tui.watch.recording.replay import Replay
from tui.watch.recording.task_texts import TaskTexts


class Replayed(ReplayDashboard):
    """The dashboard on the recording of `tests.support.recorded`, years later."""

    def __init__(self, history: RecordingFile, db: RecordedDB, *, playing: bool = False) -> None:
        super().__init__(ScriptedDB())
        self.clock = MockClock(NOW + timedelta(days=999))
        replay = Replay(history, playing=playing, clock=self.clock.now, sleep=self.clock.sleep)
        settings = apply_header(history.header, Settings(table="recorded"), history.time(0))
        self.app = ReflowTop(settings, lambda: open_recorded(db), clock=self.clock.now, replay=replay)


@asynccontextmanager
async def replaying(
    path: Path, db: RecordedDB | None = None, *, playing: bool = False, **size: int
) -> AsyncIterator[Replayed]:
    with closing(RecordingFile(path)) as history:
        async with Replayed(history, db or RecordedDB(), playing=playing).shown(**size) as dashboard:
            assert isinstance(dashboard, Replayed)
            yield dashboard


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    (await recorded()).write(tmp_path / "night.reflowtop")
    return tmp_path / "night.reflowtop"


def test_an_endpoint_is_no_region() -> None:
    recorded = Header("prod", region="us-west-2", endpoint="127.0.0.1:8000", since="10m")
    assert apply_header(recorded, Settings(table="x"), NOW).region == "us-west-2"
    assert apply_header(msgspec.structs.replace(recorded, region=""), Settings(table="x"), NOW).region is None


async def test_a_recording_is_played_and_the_heading_says_so(path: Path) -> None:
    async with replaying(path, playing=True) as replay:
        assert replay.heading.startswith(
            "reflowtop reflow-prod us-west-2 ▶ replay night.reflowtop · 2026-11-01 12:03:46 · ×1 "
        )
        assert replay.heading.endswith("data 0s old 12:03:46 UTC")
        assert set(replay.ids) == {1, 2, 9}
        assert "running" in replay.line("01010101  amy")
        await replay.wait(5)
        assert "12:03:51" in replay.heading
        assert "failing" in replay.line("01010101  amy")
        await replay.press("space")
        await replay.wait(60)
        assert "2026-11-01 12:03:51 · stopped" in replay.heading


async def test_all_screens_show_the_recorded_time(path: Path) -> None:
    async with replaying(path) as replay:
        await replay.press("full_stop", "enter")
        assert "OOM error: killed" in replay.text
        await replay.press("enter")
        assert "killed" in replay.text
        await replay.press("t")
        assert "samtools.sort" in replay.text
        await replay.press("1", "e")
        assert "samtools.sort: OOM error in 1 flow on r5.2xlarge, killed" in replay.text
        await replay.press("1", "p")
        assert "r5.2xlarge" in replay.text
        await replay.press("comma", "1")
        assert "running" in replay.line("01010101  amy")
        assert "12:03:46 · stopped" in replay.heading


async def test_failed_reads_are_replayed(path: Path) -> None:
    async with replaying(path) as replay:
        await replay.press("full_stop", "full_stop", "full_stop")
        assert "AWS throttles the reads" in replay.text
        assert "✗ data 5s old" in replay.heading
        await replay.press("full_stop")
        assert "AWS throttles" not in replay.text


async def test_replay_goes_to_times_and_to_the_end(path: Path) -> None:
    async with replaying(path) as replay:
        await replay.answer("T", "12:03:53")
        assert "2026-11-01 12:03:53 · stopped" in replay.heading
        await replay.press("L")
        assert "12:24:11 · stopped · end" in replay.heading
        await replay.answer("T", "12:03:47")
        assert "2026-11-01 12:03:47 · stopped" in replay.heading
        await replay.press("comma", "comma")
        assert "12:03:46" in replay.heading


async def test_a_recording_without_logs_says_so(path: Path) -> None:
    async with replaying(path) as replay:
        await replay.press("full_stop", "enter", "l")
        assert "the recording has no logs: it was made with --no-logs, or by an older reflowtop" in replay.text
        await replay.press("escape", "enter")
        assert "failed" in replay.text


@pytest.fixture
async def with_logs(path: Path) -> Path:
    """The same recording with the texts of its failed task, and another name."""
    recording, path = await recorded(), path.with_name("logs.reflowtop")
    texts = TaskTexts(
        read=NOW + timedelta(seconds=15),
        stderr=b"".join(b"line %d\n" % number for number in range(101, 301)),
        is_cut=True,
        inspect=json.dumps(
            {
                "Config": {"Ident": "samtools.sort", "Cmd": "samtools sort x.bam", "Resources": {"mem": 2 << 30}},
                "Profile": {"mem": {"Max": 3 << 29, "Mean": 1 << 30, "N": 7}},
            }
        ).encode(),
    )
    with RecordingWriter(path, msgspec.structs.replace(HEADER, logs=True)) as writer:
        for refresh, whole in zip(recording.refreshes, recording.wholes, strict=True):
            writer.add(whole if writer.needs_keyframe else refresh)
            if writer.refreshes == 3:
                task = make_task(1, 1, end=NOW, err=OOM, stderr=digest("stderr"), inspect=digest("inspect"))
                writer.add_texts(task, texts)
    return path


async def test_the_recorded_stderr_of_a_failed_task_is_shown(with_logs: Path) -> None:
    with closing(RecordingFile(with_logs)) as history:
        async with replaying(with_logs, RecordedDB(source=history)) as replay:
            await replay.press("full_stop", "enter", "l")
            assert "line 300" in replay.text
            (line,) = [line for line in replay.lines if "from the recording" in line]
            assert line.strip() == (
                "the last 200 lines · 1.8K · from the recording logs.reflowtop, read 2026-11-01 12:03:56 UTC"
            )
            await replay.press("2")
            assert "the recording has no stdout: it has the stderr and inspect of failed tasks" in replay.text
            await replay.press("3")
            assert "samtools sort x.bam" in replay.text
            assert "complete · " in replay.text
            await replay.press("4")
            assert "the recording has no run log, trace and graph" in replay.text


async def test_the_page_of_a_failed_task_has_its_recorded_resources(with_logs: Path) -> None:
    with closing(RecordingFile(with_logs)) as history:
        async with replaying(with_logs, RecordedDB(source=history)) as replay:
            await replay.press("full_stop", "enter", "enter")
            assert "RESOURCES" in replay.text


async def test_other_tasks_of_a_recording_with_logs_have_none(with_logs: Path) -> None:
    with closing(RecordingFile(with_logs)) as history:
        async with replaying(with_logs, RecordedDB(source=history)) as replay:
            await replay.press("full_stop", "enter", "down", "l")
            assert "the recording has no stderr of this task" in replay.text


async def test_logs_that_were_kept_are_shown(path: Path, tmp_path: Path) -> None:
    repository = LocalRepository(tmp_path / "objects")
    digest = await repository.put(b"out of memory\n")
    again = await recorded()
    for refresh in again.refreshes:
        for place, row in enumerate(refresh.delta.rows):
            if getattr(row, "stderr", None):
                refresh.delta.rows[place] = msgspec.structs.replace(row, stderr=digest)
    other = tmp_path / "other"
    again.write(other)
    async with replaying(other, RecordedDB(repository)) as replay:
        await replay.press("full_stop", "enter", "l")
        assert "out of memory" in replay.text


@pytest.fixture
def damaged(path: Path) -> Path:
    data = bytearray(without_end(path.read_bytes()))
    data[-1] ^= 1
    path.write_bytes(data)
    return path


async def test_damage_of_a_recording_is_reported(damaged: Path) -> None:
    async with replaying(damaged) as replay:
        assert "▲" in replay.line("night.reflowtop is damaged at byte")
        await replay.press("L")
        assert "12:04:06 · stopped · end" in replay.heading


async def test_a_replay_fits_into_a_small_terminal(path: Path) -> None:
    async with replaying(path, width=80, height=24) as replay:
        assert "▶ replay night.reflowtop · 2026-11-01 12:03:46 · stopped" in replay.heading


@pytest.mark.parametrize(("width", "text"), [(40, "▶ replay"), (60, "▶ replay 12:03:46 · stopped")])
async def test_a_replay_says_so_in_a_narrow_terminal(path: Path, width: int, text: str) -> None:
    async with replaying(path, width=width, height=20) as replay:
        assert replay.heading.endswith(f"{text} data 0s old")


async def test_leaving_is_no_failure_even_if_nothing_was_read(tmp_path: Path) -> None:
    from tests.support.recorded import Recording
    from tests.support.scripted_db import THROTTLED

    db = ScriptedDB()
    db.failure = THROTTLED
    recording = Recording(db)
    await recording.refresh()
    recording.write(tmp_path / "failed")
    async with replaying(tmp_path / "failed") as replay:
        assert "AWS throttles the reads" in replay.text
        await replay.pilot.press("q")
    assert replay.app.return_value is None


async def test_a_recording_may_hold_hostile_texts(tmp_path: Path) -> None:
    from tests.support.recorded import HEADER, Recording
    from tests.support.rows import make_run

    nasty = "[red]a[/x]\x1b]52;c;eA==\x07\u202e"
    recording = Recording(ScriptedDB(make_run(1, user=nasty, labels={"Name": nasty})))
    await recording.refresh()
    name = tmp_path / "[bold]x[y.rec"
    recording.write(name, type(HEADER)(nasty, region=nasty, endpoint=nasty, since=nasty))
    async with replaying(name) as replay:
        assert "\x1b" not in replay.text
        assert "[red]a[/x]" in replay.text
        await replay.press("enter", "question_mark")
