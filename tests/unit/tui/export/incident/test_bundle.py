"""The incident bundle: what is in it, what is not, and the files it is in."""

import errno
import json
import os
import stat
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import platformdirs
import pytest

from tests.support.incidents import filled, incident
from tests.support.rows import run_id
from tui.export.incident import bundle as files
from tui.export.incident.bundle import write
from tui.terminal import new_files


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The platform's state folder, which is not there yet. The working directory is another, empty one."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(platformdirs, "user_state_path", lambda *_, **__: tmp_path / "here")
    return tmp_path / "here"


def test_two_files_of_ones_own_in_the_state_folder(here: Path) -> None:
    bundle = write(incident(filled(), run_id(1)))
    assert bundle.text == here / "reflowtop-01010101-20261101T120341Z.md"
    assert bundle.data == here / "reflowtop-01010101-20261101T120341Z.json"
    assert [stat.S_IMODE(path.stat().st_mode) for path in bundle] == [0o600, 0o600]
    assert stat.S_IMODE(here.stat().st_mode) == 0o700
    assert not list(Path.cwd().iterdir())
    assert f"`{bundle.data.name}`" in bundle.text.read_text()
    assert json.loads(bundle.data.read_text())["runs"][0]["id"] == str(run_id(1))


def test_no_file_is_overwritten_and_no_link_followed(here: Path) -> None:
    found = incident(filled())
    first = write(found)
    (here / "reflowtop-runs-20261101T120341Z-2.json").symlink_to(here / "theirs")
    third = write(found)
    assert third.text.name == "reflowtop-runs-20261101T120341Z-3.md"
    assert first.text.read_text() == third.text.read_text().replace(third.data.name, first.data.name)
    assert sorted(path.name for path in here.iterdir()) == sorted(
        [first.text.name, first.data.name, third.text.name, third.data.name, "reflowtop-runs-20261101T120341Z-2.json"]
    )


def test_a_missing_folder_is_created(here: Path) -> None:
    bundle = write(incident(filled()), here / "a" / "b")
    assert bundle.text.parent == here / "a" / "b"
    assert stat.S_IMODE(bundle.text.parent.stat().st_mode) == 0o700


def failing_open(number: int, folder: Path) -> Any:
    """`os.open`, but with an error for what is in `folder`."""
    real = os.open

    def open_or_fail(path: Any, *args: Any, **options: Any) -> int:
        if str(path).startswith(str(folder)):
            raise OSError(number, os.strerror(number), str(path))
        return real(path, *args, **options)

    return open_or_fail


def test_a_failed_write_is_a_sentence(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "open", failing_open(errno.EACCES, here))
    with pytest.raises(OSError, match=f"^no bundle in {here}: Permission denied$"):
        write(incident(filled()), here)
    with pytest.raises(OSError, match=r"^no bundle in /dev/null: File exists$"):
        write(incident(filled()), Path("/dev/null"))


def test_a_bundle_that_does_not_fit_leaves_no_file(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = new_files.create

    class FullDisk(BytesIO):
        def write(self, _: object) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def create(path: Path) -> BinaryIO:
        if path.suffix != ".json":
            return real(path)
        path.touch()
        return FullDisk()

    monkeypatch.setattr(new_files, "create", create)
    with pytest.raises(OSError, match=f"^no bundle in {here}: No space left on device$"):
        write(incident(filled()))
    assert not list(here.iterdir())


def test_the_size_is_known_before_anything_is_written(here: Path) -> None:
    rendered = files.render(incident(filled()))
    bundle = files.save(rendered, files.default_path(rendered.incident))
    assert rendered.size == sum(path.stat().st_size for path in bundle)


@pytest.mark.parametrize("name", ["night", "night.md", "night.json"])
def test_a_bundle_of_a_chosen_name(here: Path, name: str) -> None:
    here.mkdir()
    bundle = files.save(files.render(incident(filled())), here / name)
    assert bundle == (here / "night.md", here / "night.json")
    with pytest.raises(OSError, match=f"^no bundle in {here}: File exists$"):
        files.save(files.render(incident(filled())), here / name)
    bundle.text.unlink()
    bundle.data.rename(here / "theirs")
    bundle.data.symlink_to(here / "theirs")
    with pytest.raises(OSError, match=f"^no bundle in {here}: File exists$"):
        files.save(files.render(incident(filled())), here / name)
    assert not bundle.text.exists()
