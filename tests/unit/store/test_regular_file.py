import os
import re
import threading
from pathlib import Path

import pytest

from store.regular_file import find_file_problem, read_regular_file


def test_a_regular_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 200_000)
    assert read_regular_file(path, 200_000) == b"x" * 200_000
    link = tmp_path / "link"
    link.symlink_to(path)
    assert read_regular_file(link, 200_000) == b"x" * 200_000
    assert find_file_problem(link, 200_000) == ""
    assert read_regular_file(os.devnull, 10) == b""


def test_files_of_proc_have_no_size() -> None:
    assert read_regular_file("/proc/self/status", 1 << 20)
    assert find_file_problem("/proc/self/status", 10) == "it has over 0 KB"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("none", "no such file or directory"),
        ("folder", "it is a directory"),
        ("fifo", "it is a FIFO"),
        ("zero", "it is a device"),
        ("loop", "too many levels of symbolic links"),
        ("file/x", "not a directory"),
        ("large", "it has over 1 KB"),
        ("a\0b", "embedded null byte|open: embedded null character in path"),
    ],
)
def test_other_files_are_refused_at_once(tmp_path: Path, name: str, problem: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    (tmp_path / "large").write_bytes(b"x" * 2000)
    assert re.fullmatch(problem, find_file_problem(tmp_path / name, 1024) or "")


def test_the_pipe_of_a_process_substitution_is_read() -> None:
    reader, writer = os.pipe()

    def write() -> None:
        os.write(writer, b"x" * 5000)
        os.close(writer)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert read_regular_file(f"/dev/fd/{reader}", 5000) == b"x" * 5000
    finally:
        thread.join()
        os.close(reader)


def test_a_pipe_without_a_writer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.regular_file._PIPE_TIMEOUT", 0.1)
    reader, writer = os.pipe()
    try:
        with pytest.raises(OSError, match=r"nothing was written to it within 0\.1 s"):
            read_regular_file(f"/dev/fd/{reader}", 10)
        os.write(writer, b"x" * 20)
        with pytest.raises(OSError, match="over 0 KB"):
            read_regular_file(f"/proc/self/fd/{reader}", 10)
    finally:
        os.close(reader)
        os.close(writer)
