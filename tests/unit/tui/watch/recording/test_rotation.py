"""Rotation of shared recordings."""

import os
import stat
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.deltas import seen
from tests.support.recorded import HEADER, Recording
from tests.support.recording_files import Opened, all_at, at
from tests.support.rows import NOW, OOM, make_task
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.frames import RecordingError
from tui.watch.recording.rotation import Rotation, SharedWriter, part_path, rotated_parts
from tui.watch.recording.task_texts import TaskTexts

EACH = Rotation(size=1, kept=2)


def write(recording: Recording, path: Path, rotation: Rotation = EACH, places: range = range(6)) -> None:
    with SharedWriter(path, HEADER, rotation) as writer:
        for place in places:
            writer.add(recording.wholes[place] if writer.needs_keyframe else recording.refreshes[place])


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_group_can_read_every_part_whatever_the_umask(recording: Recording, path: Path) -> None:
    before = os.umask(0o077)
    try:
        write(recording, path)
    finally:
        os.umask(before)
    assert [mode(path), *(mode(part_path(path, part)) for part in rotated_parts(path))] == [0o640] * 3


def test_each_part_begins_with_a_keyframe_and_old_ones_are_deleted(
    recording: Recording, path: Path, opened: Opened
) -> None:
    write(recording, path)
    assert rotated_parts(path) == [4, 5]
    for part, place in ((part_path(path, 4), 3), (part_path(path, 5), 4), (path, 5)):
        history = opened(part)
        assert (history.last, history.header.part) == (0, place + 1)
        assert seen(at(history, 0)) == all_at(recording, place)
        assert history.is_growing is (part == path)


def test_a_part_ends_at_its_age_even_over_a_restart(recording: Recording, path: Path, opened: Opened) -> None:
    age = Rotation(age=timedelta(seconds=10))
    write(recording, path, age, range(2))
    write(recording, path, age, range(2, 5))
    assert (opened(part_path(path, 1)).last, opened(path).last) == (2, 1)
    assert [opened(path).starts_session(place) for place in (0, 1)] == [False, False]


def test_other_files_of_similar_names_are_kept(recording: Recording, path: Path) -> None:
    others = [path.with_name(f"{path.name}.{end}") for end in ("0", "01", "x", "1.gz", "1")]
    for other in others:
        other.write_text("mine")
    write(recording, path)
    assert all(other.read_text() == "mine" for other in others)


@pytest.mark.parametrize("fails", ["hardlink_to", "replace"])
def test_a_recorder_that_dies_while_it_rotates_is_continued(
    recording: Recording, path: Path, opened: Opened, fails: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the old file has its second name, or before the new one takes its place."""

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    writer = SharedWriter(path, HEADER, Rotation(size=1))
    writer.add(recording.wholes[0])
    with monkeypatch.context() as patch:
        patch.setattr(Path, fails, die)
        with pytest.raises(Killed):
            writer.add(recording.wholes[1])
    writer._writer._file.close()
    assert opened(path).last == 0
    write(recording, path, places=range(2, 5))
    assert [opened(part_path(path, 1)).last, rotated_parts(path)] == [1, [1, 2]]
    assert seen(at(opened(path), 0)) == all_at(recording, 4)


def test_a_file_system_without_links_is_enough(
    recording: Recording, path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    write(recording, path)
    assert (rotated_parts(path), opened(path).header.part) == ([4, 5], 6)


def test_a_damaged_file_is_rotated_away(recording: Recording, path: Path, opened: Opened) -> None:
    write(recording, path, Rotation())
    path.write_bytes(path.read_bytes() + bytes(100))
    write(recording, path, Rotation())
    assert (opened(part_path(path, 1)).last, opened(path).last, opened(path).header.part) == (5, 5, 2)


def test_texts_are_written_once_over_rotations(recording: Recording, path: Path) -> None:
    task = make_task(1, 1, end=NOW, err=OOM)
    with SharedWriter(path, HEADER, EACH) as writer:
        writer.add(recording.wholes[0])
        writer.add_texts(task, TaskTexts(read=NOW, stderr=b"x"))
        writer.add(recording.wholes[1])
        assert (writer.recorded, writer.texts, writer.refreshes) == (set(), 1, 2)
    with SharedWriter(part_path(path, 1), HEADER, EACH) as writer:
        assert writer.recorded == {task.id}


def test_the_folder_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"there is no folder .*/none; create it or name another file"):
        SharedWriter(tmp_path / "none" / "prod.rec", HEADER, EACH)
    assert not list(tmp_path.iterdir())


def test_a_private_recording_becomes_a_shared_one(recording: Recording, path: Path) -> None:
    recording.write(path)
    assert mode(path) == 0o600
    write(recording, path, Rotation())
    with closing(RecordingFile(path)) as history:
        assert (mode(path), history.header.shared, history.header.part, history.last) == (0o640, True, 1, 11)


def test_a_second_recorder_is_refused_also_after_a_rotation(recording: Recording, path: Path) -> None:
    with SharedWriter(path, HEADER, EACH) as writer:
        for place in (0, 1):
            writer.add(recording.wholes[place])
            with pytest.raises(RecordingError, match="is being recorded to by another reflowtop"):
                SharedWriter(path, HEADER, EACH)
