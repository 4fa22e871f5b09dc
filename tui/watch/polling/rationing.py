"""The reads of a refresh when the read budget is too small for every change. Pure.

Runs come first: few lookups tell all about them. Then come the rows whose lease has passed, each once, from the bottom
up: a row that ended keeps its last lease, so that ends and dead writers are found there for a fifth of the price of a
lookup, some minutes late. Rows that are not there were renewed. Ends in idents of failing runs are looked up earlier.
Savings go to current leases, a second of the 90 s of their cycle at a time: only these reads find new tasks. A second
is read when it is up to 60 s ahead, and again 90 s later: one of the two reads finds the row of any writer whose clock
is off by up to 60 s, unless its key moves just then. The next turn therefore reads it when it is further ahead, or less
far: refreshes every 20 s would otherwise meet some writers only at the moment of a renewal.

After a first scan that was stopped, most of the budget goes to current leases, until each second of their cycle was
read once. Passed leases are then read only where a known row has one.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from store.lease import LEASE, RENEWAL
from tui.watch.polling.lease_cycle import CYCLE, LeaseRange
from tui.watch.polling.read_plan import RUNS_EVERY, Coverage, OpenIds, Plan, longest, order_ends, overdue
from tui.watch.polling.status import LeftOut, StartProgress

_SECOND = timedelta(seconds=1)

# The cost of all changes relative to that of renewals: measured at 100 runs of 1,000 tasks (`tests/bench`).
_ALL_CHANGES = 1.65
# A longer interval helps if the budget is a little too small. Leaving needs a full scan: not at once.
_ENTER, _LEAVE = 1.25, 0.9
_LEAST_ROW = 0.05  # RCU

# A lookup, in RCU.
_EACH = 0.5
# Writers whose clock is 60 s behind renew when their lease has passed by 30 s.
_BEHIND = timedelta(seconds=32)
# Healthy rows have leases of 30 s to 2 min; if the writer's clock is 60 s behind, of up to 1 min, and if it is ahead by
# as much, of at least 90 s.
_LOWEST, _SPAN = timedelta(seconds=2), 56
# Seconds between two reads of a cycle, to find in the one what moved during the other: more than an index may be late.
_APART = 8
# Income of a pause is not saved.
_LONGEST = timedelta(minutes=1)
_MOST_SECONDS = 10
# Seconds of the cycle that must have been read before the pace is measured.
_FEW = 5


class IncomeShares(NamedTuple):
    """The shares of the income for runs, passed leases and ends; what is left is saved for current leases."""

    runs: float
    passed: float
    ends: float

    @property
    def held(self) -> float:
        """The share for current leases."""
        return 1 - sum(self)


_USUAL, _AT_START = IncomeShares(0.12, 0.56, 0.1), IncomeShares(0.06, 0.24, 0.05)


class Rations(msgspec.Struct, frozen=True):
    """The rationing of reads since `began`: all leases up to `line` were read after they had passed.

    `saved` are RCU, negative for a debt, and `for_passed` those saved for passed leases. A second of passed leases
    costs `passed_price` RCU, one of current leases `held_price`. `read_at` is when each second of the cycle of leases
    was last read, in seconds since 1970, and 0 if it was never read, after a first scan that was stopped. `seconds`
    counts the seconds that were read.
    """

    began: datetime
    line: datetime
    passed_price: float
    held_price: float
    saved: float = 0.0
    for_passed: float = 0.0
    read_at: tuple[float, ...] = (1.0,) * CYCLE
    seconds: int = 0

    @property
    def unread(self) -> int:
        """The number of seconds of the cycle that were never read."""
        return self.read_at.count(0.0)

    @property
    def shares(self) -> IncomeShares:
        """The shares of the income."""
        return _AT_START if self.unread else _USUAL

    def start(self, known: float, limit: float) -> StartProgress | None:
        """Return the progress after a first scan that was stopped; None if each second of the cycle was read once.

        `known` is the share of the open rows that are known, by an estimate. The scan read parts of many seconds.
        """
        if not self.unread:
            return None
        left = _SECOND * (self.unread * self.held_price / (limit * _AT_START.held))
        return StartProgress(min(max(1 - self.unread / CYCLE, known), 0.99), left)

    def left_out(self, now: datetime, limit: float, *, of_hosts: bool) -> LeftOut:
        """Return what is left out at `now` with a budget of `limit` RCU/s."""
        if self.seconds >= _FEW:
            pace = (now - self.began) / self.seconds
        else:
            pace = _SECOND * self.held_price / (limit * _USUAL.held)
        return LeftOut(pace * CYCLE, now - self.line + LEASE, of_hosts)


def is_needed(open_rows: int, row_price: float, limit: float, *, was_needed: bool) -> bool:
    """Return whether a budget of `limit` RCU/s is too small for `open_rows` rows of `row_price` RCU each."""
    changes = _renewals(open_rows, row_price) * _ALL_CHANGES
    return changes > limit * (_LEAVE if was_needed else _ENTER)


def has_time_for_hosts(count: int, limit: float) -> bool:
    """Return whether a tenth of the budget suffices to look up `count` allocs and pools within the time of a lease."""
    return count * _EACH <= 0.1 * limit * CYCLE


def begin(now: datetime, line: datetime, open_rows: int, row_price: float) -> Rations:
    """Begin after complete reads at `line`, for `open_rows` rows of `row_price` RCU each."""
    price = _renewals(open_rows, row_price)
    return Rations(began=now, line=line.replace(microsecond=0), passed_price=price / 2, held_price=price)


def begin_unread(now: datetime, open_rows: int, row_price: float, read: int) -> Rations:
    """Begin at `now` after a scan that read `read` seconds of the newest leases, of a table with so many open rows."""
    # Not the newest of all, which the scan may not have found in the index yet.
    newest = int((now + LEASE - 3 * _SECOND).timestamp())
    scanned = {second % CYCLE for second in range(newest, newest - min(read, CYCLE - 1), -1)}
    read_at = tuple(now.timestamp() if phase in scanned else 0.0 for phase in range(CYCLE))
    return msgspec.structs.replace(begin(now, now, open_rows, row_price), read_at=read_at)


def income(now: datetime, covered: Coverage, limit: float) -> float:
    """Return the RCU that the budget of `limit` RCU/s allows for since the last refresh."""
    return limit * min(max(now - covered.starts, timedelta()), _LONGEST).total_seconds()


def plan(
    now: datetime,
    covered: Coverage,
    rations: Rations,
    rows: OpenIds,
    *,
    limit: float,
    overlap: timedelta,
    first_lease: datetime | None = None,
) -> Plan:
    """Return the reads at `now` that a budget of `limit` RCU/s allows for; debts are paid first.

    `first_lease` is the first lease of a known open row that has not been read as passed.
    """
    shares = rations.shares
    earned = _spendable(rations, income(now, covered, limit))
    most = int(earned * shares.runs / _EACH)
    runs = longest(overdue(rows.runs, covered, now - RUNS_EVERY + _SECOND / 2), covered, most)
    hosts = longest(rows.others, covered, most)
    seconds = int((rations.for_passed + earned * shares.passed) / rations.passed_price)
    highest = (now - _BEHIND - overlap).replace(microsecond=0)
    below = rations.line
    if rations.unread and first_lease is not None:
        below = max(below, min(first_lease - _SECOND, highest))
    line = min(below + _SECOND * seconds, highest)
    queries = max(int(earned * shares.ends / _EACH) // 4, 1)
    last = {ident: covered.ends.get(ident, covered.starts) for ident in rows.urgent}
    ends = order_ends(now, last, rows.urgent, overlap, queries, is_wide=False) if earned else []
    held = _held(now, rations)
    return Plan(
        now=now,
        starts=LeaseRange(below, max(line, below) + _SECOND),
        low=None,
        renewals=held,
        ahead=None if held is None else LeaseRange(held.since + RENEWAL, held.until + RENEWAL),
        audit=[],
        started=covered.started,
        renewed=covered.renewed,
        audited=covered.audit,
        ends=ends,
        ends_read=last | {each.ident: now for each in ends},
        lookups=[*runs, *hosts],
        most_ended=int(earned * shares.ends / _EACH),
        is_wide=False,
        is_wide_ends=False,
    )


def after(
    rations: Rations, planned: Plan, *, earned: float, spent: float, passed: float, held: float, limit: float
) -> Rations:
    """Return the rations after a plan with an income of `earned` RCU that consumed `spent` RCU.

    Of these, reads of passed leases consumed `passed`, and reads of current leases `held`.
    """
    line = planned.starts.until - _SECOND
    read = 0 if planned.renewals is None else _seconds(planned.renewals)
    is_behind = planned.now - line > _LONGEST
    left = rations.for_passed + _spendable(rations, earned) * rations.shares.passed - passed
    for_passed = min(max(left, 0.0), rations.passed_price) if is_behind else 0.0
    # The pace of the start says nothing about that of the time after it.
    read_at = _read_at(rations, planned)
    has_started = bool(rations.unread) and 0.0 not in read_at
    return Rations(
        began=planned.now if has_started else rations.began,
        line=line,
        passed_price=_price(rations.passed_price, passed, (line - planned.starts.since).total_seconds()),
        held_price=_price(rations.held_price, held, read),
        saved=min(rations.saved + earned - spent + rations.for_passed - for_passed, limit * _LONGEST.total_seconds()),
        for_passed=for_passed,
        read_at=read_at,
        seconds=0 if has_started else rations.seconds + read,
    )


def _spendable(rations: Rations, earned: float) -> float:
    return max(earned + min(rations.saved, 0.0), 0.0)


def _held(now: datetime, rations: Rations) -> LeaseRange | None:
    affordable = min(int(rations.saved / rations.held_price), _MOST_SECONDS)
    if affordable < 1:
        return None
    lowest = int((now + _LOWEST).timestamp())
    # The second that was not read for the longest time, and those after it.
    seconds = range(lowest, lowest + _SPAN - affordable + 1)
    first = min(seconds, key=lambda second: _last_read(rations, second, now.timestamp()))
    # The bounds are exclusive.
    return LeaseRange(datetime.fromtimestamp(first - 1, UTC), datetime.fromtimestamp(first + affordable, UTC))


def _last_read(rations: Rations, second: int, now: float) -> float:
    """Return when this second of the cycle was last read; a cycle later if it is as far ahead now as it was then."""
    at = rations.read_at[second % CYCLE]
    is_as_far = at > 0 and abs((second - at) % CYCLE - (second - now)) < _APART
    return at + CYCLE if is_as_far else at


def _read_at(rations: Rations, planned: Plan) -> tuple[float, ...]:
    if planned.renewals is None:
        return rations.read_at
    first = int(planned.renewals.since.timestamp()) + 1
    read = {second % CYCLE for second in range(first, first + _seconds(planned.renewals))}
    now = planned.now.timestamp()
    return tuple(now if phase in read else at for phase, at in enumerate(rations.read_at))


def _seconds(leases: LeaseRange) -> int:
    return int((leases.until - leases.since).total_seconds()) - 1


def _price(before: float, consumed: float, seconds: float) -> float:
    # No lower than what a request costs.
    return max((before + consumed / seconds) / 2, _EACH) if seconds else before


def _renewals(open_rows: int, row_price: float) -> float:
    """The RCU/s of their renewals."""
    return max(open_rows * max(row_price, _LEAST_ROW) / CYCLE, _EACH)
