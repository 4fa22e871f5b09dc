"""Reading of recording files."""

import os
import tracemalloc
from datetime import datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.deltas import seen
from tests.support.recorded import END_MARK, HEADER, Recording, applied, make_older, without_end
from tests.support.recording_files import Opened, all_at, at
from tests.support.rows import NOW
from tui.watch.model.cluster import Cluster
from tui.watch.model.delta import micros
from tui.watch.model.states import State
from tui.watch.polling.status import Status
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.file_writer import RecordingWriter
from tui.watch.recording.frames import DELTA, END, FIRST_LINE, KEY, PART, RecordingError, packed
from tui.watch.recording.frames import HEADER as HEADER_KIND
from tui.watch.recording.header import End
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.refresh_format import RowNumbers, encode


def all_read(path: Path, opened: Opened) -> tuple[list[datetime], str]:
    """Return the times of all readable refreshes, and the errors of the others."""
    times: list[datetime] = []
    try:
        history = opened(path)
        times += (history.read(each).time for each in range(history.last + 1))
    except RecordingError as error:
        return times, str(error)
    return times, history.damage


@pytest.mark.parametrize("few", [1, 2, 100])
def test_a_recording_holds_each_refresh(recording: Recording, path: Path, few: int, opened: Opened) -> None:
    recording.write(path, few=few)
    history = opened(path)
    assert (history.first, history.last, history.header, history.damage) == (0, 5, HEADER, "")
    for place in [5, 0, 3, 2, 1, 4]:
        assert seen(at(history, place)) == all_at(recording, place)
        read, original = history.read(place), recording.refreshes[place]
        assert (read.time, read.status, read.usual) == (original.time, original.status, original.usual)
        assert history.time(place) == original.time


@pytest.mark.parametrize("few", [2, 100])
def test_a_truncated_file_keeps_its_whole_refreshes(
    recording: Recording, path: Path, tmp_path: Path, few: int, opened: Opened
) -> None:
    recording.write(path, few=few)
    whole = path.read_bytes()
    ends = [*opened(path)._found.offsets[1:], len(whole) - len(END_MARK)]
    cut = tmp_path / "cut"
    for size in range(len(whole)):
        cut.write_bytes(whole[:size])
        expected = sum(end <= size for end in ends)
        if not expected:
            with pytest.raises(RecordingError, match=r"has no complete refresh|is empty"):
                opened(cut)
            continue
        history = opened(cut)
        assert (history.last + 1, history.damage) == (expected, "")
        history.close()
    assert seen(at(opened(cut), 4)) == all_at(recording, 4)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_mutation_is_damage_and_no_crash(
    recording: Recording, path: Path, data: st.DataObject, opened: Opened
) -> None:
    path.unlink(missing_ok=True)
    recording.write(path)
    whole = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    read, said = all_read(path, opened)
    assert read == [refresh.time for refresh in recording.refreshes][: len(read)]
    assert str(path) in said
    assert "\n" not in said


@given(
    kinds=st.lists(st.tuples(st.sampled_from([KEY, DELTA, PART, b"H", b"?"]), st.integers(0, 2), st.binary(min_size=1)))
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_valid_frames_with_hostile_contents(
    tmp_path: Path, kinds: list[tuple[bytes, int, bytes]], opened: Opened
) -> None:
    path = tmp_path / "any"
    header = packed(b"H", 0, 0, msgspec.msgpack.encode(HEADER))
    path.write_bytes(FIRST_LINE + header + b"".join(packed(kind, left, 0, data) for kind, left, data in kinds))
    assert str(path) in all_read(path, opened)[1]


def test_memory_of_a_reader_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch, opened: Opened) -> None:
    monkeypatch.setattr("tui.watch.recording.file_index.MOST_IN_GROUP", 1000)
    recording = packed(KEY, 0, micros(NOW), bytes(500)) + packed(DELTA, 0, micros(NOW), bytes(501))
    path.write_bytes(FIRST_LINE + packed(b"H", 0, 0, msgspec.msgpack.encode(HEADER)) + recording)
    history = opened(path)
    assert history.last == 0
    assert "is damaged at byte" in history.damage


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"reflowtop rec", "has no complete refresh"),
        (b"PNG\r\n", "is not a recording of reflowtop"),
        (b"reflowtop recording x\n", "is not a recording of reflowtop"),
        (b"reflowtop recording 7\n....", "is of a newer reflowtop: it has format 7, this one reads up to 3"),
        (FIRST_LINE + packed(b"K", 0, 0, b"x"), "is damaged at its beginning"),
        (FIRST_LINE + packed(b"H", 0, 0, b"x"), "is damaged at its beginning"),
    ],
)
def test_other_files_are_refused_in_one_line(path: Path, content: bytes, why: str, opened: Opened) -> None:
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=why):
        opened(path)


def test_special_files_are_refused(tmp_path: Path, opened: Opened) -> None:
    with pytest.raises(RecordingError, match="No such file"):
        opened(tmp_path / "missing")
    with pytest.raises(RecordingError, match="is not a recording"):
        opened(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RecordingError, match="is not a recording"):
        opened(tmp_path / "pipe")
    with pytest.raises(RecordingError, match="is not a file"):
        RecordingWriter(tmp_path / "pipe", HEADER)
    with pytest.raises(RecordingError, match="is a folder; name a file in it"):
        RecordingWriter(tmp_path, HEADER)


def test_the_recording_of_the_screenshots_can_be_read(opened: Opened) -> None:
    path = Path(__file__).parents[5] / "screenshots" / "demo.reflowtop"
    assert path.stat().st_size < 300_000
    history = opened(path)
    assert history.damage == ""
    states = {at(history, history.last).run_state(run.id) for run in at(history, history.last).runs}
    assert {State.FAILING, State.STALE, State.LOST, State.RUNNING} <= states


def test_a_file_without_an_end_mark_is_growing(recording: Recording, path: Path, opened: Opened) -> None:
    recording.write(path)
    assert not opened(path).is_growing
    path.write_bytes(without_end(path.read_bytes()))
    assert opened(path).is_growing
    for version in (1, 2):
        make_older(path, version)
        assert (opened(path).last, opened(path).is_growing) == (5, False)


def test_a_shared_recording_goes_on_unless_it_does_so_in_another_file(path: Path, opened: Opened) -> None:
    shared = msgspec.structs.replace(HEADER, shared=True)
    frames = FIRST_LINE + packed(b"H", 0, 0, msgspec.msgpack.encode(shared)) + packed(KEY, 0, micros(NOW), b"x")
    for is_continued in (False, True):
        path.write_bytes(frames + packed(END, 0, 0, msgspec.msgpack.encode(End(is_continued=is_continued))))
        assert opened(path).is_growing is not is_continued


def test_only_a_new_session_follows_an_end_mark(recording: Recording, path: Path, opened: Opened) -> None:
    recording.write(path)
    with path.open("ab") as file:
        file.write(packed(KEY, 0, micros(NOW), b"x"))
    assert (opened(path).last, bool(opened(path).damage)) == (5, True)


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_an_open_file_grows_by_its_whole_refreshes(recording: Recording, path: Path, opened: Opened, step: int) -> None:
    """The reader sees the file after every few bytes; after an end mark a second recorder goes on."""
    recording.write(path, few=2)
    recording.write(path, few=2)
    whole, whole_history = path.read_bytes(), opened(path)
    offset = whole_history._found.offsets[1]
    path.write_bytes(whole[:offset])
    history = opened(path)
    seen_places = set()
    with path.open("ab") as file:
        for at_byte in range(offset, len(whole), step):
            file.write(whole[at_byte : at_byte + step])
            file.flush()
            assert not history.grow()
            assert history.damage == ""
            seen_places.add(history.last)
            assert history.read(history.last).time == whole_history.time(history.last)
    assert (history.last, history.end_mark, history.starts_session(6)) == (11, End(), True)
    assert step > 1 or seen_places == set(range(12))
    assert seen(at(history, 8)) == all_at(recording, 2)


def test_a_file_is_indexed_in_slices(recording: Recording, path: Path, opened: Opened) -> None:
    recording.write(path)
    history = RecordingFile(path, most=1)
    assert history.last == 0
    slices = 1
    while history.grow(1):
        slices += 1
    assert (slices, history.last) == (6, 5)
    history.close()


def test_a_frame_read_while_it_was_written_is_read_again(recording: Recording, path: Path, opened: Opened) -> None:
    """Some file systems show the new length of a file before its bytes."""
    recording.write(path)
    whole = path.read_bytes()
    offset = opened(path)._found.offsets[5]
    path.write_bytes(whole[:offset] + bytes(len(whole) - offset))
    history = opened(path)
    assert (history.last, bool(history.damage)) == (4, True)
    path.write_bytes(whole)
    history.grow()
    assert (history.last, history.damage) == (5, "")


async def test_a_large_refresh_is_read_in_slices(
    recording: Recording, path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A read that is given up does not spoil the next one."""
    monkeypatch.setattr("tui.watch.recording.refresh_format._FRAME", 1)
    recording.write(path)
    history = opened(path)
    slices = list(history.read_slices(0))
    assert len(slices) == len(recording.wholes[0].delta.rows) + 1
    assert slices[:-1] == [None] * (len(slices) - 1)
    abandoned = history.read_slices(0)
    assert next(abandoned) is None
    assert seen(applied([history.read(0), history.read(1)])) == all_at(recording, 1)
    again = opened(path)
    again.read(0)
    next(again.read_slices(0))
    assert again.read(1).delta.rows == recording.refreshes[1].delta.rows


def write_frames(path: Path, *frames: bytes) -> None:
    header = packed(HEADER_KIND, 0, 0, msgspec.msgpack.encode(HEADER))
    path.write_bytes(FIRST_LINE + header + b"".join(frames))


EMPTY = next(iter(encode(Refresh(time=NOW, status=Status(as_of=NOW), delta=Cluster(NOW).delta()), RowNumbers())))
BOMBS = {
    "empty maps": {"tasks": [{}] * 16_000_000},
    "rows without anything but an id": {"tasks": [{"id": bytes(31) + b"1"}] * 400_000},
    "args": {"runs": [{"id": bytes(31) + b"1", "args": [""] * 16_000_000}]},
}


@pytest.mark.parametrize("content", BOMBS.values(), ids=BOMBS)
def test_a_few_bytes_that_hold_millions_of_objects_are_refused(path: Path, opened: Opened, content: object) -> None:
    bomb = packed(PART, 0, micros(NOW), msgspec.msgpack.encode(content))
    write_frames(path, packed(KEY, 1, micros(NOW), EMPTY), bomb)
    tracemalloc.start()
    try:
        with pytest.raises(RecordingError, match=r"is damaged at byte \d+: over \d+ objects in \d+ bytes"):
            opened(path).read(0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 << 20


@pytest.mark.parametrize("interval", [float("nan"), float("inf"), 1e300])
def test_a_header_with_numbers_of_no_use_is_refused_in_one_line(path: Path, opened: Opened, interval: float) -> None:
    header = msgspec.structs.replace(HEADER, interval=interval)
    path.write_bytes(FIRST_LINE + packed(HEADER_KIND, 0, 0, msgspec.msgpack.encode(header)))
    with pytest.raises(RecordingError, match="damaged at its beginning: invalid number"):
        opened(path)


def test_a_header_that_is_not_text_is_refused_in_one_line(path: Path, opened: Opened) -> None:
    data = msgspec.msgpack.encode({"table": "reflow-prod"}).replace(b"reflow-prod", b"reflow-\xff\xfe\xfd\xfc")
    path.write_bytes(FIRST_LINE + packed(HEADER_KIND, 0, 0, data))
    with pytest.raises(RecordingError, match="damaged at its beginning") as caught:
        opened(path)
    assert "\n" not in str(caught.value)


def test_a_disk_that_fails_is_named_in_one_line(
    recording: Recording, path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording.write(path)
    file = opened(path)

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("tui.watch.recording.file_reader.frames", fail)
    with pytest.raises(RecordingError, match=r"a\.reflowtop: Input/output error"):
        file.read(0)
    monkeypatch.setattr("tui.watch.recording.file_reader.scan", fail)
    with pytest.raises(RecordingError, match=r"a\.reflowtop: Input/output error"):
        opened(path)


def test_a_file_that_becomes_shorter_is_damaged(recording: Recording, path: Path, opened: Opened) -> None:
    recording.write(path)
    file = opened(path)
    whole = path.read_bytes()
    for size in (0, len(whole) - 1):
        os.truncate(path, size)
        file.grow()
        assert "is damaged at byte" in file.damage
        path.write_bytes(whole)
        file.grow()
        assert (file.damage, file.last) == ("", 5)


def test_a_path_with_a_nul_is_refused(tmp_path: Path, opened: Opened) -> None:
    with pytest.raises(RecordingError, match="embedded null"):
        opened(tmp_path / "a\0b")
    with pytest.raises(RecordingError, match="embedded null"):
        RecordingWriter(tmp_path / "a\0b", HEADER)
