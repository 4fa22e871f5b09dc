"""Fixtures for tests of the dashboard and its commands."""

from pathlib import Path

import pytest

from tests.support.log_world import LogWorld


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a home folder without settings and a state folder in it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)


@pytest.fixture
async def world(tmp_path: Path) -> LogWorld:
    """A run and a task whose logs are in a folder."""
    world = LogWorld(tmp_path)
    await world.begin()
    return world
