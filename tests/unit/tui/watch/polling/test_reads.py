"""The reads of a refresh: changes, full scans, lookups."""

from datetime import timedelta

from tests.support.pollers import INTERVAL, SECOND
from tests.support.rows import NOW, ago, ahead, make_run, make_task, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.watched import Watched
from tui.watch.model.states import State
from tui.watch.polling.poller import FULL_EVERY


async def test_after_a_full_sweep_come_those_for_changes() -> None:
    watched = Watched(ScriptedDB(make_run(1, keepalive=ahead(hours=1))), narrow=False)
    for number in range(2 * FULL_EVERY + 1):
        await watched.refresh(NOW + number * INTERVAL)
    full = [number for number, since in enumerate(watched.db.changed_since) if since is None]
    assert full == [0, FULL_EVERY, 2 * FULL_EVERY]
    assert watched.db.changed_since[3] == NOW + 2 * INTERVAL - 15 * SECOND
    assert watched.db.called("active")[3] == NOW + 2 * INTERVAL - 75 * SECOND


async def test_a_sweep_with_gaps_counts_for_nothing() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    watched.db.row_errors = [THROTTLED]
    await watched.refresh()
    watched.db.row_errors = []
    await watched.refresh(NOW + INTERVAL)
    assert watched.db.changed_since == [None, None]


async def test_a_longer_window_is_scanned_once() -> None:
    watched = Watched(ScriptedDB(make_run(1)), narrow=False)
    await watched.refresh()
    watched.poller._since = lambda now: now - timedelta(days=1)
    for number in range(1, FULL_EVERY + 2):
        await watched.refresh(NOW + number * INTERVAL)
    assert watched.db.changed_since[1:] == [None, *watched.db.changed_since[2:-1], None]
    assert watched.db.called("active")[1] == NOW + INTERVAL - timedelta(days=1)
    assert watched.db.called("active")[-1] == NOW + (FULL_EVERY + 1) * INTERVAL - timedelta(minutes=10)


async def test_rows_without_changes_keep_their_state() -> None:
    watched = Watched(ScriptedDB(make_run(1), make_task(1, 1)))
    await watched.refresh()
    await watched.refresh(ahead(seconds=60))
    assert watched.cluster.tally(run_id(1)).total == 1
    assert watched.cluster.run_state(run_id(1)) is State.RUNNING


async def test_a_missing_run_is_derived_from_its_tasks() -> None:
    watched = Watched(
        ScriptedDB(make_task(1, 1), make_task(2, 1, keepalive=ahead(seconds=99), start=ago(minutes=3))), narrow=False
    )
    await watched.refresh()
    (run,) = watched.cluster.runs
    assert (run.id, run.start, run.keepalive, run.end) == (run_id(1), ago(minutes=3), ahead(seconds=99), None)
    assert watched.cluster.run_state(run_id(1)) is State.RUNNING
    assert not watched.cluster.has_all_tasks(run_id(1))
    watched.db.put(make_task(1, 1, end=NOW), make_task(2, 1, end=ahead(seconds=3)))
    await watched.refresh(NOW + INTERVAL)
    assert watched.cluster.run_state(run_id(1)) is State.SUCCEEDED
    watched.db.put(make_run(1, start=NOW, user="bob"))
    await watched.refresh(NOW + 2 * INTERVAL)
    (run,) = watched.cluster.runs
    assert (run.user, run.end) == ("bob", None)
