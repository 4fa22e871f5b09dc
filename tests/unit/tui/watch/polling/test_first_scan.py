"""The first scan: rows are shown as pages come, and a table too big for the budget is read little by little."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from store import Error, ErrorKind, PageHook, Snapshot, SnapshotPage
from store.lease import LEASE, RENEWAL
from tests.support.rows import NOW, ahead, make_run, make_task, run_id, task_id
from tests.support.scripted_db import ScriptedDB
from tests.support.watched import INTERVAL, Watched
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.model.states import State
from tui.watch.polling.budget import Budget
from tui.watch.polling.first_scan import FirstScan
from tui.watch.polling.status import StartProgress

LOST_PAGE = Error(ErrorKind.TIMEOUT, "query", (), "a page was not read")


class PagedScan(ScriptedDB):
    """Delivers the newest leases first, 10 rows of `price` RCU each a page, which takes `seconds`."""

    price, seconds, fails = 100.0, 0.0, False

    async def active(
        self, since: datetime, until: datetime | None = None, *, on_page: PageHook | None = None, **options: Any
    ) -> Snapshot:
        whole = await super().active(since, until, **options)
        rows: list[Row] = [*whole.runs, *whole.tasks]
        rows.sort(key=lambda row: row.keepalive or NOW, reverse=True)
        read: list[Row] = []
        for start in range(0, len(rows), 10):
            read += rows[start : start + 10]
            self.now += timedelta(seconds=self.seconds)
            page = SnapshotPage(0, rows[start : start + 10], self.price * 10, is_last=start + 10 >= len(rows))
            if on_page is not None and not await on_page(page):
                break
        return self._snapshot(read, [LOST_PAGE] if self.fails else [], self.price * len(read))


def open_tasks(count: int, seconds: float = 0.0) -> list[Any]:
    """Tasks of run 1 that were renewed one after the other until now, and again after each cycle."""
    tasks = []
    for number in range(count):
        ago = RENEWAL.seconds * number // count
        renewals = int(seconds + ago) // RENEWAL.seconds
        lease = NOW + LEASE - timedelta(seconds=ago) + renewals * RENEWAL
        tasks.append(make_task(number, 1, start=NOW - LEASE, keepalive=lease))
    return tasks


def watched(count: int, *, price: float = 100.0, seconds: float = 0.0) -> tuple[Watched, PagedScan]:
    db = PagedScan(make_run(1, start=NOW - LEASE, keepalive=NOW + timedelta(hours=1)), *open_tasks(count))
    db.price, db.seconds = price, seconds
    return Watched(db, interval=INTERVAL, budget=Budget(100, price=0.125), backfill=timedelta()), db


async def test_a_table_that_the_budget_allows_for_is_read_at_once() -> None:
    small, _ = watched(60, price=50.0)
    await small.refresh()
    assert small.poller.status.consumed == 3050.5
    assert (small.poller.status.start, small.poller.status.left_out) == (None, None)
    assert len(small.cluster.tally(run_id(1)).tasks) == 60
    assert small.cluster.covered_since == NOW - timedelta(minutes=10)
    # Nothing is drawn before the scan is complete, if that takes less than a second.
    assert len(small.changes) == 1


async def test_a_table_too_big_for_the_budget_is_read_for_thirty_seconds_of_it() -> None:
    big, db = watched(200)
    await big.refresh()
    status = big.poller.status
    assert (status.consumed, status.as_of, status.error) == (3000, NOW, None)
    assert status.start is not None
    assert status.start.left is not None
    assert 0.1 < status.start.share < 0.25
    assert len(big.cluster.tally(run_id(1)).tasks) == 29
    assert not big.cluster.has_all_tasks(run_id(1))
    assert big.cluster.covered_since is None
    # The hosts of unread rows come with them.
    assert all(ids == {run_id(1)} for ids in db.called("lookup"))


async def test_the_rest_is_read_within_the_budget_and_nothing_unread_is_stale() -> None:
    big, db = watched(200)
    await big.refresh()
    db.price, db.cost = 0.0, 20.0
    shares, seconds = [], 0
    while (start := big.poller.status.start) is not None:
        seconds += 5
        assert seconds < 3600
        db.put(*open_tasks(200, seconds))
        await big.refresh(ahead(seconds=seconds))
        shares.append(start.share)
        tally = big.cluster.tally(run_id(1))
        assert {big.cluster.task_state(task) for task in tally.tasks.values()} == {State.RUNNING}
    assert shares == sorted(shares)
    assert len(big.cluster.tally(run_id(1)).tasks) == 200
    assert big.cluster.covered_since == NOW


async def test_rows_that_ended_before_a_stopped_scan_are_left_out_until_the_user_asks_for_more() -> None:
    big, db = watched(200)
    await big.refresh()
    db.price, db.cost, seconds = 0.0, 20.0, 0
    while big.cluster.covered_since is None:
        seconds += 5
        db.put(*open_tasks(200, seconds))
        await big.refresh(ahead(seconds=seconds))
    assert seconds < 300
    # The window of 10 minutes still begins before the scan: to read it now would cost as much as the scan.
    await big.refresh(ahead(seconds=seconds + 5))
    assert all(since >= NOW for since in db.called("active")[1:])  # type: ignore[operator]
    big.poller._since = lambda now: NOW - timedelta(hours=1)
    await big.refresh(ahead(seconds=seconds + 10))
    assert db.called("active")[-1] == NOW - timedelta(hours=1)


async def test_rows_are_shown_as_they_come_while_a_scan_takes_long() -> None:
    slow, _ = watched(60, price=10.0, seconds=0.4)
    shown: list[tuple[int, StartProgress | None]] = []

    def note(changes: object) -> None:
        shown.append((len(slow.cluster.tally(run_id(1)).tasks), slow.poller.status.start))

    slow.poller._notify = note
    await slow.refresh()
    assert [count for count, _ in shown] == [29, 49, 60, 60]
    shares = [start.share for _, start in shown[:-1] if start is not None]
    assert shares == sorted(shares)
    assert 0.3 < shares[0] < 0.4
    assert all(start is None or start.left is None for _, start in shown)
    assert slow.poller.status.start is None


async def test_rows_that_were_shown_early_are_not_stale_before_they_were_looked_up() -> None:
    slow, db = watched(60, price=10.0, seconds=0.4)
    db.put(make_task(99, 1, start=ahead(minutes=-9), keepalive=ahead(minutes=-5)))
    states: list[State] = []

    def note(changes: object) -> None:
        task = slow.cluster.tally(run_id(1)).tasks.get(task_id(99))
        states.extend([] if task is None else [slow.cluster.task_state(task)])

    slow.poller._notify = note
    await slow.refresh()
    assert {task_id(99)} in db.called("lookup")
    assert (states[:-1], states[-1]) == ([State.RUNNING] * (len(states) - 1), State.LOST)


async def test_a_scan_with_a_gap_is_made_again() -> None:
    big, db = watched(200)
    db.fails = True
    await big.refresh()
    assert (big.poller.status.error, big.poller.status.start) == (LOST_PAGE, None)
    db.fails = False
    await big.refresh(ahead(seconds=5))
    assert big.poller.status.error is None
    assert big.poller.status.start is not None
    assert db.called("active") == [ahead(minutes=-10), ahead(minutes=-10, seconds=5)]


async def test_leases_of_wrong_clocks_do_not_hide_how_big_a_table_is() -> None:
    async def show(changes: Changes, progress: StartProgress) -> None:
        pass

    scan = FirstScan(Cluster(NOW), 100, lambda: NOW, show)
    tasks = [make_task(number, 1, keepalive=ahead(seconds=100 + number % 2)) for number in range(100)]
    wrong = [make_task(100 + number, 1, keepalive=ahead(seconds=130 + number)) for number in range(10)]
    assert await scan.take(SnapshotPage(0, [*tasks, *wrong], 55.0, is_last=False))
    assert 3600 < scan.open_rows < 4500
    assert scan.row_price == pytest.approx(0.5)
    assert scan.read_seconds(NOW) == 16
    assert scan.read_seconds(NOW - timedelta(minutes=5)) == 0
