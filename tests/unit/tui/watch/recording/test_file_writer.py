"""Writing of recording files."""

import stat
import tempfile
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import Error, ErrorKind, Run, RunID
from tests.support.deltas import seen
from tests.support.recorded import HEADER, Recording
from tests.support.recording_files import Opened, all_at, at
from tests.support.rows import NOW, make_run, make_task, run_id, task_id
from tests.support.scripted_db import ScriptedDB
from tui.watch.model.cluster import Cluster
from tui.watch.model.usual_duration import UsualDuration
from tui.watch.polling.status import Status
from tui.watch.recording import refresh_format
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.file_writer import RecordingWriter
from tui.watch.recording.frames import MOST_IN_FRAME, RecordingError
from tui.watch.recording.header import Header
from tui.watch.recording.recorder import Refresh
from tui.watch.recording.task_texts import TaskTexts

MEGABYTE = "x" * 1_000_000
# Arguments of a run by how many objects they are and how well they compress.
HEAVY_ARGUMENTS = {
    "1 MB": (MEGABYTE,),
    "16 MB": (MEGABYTE,) * 16,
    "300,000 objects in a few bytes": ("",) * 300_000,
    "300,000 numbers": tuple(map(str, range(300_000))),
}
texts = st.sampled_from(["", "reflow-prod", "\ud800", MEGABYTE, "é" * 3_000_000])
heavy_runs = st.lists(st.sampled_from([*HEAVY_ARGUMENTS.values()]), max_size=4)
causes = st.sampled_from([None, "x", "\ud800" * 5000, MEGABYTE])
heavy_errors = st.builds(
    lambda count, text, cause: Error(ErrorKind.OTHER, text, (text,) * count, cause),
    st.sampled_from([0, 1, 5000]),
    st.sampled_from(["read", "\ud800", "x" * 2000]),
    causes,
)


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


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.large_base_example])
@given(
    header=st.builds(Header, texts, region=texts, endpoint=texts, since=texts, program=texts, host=texts),
    refreshes=st.lists(st.tuples(heavy_runs, st.sampled_from([1, 20, 3000])), min_size=1, max_size=2),
    error=heavy_errors,
    idents=st.lists(st.text(min_size=1, max_size=9).map(lambda text: 50_000 * text), max_size=60, unique=True),
)
def test_whatever_is_written_is_read_again(
    header: Header, refreshes: list[tuple[list[tuple[str, ...]], int]], error: Error, idents: list[str]
) -> None:
    written: list[list[Run]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a"
        with RecordingWriter(path, header) as writer:
            for place, (heavy, count) in enumerate(refreshes):
                delta = Cluster(NOW).delta()
                written.append([make_run(number, args=args) for number, args in enumerate(heavy, start=1)])
                written[-1] += [make_run(1, id=RunID(number.to_bytes(32))) for number in range(1, count)]
                delta.rows += written[-1]
                status = Status(as_of=NOW, error=error, unreadable=(error,) * 200, refused=error)
                usual = {ident: UsualDuration(30, timedelta(minutes=1), timedelta(minutes=2)) for ident in idents}
                errors = {run_id(number): error for number in range(1, 51)}
                time = NOW + timedelta(seconds=place)
                writer.add(Refresh(time=time, status=status, delta=delta, history_errors=errors, usual=usual))
            texts = TaskTexts(read=NOW, stderr_error=str(error), inspect_error=str(error))
            writer.add_texts(make_task(1, 1), texts)
            left_out = {*writer.left_out}
        assert left_out <= {run_id(number) for number in range(1, 5)}
        with RecordingWriter(path, header) as writer, closing(RecordingFile(path)) as file:
            assert (file.last + 1, file.damage) == (len(refreshes), "")
            for place, runs in enumerate(written):
                again = {row.id: row for row in file.read(place).delta.rows}
                assert again == {run.id: run for run in runs if run.args != HEAVY_ARGUMENTS["16 MB"]}
            found = file.texts(task_id(1))
            assert found is not None
            assert found.stderr_error == found.inspect_error


@pytest.mark.parametrize("kind", HEAVY_ARGUMENTS)
def test_a_row_is_recorded_or_named(kind: str, path: Path, opened: Opened) -> None:
    delta = Cluster(NOW).delta()
    heavy, light = make_run(1, args=HEAVY_ARGUMENTS[kind]), make_run(2)
    delta.rows += [heavy, light]
    with RecordingWriter(path, HEADER) as writer:
        writer.add(Refresh(time=NOW, status=Status(as_of=NOW), delta=delta))
        writer.add(Refresh(time=NOW, status=Status(as_of=NOW), delta=delta))
        assert writer.left_out == ({run_id(1): "it has 16000175 bytes"} if kind == "16 MB" else {})
    assert opened(path).read(1).delta.rows == ([light] if kind == "16 MB" else [heavy, light])


def test_the_largest_rows_of_a_refresh_that_is_too_large_are_left_out(
    path: Path, monkeypatch: pytest.MonkeyPatch, opened: Opened
) -> None:
    monkeypatch.setattr(refresh_format, "_MOST_IN_ROWS", 20_000)
    delta = Cluster(NOW).delta()
    runs = [make_run(number, args=("x" * (9000 if number % 2 else 100),)) for number in range(1, 9)]
    delta.rows += runs
    with RecordingWriter(path, HEADER) as writer:
        writer.add(Refresh(time=NOW, status=Status(as_of=NOW), delta=delta))
        assert {*writer.left_out} == {run_id(1), run_id(3)}
    again = opened(path).read(0)
    assert again.delta.rows == [run for run in runs if run.id not in writer.left_out]
    assert "it has 9096 bytes, and its refresh over 20000" in str(again.status.unreadable[0])


def test_changes_of_too_many_rows_are_refused_in_one_line(path: Path) -> None:
    delta = Cluster(NOW).delta()
    delta.removed += [run_id(number) for number in range(16)] * (MOST_IN_FRAME // 32 // 16)
    why = "16777507 bytes, at most 15728640 can be recorded: record fewer runs with a shorter --since"
    with RecordingWriter(path, HEADER) as writer, pytest.raises(RecordingError, match=why):
        writer.add(Refresh(time=NOW, status=Status(as_of=NOW), delta=delta))


@pytest.mark.parametrize("year", [1969, 2100])
def test_refreshes_of_a_clock_that_is_wrong_are_refused_in_one_line(path: Path, year: int) -> None:
    refresh = Refresh(time=datetime(year, 11, 1, tzinfo=UTC), status=Status(), delta=Cluster(NOW).delta())
    with RecordingWriter(path, HEADER) as writer, pytest.raises(RecordingError, match=f"the clock says {year}-11-01"):
        writer.add(refresh)
