"""Recordings for tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.support.deltas import seen
from tests.support.recorded import Recording, applied, recorded
from tui.watch.model.cluster import Cluster
from tui.watch.recording.file_reader import RecordingFile
from tui.watch.recording.session_history import RefreshHistory

Opened = Callable[[Path], RecordingFile]


@pytest.fixture
async def recording() -> Recording:
    return await recorded()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.reflowtop"


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens recordings, and closes them."""
    with ExitStack() as stack:
        yield lambda path: stack.enter_context(closing(RecordingFile(path)))


def at(history: RefreshHistory, place: int) -> Cluster:
    return applied(history.read(each) for each in range(history.key(place), place + 1))


def all_at(recording: Recording, place: int) -> object:
    return seen(applied([recording.wholes[place]]))
