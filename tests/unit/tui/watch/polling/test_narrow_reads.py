"""Refreshes by narrow reads: what they find, what they look up first, and when they give way to scans."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from store import Digest, Error, ErrorKind, Snapshot
from store.lease import LEASE
from tests.support.rows import NOW, ahead, digest, make_alloc, make_pool, make_run, make_task, run_id, task_id
from tests.support.scripted_db import THROTTLED, ScriptedDB
from tests.support.watched import INTERVAL, SECOND, Watched
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State
from tui.watch.polling import rationing
from tui.watch.polling.budget import Budget
from tui.watch.polling.lease_cycle import Audit
from tui.watch.polling.narrow_reads import NarrowReads

FAR = ahead(hours=1)


@pytest.fixture
def no_audits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Audit, "due", lambda *_: 0)


@pytest.mark.usefixtures("no_audits")
async def test_new_rows_renewals_and_ends_are_found_without_a_scan() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=NOW), make_task(1, 1), make_task(2, 1), make_alloc(), make_pool()))
    await watched.refresh()
    watched.db.put(make_task(1, 1, end=ahead(seconds=3), err=Error(ErrorKind.OOM, "exec", (), "killed")))
    watched.db.put(make_task(3, 1, start=ahead(seconds=4), keepalive=ahead(seconds=4)))
    watched.db.calls.clear()
    await watched.refresh(ahead(seconds=5))
    tasks = watched.cluster.tally(run_id(1)).tasks
    assert (set(tasks), tasks[task_id(1)].end) == ({task_id(1), task_id(2), task_id(3)}, ahead(seconds=3))
    assert watched.cluster.run_state(run_id(1)) is State.FAILING
    assert watched.db.called("lookup") == [{run_id(1)}, {task_id(1)}]
    watched.db.put(make_task(2, 1, keepalive=ahead(seconds=8) + LEASE))
    await watched.refresh(ahead(seconds=10))
    assert watched.cluster.tally(run_id(1)).tasks[task_id(2)].keepalive == ahead(seconds=8) + LEASE
    assert watched.db.changed_since == [None] * 6
    assert watched.db.called("active") == [
        ahead(seconds=27),
        ahead(seconds=-2),
        ahead(seconds=-2) + LEASE,
        ahead(seconds=3),
        ahead(seconds=3) + LEASE,
    ]


@pytest.mark.usefixtures("no_audits")
async def test_a_row_of_a_writer_whose_clock_is_behind_is_found_before_its_lease_expires() -> None:
    watched = Watched(ScriptedDB(make_run(1, keepalive=FAR)))
    await watched.refresh()
    # Started a second after the scan, and renewed at once, by a clock that is 15 s behind.
    watched.db.put(make_task(1, 1, start=ahead(seconds=-14), keepalive=ahead(seconds=-14) + LEASE))
    for seconds in range(5, 80, 5):
        await watched.refresh(ahead(seconds=seconds))
    assert not watched.cluster.tally(run_id(1)).tasks
    await watched.refresh(ahead(seconds=80))
    assert set(watched.cluster.tally(run_id(1)).tasks) == {task_id(1)}


@pytest.mark.usefixtures("no_audits")
async def test_renewals_that_are_written_slowly_are_read_farther_back() -> None:
    tasks = [make_task(number, 1, keepalive=ahead(seconds=100)) for number in range(1, 15)]
    watched = Watched(ScriptedDB(make_run(1, start=NOW, keepalive=FAR), *tasks))
    await watched.refresh(ahead(seconds=0.5))
    begins, overlaps = ahead(seconds=-1) + LEASE, []
    for number in range(1, 15):
        # Its writer began before the last read of renewals, and was done after it: its lease is the lowest in range.
        watched.db.put(make_task(number, 1, keepalive=begins.replace(microsecond=0) + SECOND))
        watched.db.calls.clear()
        last, now = (ahead(seconds=10 * count + 0.5) for count in (number - 1, number))
        await watched.refresh(now)
        begins = max(since for since in watched.db.called("active") if isinstance(since, datetime))
        overlaps.append(last + LEASE - begins - SECOND)
        begins += 10 * SECOND
    assert overlaps[0] == SECOND
    assert sorted(overlaps) == overlaps
    assert overlaps[-1] == 15 * SECOND


async def test_the_end_of_a_run_is_found_by_a_lookup() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=NOW)))
    await watched.refresh()
    watched.db.put(make_run(1, start=NOW, end=ahead(seconds=1)))
    await watched.refresh(ahead(seconds=5))
    assert watched.db.called("lookup") == [{run_id(1)}]
    assert watched.cluster.run_state(run_id(1)) is State.SUCCEEDED


async def test_allocs_and_pools_are_looked_up_when_a_renewal_is_overdue() -> None:
    db = ScriptedDB(make_run(1, start=NOW, end=NOW), make_task(1, 1, keepalive=FAR), make_alloc(), make_pool())
    db.put(make_alloc(keepalive=ahead(seconds=100)), make_pool(keepalive=ahead(seconds=110)))
    watched = Watched(db)
    await watched.refresh()
    db.put(make_alloc(keepalive=ahead(seconds=100), end=ahead(seconds=2)))
    db.put(make_pool(keepalive=ahead(seconds=100) + LEASE))
    seconds = 0
    while seconds < 105:
        seconds += 5
        await watched.refresh(ahead(seconds=seconds))
    alloc = watched.cluster.alloc(make_alloc().id)
    assert alloc is not None
    assert alloc.end == ahead(seconds=2)
    # The pool was renewed: it need not be looked up.
    assert all(digest("i-0abc") not in ids for ids in db.called("lookup"))  # type: ignore[operator]


async def test_a_lease_renewed_out_of_range_is_looked_up_when_the_old_one_expires() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=NOW, keepalive=FAR), make_task(1, 1, keepalive=ahead(seconds=40))))
    await watched.refresh()
    # By a clock that is 30 s behind.
    watched.db.put(make_task(1, 1, keepalive=ahead(seconds=100)))
    for number in range(1, 10):
        await watched.refresh(NOW + number * INTERVAL)
    assert watched.cluster.tally(run_id(1)).tasks[task_id(1)].keepalive == ahead(seconds=100)
    assert [ids for ids in watched.db.called("lookup") if ids == {task_id(1)}] == [{task_id(1)}]


async def test_a_failed_read_leaves_its_range_to_the_next_refresh() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=NOW, keepalive=FAR), make_task(1, 1, keepalive=FAR)))
    await watched.refresh()
    watched.db.put(make_task(1, 1, keepalive=FAR, end=ahead(seconds=1)))
    watched.db.put(make_task(2, 1, start=ahead(seconds=1), keepalive=ahead(seconds=1)))
    for name in ("active", "ended"):
        watched.db.failures = {name: THROTTLED}
        await watched.refresh(ahead(seconds=20))
        assert (watched.poller.status.error, watched.poller.status.as_of) == (THROTTLED, NOW)
    watched.db.failures.clear()
    await watched.refresh(ahead(seconds=40))
    tasks = watched.cluster.tally(run_id(1)).tasks
    assert (tasks[task_id(1)].end, set(tasks)) == (ahead(seconds=1), {task_id(1), task_id(2)})
    assert watched.poller.status.as_of == ahead(seconds=40)


def cost_of_calls(db: ScriptedDB) -> float:
    """Return the RCU that the reads since the last `calls.clear()` consumed, if all succeeded."""
    looked_up = [ids for ids in db.called("lookup") if isinstance(ids, set)]
    return len(db.called("active")) * db.cost + sum(map(len, looked_up)) / 2 + len(db.called("ended")) * 0.5


@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("is_rationed", [False, True])
async def test_reads_beside_a_window_that_fails_count_in_the_budget(
    monkeypatch: pytest.MonkeyPatch, *, is_rationed: bool, number: int
) -> None:
    monkeypatch.setattr(rationing, "is_needed", lambda *_, **__: is_rationed)
    tasks = [make_task(1, 1, keepalive=ahead(seconds=20)), make_task(2, 1, keepalive=FAR)]
    watched = Watched(ScriptedDB(make_run(1, start=NOW, keepalive=FAR), *tasks), interval=INTERVAL)
    db, active = watched.db, watched.db.active
    db.cost = 3.0
    for seconds in (0, 10, 20):
        await watched.refresh(ahead(seconds=seconds))
    db.calls.clear()

    async def fail_one(since: datetime, until: datetime | None = None) -> Snapshot:
        snapshot = await active(since, until)
        if len(db.called("active")) == number:
            raise THROTTLED
        return snapshot

    monkeypatch.setattr(db, "active", fail_one)
    before = watched.poller.budget.rate(db.now) * 60
    await watched.refresh(ahead(seconds=25))
    assert len(db.called("active")) >= 3
    spent = cost_of_calls(db) - db.cost
    assert watched.poller.status.error is THROTTLED
    assert watched.poller.status.consumed == spent
    assert watched.poller.budget.rate(db.now) * 60 - before == pytest.approx(spent)


async def test_reads_beside_a_refused_index_count_in_the_budget() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=NOW, keepalive=FAR), make_task(1, 1, keepalive=FAR)))
    await watched.refresh()
    await watched.refresh(ahead(seconds=20))
    watched.db.calls.clear()
    watched.db.orders_ends = False
    before = watched.poller.budget.rate(watched.db.now) * 60
    await watched.refresh(ahead(seconds=25))
    assert watched.poller.status.refused is not None
    spent = cost_of_calls(watched.db) - len(watched.db.called("ended")) * 0.5
    assert watched.poller.budget.rate(watched.db.now) * 60 - before == pytest.approx(spent)
    assert watched.poller.status.consumed == watched.db.cost < spent


async def test_after_an_outage_the_window_is_scanned() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=NOW)))
    await watched.refresh()
    watched.db.failure = THROTTLED
    await watched.refresh(ahead(seconds=60))
    watched.db.failure = None
    watched.db.put(make_run(1, start=NOW, keepalive=ahead(minutes=3), end=ahead(minutes=2)))
    watched.db.calls.clear()
    await watched.refresh(ahead(minutes=5))
    assert watched.db.calls == [("active", NOW - timedelta(minutes=5))]
    assert watched.cluster.run_state(run_id(1)) is State.SUCCEEDED
    assert watched.cluster.full_as_of == ahead(minutes=5)


@pytest.mark.parametrize("offset", [-300.0, 300.0])
async def test_ranges_are_of_the_services_clock(offset: float) -> None:
    lease = NOW + offset * SECOND + 100 * SECOND
    watched = Watched(ScriptedDB(make_run(1, start=NOW, keepalive=lease), make_task(1, 1, keepalive=lease)))
    watched.db.clock_offset = offset
    await watched.refresh()
    await watched.refresh(ahead(seconds=5))
    await watched.refresh(ahead(seconds=10))
    assert watched.poller.status.error is None
    assert NOW + (offset + 3) * SECOND in watched.db.called("active")


async def test_a_task_that_ended_before_it_was_seen_is_looked_up() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=NOW, keepalive=FAR), make_task(1, 1, keepalive=FAR)))
    await watched.refresh()
    # Its writer's clock is 20 s behind: its lease was never in range.
    watched.db.put(make_task(2, 1, start=ahead(seconds=-18), keepalive=ahead(seconds=-18), end=ahead(seconds=1)))
    await watched.refresh(ahead(seconds=5))
    assert task_id(2) in watched.cluster.tally(run_id(1)).tasks


async def test_an_audit_counts_the_rows_that_narrow_reads_missed() -> None:
    watched = Watched(ScriptedDB(make_run(1, start=NOW, keepalive=FAR), make_task(1, 1, keepalive=FAR)))
    await watched.refresh()
    seconds = 0
    while seconds < 28 * 60:
        seconds += 5
        # A row whose lease is never in a range of new rows or of renewals, nor its end in the index.
        lost = make_task(2, 1, start=ahead(seconds=0), keepalive=ahead(seconds=seconds + 60))
        watched.db.put(lost)
        await watched.refresh(ahead(seconds=seconds))
    assert watched.poller.status.differences == 1
    assert task_id(2) in watched.cluster.tally(run_id(1)).tasks


def test_nothing_is_narrow_before_a_scan() -> None:
    assert not NarrowReads().is_possible(Cluster(NOW), NOW, limit=100)


async def test_a_requested_refresh_reads_every_change() -> None:
    """Also rows that narrow reads would find later: the user waits for them."""
    watched = Watched(ScriptedDB(make_run(1)))
    await watched.refresh(NOW)
    # Its lease is too long for a new row, and too short for a renewal.
    watched.db.put(make_run(2, start=ahead(seconds=4), keepalive=ahead(seconds=84)))
    await watched.refresh(ahead(seconds=5))
    assert watched.cluster.run(run_id(2)) is None
    watched.poller.refresh_now()
    await watched.refresh(ahead(seconds=6))
    assert watched.cluster.run(run_id(2)) is not None


async def rationed(monkeypatch: pytest.MonkeyPatch, limit: float) -> Watched:
    """Ten minutes of a budget that is too small: task 1 is renewed, task 2 ends, and the writer of task 3 dies."""
    monkeypatch.setattr(rationing, "is_needed", lambda *_, **__: True)
    tasks = [make_task(number, 1, keepalive=ahead(seconds=60)) for number in (1, 2, 3)]
    watched = Watched(
        ScriptedDB(make_run(1, start=NOW, keepalive=FAR), *tasks), interval=INTERVAL, budget=Budget(limit, price=0.125)
    )
    watched.db.cost = 0.5
    await watched.refresh()
    for seconds in range(5, 605, 5):
        if seconds % 90 == 30:
            watched.db.put(make_task(1, 1, keepalive=ahead(seconds=seconds) + LEASE))
        watched.db.put(make_task(2, 1, keepalive=ahead(seconds=60), end=ahead(seconds=1)))
        await watched.refresh(ahead(seconds=seconds))
    assert watched.poller.status.left_out is not None
    return watched


async def test_rationed_reads_find_ends_and_deaths_among_the_leases_that_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = await rationed(monkeypatch, limit=10)
    tasks = watched.cluster.tally(run_id(1)).tasks
    states = [watched.cluster.task_state(tasks[task_id(number)]) for number in (1, 2, 3)]
    assert states == [State.RUNNING, State.SUCCEEDED, State.LOST]
    # Absence from the passed leases tells that task 1 was renewed.
    assert all(task_id(1) not in ids for ids in watched.db.called("lookup"))  # type: ignore[operator]
    assert watched.db.changed_since[1:] == [None] * (len(watched.db.changed_since) - 1)


async def test_rows_that_the_budget_leaves_unread_keep_their_state(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = await rationed(monkeypatch, limit=0.05)
    tasks = watched.cluster.tally(run_id(1)).tasks.values()
    assert {watched.cluster.task_state(task) for task in tasks} == {State.RUNNING}
    left_out = watched.poller.status.left_out
    assert left_out is not None
    assert left_out.ends_late > timedelta(minutes=10)


async def test_a_request_while_reads_are_rationed_reads_no_more_than_the_budget_allows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = await rationed(monkeypatch, limit=10)
    scans = len(watched.db.changed_since)
    watched.poller.refresh_now()
    await watched.refresh(ahead(seconds=606))
    assert set(watched.db.changed_since[scans:]) <= {None}
    assert watched.poller.status.consumed < 10


async def test_a_scan_ends_the_rationing(monkeypatch: pytest.MonkeyPatch) -> None:
    watched = await rationed(monkeypatch, limit=0.05)
    monkeypatch.setattr(rationing, "is_needed", lambda *_, **__: False)
    await watched.refresh(ahead(seconds=605))
    assert watched.poller.status.left_out is None
    tasks = watched.cluster.tally(run_id(1)).tasks
    states = [watched.cluster.task_state(tasks[task_id(number)]) for number in (1, 2, 3)]
    assert states == [State.RUNNING, State.SUCCEEDED, State.LOST]


async def test_a_row_that_moves_during_the_scan_that_ends_the_rationing_is_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = await rationed(monkeypatch, limit=0.05)
    monkeypatch.setattr(rationing, "is_needed", lambda *_, **__: False)
    renewed = make_task(1, 1, keepalive=ahead(seconds=605) + LEASE)
    del watched.db.rows[renewed.id]
    look_up = watched.db.lookup

    async def lookup(ids: Iterable[Digest], *, consistent: bool = False) -> Snapshot:
        watched.db.put(renewed)
        return await look_up(ids, consistent=consistent)

    monkeypatch.setattr(watched.db, "lookup", lookup)
    await watched.refresh(ahead(seconds=605))
    assert watched.poller.status.left_out is None
    assert watched.cluster.task_state(watched.cluster.tally(run_id(1)).tasks[task_id(1)]) is State.RUNNING


@pytest.mark.parametrize(("cost", "is_rationed"), [(60.0, False), (15_000.0, True)])
async def test_the_price_of_a_row_is_that_of_its_renewals_where_a_scan_found_few(
    cost: float, *, is_rationed: bool
) -> None:
    watched = Watched(ScriptedDB(), interval=INTERVAL)
    watched.db.cost = 3.0  # of six requests that find nothing
    await watched.refresh()
    run = make_run(1, start=NOW, keepalive=FAR)
    watched.db.put(run, *(make_task(number, 1, keepalive=ahead(seconds=3) + LEASE) for number in range(1, 3000)))
    watched.db.cost = cost
    await watched.refresh(ahead(seconds=5))
    await watched.refresh(ahead(seconds=10))
    assert (watched.poller.status.left_out is not None) == is_rationed


async def test_requests_beyond_the_budget_read_no_more_than_other_refreshes() -> None:
    watched = Watched(ScriptedDB(make_run(1)), interval=INTERVAL, budget=Budget(limit=10, price=0.125))
    await watched.refresh(NOW)
    for seconds in (5, 6, 8, 9):
        watched.poller.refresh_now()
        await watched.refresh(ahead(seconds=seconds))
    # 31 RCU are paid for after 3.1 s.
    assert [since is not None for since in watched.db.changed_since if since is not None] == [True, True]


async def test_a_change_that_was_not_due_yet_is_no_difference_of_an_audit() -> None:
    pool = make_pool(keepalive=ahead(seconds=610) + LEASE)
    watched = Watched(ScriptedDB(make_run(1, start=NOW, keepalive=FAR), make_task(1, 1, keepalive=FAR), pool))
    await watched.refresh()
    seconds = 0
    while seconds < 14 * 60:
        seconds += 5
        if seconds == 635:
            # The pool was looked up lately, so that the audit is the first to see its end.
            watched.db.put(make_pool(keepalive=ahead(seconds=610) + LEASE, end=ahead(seconds=634)))
        await watched.refresh(ahead(seconds=seconds))
    ended = watched.cluster.pool(pool.id)
    assert ended is not None
    assert ended.end == ahead(seconds=634)
    assert watched.poller.status.differences == 0
