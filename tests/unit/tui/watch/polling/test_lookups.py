"""Lookups of expired rows."""

from tests.support.rows import NOW, ago, ahead, make_run, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.watched import Watched
from tui.watch.model.states import State


async def test_a_row_is_looked_up_before_it_is_stale() -> None:
    watched = Watched(ScriptedDB(make_run(1), make_run(2), make_run(3)))
    await watched.refresh()
    # By clocks that are behind: a sweep for changes brings neither.
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
