import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import Error, ErrorKind, FailureReason
from tests.support.recorded import HEADER, Recording, applied, recorded
from tests.support.rows import NOW, OOM, make_run, make_task
from tests.support.scripted_db import ScriptedDB
from tests.unit.tui.watch.model.test_delta import rows, seen
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.delta import micros
from tui.watch.model.states import State
from tui.watch.polling.error_texts import explain
from tui.watch.polling.status import Progress, Status
from tui.watch.recording import frames
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.file_writer import RecordingWriter
from tui.watch.recording.frames import DELTA, FIRST_LINE, KEY, PART, RecordingError, packed
from tui.watch.recording.header import Header
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.refresh_format import RowNumbers, decode, encode
from tui.watch.recording.session_history import RefreshHistory

Opened = Callable[[Path], RecordingFile]


@pytest.fixture
async def recording() -> Recording:
    return await recorded()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.reflowtop"


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens recordings, and closes them."""
    with ExitStack() as stack:
        yield lambda path: stack.enter_context(closing(RecordingFile(path)))


def at(tape: RefreshHistory, place: int) -> Cluster:
    return applied(tape.read(each) for each in range(tape.key(place), place + 1))


def all_read(path: Path, opened: Opened) -> tuple[list[datetime], str]:
    """Return the times of all readable refreshes, and the errors of the others."""
    times: list[datetime] = []
    try:
        tape = opened(path)
        times += (tape.read(each).time for each in range(tape.last + 1))
    except RecordingError as error:
        return times, str(error)
    return times, tape.damage


def all_at(recording: Recording, place: int) -> object:
    return seen(applied([recording.wholes[place]]))


@pytest.mark.parametrize("few", [1, 2, 100])
def test_a_recording_holds_each_refresh(recording: Recording, path: Path, few: int, opened: Opened) -> None:
    recording.write(path, few=few)
    tape = opened(path)
    assert (tape.first, tape.last, tape.header, tape.damage) == (0, 5, HEADER, "")
    for place in [5, 0, 3, 2, 1, 4]:
        assert seen(at(tape, place)) == all_at(recording, place)
        read, original = tape.read(place), recording.refreshes[place]
        assert (read.time, read.status, read.usual) == (original.time, original.status, original.usual)
        assert tape.time(place) == original.time


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


@pytest.mark.parametrize("few", [2, 100])
def test_a_truncated_file_keeps_its_whole_refreshes(
    recording: Recording, path: Path, tmp_path: Path, few: int, opened: Opened
) -> None:
    recording.write(path, few=few)
    whole = path.read_bytes()
    found = opened(path)._found
    ends = [*found.offsets[1:], found.end]
    cut = tmp_path / "cut"
    for size in range(len(whole)):
        cut.write_bytes(whole[:size])
        expected = sum(end <= size for end in ends)
        if not expected:
            with pytest.raises(RecordingError, match=r"holds no whole refresh|is empty"):
                opened(cut)
            continue
        tape = opened(cut)
        assert (tape.last + 1, tape.damage) == (expected, "")
        tape.close()
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


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text() | st.binary(),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(), each, max_size=4),
    max_leaves=8,
)


@given(st.data())
def test_a_refresh_with_other_values_in_it_is_refused_or_read(data: st.DataObject) -> None:
    cluster = Cluster(NOW)
    cluster.add([make_run(1), make_task(1, 1, end=NOW, err=OOM)])
    status = Status(as_of=NOW, backfill=Progress(NOW, NOW, NOW), error=OOM)
    first, second = encode(Refresh(time=NOW, status=status, delta=cluster.delta()), RowNumbers())
    which = data.draw(st.booleans())
    value = msgspec.msgpack.decode(first if which else second)
    inside = value
    while isinstance(inside, dict) and inside:
        name = data.draw(st.sampled_from(sorted(inside)))
        inner = inside[name]
        if isinstance(inner, list) and inner and isinstance(inner[0], dict):
            inner = inner[0]
        if not isinstance(inner, dict) or data.draw(st.booleans()):
            inside[name] = data.draw(values)
            break
        inside = inner
    changed = msgspec.msgpack.encode(value)
    try:
        refresh = decode(NOW, [changed, second] if which else [first, changed], RowNumbers())
    except RecordingError:
        pass
    else:
        for _ in Cluster(NOW).apply(refresh.delta, Changes()):
            pass


@given(st.lists(rows, max_size=12))
def test_any_cluster_is_the_same_after_a_round_trip(history: list[object]) -> None:
    cluster = Cluster(NOW)
    cluster.add(history)  # type: ignore[arg-type]
    refresh = Refresh(time=NOW, status=Status(as_of=NOW), delta=cluster.delta())
    again = decode(NOW, list(encode(refresh, RowNumbers())), RowNumbers())
    assert seen(applied([again])) == seen(cluster)
    assert again.status == refresh.status


@pytest.mark.parametrize("year", [1, 9999])
def test_times_that_cannot_be_reckoned_with_are_refused(year: int) -> None:
    cluster = Cluster(NOW)
    cluster.add([make_run(1, start=NOW.replace(year=year))])
    refresh = Refresh(time=NOW, status=Status(as_of=NOW), delta=cluster.delta())
    with pytest.raises(RecordingError, match="a time that cannot be"):
        decode(NOW, list(encode(refresh, RowNumbers())), RowNumbers())


def test_a_frame_does_not_become_more_than_its_head_says(path: Path, opened: Opened) -> None:
    bomb = zlib.compress(bytes(frames.MOST_IN_FRAME * 8), 9)
    head = frames._head(KEY, 0, 0, len(bomb), 100, zlib.crc32(bomb))
    path.write_bytes(FIRST_LINE + packed(b"H", 0, 0, msgspec.msgpack.encode(HEADER)) + head + bomb)
    with pytest.raises(RecordingError, match="not as long as it says"):
        opened(path).read(0)


def test_a_frame_that_says_it_is_huge_is_not_read(path: Path, opened: Opened) -> None:
    head = frames._head(KEY, 0, 0, 100, (1 << 32) - 1, zlib.crc32(bytes(100)))
    path.write_bytes(FIRST_LINE + packed(b"H", 0, 0, msgspec.msgpack.encode(HEADER)) + head + bytes(100))
    with pytest.raises(RecordingError, match="is damaged at byte"):
        opened(path)


def test_memory_of_a_reader_is_bounded(path: Path, monkeypatch: pytest.MonkeyPatch, opened: Opened) -> None:
    monkeypatch.setattr("tui.watch.recording.file_reader.MOST_IN_GROUP", 1000)
    recording = packed(KEY, 0, micros(NOW), bytes(500)) + packed(DELTA, 0, micros(NOW), bytes(501))
    path.write_bytes(FIRST_LINE + packed(b"H", 0, 0, msgspec.msgpack.encode(HEADER)) + recording)
    tape = opened(path)
    assert tape.last == 0
    assert "is damaged at byte" in tape.damage


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"reflowtop rec", "holds no whole refresh"),
        (b"PNG\r\n", "is not a recording of reflowtop"),
        (b"reflowtop recording x\n", "is not a recording of reflowtop"),
        (b"reflowtop recording 7\n....", "is of a newer reflowtop: it has format 7, this one reads 1"),
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
    with pytest.raises(RecordingError, match="Is a directory"):
        RecordingWriter(tmp_path, HEADER)


def test_only_its_owner_can_read_it(recording: Recording, path: Path) -> None:
    recording.write(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_recording_of_the_same_table_is_continued(recording: Recording, path: Path, opened: Opened) -> None:
    recording.write(path)
    with path.open("ab") as file:
        file.write(b"K123")  # was being written when the machine went down
    recording.write(path)
    tape = opened(path)
    assert (tape.last, tape.damage) == (11, "")
    assert [place for place in range(12) if tape.starts_session(place)] == [6]
    assert tape.key(6) == 6
    assert seen(at(tape, 8)) == all_at(recording, 2)


def test_other_files_are_left_as_they_are(recording: Recording, path: Path) -> None:
    recording.write(path)
    before = path.read_bytes()
    with pytest.raises(RecordingError, match=r"of the table reflow-prod at us-west-2, not of the table reflow-dev"):
        RecordingWriter(path, Header("reflow-dev"))
    assert path.read_bytes() == before
    for content in (b"my thesis\n", b"r", b"reflowtop recording 2\n", before[:-9] + bytes(9)):
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


def test_reasons_of_failed_reads_are_recorded() -> None:
    told = Exception("An error occurred (AccessDeniedException) when calling the Query operation: arn:me is not "
                     "authorized to perform: dynamodb:Query on resource: arn:table")  # fmt: skip
    told.response = {"Error": {"Code": "AccessDeniedException"}}  # type: ignore[attr-defined]
    slow = Exception("slow down")
    slow.response = {"Error": {"Code": "Throttling"}, "ThrottlingReasons": [{"reason": "TableReadRange"}]}  # type: ignore[attr-defined]
    errors = [
        Error(ErrorKind.NOT_ALLOWED, "query", ("reflow-prod",), told),
        Error(ErrorKind.OTHER, "sweep", (), Error(ErrorKind.TEMPORARY, "query", (), slow)),
        Error(ErrorKind.NET, "query", ("reflow-prod",), ConnectionError("refused")),
        Error(ErrorKind.TIMEOUT),
        Error(ErrorKind.NOT_EXIST, "query", ("reflow-prod", "index"), "gone", FailureReason.NO_INDEX),
        Error(ErrorKind.TIMEOUT, "query", (), None, FailureReason.THROTTLED),
    ]
    status = Status(unreadable=tuple(errors))
    refresh = Refresh(time=NOW, status=status, delta=Cluster(NOW).delta())
    again = decode(NOW, list(encode(refresh, RowNumbers())), RowNumbers())
    assert [explain(error) for error in again.status.unreadable] == [explain(error) for error in errors]
    assert [error.reason for error in again.status.unreadable] == [error.reason for error in errors]


def test_the_recording_of_the_screenshots_can_be_read(opened: Opened) -> None:
    path = Path(__file__).parents[5] / "screenshots" / "demo.reflowtop"
    assert path.stat().st_size < 300_000
    tape = opened(path)
    assert tape.damage == ""
    states = {at(tape, tape.last).run_state(run.id) for run in at(tape, tape.last).runs}
    assert {State.FAILING, State.STALE, State.LOST, State.RUNNING} <= states


async def test_the_last_half_hour_is_kept_in_memory(recording: Recording) -> None:
    tape = recording.tape
    assert (tape.first, tape.last) == (0, 5)
    for place in range(6):
        assert seen(at(tape, place)) == all_at(recording, place)
    recording.watched.db.now += timedelta(minutes=10)
    await recording.refresh()
    assert (tape.first, tape.last) == (4, 6)  # 30 minutes ago is more than the time of the refresh at 5
    for place in range(4, 7):
        assert seen(at(tape, place)) == all_at(recording, place)


def test_the_session_history_drops_the_oldest_first(recording: Recording) -> None:
    from tui.watch.recording.session_history import SessionHistory

    tape = SessionHistory(most_bytes=5000)
    for refresh in recording.refreshes:
        tape.add(refresh)
    assert 0 < tape.first < tape.last == 5
    for place in range(tape.first, 6):
        assert seen(at(tape, place)) == all_at(recording, place)


def test_a_time_maps_to_the_refresh_before_it(recording: Recording) -> None:
    tape = recording.tape
    times = [refresh.time for refresh in recording.refreshes]
    second = timedelta(seconds=1)
    assert [tape.find(time) for time in times] == [0, 1, 2, 3, 4, 5]
    assert tape.find(times[2] + second) == 2
    assert tape.find(times[0] - second) == 0
    assert tape.find(times[5] + second) == 5
