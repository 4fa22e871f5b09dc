"""New files of the user: suggested, typed and created."""

import os
import stat
import tempfile
from pathlib import Path

import pytest

from tests.support.full_disk import fill_disk
from tui.settings import Settings
from tui.terminal import new_files


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path


def test_an_unused_name_is_unused_with_every_suffix(home: Path) -> None:
    (home / "a.json").symlink_to(home / "nowhere")
    assert new_files.find_unused(home, "a", ".md", ".json") == home / "a-2.md"
    assert new_files.find_unused(home / "none", "a", ".md") == home / "none" / "a.md"


def test_the_file_name_of_a_long_table_is_short_and_unique(home: Path) -> None:
    tables = ["t" * 255, "t" * 254 + "u", "ä" * 255, "\x1b[2J" * 50, "\ud83d" * 200]
    names = {new_files.table_file_name(Settings(table=table, region="us-west-2")) for table in tables}
    assert len(names) == len(tables)
    for name in names:
        new_files.write_whole(home / name, b"")
    assert new_files.table_file_name(Settings(table="reflow-prod", region="us-west-2")) == "reflow-prod-us-west-2.json"


def test_paths_are_shown_as_typed(home: Path) -> None:
    assert new_files.abbreviate(home / "x" / "y") == "~/x/y"
    assert new_files.abbreviate(Path("/elsewhere/y")) == "/elsewhere/y"


def test_an_error_keeps_its_reason_however_long_its_path() -> None:
    assert new_files.describe(OSError(28, "No space left on device", "/x/y")) == "/x/y: No space left on device"
    assert new_files.describe(OSError(28, "No space left on device", b"/x")) == "/x: No space left on device"
    assert new_files.describe(OSError(28, "No space left on device")) == "No space left on device"
    text = new_files.describe(OSError(28, "No space left on device", f"/{'x' * 300}/name.log"), 70)
    assert text.startswith("/xxx")
    assert text.endswith("xxx/name.log: No space left on device")
    assert len(text) == 70


def test_a_typed_path_names_a_file_or_a_folder(home: Path) -> None:
    default = new_files.state_folder() / "log.txt"
    assert new_files.parse_path(" ~/a.txt ", default) == home / "a.txt"
    assert new_files.parse_path("~", default) == home / "log.txt"
    assert new_files.parse_path(" ", default) == default
    assert new_files.parse_path(str(default), default) == default  # its folder will be created


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("~/link", "~/link exists already"),
        ("~/none/a", "no folder ~/none"),
        ("~/file/a", "no folder ~/file"),
        ("a\0b", "not a path"),
        # The same in all versions of Python: until 3.14 some methods of Path raise OSError.
        (f"~/{'x' * 300}", f"^~/{'x' * 51}…{'x' * 106}: File name too long$"),
        (f"~/{'x' * 300}/a", "^~/x+…x+/a: File name too long$"),
        (f"~{'x' * 300}/a", "^no such user: ~x+…x+/a$"),
    ],
)
def test_a_typed_path_is_checked(home: Path, text: str, why: str) -> None:
    (home / "link").symlink_to(home / "nowhere")
    (home / "file").touch()
    with pytest.raises(ValueError, match=why):
        new_files.parse_path(text, home / "log.txt")


def test_a_failed_write_leaves_no_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home / "a"
    with monkeypatch.context() as full:
        fill_disk(full)
        with pytest.raises(OSError, match="No space left on device") as raised:
            new_files.write_new(path, b"x")
        assert new_files.describe(raised.value) == "~/a: No space left on device"
    assert not path.exists()
    with pytest.raises(KeyError), new_files.open_new(path):
        raise KeyError
    new_files.write_new(path, b"x")
    with pytest.raises(FileExistsError):
        new_files.write_new(path, b"y")
    assert path.read_bytes() == b"x"


def test_a_failed_replacement_names_the_file_and_leaves_the_old_one(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    path = home / "a"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space") as raised:
        new_files.write_whole(path, b"new")
    assert raised.value.filename == str(path)
    assert [*home.iterdir()] == [path]
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("method", ["mkstemp", "replace"])
def test_a_failure_of_the_temporary_file_names_the_file_itself(
    home: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(13, "Permission denied", str(home / ".a-x9k2"))

    path = home / "a"
    monkeypatch.setattr(tempfile if method == "mkstemp" else Path, method, fail)
    with pytest.raises(OSError, match="denied") as raised:
        new_files.write_whole(path, b"new")
    assert raised.value.filename == str(path)


def test_files_are_new_and_the_users_own(home: Path) -> None:
    path = new_files.state_folder() / "a"
    with new_files.create(path) as file:
        file.write(b"x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    (home / "link").symlink_to(home / "nowhere")
    for taken in (path, home / "link"):
        with pytest.raises(FileExistsError):
            new_files.create(taken)
    assert not (home / "nowhere").exists()
    with pytest.raises(FileNotFoundError):
        new_files.create(home / "none" / "a")
