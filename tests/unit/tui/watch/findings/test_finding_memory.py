"""The memory of failures and notes about them."""

import errno
import json
import os
import stat
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.support.disk import Disk
from tests.support.rows import NOW, OOM, ago, make_run, make_task, run_id
from tui.lists.explanation_texts import explain
from tui.terminal.new_files import write_whole
from tui.watch.explain.explanations import Explanations
from tui.watch.findings import finding_memory
from tui.watch.findings.finding import Finding
from tui.watch.findings.finding_memory import FindingMemory
from tui.watch.findings.findings import Findings
from tui.watch.findings.state_file import Stamp
from tui.watch.model.cluster import Cluster

Opened = Callable[[], FindingMemory]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Opens the memory of one table, each time as another process would."""
    return lambda: FindingMemory(lambda: tmp_path / "memory" / "reflow-prod.json", write_whole)


def failing(run: int, days: float = 0, end: bool = False) -> tuple[Cluster, Finding]:
    """Return the finding about a flow that failed in a run, so many days ago."""
    cluster = Cluster(ago(days=days))
    start = ago(days=days + 0.1)
    failed = make_task(run, run, start=start, end=ago(days=days), err=OOM)
    cluster.add([make_run(run, labels={"Name": "align"}, start=start, end=ago(days=days) if end else None), failed])
    (finding,) = (each for each in Findings(cluster).find() if each.tasks)
    return cluster, finding


def test_an_error_is_remembered_with_its_last_other_run(opened: Opened) -> None:
    for run, days in ((1, 3.0), (2, 2.0)):
        cluster, finding = failing(run, days, end=True)
        opened().observe(cluster, [finding])
    cluster, finding = failing(3)
    memory = opened()
    memory.observe(cluster, [finding])
    seen = memory.before(finding)
    assert seen is not None
    assert (seen.run, seen.name, seen.count, seen.state) == (str(run_id(2)), "align", 1, "failed")
    assert seen.last == ago(days=2)
    assert memory.times(finding) == 3


def test_a_new_failure_has_no_earlier_sighting(opened: Opened) -> None:
    cluster, finding = failing(1)
    memory = opened()
    memory.observe(cluster, [finding])
    assert memory.before(finding) is None


def test_the_finding_says_when_it_was_seen_and_what_was_noted(opened: Opened) -> None:
    before, old = failing(1, 2, end=True)
    opened().observe(before, [old])
    opened().set_note(old.id, " raise the\nmemory ", ago(days=1), old.reason)
    cluster, finding = failing(2)
    explanations = Explanations(cluster, [finding], opened())
    found = [each[:2] for each in explain(explanations, finding, NOW, NOW) if each.is_claim]
    assert found == [
        ("note", "raise the memory (1d ago)"),
        ("before", "2d ago in 1 flow of run 01010101 align, last failed"),
    ]


def befores(memory: FindingMemory, cluster: Cluster, finding: Finding) -> list[str]:
    explanations = Explanations(cluster, [finding], memory)
    return [each.text for each in explain(explanations, finding, NOW, NOW) if each.name == "before"]


@pytest.mark.parametrize(
    ("began", "texts"),
    [
        (timedelta(days=12, hours=5), ["never in the 12 days remembered"]),
        (timedelta(hours=47), ["never in the 47 hours remembered"]),
        (timedelta(hours=1), ["never in the 1 hour remembered"]),
        (timedelta(minutes=59), []),
        (timedelta(days=900), ["never in the 180 days remembered"]),
    ],
    ids=str,
)
def test_an_error_that_was_never_seen_is_new_to_a_memory_of_some_age(
    opened: Opened, began: timedelta, texts: list[str]
) -> None:
    """The memory begins with its first refresh, in which nothing needs to fail."""
    opened().observe(Cluster(NOW - began), [])
    cluster, finding = failing(1)
    memory = opened()
    assert befores(memory, cluster, finding) == texts
    memory.observe(cluster, [finding])
    memory.flush(NOW)
    assert befores(opened(), cluster, finding) == texts


def test_a_memory_that_is_off_or_new_or_full_does_not_call_an_error_new(opened: Opened) -> None:
    cluster, finding = failing(1)
    assert befores(FindingMemory(), cluster, finding) == []
    assert befores(opened(), cluster, finding) == []
    opened().observe(Cluster(ago(days=9)), [])
    rows = [make_task(run, run, start=ago(hours=1), end=NOW, err=OOM) for run in range(1, 5)]
    cluster.add([*(make_run(run) for run in range(2, 5)), *rows])
    (every,) = (each for each in Findings(cluster).find() if each.tasks)
    memory = opened()
    assert befores(memory, cluster, every) == ["never in the 9 days remembered"]
    memory.observe(cluster, [every])
    assert befores(memory, cluster, every) == [], "earlier runs had no room"


def test_an_error_of_another_run_at_that_time_is_not_new(opened: Opened) -> None:
    opened().observe(Cluster(ago(days=9)), [])
    other, before = failing(2)
    opened().observe(other, [before])
    cluster, finding = failing(1)
    assert befores(opened(), cluster, finding) == []


def test_the_file_of_an_older_version_began_with_its_first_sighting(opened: Opened, tmp_path: Path) -> None:
    old, before = failing(2, 3)
    opened().observe(old, [before])
    path = tmp_path / "memory" / "reflow-prod.json"
    content = json.loads(path.read_bytes())
    assert content.pop("since") is not None
    path.write_text(json.dumps({**content, "seen": {"0" * 16: next(iter(content["seen"].values()))}}))
    cluster, finding = failing(1)
    assert befores(opened(), cluster, finding) == ["never in the 3 days remembered"]


def test_a_memory_without_room_for_all_errors_begins_with_those_that_it_dropped(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding_memory, "_MOST_ERRORS", 1)
    memory = opened()
    memory.observe(Cluster(ago(days=9)), [])
    for run, days in ((2, 7.0), (3, 4.0)):
        seen, before = failing(run, days)
        memory.observe(seen, [msgspec.structs.replace(before, cause=f"other {run}")])
    memory.flush(NOW)
    cluster, finding = failing(1)
    assert befores(opened(), cluster, finding) == ["never in the 7 days remembered"]


def test_a_note_that_is_later_than_the_time_shown_has_its_time(opened: Opened) -> None:
    cluster, finding = failing(1)
    opened().set_note(finding.id, "raise the memory", NOW)
    explanations = Explanations(cluster, [finding], opened())
    (found,) = (each.text for each in explain(explanations, finding, ago(hours=1), ago(hours=1)) if each.is_claim)
    assert found == "raise the memory (of 2026-11-01 12:03:41 UTC)"


def test_writes_are_a_minute_apart_and_merge_with_those_of_others(opened: Opened, tmp_path: Path) -> None:
    mine, theirs = opened(), opened()
    cluster, finding = failing(1, 1)
    mine.observe(cluster, [finding])
    path = tmp_path / "memory" / "reflow-prod.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    written = path.read_bytes()
    other, second = failing(2, 1 - 30 / 86400)  # 30 s later
    mine.observe(other, [second])
    assert path.read_bytes() == written
    theirs.set_note(finding.id, "known", NOW)
    mine.flush(NOW)
    third = opened()
    assert third.times(finding) == 2
    assert third.note(finding.id) is not None


def test_the_file_is_bounded(opened: Opened) -> None:
    memory = opened()
    for run in range(1, 9):
        cluster, finding = failing(run, 9 - run)
        memory.observe(cluster, [finding])
    memory.flush(NOW)
    assert opened().times(finding) == 4
    memory.flush(NOW + timedelta(days=400))
    cluster, finding = failing(9, -400)
    memory.observe(cluster, [finding])
    assert opened().before(finding) is None, "older than half a year"


def test_a_later_sighting_is_not_an_earlier_one(opened: Opened) -> None:
    for run, days in ((1, 3.0), (2, 1.0)):
        cluster, finding = failing(run, days)
        opened().observe(cluster, [finding])
    _, between = failing(3, 2.0)
    seen = opened().before(between)
    assert seen is not None
    assert seen.run == str(run_id(1))


def test_the_reason_of_a_failure_is_kept_for_notes_about_it(opened: Opened) -> None:
    cluster, finding = failing(1)
    opened().observe(cluster, [finding])
    assert opened().reason(finding.id) == finding.reason
    opened().set_note("00", "text", NOW, "1 flow failed elsewhere")
    assert opened().reason("00") == "1 flow failed elsewhere"
    assert opened().reason("11") == ""


def test_half_a_surrogate_pair_is_kept_as_a_question_mark(opened: Opened) -> None:
    cluster, finding = failing(1)
    cluster.add([make_run(1, labels={"Name": "a\udc80"}, keepalive=NOW + timedelta(minutes=9))])
    memory = opened()
    memory.observe(cluster, [finding])
    memory.set_note(finding.id, "b\ud800", NOW)
    note = opened().note(finding.id)
    assert note is not None
    assert note.text == "b?"
    assert opened().times(finding) == 1


def test_an_empty_note_removes_it(opened: Opened) -> None:
    memory = opened()
    memory.set_note("00", "text", NOW)
    assert [id for id, _ in opened().notes()] == ["00"]
    opened().set_note("00", " ", NOW)
    assert list(opened().notes()) == []
    assert opened().find("0") == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"seen": 3}', b"\xff"])
def test_a_damaged_file_is_replaced(opened: Opened, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "memory" / "reflow-prod.json"
    path.parent.mkdir()
    path.write_bytes(content)
    cluster, finding = failing(1)
    opened().observe(cluster, [finding])
    assert opened().times(finding) == 1


def test_a_fifo_in_place_of_the_file_does_not_block(opened: Opened, tmp_path: Path) -> None:
    (tmp_path / "memory").mkdir()
    os.mkfifo(tmp_path / "memory" / "reflow-prod.json")
    assert opened().find("0") == []


def test_a_folder_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    (tmp_path / "memory").write_text("not a folder")
    memory = FindingMemory(lambda: tmp_path / "memory" / "x.json", write_whole)
    cluster, finding = failing(1)
    memory.observe(cluster, [finding])
    assert memory.times(finding) == 1
    with pytest.raises(OSError, match="memory"):
        memory.set_note(finding.id, "text", NOW)


def test_failures_are_written_off_the_event_loop_one_write_at_a_time(tmp_path: Path) -> None:
    path, disk = tmp_path / "memory" / "x.json", Disk()
    memory = FindingMemory(lambda: path, write_whole, disk.submit)
    for run in (1, 2, 3):
        cluster, finding = failing(run, days=3 - run)
        memory.observe(cluster, [finding])
    assert (len(disk.queued), path.exists()) == (1, False), "nothing waits for the disk"
    assert memory.times(finding) == 3, "unwritten sightings count"
    disk.work()
    assert FindingMemory(lambda: path).times(finding) == 1
    cluster, finding = failing(3, days=-1)
    memory.observe(cluster, [finding])
    disk.work()
    assert FindingMemory(lambda: path).times(finding) == 3


def test_the_last_state_is_written_at_the_end_after_the_write_under_way(tmp_path: Path) -> None:
    path = tmp_path / "memory" / "x.json"
    begun, goes_on = threading.Event(), threading.Event()
    order: list[int] = []

    def write(to: Path, data: bytes) -> None:
        if not order:
            begun.set()
            goes_on.wait()
        order.append(len(data))
        write_whole(to, data)

    with ThreadPoolExecutor(1) as thread:
        memory = FindingMemory(lambda: path, write, thread.submit)
        cluster, finding = failing(1, days=1)
        memory.observe(cluster, [finding])
        begun.wait()
        cluster, finding = failing(2)
        memory.observe(cluster, [finding])
        memory.reload()  # the file has nothing of it yet
        assert memory.times(finding) == 2
        goes_on.set()
        memory.flush(cluster.as_of)
    assert order == sorted(order)
    assert len(order) == 2
    assert FindingMemory(lambda: path).times(finding) == 2


def test_a_failed_write_in_a_thread_is_repeated_later(tmp_path: Path) -> None:
    path, disk = tmp_path / "memory" / "x.json", Disk()
    (tmp_path / "memory").write_text("not a folder")
    memory = FindingMemory(lambda: path, write_whole, disk.submit)
    cluster, finding = failing(1, days=1)
    memory.observe(cluster, [finding])
    disk.work()
    assert memory.times(finding) == 1
    (tmp_path / "memory").unlink()
    memory.flush(cluster.as_of)
    assert FindingMemory(lambda: path).times(finding) == 1


def test_a_note_is_written_after_the_write_under_way_without_waiting_for_it(tmp_path: Path) -> None:
    path, disk = tmp_path / "memory" / "x.json", Disk()
    memory = FindingMemory(lambda: path, write_whole, disk.submit)
    cluster, finding = failing(1)
    memory.observe(cluster, [finding])
    memory.set_note(finding.id, "raise the memory", NOW)
    assert not path.exists(), "nothing waits for the disk"
    disk.work()
    memory.reload()
    assert memory.note(finding.id) is not None, "the file has an older state"
    disk.work()
    assert memory.flush(NOW) is None
    again = FindingMemory(lambda: path)
    assert (again.times(finding), again.note(finding.id) is not None) == (1, True)


def test_a_note_that_could_not_be_written_is_written_at_the_end_or_reported(tmp_path: Path) -> None:
    path, disk = tmp_path / "memory" / "x.json", Disk()
    path.parent.touch()
    memory = FindingMemory(lambda: path, write_whole, disk.submit)
    cluster, finding = failing(1)
    memory.observe(cluster, [finding])
    disk.work()
    assert memory.flush(NOW) is None, "only a lost note is reported"
    memory.set_note(finding.id, "raise the memory", NOW)
    disk.work()
    assert isinstance(memory.flush(NOW), OSError)
    path.parent.unlink()
    assert memory.flush(NOW) is None
    assert FindingMemory(lambda: path).note(finding.id) is not None


class FullDisk(Disk):
    """A disk that can be full. It works at once unless it is held."""

    is_full = is_held = False

    def write(self, path: Path, data: bytes) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        write_whole(path, data)

    def submit(self, write: Callable[[], Stamp]) -> "Future[Stamp]":
        future = super().submit(write)
        if not self.is_held:
            self.work()
        return future


@pytest.mark.parametrize("has_thread", [False, True])
def test_a_note_in_the_file_is_not_reported_as_lost_when_the_next_refresh_cannot_be_written(
    tmp_path: Path, has_thread: bool
) -> None:
    path, disk = tmp_path / "memory" / "x.json", FullDisk()
    memory = FindingMemory(lambda: path, disk.write, disk.submit if has_thread else None)
    memory.set_note("00", "raise the memory", NOW)
    disk.is_full = True
    cluster, finding = failing(1)
    memory.observe(cluster, [finding])
    assert memory.flush(NOW) is None
    assert FindingMemory(lambda: path).note("00") is not None
    if has_thread:
        memory.set_note("11", "text", NOW)
    else:
        with pytest.raises(OSError, match="memory"):
            memory.set_note("11", "text", NOW)
    assert isinstance(memory.flush(NOW), OSError), "this one is lost"


def test_a_note_in_the_file_is_not_reported_as_lost_when_the_last_state_cannot_be_written(tmp_path: Path) -> None:
    path, disk = tmp_path / "memory" / "x.json", FullDisk()
    memory = FindingMemory(lambda: path, disk.write, disk.submit)
    disk.is_held = True
    memory.set_note("00", "raise the memory", NOW)
    cluster, finding = failing(1)
    memory.observe(cluster, [finding])  # waits for the write under way
    disk.work()
    disk.is_full, disk.is_held = True, False
    assert memory.flush(NOW) is None
    assert FindingMemory(lambda: path).note("00") is not None
