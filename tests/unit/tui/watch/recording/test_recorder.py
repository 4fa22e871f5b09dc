"""Refreshes made from what a poller reads."""

from datetime import timedelta

import pytest

from store import Digest
from tests.support.rows import NOW, make_run, make_task, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.watched import INTERVAL, Watched
from tui.watch.model.rows import Row
from tui.watch.recording.recorder import Recorder, Refresh


class RecordedPoller:
    """A poller on a table, whose refreshes a recorder records."""

    def __init__(self, db: ScriptedDB) -> None:
        self.db = db
        self.watched = Watched(db, narrow=False)
        self.recorder = Recorder(self.watched.poller)

    async def refresh(self) -> Refresh:
        """Read once, five seconds later; return the one refresh that was recorded."""
        before = len(self.watched.changes)
        await self.watched.refresh(self.db.now + INTERVAL)
        (refresh,) = filter(None, map(self.recorder.record, self.watched.changes[before:]))
        return refresh

    def read_in_background(self, *rows: Row) -> Refresh | None:
        """Read rows between two refreshes; return what is recorded of that."""
        self.db.put(*rows)
        return self.recorder.record(self.watched.cluster.add(rows))


def ids(refresh: Refresh | None) -> set[Digest]:
    assert refresh is not None
    return {row.id for row in refresh.delta.rows}


@pytest.fixture
async def poller() -> RecordedPoller:
    """A poller that has read run 1, at `NOW`."""
    poller = RecordedPoller(ScriptedDB(make_run(1)))
    poller.db.now = NOW - INTERVAL
    assert ids(await poller.refresh()) == {run_id(1)}
    return poller


async def test_a_refresh_has_the_changes_since_the_one_before(poller: RecordedPoller) -> None:
    poller.db.put(made := make_task(1, 1, start=NOW))
    refresh = await poller.refresh()
    assert ids(refresh) == {made.id}
    assert (refresh.time, refresh.status) == (NOW + INTERVAL, poller.watched.poller.status)


async def test_background_reads_are_recorded_with_the_next_refresh(poller: RecordedPoller) -> None:
    assert poller.read_in_background(make_run(2)) is None
    assert ids(await poller.refresh()) == {run_id(2)}
    assert poller.recorder.remainder() is None


async def test_reads_after_the_last_refresh_are_the_remainder(poller: RecordedPoller) -> None:
    assert poller.recorder.remainder() is None
    poller.read_in_background(make_run(2))
    assert ids(poller.recorder.remainder()) == {run_id(2)}
    assert poller.recorder.remainder() is None


async def test_a_failed_refresh_is_recorded_with_its_error(poller: RecordedPoller) -> None:
    poller.db.failure = THROTTLED
    refresh = await poller.refresh()
    assert (refresh.status.error, refresh.delta.rows) == (THROTTLED, [])


async def test_a_keyframe_has_every_row_in_place_of_the_changes(poller: RecordedPoller) -> None:
    poller.read_in_background(make_run(2))
    assert ids(poller.recorder.keyframe()) == {run_id(1), run_id(2)}
    assert poller.recorder.remainder() is None


async def test_times_do_not_go_back_with_the_clock(poller: RecordedPoller) -> None:
    poller.db.now = NOW - timedelta(hours=1)
    assert poller.recorder.keyframe().time == NOW
    poller.db.now = NOW + timedelta(hours=1)
    assert poller.recorder.keyframe().time == NOW + timedelta(hours=1)
