"""Texts of failed tasks in recordings: written, read, and found again."""

import tempfile
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Digest, TaskID
from tests.support.recorded import HEADER, Recording, make_older, recorded, without_end
from tests.support.recording_files import Opened
from tests.support.rows import NOW, OOM, digest, make_task, task_id
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.file_writer import RecordingWriter
from tui.watch.recording.frames import FIRST_LINE, MOST_IN_TEXTS, TEXTS, RecordingError, packed
from tui.watch.recording.task_texts import PREFIX, TaskTexts, decode_prefix, decode_texts, encode_texts

texts_of_tasks = st.builds(
    TaskTexts,
    read=st.integers(0, 10**6).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    stderr=st.none() | st.binary(max_size=500),
    is_cut=st.booleans(),
    stderr_error=st.text(max_size=50),
    inspect=st.none() | st.binary(max_size=500),
    inspect_error=st.text(max_size=50),
)


@given(history=st.lists(st.tuples(st.integers(1, 5), st.booleans(), texts_of_tasks), max_size=8), data=st.data())
async def test_recorded_texts_are_read_again(history: list[tuple[int, bool, TaskTexts]], data: st.DataObject) -> None:
    """In any order with refreshes, in one session or several, and in a file that began in format 1."""
    recording = await recorded()
    with tempfile.TemporaryDirectory() as folder:
        path, last = Path(folder) / "a", dict[TaskID, TaskTexts]()
        written = 0
        while written < len(recording.refreshes) or history:
            with RecordingWriter(path, HEADER) as writer:
                assert writer.recorded == last.keys()
                for _ in range(data.draw(st.integers(1, 6), "steps of a session")):
                    is_texts = data.draw(st.booleans(), "texts next")
                    if history and (is_texts or written == len(recording.refreshes)):
                        number, has_inspect, texts = history.pop()
                        task = make_task(number, 1, inspect=digest(f"i{number}") if has_inspect else Digest(b""))
                        writer.add_texts(task, texts)
                        last[task.id] = texts
                    elif written < len(recording.refreshes):
                        whole, change = recording.wholes[written], recording.refreshes[written]
                        writer.add(whole if writer.needs_keyframe else change)
                        written += 1
            is_old = data.draw(st.booleans(), "an older version wrote it")
            if is_old and not last:
                make_older(path, 1)
        with closing(RecordingFile(path)) as file:
            assert (file.last + 1, file.damage) == (written, "")
            assert {id: file.texts(id) for id in last} == last
            assert file.texts(task_id(77)) is None
            assert all(file.inspected(digest(f"i{number}")) in (None, task_id(number)) for number in range(1, 6))


@given(texts_of_tasks, st.data())
def test_damaged_texts_are_refused_or_read(texts: TaskTexts, data: st.DataObject) -> None:
    content = bytearray(encode_texts(task_id(1), digest("i"), texts))
    content[data.draw(st.integers(PREFIX, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = decode_texts(bytes(content))
    except RecordingError:
        return
    assert isinstance(found, TaskTexts)


def test_a_prefix_names_a_task() -> None:
    assert decode_prefix(encode_texts(task_id(1), digest("i"), TaskTexts(read=NOW))) == (task_id(1), digest("i"))
    assert decode_prefix(encode_texts(task_id(1), Digest(b""), TaskTexts(read=NOW))) == (task_id(1), Digest(b""))
    for wrong in (b"", bytes(100), b"x" * 63):
        with pytest.raises(RecordingError):
            decode_prefix(wrong)


def test_too_much_text_is_not_written() -> None:
    with pytest.raises(RecordingError, match="too much for a recording"):
        encode_texts(task_id(1), Digest(b""), TaskTexts(read=NOW, stderr=bytes(MOST_IN_TEXTS)))


def test_old_recordings_are_replayed(recording: Recording, path: Path, opened: Opened) -> None:
    recording.write(path)
    make_older(path, 1)
    history = opened(path)
    assert (history.last, history.damage, history.has_texts) == (5, "", False)
    with RecordingWriter(path, HEADER) as writer:
        writer.add_texts(make_task(1, 1, end=NOW, err=OOM), TaskTexts(read=NOW, stderr=b"x"))
    assert path.read_bytes().startswith(FIRST_LINE)
    assert opened(path).has_texts


@pytest.mark.parametrize("version", [1, 2])
def test_texts_that_cannot_be_there_are_damage(recording: Recording, path: Path, opened: Opened, version: int) -> None:
    recording.write(path)
    bad = encode_texts(task_id(1), Digest(b""), TaskTexts(read=NOW)) if version == 1 else bytes(100)
    make_older(path, version)
    data = path.read_bytes()
    path.write_bytes(data + packed(TEXTS, 0, 0, bad))
    history = opened(path)
    assert history.last == 5
    assert history.damage.startswith(f"{path} is damaged at byte {len(data)}")


def test_texts_of_another_layout_are_an_error(recording: Recording, path: Path, opened: Opened) -> None:
    recording.write(path)
    never = packed(TEXTS, 0, 0, bytes(task_id(1)) + bytes(32) + msgspec.msgpack.encode({"read": "never"}))
    path.write_bytes(without_end(path.read_bytes()) + never)
    with pytest.raises(RecordingError, match="is damaged at byte"):
        opened(path).texts(task_id(1))
