"""The incident bundle: what is in it, what is not, and the files it is in."""

import errno
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platformdirs
import pytest

from tests.support.incidents import filled, incident
from tests.support.rows import run_id
from tui.export.incident import bundle as files
from tui.export.incident.bundle import write
from tui.export.incident.contents import Incident


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to be in."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_two_files_of_ones_own_in_the_current_folder(here: Path) -> None:
    bundle = write(incident(filled(), run_id(1)))
    assert bundle.text == here / "reflowtop-01010101-20261101T120341Z.md"
    assert bundle.data == here / "reflowtop-01010101-20261101T120341Z.json"
    assert [stat.S_IMODE(path.stat().st_mode) for path in bundle] == [0o600, 0o600]
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


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_where_the_current_folder_is_barred_it_is_that_of_the_user(
    number: int, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platformdirs, "user_data_path", lambda *_, **__: tmp_path / "data")
    monkeypatch.setattr(os, "open", failing_open(number, here))
    assert write(incident(filled())).text.parent == tmp_path / "data"


def test_a_failed_write_is_a_sentence(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "open", failing_open(errno.EACCES, here))
    with pytest.raises(OSError, match=f"^no bundle in {here}: Permission denied$"):
        write(incident(filled()), here)
    with pytest.raises(OSError, match=r"^no bundle in /dev/null: File exists$"):
        write(incident(filled()), Path("/dev/null"))


def test_of_a_bundle_that_does_not_fit_nothing_is_left(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Incident) -> Iterator[str]:
        yield "{"
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "data", full)
    with pytest.raises(OSError, match=f"^no bundle in {here}: No space left on device$"):
        write(incident(filled()))
    assert not list(here.iterdir())
