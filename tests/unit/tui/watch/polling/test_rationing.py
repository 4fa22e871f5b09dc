"""Reads that are rationed: what they cost, what comes first, and that passed leases are all read once."""

import itertools
from collections import defaultdict
from datetime import datetime, timedelta

import msgspec
import pytest

from store import RunID
from store.lease import LEASE, RENEWAL
from tests.support.rows import NOW, digest
from tests.support.watched import INTERVAL, SECOND
from tui.watch.polling.lease_cycle import LeaseRange
from tui.watch.polling.rationing import Rations, after, begin, begin_unread, has_time_for_hosts, income, is_needed, plan
from tui.watch.polling.read_plan import Coverage, OpenIds, Plan
from tui.watch.polling.read_plan import after as covered_after

LIMIT = 100.0
LAG = 5  # seconds that an index may be late
RUNS = [RunID.compute(bytes([number % 256, number // 256])) for number in range(1000)]
CYCLE = int(RENEWAL.total_seconds())


def play(
    count: int,
    rows: OpenIds,
    *,
    passed_price: float = 50.0,
    held_price: float = 500.0,
    limit: float = LIMIT,
    rations: Rations | None = None,
) -> list[tuple[Plan, Rations, float]]:
    """The plans of refreshes in a row, the rations after each, and what it cost."""
    covered, found = Coverage.after_scan(NOW), []
    rations = rations or begin(NOW, NOW, 500_000, 0.09)
    for number in range(1, count + 1):
        now = NOW + number * INTERVAL
        planned = plan(now, covered, rations, rows, limit=limit, overlap=SECOND)
        passed = passed_price * ((planned.starts.until - planned.starts.since) / SECOND - 1)
        held = 0.0
        if planned.renewals is not None:
            held = held_price * ((planned.renewals.until - planned.renewals.since) / SECOND - 1)
        spent = passed + held + len(planned.lookups) / 2 + planned.most_ended / 2 + len(planned.ends) / 2
        earned = income(now, covered, limit)
        rations = after(rations, planned, earned=earned, spent=spent, passed=passed, held=held, limit=limit)
        covered.checked.update(dict.fromkeys(planned.lookups, now))
        covered = covered_after(covered, planned)
        found.append((planned, rations, spent))
    return found


def test_rations_are_needed_where_the_changes_of_the_open_rows_exceed_the_budget() -> None:
    def needed(open_rows: int, *, was: bool = False) -> bool:
        return is_needed(open_rows, 0.09, LIMIT, was_needed=was)

    assert [needed(51_524), needed(60_000), needed(100_000), needed(515_000)] == [False, False, True, True]
    # It takes a full scan to go back: not at every change of the number.
    assert [needed(60_000, was=True), needed(51_524, was=True)] == [True, False]


def test_rationed_reads_cost_what_the_budget_allows_for() -> None:
    for passed_price, held_price in itertools.product((5.0, 50.0, 200.0), (50.0, 500.0, 2000.0)):
        found = play(600, OpenIds(RUNS, [], [], urgent=["align"]), passed_price=passed_price, held_price=held_price)
        spent = sum(cost for _, _, cost in found)
        assert spent <= LIMIT * 600 * 5 + 10 * held_price
        assert spent >= 0.9 * LIMIT * 600 * 5 or passed_price < 50


def test_passed_leases_are_all_read_once_and_with_a_steady_delay() -> None:
    found = play(100, OpenIds(RUNS, [], []))
    for (before, _, _), (later, _, _) in itertools.pairwise(found):
        # The bounds are exclusive, and leases whole seconds.
        assert later.starts.since == max(before.starts.until - SECOND, before.starts.since)
    planned, rations, _ = found[-1]
    assert timedelta(seconds=30) <= planned.now - rations.line <= timedelta(seconds=45)
    left_out = rations.left_out(planned.now, LIMIT, of_hosts=True)
    assert left_out.ends_late == planned.now - rations.line + LEASE


def test_a_line_that_the_budget_cannot_keep_up_with_falls_behind_without_a_gap() -> None:
    found = play(100, OpenIds(RUNS, [], []), passed_price=200.0)
    planned, rations, _ = found[-1]
    assert planned.now - rations.line > timedelta(minutes=5)
    assert all(
        later.starts.since == before.starts.until - SECOND
        for (before, _, _), (later, _, _) in itertools.pairwise(found)
    )


def test_all_runs_are_looked_up_in_turn() -> None:
    found = play(20, OpenIds(RUNS, [], []))
    assert set(itertools.chain.from_iterable(planned.lookups for planned, _, _ in found)) == set(RUNS)
    assert max(len(planned.lookups) for planned, _, _ in found) == 120


def test_every_second_of_the_cycle_of_leases_is_checked_in_the_time_that_is_told() -> None:
    found = play(600, OpenIds(RUNS, [], []))
    begins = [(planned.now, planned.renewals) for planned, _, _ in found if planned.renewals is not None]
    seconds: list[int] = []
    read: list[tuple[datetime, set[int]]] = []
    for now, leases in begins:
        assert now < leases.since < leases.until <= now + timedelta(seconds=60)
        first = int(leases.since.timestamp()) + 1
        seconds += [second % CYCLE for second in range(first, int(leases.until.timestamp()))]
        read.append((now, {second % CYCLE for second in range(first, int(leases.until.timestamp()))}))
    told = found[-1][1].left_out(found[-1][0].now, LIMIT, of_hosts=True).leases_every
    assert told == (found[-1][0].now - NOW) / len(seconds) * CYCLE
    # A second that is due may have to wait until it is as far ahead as those that are read.
    for phase in range(CYCLE):
        times = [NOW, *(now for now, phases in read if phase in phases), found[-1][0].now]
        assert max(later - before for before, later in itertools.pairwise(times)) <= 1.1 * told + RENEWAL


@pytest.mark.parametrize("interval", [5, 10, 18, 20, 25])
def test_no_second_of_the_cycle_is_read_when_it_is_as_far_ahead_as_the_last_two_times(interval: int) -> None:
    """A renewal moves the key of a row: a writer would be missed as long as every read comes just then."""
    rations, distances = begin_unread(NOW, 1000, 0.05, 0), defaultdict[int, list[int]](list)
    for number in range(600):
        now = NOW + number * interval * SECOND
        planned = plan(
            now,
            Coverage.after_scan(now),
            msgspec.structs.replace(rations, saved=interval * rations.held_price / 2),
            OpenIds([], [], []),
            limit=LIMIT,
            overlap=SECOND,
        )
        assert planned.renewals is not None
        for second in range(int(planned.renewals.since.timestamp()) + 1, int(planned.renewals.until.timestamp())):
            distances[second % CYCLE].append(second - int(now.timestamp()))
        rations = after(rations, planned, earned=0.0, spent=0.0, passed=0.0, held=0.0, limit=LIMIT)
    assert len(distances) == CYCLE
    for each in distances.values():
        assert all(max(three) - min(three) > LAG for three in zip(each, each[1:], each[2:], strict=False))


def test_the_lease_ranges_include_writers_with_any_clock_skew() -> None:
    read = [planned for planned, _, _ in play(600, OpenIds([], [], [])) if planned.renewals and planned.ahead]
    assert len(read) > 100
    for off, planned in itertools.product(range(-60, 61), read):
        assert planned.renewals is not None
        assert planned.ahead is not None
        first, until = planned.renewals.since + SECOND, planned.renewals.until
        assert planned.ahead == LeaseRange(planned.renewals.since + RENEWAL, until + RENEWAL)
        # The lease of a row that is at this second of the cycle: a writer renews when 30 s are left by its clock.
        lowest = int((planned.now + (off + 30) * SECOND).timestamp()) + 1
        for second in range(int(first.timestamp()), int(until.timestamp())):
            lease = lowest + (second - lowest) % CYCLE
            assert lease in (second, second + CYCLE)


def test_hosts_are_looked_up_where_there_are_few() -> None:
    assert [has_time_for_hosts(count, LIMIT) for count in (1_800, 300_000)] == [True, False]
    hosts = [digest("pool"), digest("alloc")]
    planned, _, _ = play(1, OpenIds([], hosts, []))[0]
    assert planned.lookups == hosts


def test_only_idents_of_failing_runs_are_asked_for_ends() -> None:
    planned, _, _ = play(1, OpenIds([], [], ["align", "sort"], urgent=["sort"]))[0]
    assert [ends.ident for ends in planned.ends] == ["sort"]
    assert planned.most_ended == 100


def test_debts_are_paid_before_anything_is_read() -> None:
    covered = Coverage.after_scan(NOW)
    rations = Rations(began=NOW, line=NOW, passed_price=50.0, held_price=500.0, saved=-2 * LIMIT * 5)
    planned = plan(
        NOW + INTERVAL, covered, rations, OpenIds(RUNS, [], ["a"], urgent=["a"]), limit=LIMIT, overlap=SECOND
    )
    assert (planned.lookups, planned.ends, planned.renewals, planned.most_ended) == ([], [], None, 0)
    assert planned.starts.until - planned.starts.since == SECOND
    rations = after(rations, planned, earned=500.0, spent=0.0, passed=0.0, held=0.0, limit=LIMIT)
    assert rations.saved == -500


def test_the_income_of_a_pause_is_not_saved() -> None:
    covered = Coverage.after_scan(NOW)
    assert income(NOW + INTERVAL, covered, LIMIT) == 500
    assert income(NOW + timedelta(hours=1), covered, LIMIT) == 6000
    assert income(NOW - INTERVAL, covered, LIMIT) == 0


def test_after_a_stopped_scan_most_goes_to_leases_that_were_never_read() -> None:
    found = play(300, OpenIds(RUNS, [], []), rations=begin_unread(NOW, 500_000, 0.09, read=10))
    starts = [rations.start(0.0, LIMIT) for _, rations, _ in found]
    pending = [start for start in starts if start is not None]
    # 80 s of 500 RCU each, of 65 % of the budget.
    assert 110 <= len(pending) <= 130
    shares = [start.share for start in pending]
    assert shares == sorted(shares)
    assert pending[0].left is not None
    assert pending[0].left == timedelta(seconds=80 * 500 / 65)
    assert starts[len(pending) :] == [None] * (300 - len(pending))
    # The pace of the start is not that of the time after it.
    told = found[-1][1].left_out(found[-1][0].now, LIMIT, of_hosts=True)
    assert told.leases_every > timedelta(minutes=20)


def test_every_second_that_a_stopped_scan_left_is_read() -> None:
    found = play(300, OpenIds([], [], []), rations=begin_unread(NOW, 500_000, 0.09, read=10))
    read: set[int] = set()
    for planned, rations, _ in found:
        if planned.renewals is not None:
            first, end = (int(at.timestamp()) for at in planned.renewals)
            read.update(second % CYCLE for second in range(first + 1, end))
        if not rations.unread:
            break
    scanned = {int((NOW + LEASE).timestamp() - 3 - number) % CYCLE for number in range(10)}
    assert read | scanned == set(range(CYCLE))


def test_leases_pass_unread_where_no_known_row_has_one() -> None:
    covered, rations = Coverage.after_scan(NOW), begin_unread(NOW, 500_000, 0.09, read=10)
    later, first = NOW + timedelta(seconds=200), NOW + timedelta(seconds=100)

    def starts(first_lease: datetime | None, rations: Rations = rations) -> datetime:
        none = OpenIds([], [], [])
        return plan(later, covered, rations, none, limit=LIMIT, overlap=SECOND, first_lease=first_lease).starts.since

    assert starts(first) == first - SECOND
    assert starts(None) == starts(NOW) == NOW
    # A row of wrong clock, whose lease is far ahead: what has passed before is settled.
    assert starts(later + LEASE) == later - timedelta(seconds=33)
    assert starts(first, begin(NOW, NOW, 500_000, 0.09)) == NOW
