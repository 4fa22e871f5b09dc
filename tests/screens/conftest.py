"""A dashboard that the tests of a module share: starting one takes 70 ms of CPU, and starting over 4 ms.

A module that uses it runs its tests in one event loop, by `pytestmark = pytest.mark.asyncio(loop_scope="module")`.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.dashboard import Dashboard, cluster
from tests.support.headless import Written
from tui.terminal import new_files


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(request: pytest.FixtureRequest) -> AsyncIterator[Dashboard]:
    """The dashboard of the module; `SIZE` there is its width and height."""
    width, height = getattr(request.module, "SIZE", (120, 36))
    async with Dashboard(cluster()).shown(width, height) as dashboard:
        yield dashboard


@pytest_asyncio.fixture(loop_scope="module")
async def top(shared: Dashboard) -> AsyncIterator[Dashboard]:
    """The shared dashboard on its first screen, as at its start. Tests that change rows or the clock need their own."""
    await shared.start_over()
    yield shared
    assert not shared.app.failures, f"shown as a line; clear `failures` if that is expected: {shared.app.failures!r}"


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    return Written(monkeypatch)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The platform's state folder, which is not there yet. The working directory is another, empty one."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(new_files, "state_folder", lambda: tmp_path / "state")
    return tmp_path / "state"
