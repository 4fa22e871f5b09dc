"""Lookups of expired rows."""

from tests.support.rows import NOW, ago, ahead, make_run, make_task, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.watched import Watched
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State
from tui.watch.polling.lookups import Lookups


async def test_a_row_is_looked_up_before_it_is_stale() -> None:
    watched = Watched(ScriptedDB(make_run(1), make_run(2), make_run(3)), narrow=False)
    await watched.refresh()
    # By clocks that are behind: a refresh for changes brings neither.
    watched.db.put(make_run(1, end=ago(minutes=1)), make_run(2, keepalive=ahead(seconds=104)))
    await watched.refresh(ahead(seconds=161))
    assert watched.db.called("lookup") == [{run_id(1), run_id(2), run_id(3)}]
    states = [watched.cluster.run_state(run_id(n)) for n in (1, 2, 3)]
    assert states == [State.SUCCEEDED, State.RUNNING, State.STALE]
    await watched.refresh(ahead(seconds=170))
    assert len(watched.db.called("lookup")) == 1


async def test_rows_without_a_lookup_keep_their_state() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    await watched.refresh()
    watched.db.failures["lookup"] = THROTTLED
    await watched.refresh(ahead(minutes=9))
    assert watched.cluster.run_state(run_id(1)) is State.RUNNING
    assert (watched.poller.status.error, watched.poller.status.as_of) == (THROTTLED, NOW)
    watched.db.failures.clear()
    await watched.refresh(ahead(minutes=9))
    assert watched.cluster.run_state(run_id(1)) is State.LOST


async def test_a_run_without_a_lease_is_ended_at_the_next_refresh() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=ago(hours=1), keepalive=None), make_task(1, 1)))
    for seconds in (0, 5, 10):
        await watched.refresh(ahead(seconds=seconds))
    watched.db.put(make_run(1, start=ago(hours=1), keepalive=None, end=ahead(seconds=12)))
    await watched.refresh(ahead(seconds=15))
    assert watched.cluster.run_state(run_id(1)) is State.SUCCEEDED
    lookups = watched.db.called("lookup")
    await watched.refresh(ahead(seconds=20))
    assert watched.db.called("lookup") == lookups


async def test_lookups_of_runs_without_a_lease_are_bounded_and_take_turns() -> None:
    runs = [make_run(n, start=ago(minutes=1), keepalive=None) for n in range(1, 151)]
    tasks = [make_task(n, n, keepalive=ahead(hours=1)) for n in range(1, 151)]
    watched = Watched(ScriptedDB(*runs, *tasks))
    await watched.refresh()
    watched.db.calls.clear()
    await watched.refresh(ahead(seconds=5))
    await watched.refresh(ahead(seconds=10))
    first, second = (found for found in watched.db.called("lookup") if isinstance(found, set))
    assert (len(first), len(second)) == (100, 100)
    assert first | second == {run.id for run in runs}


def test_only_new_rows_with_an_expired_lease_are_noted() -> None:
    cluster, lookups = Cluster(NOW), Lookups()
    changes = cluster.add([make_run(1, keepalive=ahead(seconds=30)), make_run(2, keepalive=ago(minutes=3))])
    lookups.note_added(cluster, changes.added, NOW)
    assert (lookups.last(run_id(1)), lookups.last(run_id(2))) == (None, NOW)
    assert lookups.due(cluster, NOW).news == []
    lookups.note_added(cluster, set(), ahead(seconds=5))
    assert lookups.last(run_id(2)) == NOW
