"""A refresh that reads what changed, in narrow ranges of the indexes; see `read_plan` for the ranges."""

import asyncio
import logging
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import NamedTuple

from store import Digest, Snapshot, Task, TaskDB
from store.lease import LEASE, RENEWAL
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.polling import rationing, read_plan, reads
from tui.watch.polling.ended_tasks import EndedTasks
from tui.watch.polling.first_scan import FirstScan
from tui.watch.polling.index_lag import IndexLag
from tui.watch.polling.lease_cycle import CYCLE, LeaseRange
from tui.watch.polling.lookups import Lookups
from tui.watch.polling.open_ids import open_ids
from tui.watch.polling.rationing import Rations
from tui.watch.polling.read_plan import Coverage, OpenIds, Plan
from tui.watch.polling.reads import ReadOutcome
from tui.watch.polling.status import LeftOut, StartProgress

# Of the renewals of a refresh, about so many tell how late they come.
_SAMPLE = 50
# Fewer rows tell little of the price of a row: a scan of an empty table costs 3 RCU, as each of its requests costs 0.5.
_FEW_ROWS = 50
# What an audit finds first counts as missed if narrow reads should have brought it so long ago.
_OVERDUE = timedelta(seconds=15)
_SECOND = timedelta(seconds=1)

_log = logging.getLogger(__name__)


class _Turn(NamedTuple):
    """A refresh at `now`, after those that read what is `covered`."""

    db: TaskDB
    cluster: Cluster
    lookups: Lookups
    now: datetime
    covered: Coverage
    reading: ReadOutcome


class _WindowRows(NamedTuple):
    """The rows with a lease in a window, and their snapshot, whose cost and errors have been noted."""

    snapshot: Snapshot
    rows: list[Row]


class NarrowReads:
    """Refreshes a cluster by narrow reads, once a full scan was made.

    `ends` finds the tasks that ended: without their index there are no narrow reads. `differences` counts the rows that
    audits found to differ from what narrow reads had brought. `left_out` tells which changes are not read in time, if
    the budget is too small for all. `audit_cost` are the RCU of all audits.
    """

    def __init__(self) -> None:
        self.ends = EndedTasks()
        self.differences = 0
        self.left_out: LeftOut | None = None
        self.audit_cost = 0.0
        self._covered: Coverage | None = None
        self._rations: Rations | None = None
        self._held_until: datetime | None = None  # rows whose lease ended earlier are unread, unless they were read
        self._row_price = 0.0  # RCU for a row, by the last reads of many; 0 before them
        self._unread_rows = 0  # open ones by an estimate, read or not, until each was to be read once
        self._start_since: datetime | None = None
        self._stopped_since: datetime | None = None  # the window that a first scan read in part begins here
        self._lag, self._renewals_lag = IndexLag(), IndexLag()
        self._renewals_price = math.inf  # RCU for those of a second
        self._starts_price = 0.0  # RCU for the rows with a lease of a second, around now

    def is_possible(self, cluster: Cluster, now: datetime, limit: float) -> bool:
        """Return whether the next refresh can be narrow: after an outage, leases were renewed and expired meanwhile.

        Rationed reads go on where they stopped, until a budget of `limit` RCU/s is enough for all changes.
        """
        if self.ends.refused is not None or self._covered is None or now < self._covered.starts:
            return False
        if self._rations is not None:
            return self._is_rationed(cluster, limit)
        return now - self._covered.starts <= RENEWAL

    def _is_rationed(self, cluster: Cluster, limit: float) -> bool:
        count = max(len(cluster.open.rows), self._unread_rows)
        return rationing.is_needed(count, self._row_price, limit, was_needed=self._rations is not None)

    def scanned(self, cluster: Cluster, now: datetime, reading: ReadOutcome) -> None:
        """Note that a full scan, which began at `now`, was complete."""
        self._covered = Coverage.after_scan(now)
        self._rations = self._held_until = self.left_out = None
        if reading.count >= _FEW_ROWS:
            self._row_price = reading.consumed / reading.count
        self._renewals_price = len(cluster.open.rows) * self._row_price / CYCLE
        self._unread_rows, self._start_since = 0, None
        cluster.missing.has_hosts_later = False
        self.ends.forget()
        cluster.open.confirm_all()

    def is_unread(self, cluster: Cluster, since: datetime) -> bool:
        """Return whether the window from `since` on is still to be read: what a stopped first scan left out is not."""
        covered = cluster.covered_since
        return covered is None or since < min(covered, self._stopped_since or covered)

    def scan_again(self) -> None:
        """Have the next refresh scan the window: the table holds other rows than it did."""
        self._covered = None

    @property
    def is_starting(self) -> bool:
        """Whether the first scan was stopped, and the rest of the current leases is being read within the budget."""
        return self._start_since is not None

    def start(self, cluster: Cluster, limit: float) -> StartProgress | None:
        """Return how much was read since a first scan was stopped; None if there was none or all was read."""
        if self._rations is None:
            return None
        return self._rations.start(len(cluster.open.rows) / max(self._unread_rows, 1), limit)

    def stopped(self, cluster: Cluster, scan: FirstScan, since: datetime, limit: float) -> None:
        """Note that the first scan, of the window from `since` on, was stopped, and its rows were merged."""
        now = cluster.as_of
        self._stopped_since = since
        self._covered = Coverage.after_scan(now)
        self._row_price, self._unread_rows = scan.row_price, scan.open_rows
        self._rations = rationing.begin_unread(now, scan.open_rows, scan.row_price, scan.read_seconds(now))
        self._held_until, self._start_since = now, now
        self.left_out = self._rations.left_out(now, limit, of_hosts=False)

    async def refresh(
        self,
        db: TaskDB,
        cluster: Cluster,
        lookups: Lookups,
        now: datetime,
        *,
        limit: float,
        every: timedelta,
        audit_every: timedelta,
    ) -> ReadOutcome:
        """Read what changed since the last refresh; the states of `cluster` move only if everything could be read.

        `now` is the time by the service's clock, `limit` the budget in RCU/s, `every` the time between refreshes.
        Raises EndsRefusedError, before it merges anything.
        """
        covered = self._covered
        assert covered is not None  # noqa: S101
        turn = _Turn(db, cluster, lookups, now, covered, ReadOutcome())
        if self._is_rationed(cluster, limit):
            await self._refresh_rationed(turn, limit)
        else:
            allowance = limit * every.total_seconds()
            known = await open_ids(cluster, covered, now)
            await self._refresh_all(turn, self._plan(now, covered, known, allowance=allowance, audit_every=audit_every))
        return turn.reading

    async def _refresh_all(self, turn: _Turn, planned: Plan) -> None:
        db, cluster, lookups, now, covered, reading = turn
        starts, others, renewals, audits, looked_up, ended = await asyncio.gather(
            _window(db, planned.starts, reading),
            asyncio.gather(_window(db, planned.low, reading), _window(db, planned.ahead, reading)),
            _window(db, planned.renewals, reading),
            asyncio.gather(*(_window(db, each, reading) for each in planned.audit)),
            reads.fetch(db, reading, planned.lookups, consistent=False),
            self.ends.find(db, planned.ends, reading),
        )
        self.ends.check(now, reading.consumed)
        if starts is None:
            return
        as_of = cluster.time_of(starts.snapshot)
        await self._merge(turn, planned, starts, renewals)
        for other in others:
            if other is not None:
                await reads.merge_rows(cluster, other.rows, reading.changes, cluster.full_as_of)
                _check(covered, other.rows, now)
        for row in looked_up:
            cluster.merge([row], reading.changes, self._last_read(cluster, covered, lookups, row.id))
        await self.ends.look_up(db, cluster, reading, ended, planned.most_ended)
        for audit in audits:
            if audit is not None:
                self.audit_cost += audit.snapshot.consumed
                await self._compare(turn, audit.rows)
        _check(covered, looked_up, now)
        after = await self._finish(turn, planned, as_of, with_late=True)
        if after is not None and planned.audited.phase < covered.audit.phase:
            open_rows = cluster.open.rows
            after.checked = {id: at for id, at in covered.checked.items() if id in open_rows}

    async def _finish(self, turn: _Turn, planned: Plan, as_of: datetime, *, with_late: bool) -> Coverage | None:
        """Look up missing and expired rows, and move the states to `as_of`; return what is covered then.

        After a read that failed, nothing moves: return None. The next refresh reads the same ranges, and more.
        """
        db, cluster, lookups, _, covered, reading = turn
        await reads.look_up(db, cluster, reading, lookups, as_of, with_late=with_late)
        if reading.gaps:
            cluster.update_states(reading.changes)
            return None
        self._covered = read_plan.after(covered, planned)
        cluster.finish_refresh(as_of, None, reading.changes)
        return self._covered

    def _plan(
        self, now: datetime, covered: Coverage, rows: OpenIds, *, allowance: float, audit_every: timedelta
    ) -> Plan:
        return read_plan.plan(
            now,
            covered,
            rows,
            overlap=self._lag.overlap,
            renewals_overlap=self._renewals_lag.overlap,
            allowance=allowance,
            audit_every=audit_every,
            renewals_price=self._renewals_price,
            starts_price=self._starts_price,
        )

    async def _refresh_rationed(self, turn: _Turn, limit: float) -> None:
        """Read what the budget allows for. The states of rows that were not read stay as they were."""
        db, cluster, _, now, covered, reading = turn
        if self._rations is None:
            self._rations = rationing.begin(now, covered.starts, len(cluster.open.rows), self._row_price)
            self._held_until = covered.starts
        rations = self._rations
        rows = await open_ids(cluster, covered, now, rationed_limit=limit)
        planned = rationing.plan(
            now,
            covered,
            rations,
            rows,
            limit=limit,
            overlap=self._lag.overlap,
            first_lease=cluster.open.first_lease(rations.line) if rations.unread else None,
        )
        passed, held, ahead, looked_up, ended = await asyncio.gather(
            _window(db, planned.starts, reading),
            _window(db, planned.renewals, reading),
            _window(db, planned.ahead, reading),
            reads.fetch(db, reading, planned.lookups, consistent=False),
            self.ends.find(db, planned.ends, reading),
        )
        self.ends.check(now, reading.consumed)
        if passed is None:
            return
        as_of = cluster.time_of(passed.snapshot)
        cluster.open.hold_back(self._held_until or covered.starts, now)
        self._held_until = now
        found = [*chain.from_iterable(each.rows for each in (passed, held, ahead) if each is not None), *looked_up]
        await reads.merge_rows(cluster, found, reading.changes, cluster.full_as_of)
        for row in found:
            cluster.open.confirm(row.id)
        _check(covered, found, now)
        # Ends that cannot be looked up now, and of tasks that were never read, are among the leases that pass later.
        self.ends.forget()
        known = [id for id in reversed(ended) if id in cluster.open.rows]
        await self.ends.look_up(db, cluster, reading, known[: planned.most_ended], planned.most_ended)
        if await self._finish(turn, planned, as_of, with_late=False) is None:
            return
        self._rations = rationing.after(
            rations,
            planned,
            earned=rationing.income(now, covered, limit),
            spent=reading.consumed,
            passed=passed.snapshot.consumed,
            held=0.0 if held is None else held.snapshot.consumed,
            limit=limit,
        )
        self.left_out = self._rations.left_out(now, limit, of_hosts=not rows.has_hosts)
        self._end_start(cluster, self._rations)

    def _end_start(self, cluster: Cluster, rations: Rations) -> None:
        """Note that all current leases were read, if they were, after a first scan that was stopped."""
        if self._start_since is not None and not rations.unread:
            cluster.mark_covered(self._start_since)
            cluster.missing.has_hosts_later = False
            self._start_since, self._unread_rows = None, 0

    async def _merge(self, turn: _Turn, planned: Plan, starts: _WindowRows, renewals: _WindowRows | None) -> None:
        _, cluster, _, now, covered, reading = turn
        if renewals is not None:
            consumed, rows = renewals.snapshot.consumed, renewals.rows
            self._renewals_price = consumed / max((planned.renewed - covered.renewed).total_seconds(), 1)
            # Earlier reads of the range reached farther down: what they did not bring was renewed after them.
            if len(rows) >= _FEW_ROWS:
                price = consumed / len(rows)
                self._row_price = (self._row_price + price) / 2 if self._row_price else price
            renewed = Changes()
            await reads.merge_rows(cluster, rows, renewed, covered.renewed)
            moved = [row for row in rows if row.id in renewed.added or row.id in renewed.changed]
            for row in moved[:: len(moved) // _SAMPLE + 1]:
                if row.keepalive is not None:
                    self._renewals_lag.note(covered.renewed + LEASE - row.keepalive - _SECOND)
            reading.changes.update(renewed)
            _check(covered, rows, now)
        self._starts_price = starts.snapshot.consumed / ((planned.starts.until - planned.starts.since) / _SECOND)
        new = Changes()
        await reads.merge_rows(cluster, starts.rows, new, cluster.full_as_of)
        for row in starts.rows:
            if row.id in new.added and row.keepalive is not None and row.end is None:
                self._lag.note(covered.started - row.keepalive - _SECOND)
        reading.changes.update(new)
        _check(covered, starts.rows, now)

    async def _compare(self, turn: _Turn, rows: list[Row]) -> None:
        _, cluster, _, now, covered, reading = turn
        found = Changes()
        await reads.merge_rows(cluster, rows, found, cluster.full_as_of)
        differences = found.added | {id for id, fields in found.changed.items() if "end" in fields}
        differences &= {row.id for row in rows if _was_due(covered, row, now)}
        self.differences += len(differences)
        for id in differences:
            _log.debug("an audit found a row that narrow reads had missed: %s", id)
        reading.changes.update(found)

    def _last_read(self, cluster: Cluster, covered: Coverage, lookups: Lookups, id: Digest) -> datetime:
        return max(cluster.full_as_of, covered.checked.get(id, covered.full), lookups.last(id) or covered.full)


async def _window(db: TaskDB, window: LeaseRange | None, reading: ReadOutcome) -> _WindowRows | None:
    """Read a window; note its cost and errors in `reading` at once, whatever becomes of the other reads."""
    snapshot = None if window is None else await reads.attempt(db.active(window.since, window.until), reading)
    return None if snapshot is None else _WindowRows(snapshot, reads.note(snapshot, reading))


def _was_due(covered: Coverage, row: Row, now: datetime) -> bool:
    """Return whether narrow reads should have brought a row that an audit found at `now`."""
    if row.end is None:
        return row.keepalive is None or row.keepalive < covered.renewed + LEASE - 2 * _OVERDUE
    if isinstance(row, Task) and row.ident:
        return row.end < now - read_plan.WIDE_ENDS_EVERY - _OVERDUE
    return covered.checked.get(row.id, covered.full) <= now - read_plan.OTHERS_EVERY - _OVERDUE


def _check(covered: Coverage, rows: Sequence[Row], now: datetime) -> None:
    covered.checked.update(
        (row.id, now) for row in rows if row.end is None and not (isinstance(row, Task) and row.ident)
    )
