"""Which findings stay dismissed, and the file that keeps them."""

import os
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.support.disk import Disk
from tests.support.rows import NOW, ago, ahead, make_run
from tui.terminal.new_files import write_whole
from tui.watch.findings.acknowledgements import Acknowledgements, Signature
from tui.watch.findings.finding import Severity

FOUND = Signature("failing:sort:OOM error:killed", Severity.WARNING, 3, ago(minutes=2))


@pytest.mark.parametrize(
    ("now", "acknowledged"),
    [
        (FOUND, True),
        (msgspec.structs.replace(FOUND, count=2), True),
        (msgspec.structs.replace(FOUND, count=4), False),
        (msgspec.structs.replace(FOUND, last=ago(minutes=1)), False),
        (msgspec.structs.replace(FOUND, last=ago(minutes=9)), True),
        (msgspec.structs.replace(FOUND, severity=Severity.NOTE), True),
        (msgspec.structs.replace(FOUND, severity=Severity.CRITICAL), False),
        (msgspec.structs.replace(FOUND, cause="failing:sort:OOM error:exit 1"), False),
    ],
)
def test_an_acknowledged_finding_comes_back_when_it_grows_or_regresses(now: Signature, acknowledged: bool) -> None:
    acknowledgements = Acknowledgements()
    assert not acknowledgements.is_acknowledged(FOUND, NOW)
    acknowledgements.acknowledge(FOUND, NOW)
    assert acknowledgements.is_acknowledged(now, ahead(days=1)) is acknowledged


def test_a_finding_that_takes_the_place_of_others_is_dismissed_with_them() -> None:
    hosts = [msgspec.structs.replace(FOUND, cause=f"pool:{n}", count=n) for n in (2, 3)]
    causes = tuple(host.cause for host in hosts)
    run = msgspec.structs.replace(FOUND, cause="run:1", count=5, last=NOW, replaces=causes)
    acknowledgements = Acknowledgements()
    acknowledgements.acknowledge(hosts[0], NOW)
    assert not acknowledgements.is_acknowledged(run, NOW), "it is also about the tasks of the other host"
    acknowledgements.acknowledge(hosts[1], NOW)
    assert acknowledgements.is_acknowledged(run, NOW)
    assert not acknowledgements.is_acknowledged(msgspec.structs.replace(run, severity=Severity.CRITICAL), NOW)
    assert not acknowledgements.is_acknowledged(msgspec.structs.replace(run, count=6), NOW)
    acknowledgements.withdraw(run, NOW)
    assert not any(acknowledgements.is_acknowledged(each, NOW) for each in (run, *hosts))


def test_a_muted_host_mutes_the_run_that_stopped_with_it() -> None:
    host = msgspec.structs.replace(FOUND, cause="pool:1")
    run = msgspec.structs.replace(FOUND, cause="run:1", count=9, replaces=("pool:1",))
    acknowledgements = Acknowledgements()
    acknowledgements.acknowledge(host, NOW, timedelta(hours=1))
    assert acknowledgements.is_acknowledged(run, ahead(minutes=59))
    assert not acknowledgements.is_acknowledged(run, ahead(minutes=60))


def test_a_muted_finding_comes_back_after_the_time() -> None:
    acknowledgements = Acknowledgements()
    acknowledgements.acknowledge(FOUND, NOW, timedelta(hours=1))
    grown = msgspec.structs.replace(FOUND, count=9)
    assert acknowledgements.is_acknowledged(grown, ahead(minutes=59))
    assert not acknowledgements.is_acknowledged(FOUND, ahead(minutes=60))


def test_withdrawing_shows_a_finding_again() -> None:
    acknowledgements = Acknowledgements()
    acknowledgements.acknowledge(FOUND, NOW)
    acknowledgements.withdraw(FOUND, NOW)
    assert not acknowledgements.is_acknowledged(FOUND, NOW)


def test_the_file_is_kept_for_the_next_session_and_shared_with_others(tmp_path: Path) -> None:
    path = tmp_path / "state" / "acknowledged.json"
    mine, other = Acknowledgements(lambda: path, write_whole), Acknowledgements(lambda: path, write_whole)
    assert not other.is_acknowledged(FOUND, NOW)
    mine.acknowledge(FOUND, NOW)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert b"OOM" not in path.read_bytes()
    assert not other.is_acknowledged(FOUND, NOW)
    other.reload()
    assert other.is_acknowledged(FOUND, NOW)
    run = Signature.for_run(make_run(1, end=NOW), 2)
    other.acknowledge(run, NOW)
    mine.reload()
    assert mine.is_acknowledged(run, NOW)
    assert Acknowledgements(lambda: path, write_whole).is_acknowledged(FOUND, NOW)
    assert [file.name for file in path.parent.iterdir()] == ["acknowledged.json"]


def test_changes_are_written_in_a_thread_and_the_last_one_counts(tmp_path: Path) -> None:
    path, disk = tmp_path / "acknowledged.json", Disk()
    acknowledgements = Acknowledgements(lambda: path, write_whole, disk.submit)
    other = msgspec.structs.replace(FOUND, cause="other")
    for finding in (FOUND, other):
        acknowledgements.acknowledge(finding, NOW)
    acknowledgements.withdraw(other, NOW)
    assert not path.exists(), "nothing waits for the disk"
    acknowledgements.reload()
    assert acknowledgements.is_acknowledged(FOUND, NOW)
    disk.work()
    acknowledgements.reload()
    assert not acknowledgements.is_acknowledged(other, NOW), "the file has an older state"
    disk.work()
    disk.work()
    assert acknowledgements.flush() is None
    kept = Acknowledgements(lambda: path)
    assert (kept.is_acknowledged(FOUND, NOW), kept.is_acknowledged(other, NOW)) == (True, False)


def test_a_change_that_could_not_be_written_is_written_at_the_end_or_reported(tmp_path: Path) -> None:
    folder, disk = tmp_path / "state", Disk()
    folder.touch()
    acknowledgements = Acknowledgements(lambda: folder / "acknowledged.json", write_whole, disk.submit)
    write = acknowledgements.acknowledge(FOUND, NOW)
    disk.work()
    assert write is not None
    assert isinstance(write.exception(), OSError)
    assert isinstance(acknowledgements.flush(), OSError)
    folder.unlink()
    assert acknowledgements.flush() is None
    assert Acknowledgements(lambda: folder / "acknowledged.json").is_acknowledged(FOUND, NOW)


def test_old_acknowledgements_are_dropped(tmp_path: Path) -> None:
    path = tmp_path / "acknowledged.json"
    acknowledgements = Acknowledgements(lambda: path, write_whole)
    acknowledgements.acknowledge(FOUND, ago(days=31))
    acknowledgements.acknowledge(msgspec.structs.replace(FOUND, cause="other"), NOW)
    assert not acknowledgements.is_acknowledged(FOUND, NOW)


@pytest.mark.parametrize("content", [b"", b"{", b'{"acknowledged": 1}', b"\xff"])
def test_a_file_that_cannot_be_read_is_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "acknowledged.json"
    path.write_bytes(content)
    acknowledgements = Acknowledgements(lambda: path, write_whole)
    assert not acknowledgements.is_acknowledged(FOUND, NOW)
    acknowledgements.acknowledge(FOUND, NOW)
    assert Acknowledgements(lambda: path, write_whole).is_acknowledged(FOUND, NOW)


def test_a_fifo_in_place_of_the_file_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "acknowledged.json")
    assert not Acknowledgements(lambda: tmp_path / "acknowledged.json").is_acknowledged(FOUND, NOW)


def test_a_folder_that_cannot_be_written_raises_and_memory_holds(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    acknowledgements = Acknowledgements(lambda: tmp_path / "file" / "acknowledged.json", write_whole)
    with pytest.raises(OSError, match="file"):
        acknowledgements.acknowledge(FOUND, NOW)
    assert acknowledgements.is_acknowledged(FOUND, NOW)
