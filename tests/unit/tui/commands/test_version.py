"""The version of reflowtop."""

import importlib.metadata
from typing import NoReturn

import pytest

from tui.commands.version import installed_version


def test_the_version_is_that_of_the_package() -> None:
    assert installed_version() == importlib.metadata.version("reflowtop")


def test_a_folder_of_source_code_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_nothing(name: str) -> NoReturn:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", find_nothing)
    assert installed_version() == "(not installed)"
