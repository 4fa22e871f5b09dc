"""The clock offset and the health of the poller."""

from tests.support.rows import NOW, ahead, make_run, run_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.watched import INTERVAL, SECOND, Watched
from tui.watch.model.states import State


async def test_leases_are_measured_by_the_services_clock() -> None:
    watched = Watched(ScriptedDB(make_run(1)), narrow=False)
    watched.db.clock_offset = 240.0  # ours is four minutes behind
    await watched.refresh()
    status = watched.poller.status
    assert (status.as_of, status.clock_offset, status.is_clock_off()) == (NOW, 240 * SECOND, True)
    assert watched.cluster.as_of == status.seen_at(NOW) == ahead(minutes=4)
    assert watched.cluster.run_state(run_id(1)) is State.STALE
    await watched.refresh(NOW + INTERVAL)
    assert watched.db.called("active")[-1] == NOW + 240 * SECOND - 75 * SECOND


async def test_small_changes_of_the_clock_offset_are_ignored() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    for offset, seen in ((1.5, 1.5), (3.0, 1.5), (4.4, 4.4), (2.5, 4.4), (None, 4.4), (-3.0, -3), (-5.5, -5.5)):
        watched.db.clock_offset = offset
        await watched.refresh()
        assert watched.poller.status.clock_offset == seen * SECOND
        assert watched.poller.status.is_clock_off() is (seen == -5.5)


async def test_a_date_ahead_for_45_seconds_ends_no_lease() -> None:
    watched = Watched(ScriptedDB(make_run(1, keepalive=ahead(seconds=100))))
    watched.db.clock_offset = 0.4
    await watched.refresh()
    for seconds in range(5, 95, 5):
        watched.db.clock_offset = 600.0 if 10 <= seconds <= 55 else 0.4
        await watched.refresh(ahead(seconds=seconds))
        assert watched.cluster.run_state(run_id(1)) is State.RUNNING
        assert watched.cluster.as_of - ahead(seconds=seconds) <= 51 * SECOND
    assert watched.poller.status.clock_offset == 0.4 * SECOND
    assert watched.cluster.as_of <= ahead(seconds=106)


async def test_a_new_offset_moves_the_time_by_a_refresh_at_a_time() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    await watched.refresh()
    watched.db.clock_offset = 240.0
    steps = []
    for number in range(1, 60):
        before = watched.cluster.as_of
        await watched.refresh(NOW + number * INTERVAL)
        steps.append(watched.cluster.as_of - before)
    assert max(steps) == 2 * INTERVAL
    assert watched.poller.status.clock_offset == 240 * SECOND


async def test_setting_our_clock_back_does_not_stop_the_time() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    watched.db.clock_offset = 0.0
    await watched.refresh()
    watched.db.clock_offset = 600.0  # as a client says once our clock was set back
    await watched.refresh(NOW - 595 * SECOND)
    assert watched.cluster.as_of == NOW + 5 * SECOND


async def test_our_own_clock_makes_nothing_stale_before_the_first_complete_refresh() -> None:
    watched = Watched(ScriptedDB(make_run(1)))
    watched.db.clock_offset = -300.0  # ours is ahead
    watched.db.row_errors = [THROTTLED]
    await watched.refresh()
    assert watched.cluster.run_state(run_id(1)) is State.RUNNING
    assert watched.cluster.as_of == NOW - 300 * SECOND
