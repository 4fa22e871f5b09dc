"""Writing of recording files."""

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.deltas import seen
from tests.support.recorded import HEADER, Recording
from tests.support.recording_files import Opened, all_at, at
from tests.support.rows import NOW, make_run, make_task, task_id
from tests.support.scripted_db import ScriptedDB
from tui.watch.model.cluster import Cluster
from tui.watch.polling.status import Status
from tui.watch.recording.file_writer import RecordingWriter
from tui.watch.recording.frames import RecordingError
from tui.watch.recording.header import Header
from tui.watch.recording.recorder import Refresh


async def test_keyframes_follow_as_much_delta_data(path: Path, opened: Opened) -> None:
    db = ScriptedDB(*(make_run(n) for n in range(1, 200)))
    recording = Recording(db)
    for minute in range(60):
        await recording.refresh()
        db.put(*(make_run(n, keepalive=db.now + timedelta(minutes=2, seconds=minute)) for n in range(1, 200)))
    recording.write(path)
    keys = list(opened(path)._found.keys)
    assert 2 <= len(keys) <= 20
    assert seen(at(opened(path), 59)) == all_at(recording, 59)


async def test_leases_take_a_few_bytes_each(path: Path, opened: Opened) -> None:
    db = ScriptedDB(*(make_run(n) for n in range(1, 200)))
    recording = Recording(db)
    for minute in range(5):
        await recording.refresh()
        db.put(*(make_run(n, keepalive=db.now + timedelta(minutes=2, seconds=n % 7 + minute)) for n in range(1, 200)))
    recording.write(path)
    offsets = opened(path)._found.offsets
    assert offsets[4] - offsets[3] < 199 * 6


def test_only_its_owner_can_read_it(recording: Recording, path: Path) -> None:
    recording.write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_recording_of_the_same_table_is_continued(recording: Recording, path: Path, opened: Opened) -> None:
    recording.write(path)
    with path.open("ab") as file:
        file.write(b"K123")  # was being written when the machine went down
    recording.write(path)
    history = opened(path)
    assert (history.last, history.damage) == (11, "")
    assert [place for place in range(12) if history.starts_session(place)] == [6]
    assert history.key(6) == 6
    assert seen(at(history, 8)) == all_at(recording, 2)


def test_other_files_are_left_as_they_are(recording: Recording, path: Path) -> None:
    recording.write(path)
    before = path.read_bytes()
    with pytest.raises(RecordingError, match=r"of the table reflow-prod at us-west-2, not of the table reflow-dev"):
        RecordingWriter(path, Header("reflow-dev"))
    assert path.read_bytes() == before
    for content in (b"my thesis\n", b"r", b"reflowtop recording 9\n", before[:-9] + bytes(9)):
        path.write_bytes(content)
        with pytest.raises(RecordingError):
            RecordingWriter(path, HEADER)
        assert path.read_bytes() == content


def test_two_writers_of_one_file_are_refused(path: Path) -> None:
    with RecordingWriter(path, HEADER), pytest.raises(RecordingError, match="is being recorded to"):
        RecordingWriter(path, HEADER)
    with RecordingWriter(path, HEADER):
        assert path.exists()


def test_a_failed_write_leaves_no_partial_refresh(
    recording: Recording, path: Path, monkeypatch: pytest.MonkeyPatch, opened: Opened
) -> None:
    with RecordingWriter(path, HEADER) as writer:
        writer.add(recording.wholes[0])
        size = path.stat().st_size
        write = writer._file.write

        class Full:
            def __init__(self, file: object) -> None:
                self.file, self.is_full = file, False

            def write(self, data: memoryview) -> int:
                if self.is_full:
                    raise OSError(28, "No space left on device")
                self.is_full = True
                return write(data[:10])

            def __getattr__(self, name: str) -> object:
                return getattr(self.file, name)

        monkeypatch.setattr(writer, "_file", Full(writer._file))
        with pytest.raises(RecordingError, match="No space left on device"):
            writer.add(recording.refreshes[1])
    assert path.stat().st_size == size
    assert opened(path).last == 0


def test_an_empty_file_that_others_can_read_becomes_private(recording: Recording, path: Path) -> None:
    path.touch()
    path.chmod(0o666)
    recording.write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_is_written_through_a_symbolic_link(recording: Recording, path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    with pytest.raises(RecordingError, match="link is a symbolic link; name the file that it leads to"):
        RecordingWriter(link, HEADER)
    assert not path.exists()
    recording.write(path)
    with pytest.raises(RecordingError, match="symbolic link"):
        RecordingWriter(link, HEADER)


def test_rows_that_are_left_out_are_named(path: Path) -> None:
    delta = Cluster(NOW).delta()
    delta.rows += [make_task(1, 1, attempt=10**30), make_run(1)]
    with RecordingWriter(path, HEADER) as writer:
        writer.add(Refresh(time=NOW, status=Status(as_of=NOW), delta=delta))
        assert writer.left_out == {task_id(1): "its attempt has 100 bits"}
