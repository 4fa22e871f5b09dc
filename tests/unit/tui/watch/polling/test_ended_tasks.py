"""Ended tasks: how they are found and looked up, and what happens without their index."""

from tests.support.rows import NOW, ahead, make_run, make_task, run_id, task_id
from tests.support.scripted_db import NO_INDEX, THROTTLED, ScriptedDB
from tests.support.watched import INTERVAL, SECOND, Watched
from tui.watch.polling.budget import Budget

FAR = ahead(hours=1)


async def test_a_table_without_the_index_of_ends_is_read_as_a_whole() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=NOW, keepalive=FAR), make_task(1, 1, keepalive=FAR)))
    watched.db.orders_ends = False
    await watched.refresh()
    watched.db.put(make_task(1, 1, keepalive=FAR, end=ahead(seconds=3)))
    await watched.refresh(ahead(seconds=5))
    assert watched.poller.status.error is None
    assert watched.poller.status.refused is NO_INDEX
    assert watched.cluster.tally(run_id(1)).tasks[task_id(1)].end == ahead(seconds=3)
    assert watched.db.changed_since[-1] == NOW - 15 * SECOND
    await watched.refresh(ahead(seconds=10))
    assert len(watched.db.called("ended")) == 1


async def test_a_refused_index_is_tried_again_after_some_minutes() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=NOW, keepalive=FAR), make_task(1, 1, keepalive=FAR)))
    watched.db.orders_ends = False
    seconds = 0
    while seconds <= 305:
        await watched.refresh(ahead(seconds=seconds))
        seconds += 5
    refused = watched.poller.status
    assert len(watched.db.called("ended")) == 2
    assert (refused.refused, refused.retry_at) == (NO_INDEX, ahead(seconds=605))
    watched.db.orders_ends = True
    while seconds <= 610:
        await watched.refresh(ahead(seconds=seconds))
        seconds += 5
    assert (watched.poller.status.refused, watched.poller.status.retry_at) == (None, None)
    assert len(watched.db.called("ended")) == 5
    watched.db.put(make_task(1, 1, keepalive=FAR, end=ahead(seconds=612)))
    await watched.refresh(ahead(seconds=615))
    assert watched.cluster.tally(run_id(1)).tasks[task_id(1)].end == ahead(seconds=612)
    assert watched.db.changed_since[-1] is None


async def test_a_refusal_that_is_mended_is_seen_though_a_retry_failed() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=NOW, keepalive=FAR), make_task(1, 1, keepalive=FAR)))
    watched.db.orders_ends = False
    await watched.refresh()
    await watched.refresh(ahead(seconds=5))
    watched.db.orders_ends, watched.db.failures["ended"] = True, THROTTLED
    await watched.refresh(ahead(seconds=310))
    assert (watched.poller.status.refused, watched.poller.status.error) == (NO_INDEX, None)
    watched.db.failures.clear()
    await watched.refresh(ahead(seconds=620))
    assert watched.poller.status.refused is None


async def test_ends_beyond_the_allowance_follow_at_the_next_refresh() -> None:
    lease = ahead(seconds=100)
    tasks = [make_task(number, 1, keepalive=lease) for number in range(1, 151)]
    db = ScriptedDB(make_run(1, start=NOW, keepalive=FAR), *tasks)
    watched = Watched(db, interval=INTERVAL, budget=Budget(limit=1, price=0.125))
    await watched.refresh()
    db.put(*(make_task(number, 1, keepalive=lease, end=ahead(seconds=1)) for number in range(1, 151)))
    await watched.refresh(ahead(seconds=5))
    assert watched.cluster.tally(run_id(1)).running == 50
    await watched.refresh(ahead(seconds=10))
    assert watched.cluster.tally(run_id(1)).running == 0


async def test_ended_tasks_are_known_for_some_minutes() -> None:
    tasks = [make_task(number, 1, keepalive=FAR) for number in range(1, 5)]
    watched = Watched(ScriptedDB(make_run(1, start=NOW, keepalive=FAR), *tasks))
    await watched.refresh()
    watched.db.put(*(make_task(number, 1, keepalive=FAR, end=ahead(seconds=3)) for number in range(1, 4)))
    ends = watched.poller._narrow.ends
    for seconds in range(5, 605, 5):
        await watched.refresh(ahead(seconds=seconds))
        assert len(ends._known) <= 3
    assert set(ends._known) == {task_id(1), task_id(2), task_id(3)}
    for seconds in (630, 635):
        await watched.refresh(ahead(seconds=seconds))
    assert not ends._known
    assert watched.cluster.tally(run_id(1)).running == 1
