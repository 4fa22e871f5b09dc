"""The narrow reads of a refresh, planned from what earlier reads covered. Pure.

A renewal moves a row to a lease of now + 2 minutes, a new row has one of now, and an ended task is in the index of its
ident under its end: each is a narrow range that begins where the last read of it stopped. So are low leases: healthy
rows are renewed before they have one, but not those of writers whose clock is behind. An audit reads the other current
leases, a little at a time.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from store import Digest, RunID
from store.lease import LEASE, RENEWAL, SKEW
from store.times import whole_seconds
from tui.watch.polling.lease_cycle import Audit, LeaseRange

_SECOND = timedelta(seconds=1)
# Most new rows are renewed at once, so that reading the renewals finds them. If renewals cost little, each refresh
# reads them up to now, and the next one reads the last second again. If they are expensive, renewals and new rows are
# read only up to the last complete second: at 100 runs of 1,000 tasks, this saves 9 RCU/s of overlaps and delays rows
# by up to 2 s. Later leases are then read only for writers whose clock is ahead.
_FEW_RENEWALS = 10.0  # RCU/s
RENEWALS_EVERY, AHEAD_EVERY = timedelta(seconds=5), timedelta(seconds=15)
# New rows that are not renewed, of writers whose clock is behind.
WIDE_EVERY = timedelta(minutes=4)
_WIDE_BEHIND = timedelta(seconds=45)
# Renewals by such writers fall short of the range of renewals, but their leases come to have less left than those of
# healthy rows, 30 s. Besides them only ended rows have such leases, many of them: at 100 runs of 1,000 tasks, 7 to 18
# RCU/s. Where that is more than `_LOW_RCU`, one block of leases in so many is read. The cycle of leases has nine
# blocks, and these numbers no factor in common with nine: all blocks are read in turn.
_LOW = LEASE - RENEWAL - 2 * _SECOND
_LOW_RCU, _ONE_IN, _BLOCK = 1.5, (1, 2, 4, 5, 7, 8), 10
# Ends are times of the writers' clocks: from time to time, look for those of clocks that are behind.
WIDE_ENDS_EVERY = timedelta(minutes=1)
_LATE_END = SKEW + timedelta(seconds=15)
# No index has the ends of runs, allocs and pools. A few runs are looked up at every refresh, many less often; allocs
# and pools when a renewal is overdue.
FEW_RUNS, RUNS_EVERY = 20, timedelta(seconds=15)
OTHERS_EVERY = RENEWAL + timedelta(seconds=15)

# What a lookup of a row, and a query that finds little, costs in RCU.
_EACH = 0.5
# The share of a refresh's allowance for each kind of read that can wait for its turn, and for tasks that ended.
_SHARE, _ENDED_SHARE = 0.25, 0.5
_FEWEST, _FEWEST_ENDED = 20, 100


class IdentEnds(NamedTuple):
    """A query for the tasks of `ident` that ended at `since` or later."""

    ident: str
    since: datetime


class Coverage(msgspec.Struct):
    """The times when each range was last read, by the service's clock; `starts` is that of the last refresh.

    Rows that started up to `started`, and were renewed up to `renewed`, have been read. `ends` maps each
    ident with open tasks to the time from which its ends must be read. `checked` is when each run, alloc and pool was
    read. `full` is the time of the last full scan.
    """

    starts: datetime
    started: datetime
    wide: datetime
    renewed: datetime
    ahead: datetime
    wide_ends: datetime
    full: datetime
    audit: Audit
    ends: dict[str, datetime] = {}
    checked: dict[Digest, datetime] = {}

    @classmethod
    def after_scan(cls, now: datetime) -> "Coverage":
        """Return the coverage after a full scan at `now`."""
        return cls(starts=now, started=now, wide=now, renewed=now, ahead=now, wide_ends=now, full=now, audit=Audit(now))


class OpenIds(NamedTuple):
    """The open rows that plans need: runs, others that are `overdue`, and idents of open tasks.

    If idents must take turns, those that are `urgent` come first, as long as they leave room for half as many others.
    `has_hosts` is whether others include allocs and pools.
    """

    runs: Collection[RunID]
    others: Collection[Digest]
    idents: Collection[str]
    urgent: Collection[str] = ()
    has_hosts: bool = True


class Plan(NamedTuple):
    """The reads of a refresh at `now`. Ranges that are not due are None.

    `ahead` are leases of writers whose clock is ahead, which the range of renewals would find late. At most
    `most_ended` of the tasks that ended are looked up. `started`, `renewed`, `ends_read` and `audited` are the values
    of `Coverage.started`, `renewed`, `ends` and `audit` after the reads.
    """

    now: datetime
    starts: LeaseRange
    low: LeaseRange | None
    renewals: LeaseRange | None
    ahead: LeaseRange | None
    audit: list[LeaseRange]
    started: datetime
    renewed: datetime
    audited: Audit
    ends: list[IdentEnds]
    ends_read: dict[str, datetime]
    lookups: list[Digest]
    most_ended: int
    is_wide: bool
    is_wide_ends: bool


def plan(
    now: datetime,
    covered: Coverage,
    rows: OpenIds,
    *,
    overlap: timedelta,
    renewals_overlap: timedelta,
    allowance: float,
    audit_every: timedelta,
    renewals_price: float = math.inf,
    starts_price: float = 0.0,
) -> Plan:
    """Return the narrow reads that are due at `now`.

    `overlap` is how late rows may be in an index, `renewals_overlap` how late renewals may be. `allowance` are the RCU
    that the refresh may cost: lookups and ends of idents that exceed their share of it take turns. An audit is spread
    over `audit_every`; the next one follows it. `renewals_price` is what the renewals of a second cost, in RCU, and
    `starts_price` what a second of leases of now costs.
    """
    is_wide = now - covered.wide >= WIDE_EVERY
    is_dear = renewals_price > _FEW_RENEWALS
    settled = now - _SECOND if is_dear else now
    low, high = covered.started - overlap - _SECOND, whole_seconds(settled) if is_dear else now + _SECOND
    if is_wide:
        low = min(low, now - _WIDE_BEHIND)
    renewals, ahead = None, None
    first, far = covered.renewed + LEASE - renewals_overlap - _SECOND, now + timedelta(days=1)
    if not is_dear:
        # Far up: leases may be longer than usual.
        renewals = LeaseRange(first, far)
    elif settled - covered.renewed >= RENEWALS_EVERY - 1.5 * _SECOND:
        renewals = LeaseRange(first, whole_seconds(settled) + LEASE)
    if is_dear and now - covered.ahead >= AHEAD_EVERY - _SECOND / 2:
        ahead = LeaseRange(now + LEASE, far)
    most = max(int(allowance * _SHARE / _EACH), _FEWEST)
    last = {ident: covered.ends.get(ident, covered.starts) for ident in rows.idents}
    is_wide_ends = now - covered.wide_ends >= WIDE_ENDS_EVERY and len(rows.idents) <= most
    runs_every = RUNS_EVERY - _SECOND / 2 if len(rows.runs) > FEW_RUNS else timedelta()
    runs = overdue(rows.runs, covered, now - runs_every)
    ends = order_ends(now, last, rows.urgent, overlap, most, is_wide=is_wide_ends)
    audit = covered.audit
    audited = audit.due(now, audit_every, renewals_price)
    return Plan(
        now=now,
        starts=LeaseRange(low, max(high, low + _SECOND)),
        low=low_leases(now, covered.starts, starts_price),
        renewals=renewals,
        ahead=ahead,
        audit=audit.ranges(now, audited) if audited else [],
        started=settled,
        renewed=covered.renewed if renewals is None else settled,
        audited=audit.after(now, audit_every, audited) if audited else audit,
        ends=ends,
        ends_read=last | {each.ident: now for each in ends},
        lookups=[*longest(runs, covered, most), *longest(rows.others, covered, most)],
        most_ended=max(int(allowance * _ENDED_SHARE / _EACH), _FEWEST_ENDED),
        is_wide=is_wide,
        is_wide_ends=is_wide_ends,
    )


def after(covered: Coverage, planned: Plan) -> Coverage:
    """Return the coverage after all reads of a plan succeeded. Its `checked` are those of `covered`."""
    now = planned.now
    return Coverage(
        starts=now,
        started=planned.started,
        wide=now if planned.is_wide else covered.wide,
        renewed=planned.renewed,
        ahead=covered.ahead if planned.ahead is None else now,
        wide_ends=now if planned.is_wide_ends else covered.wide_ends,
        full=covered.full,
        audit=planned.audited,
        ends=planned.ends_read,
        checked=covered.checked,
    )


def low_leases(now: datetime, last: datetime, price: float) -> LeaseRange | None:
    """Return the leases that came to have less than 28 s left since `last`, if they are in a block to read.

    A second of them costs about `price` RCU.
    """
    one_in = next((number for number in _ONE_IN if price <= number * _LOW_RCU), _ONE_IN[-1])
    first, end = (int((time + _LOW).timestamp()) for time in (last, now))
    seconds = [second for second in range(first, end) if second // _BLOCK % one_in == 0]
    if not seconds:
        return None
    # The bounds are exclusive.
    return LeaseRange(datetime.fromtimestamp(seconds[0] - 1, UTC), datetime.fromtimestamp(seconds[-1] + 1, UTC))


def order_ends(
    now: datetime,
    last: Mapping[str, datetime],
    urgent: Iterable[str],
    overlap: timedelta,
    most: int,
    *,
    is_wide: bool,
) -> list[IdentEnds]:
    """Return the queries for the ends since `last` of at most so many idents, urgent ones first."""
    idents: Iterable[str] = last
    if len(last) > most:
        first = sorted(urgent, key=last.__getitem__)[: most // 2]
        idents = list(dict.fromkeys([*first, *sorted(last, key=last.__getitem__)]))[:most]
    ends = []
    for ident in idents:
        is_late = is_wide or now - last[ident] >= WIDE_ENDS_EVERY / 2
        ends.append(IdentEnds(ident, last[ident] - (_LATE_END if is_late else overlap + _SECOND)))
    return ends


def overdue(ids: Iterable[Digest], covered: Coverage, before: datetime) -> list[Digest]:
    """Return the rows among `ids` that were last read at `before` or earlier."""
    checked, full = covered.checked, covered.full
    return [id for id in ids if checked.get(id, full) <= before]


def longest(ids: Collection[Digest], covered: Coverage, most: int) -> Iterable[Digest]:
    """Return `most` of these rows, those that were not read for the longest time."""
    if len(ids) <= most:
        return ids
    return sorted(ids, key=lambda id: (covered.checked.get(id, covered.full), id))[:most]
