"""A full disk: a text stream, and new files, that cannot be written."""

import io
from pathlib import Path
from typing import BinaryIO

import pytest

from tui.terminal import new_files


class FullDisk(io.StringIO):
    """A text stream that cannot be written."""

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


def fill_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let new files be created, but not written."""

    def create(path: Path) -> BinaryIO:
        path.touch(exist_ok=False)
        return Path("/dev/full").open("wb")

    monkeypatch.setattr(new_files, "create", create)
