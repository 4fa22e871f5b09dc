"""Files that dashboards share: what is read again, and which write counts."""

from pathlib import Path

import pytest

from tests.support.disk import Disk
from tui.terminal.new_files import write_whole
from tui.watch.findings.state_file import StateFile


def test_the_content_is_news_once_and_when_another_process_has_replaced_it(tmp_path: Path) -> None:
    path = tmp_path / "state" / "x"
    mine, other = StateFile(lambda: path, write_whole), StateFile(lambda: path, write_whole)
    assert (mine.is_opened, mine.news(), mine.is_opened) == (False, None, True)
    assert other.news() is None
    other.replace(b"theirs")
    assert (mine.news(), mine.news(), other.news()) == (b"theirs", None, None)


def test_content_that_waits_to_be_written_is_newer_than_the_file(tmp_path: Path) -> None:
    path, disk = tmp_path / "x", Disk()
    mine, other = StateFile(lambda: path, write_whole, disk.submit), StateFile(lambda: path, write_whole)
    assert (mine.news(), other.news()) == (None, None)
    mine.replace(b"mine")
    other.replace(b"of the other")
    assert (mine.is_writing, mine.news()) == (True, None)
    disk.work()
    assert (mine.is_writing, mine.wait()) == (False, None)
    assert path.read_bytes() == b"mine"
    other.replace(b"of the other")
    assert mine.news() == b"of the other"


def test_a_write_that_failed_is_made_good_by_the_next_one(tmp_path: Path) -> None:
    folder, disk = tmp_path / "state", Disk()
    folder.touch()
    state = StateFile(lambda: folder / "x", write_whole, disk.submit)
    assert state.news() is None
    state.replace(b"1")
    disk.work()
    assert isinstance(state.wait(), OSError)
    with pytest.raises(OSError, match="state"):
        state.replace_now(b"2")
    folder.unlink()
    state.replace(b"3")
    disk.work()
    assert (state.wait(), (folder / "x").read_bytes()) == (None, b"3")


def test_without_a_file_nothing_is_kept(tmp_path: Path) -> None:
    for state in (StateFile(), StateFile(lambda: tmp_path / "x")):
        assert state.news() is None
        assert state.replace(b"x") is None
        state.replace_now(b"x")
    assert list(tmp_path.iterdir()) == []
