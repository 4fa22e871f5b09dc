"""The plan of narrow reads: which ranges, idents and rows are due."""

import itertools
import math
from datetime import datetime, timedelta

from store import Digest, RunID
from store.lease import LEASE, RENEWAL, SKEW
from store.times import whole_seconds
from tests.support.rows import NOW, digest, run_id
from tui.watch.polling.lease_cycle import CYCLE, LeaseRange
from tui.watch.polling.read_plan import (
    AHEAD_EVERY,
    FEW_RUNS,
    OTHERS_EVERY,
    RENEWALS_EVERY,
    RUNS_EVERY,
    WIDE_ENDS_EVERY,
    WIDE_EVERY,
    Coverage,
    IdentEnds,
    OpenIds,
    Plan,
    after,
    low_leases,
    overdue,
    plan,
)

SECOND = timedelta(seconds=1)
INTERVAL = 5 * SECOND
NONE_OPEN = OpenIds([], [], [])


def planned(
    now: datetime,
    covered: Coverage,
    rows: OpenIds = NONE_OPEN,
    *,
    overlap: timedelta = SECOND,
    renewals_overlap: timedelta = SECOND,
    allowance: float = 500.0,
    audit_every: timedelta = timedelta(days=1),
    renewals_price: float = math.inf,
) -> Plan:
    return plan(
        now,
        covered,
        rows,
        overlap=overlap,
        renewals_overlap=renewals_overlap,
        allowance=allowance,
        audit_every=audit_every,
        renewals_price=renewals_price,
    )


def plans(count: int, rows: OpenIds = NONE_OPEN, *, audit_every: timedelta = timedelta(days=1)) -> list[Plan]:
    """The plans of refreshes in a row, after a full scan."""
    covered, found = Coverage.after_scan(NOW), []
    for number in range(1, count + 1):
        found.append(planned(NOW + number * INTERVAL, covered, rows, audit_every=audit_every))
        covered = after(covered, found[-1])
    return found


def test_new_rows_are_in_a_range_that_begins_where_the_last_one_ended() -> None:
    plan = planned(NOW + INTERVAL, Coverage.after_scan(NOW), renewals_price=10)
    assert plan.starts == LeaseRange(NOW - 2 * SECOND, NOW + 6 * SECOND)
    # Where renewals are dear, to the end of the last second that is over.
    dear = planned(NOW + 5.7 * SECOND, Coverage.after_scan(NOW), renewals_price=11)
    assert dear.starts == LeaseRange(NOW - 2 * SECOND, NOW + 4 * SECOND)
    again = planned(NOW + 2 * INTERVAL, after(Coverage.after_scan(NOW), dear), renewals_price=11)
    assert again.starts.since == NOW + 2.7 * SECOND
    assert planned(NOW + INTERVAL, Coverage.after_scan(NOW), overlap=4 * SECOND).starts.since == NOW - 5 * SECOND


def test_expensive_renewals_are_read_up_to_the_last_complete_second_without_gaps() -> None:
    covered = Coverage.after_scan(NOW)
    last = LeaseRange(NOW, NOW + LEASE + SECOND)
    for number in range(1, 100):
        plan = planned(NOW + number * 5.03 * SECOND, covered)
        covered = after(covered, plan)
        assert plan.renewals is not None
        # A second is read again, to see whether there is a lag. The bounds are exclusive, and leases whole seconds.
        begins = whole_seconds(plan.renewals.since) + SECOND
        assert last.until - 3 * SECOND <= begins < last.until
        assert whole_seconds(plan.now) - 2 * SECOND < plan.renewals.until - LEASE <= plan.now - SECOND
        last = plan.renewals
    assert planned(NOW + 2 * SECOND, Coverage.after_scan(NOW)).renewals is None


def test_leases_of_fast_clocks_are_read_early_if_renewals_are_expensive() -> None:
    ahead = [(plan.now, plan.ahead) for plan in plans(12) if plan.ahead is not None]
    assert len(ahead) == 12 * INTERVAL // AHEAD_EVERY
    assert all(leases.since == now + LEASE and leases.until > now + LEASE + SKEW for now, leases in ahead)


def test_the_range_of_renewals_begins_earlier_if_they_come_late() -> None:
    late = planned(NOW + RENEWALS_EVERY, Coverage.after_scan(NOW), renewals_overlap=4 * SECOND)
    assert late.renewals is not None
    assert late.renewals.since == NOW + LEASE - 5 * SECOND
    assert late.starts == planned(NOW + RENEWALS_EVERY, Coverage.after_scan(NOW)).starts


def test_every_four_minutes_the_range_of_new_rows_is_wide() -> None:
    found = plans(100)
    wide = [plan for plan in found if plan.is_wide]
    assert [plan.now - NOW for plan in wide] == [WIDE_EVERY, 2 * WIDE_EVERY]
    assert all(plan.starts.since <= plan.now - 45 * SECOND for plan in wide)
    # Healthy rows have leases of 30 s or more, which make the range dear.
    assert all(plan.starts.until <= plan.now + 30 * SECOND for plan in found)


def low_seconds(last: datetime, seconds: int, price: float = 0.0) -> list[datetime]:
    """The leases read by refreshes in a row for so many seconds; each as often as it is read."""
    found: list[datetime] = []
    for now in (last + number * INTERVAL for number in range(1, seconds * SECOND // INTERVAL + 1)):
        leases = low_leases(now, now - INTERVAL, price)
        if leases is not None:
            assert leases.until <= now + LEASE - RENEWAL
            found += (leases.since + number * SECOND for number in range(1, (leases.until - leases.since) // SECOND))
    return found


def test_every_lease_is_read_once_as_it_becomes_lower_than_that_of_a_healthy_row() -> None:
    first = NOW + 28 * SECOND
    assert low_seconds(NOW + 0.4 * SECOND, CYCLE) == [first + number * SECOND for number in range(CYCLE)]


def test_dear_low_leases_are_read_in_part_and_reach_the_whole_cycle_in_turn() -> None:
    for price, one_in in ((3.0, 2), (10.0, 7), (1000.0, 8)):
        read = low_seconds(NOW, CYCLE * one_in, price)
        assert len(read) == CYCLE
        assert {int(lease.timestamp()) % CYCLE for lease in read} == set(range(CYCLE))


def test_ends_of_each_ident_follow_each_other_and_are_read_far_back_at_times() -> None:
    found = plans(25, OpenIds([], [], ["align", "sort"]))
    assert [ends.ident for ends in found[0].ends] == ["align", "sort"]
    assert found[1].ends == [IdentEnds(ident, NOW + INTERVAL - 2 * SECOND) for ident in ("align", "sort")]
    wide = [plan for plan in found if plan.is_wide_ends]
    assert [plan.now - NOW for plan in wide] == [WIDE_ENDS_EVERY, 2 * WIDE_ENDS_EVERY]
    assert all(ends.since <= plan.now - SKEW for plan in wide for ends in plan.ends)


def test_idents_beyond_the_allowance_take_turns_and_urgent_ones_come_first() -> None:
    idents = [f"ident{number}" for number in range(100)]
    rows = OpenIds([], [], idents, urgent=["ident77", "ident78"])
    covered, reads = Coverage.after_scan(NOW), []
    for number in range(1, 12):
        plan = planned(NOW + number * INTERVAL, covered, rows, allowance=0)
        assert len(plan.ends) == 20
        assert {"ident77", "ident78"} < {ends.ident for ends in plan.ends}
        reads.append({ends.ident: ends.since for ends in plan.ends})
        covered = after(covered, plan)
    assert set().union(*reads[:6]) == set(idents)
    # None of them skips the time in which it waited.
    waited = [number for number, read in enumerate(reads) if "ident5" in read]
    for earlier, later in itertools.pairwise(waited):
        assert reads[later]["ident5"] < NOW + (earlier + 1) * INTERVAL


def test_an_ident_without_open_tasks_is_forgotten() -> None:
    covered = after(Coverage.after_scan(NOW), planned(NOW + INTERVAL, Coverage.after_scan(NOW), OpenIds([], [], ["a"])))
    assert set(covered.ends) == {"a"}
    covered = after(covered, planned(NOW + 2 * INTERVAL, covered))
    again = planned(NOW + 3 * INTERVAL, covered, OpenIds([], [], ["a"]))
    assert again.ends == [IdentEnds("a", NOW + 2 * INTERVAL - 2 * SECOND)]


def test_runs_are_looked_up_regularly() -> None:
    runs = [run_id(number) for number in range(1, FEW_RUNS + 2)]
    found = [(plan.now - NOW, plan.lookups) for plan in plans(3, OpenIds(runs, [], [])) if plan.lookups]
    assert found == [(RUNS_EVERY, runs)]


def test_a_row_is_overdue_when_it_was_not_read_in_time() -> None:
    covered = Coverage.after_scan(NOW)
    covered.checked[digest("pool")] = NOW + OTHERS_EVERY
    ids = [digest("pool"), digest("alloc")]
    assert overdue(ids, covered, NOW) == [digest("alloc")]
    assert overdue(ids, covered, NOW - SECOND) == []
    assert planned(NOW + INTERVAL, covered, OpenIds([], ids, [])).lookups == ids


def test_cheap_renewals_are_read_up_to_now_by_each_refresh() -> None:
    covered = after(Coverage.after_scan(NOW), planned(NOW + RENEWALS_EVERY, Coverage.after_scan(NOW)))
    now = NOW + RENEWALS_EVERY + 2 * SECOND
    dear, cheap = (planned(now, covered, renewals_price=price) for price in (11, 10))
    assert dear.renewals is None
    # Up to the last moment, and of clocks that are ahead, too.
    assert cheap.renewals is not None
    assert cheap.renewals.until > now + LEASE + SKEW
    assert (cheap.ahead, cheap.renewed) == (None, now)


def test_a_few_runs_are_looked_up_each_time() -> None:
    rows = OpenIds([run_id(1)], [], [])
    assert [plan.lookups for plan in plans(3, rows)] == [[run_id(1)]] * 3


def test_lookups_beyond_the_allowance_take_turns() -> None:
    runs = [run_id(number) for number in range(1, 61)]
    now, covered = NOW + RUNS_EVERY, Coverage.after_scan(NOW)
    looked_up: set[Digest] = set()
    for number in range(3):
        ids = planned(now + number * INTERVAL, covered, OpenIds(runs, [], []), allowance=0).lookups
        assert len(ids) == 20
        covered.checked.update(dict.fromkeys(map(RunID, ids), now + number * INTERVAL))
        looked_up.update(ids)
    assert looked_up == set(runs)


def test_an_audit_reads_slices_of_the_leases_that_are_current() -> None:
    found = plans(240, audit_every=timedelta(minutes=10))
    audits = [(plan.now, each) for plan in found for each in plan.audit]
    assert all(now + 10 * SECOND < each.until < now + LEASE + 45 * SECOND for now, each in audits)
    seconds = sum((each.until - each.since - SECOND for _, each in audits), timedelta())
    # Two turns of 90 s; a part of them is read twice.
    assert 150 * SECOND <= seconds <= 240 * SECOND


def test_a_refused_audit_is_due_again() -> None:
    covered = Coverage.after_scan(NOW)
    first = planned(NOW + timedelta(minutes=5), covered, audit_every=timedelta(minutes=10))
    again = planned(NOW + timedelta(minutes=6), covered, audit_every=timedelta(minutes=10))
    assert first.audit
    assert again.audited.phase == first.audited.phase
    assert after(covered, first).audit == first.audited != covered.audit
