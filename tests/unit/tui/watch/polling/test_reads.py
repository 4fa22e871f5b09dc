"""The reads of a refresh: changes, full scans, lookups."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from store import Digest, Error, ErrorKind, FailureReason, RunID, Snapshot
from tests.support.rows import NOW, ago, ahead, make_alloc, make_pool, make_run, make_task, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.watched import INTERVAL, SECOND, Watched
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State
from tui.watch.polling.poller import FULL_EVERY
from tui.watch.polling.reads import ReadOutcome, remove_absent


async def test_refreshes_for_changes_follow_a_full_refresh() -> None:
    watched = Watched(ScriptedDB(make_run(1, keepalive=ahead(hours=1))), narrow=False)
    for number in range(2 * FULL_EVERY + 1):
        await watched.refresh(NOW + number * INTERVAL)
    full = [number for number, since in enumerate(watched.db.changed_since) if since is None]
    assert full == [0, FULL_EVERY, 2 * FULL_EVERY]
    assert watched.db.changed_since[3] == NOW + 2 * INTERVAL - 15 * SECOND
    assert watched.db.called("active")[3] == NOW + 2 * INTERVAL - 75 * SECOND


async def test_a_refresh_with_gaps_is_repeated_as_a_full_scan() -> None:
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


# Rows that are gone.


async def test_a_table_that_was_created_again_has_its_old_rows_removed_at_the_next_refresh() -> None:
    old: dict[str, Any] = {"start": NOW, "keepalive": ahead(minutes=2)}
    watched = Watched(ScriptedDB(make_run(1, **old), make_task(1, 1, **old), make_alloc(**old), make_pool(**old)))
    watched.db.put(make_run(2, **old, end=ahead(seconds=1)))
    await watched.refresh()
    watched.db.rows.clear()
    watched.db.put(make_run(3, start=ahead(seconds=4), keepalive=ahead(seconds=124)))
    await watched.refresh(ahead(seconds=5))
    assert [run.id for run in watched.cluster.runs] == [run_id(3)]
    assert {run_id(1), run_id(2)} <= watched.changes[-1].runs
    await watched.refresh(ahead(seconds=10))
    assert [run.id for run in watched.cluster.runs] == [run_id(3)]
    assert not [*watched.cluster.allocs, *watched.cluster.pools]
    assert [row.id for row in watched.cluster.open_rows] == [run_id(3)]


async def test_a_deleted_table_is_empty_when_it_is_back() -> None:
    watched = Watched(ScriptedDB(make_run(1), make_task(1, 1)), narrow=False)
    await watched.refresh()
    watched.db.failure = Error(ErrorKind.NOT_EXIST, "query", ("t",), "no table", FailureReason.NO_TABLE)
    await watched.refresh(ahead(seconds=5))
    assert watched.cluster.runs, "it may be a wrong endpoint"
    watched.db.failure = None
    watched.db.rows.clear()
    await watched.refresh(ahead(seconds=20))
    assert not watched.cluster.runs


async def test_rows_that_a_lookup_did_not_bring_are_kept_unless_a_consistent_one_confirms_it() -> None:
    class Lagging(ScriptedDB):
        async def lookup(self, ids: Iterable[Digest], *, consistent: bool = False) -> Snapshot:
            return await super().lookup(ids if consistent else (), consistent=consistent)

    watched = Watched(Lagging(make_run(1, start=NOW, keepalive=ahead(minutes=2))))
    await watched.refresh()
    await watched.refresh(ahead(seconds=20))
    assert [run.id for run in watched.cluster.runs] == [run_id(1)]


async def test_a_run_that_has_only_tasks_is_not_taken_for_a_deleted_one() -> None:
    watched = Watched(ScriptedDB(make_task(1, 1, start=NOW, keepalive=ahead(minutes=2))))
    await watched.refresh()
    watched.db.calls.clear()
    await watched.refresh(ahead(seconds=20))
    assert [run.id for run in watched.cluster.runs] == [run_id(1)]
    assert len(watched.db.called("lookup")) <= 1


async def test_at_most_500_rows_of_a_deleted_table_are_looked_up_open_runs_first() -> None:
    ended = [make_run(1, id=RunID.compute(b"%d" % n), end=NOW) for n in range(600)]
    live = [make_run(1, id=RunID.compute(b"live %d" % n)) for n in range(3)]
    cluster, db, reading = Cluster(NOW), ScriptedDB(), ReadOutcome()
    cluster.add([make_pool(), make_alloc(), *ended, *live])
    assert await remove_absent(db, cluster, reading, was_deleted=True)
    (asked,) = db.called("lookup")
    assert isinstance(asked, set)
    assert len(asked) == 500
    assert {run.id for run in live} <= asked
    assert {make_pool().id, make_alloc().id}.isdisjoint(asked), "after the runs"
    assert len(list(cluster.runs)) == 103
    assert reading.consumed == 250
