"""The cycle of leases, and the audit that reads it a little at a time."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from store.lease import LEASE, RENEWAL
from tests.support.rows import NOW
from tui.watch.polling.lease_cycle import CYCLE, Audit, LeaseRange, occurrence

SECOND = timedelta(seconds=1)
INTERVAL = 5 * SECOND
EVERY = timedelta(minutes=10)


def slices(price: float, every: timedelta, seconds: int) -> list[tuple[int, list[LeaseRange]]]:
    """When an audit reads, in seconds, and the ranges."""
    audit, found = Audit(NOW), []
    for at in range(INTERVAL.seconds, seconds, INTERVAL.seconds):
        now = NOW + at * SECOND
        if count := audit.due(now, every, price):
            found.append((at, audit.ranges(now, count)))
            audit = audit.after(now, every, count)
    return found


def length(ranges: list[LeaseRange]) -> timedelta:
    return sum((each.until - each.since - SECOND for each in ranges), timedelta())


def test_a_second_of_the_cycle_comes_back_with_each_renewal() -> None:
    first = occurrence(17, NOW)
    assert NOW <= first < NOW + RENEWAL
    assert occurrence(17, first) == first
    assert occurrence(17, first + SECOND) == first + RENEWAL
    assert {occurrence(phase, NOW) for phase in range(CYCLE)} == {NOW + SECOND * number for number in range(CYCLE)}


@given(
    st.floats(0, 89),
    st.lists(st.floats(0, 1), min_size=1, max_size=4),
    st.sampled_from([0.0, 0.5, 5.0, 34.0]),
    st.sampled_from([EVERY, 2 * EVERY]),
)
def test_a_row_that_is_renewed_is_read_in_every_turn(
    first: float, delays: list[float], price: float, every: timedelta
) -> None:
    """Wherever it is in the cycle, and although each of its renewals is a little late."""
    end = 3 * every.seconds
    renewals = [first - RENEWAL.seconds]
    while renewals[-1] < end:
        renewals.append(renewals[-1] + RENEWAL.seconds + delays[len(renewals) % len(delays)])
    read = []
    for at, ranges in slices(price, every, end):
        last = max(renewal for renewal in renewals if renewal <= at)
        lease = (NOW + SECOND * last + LEASE).replace(microsecond=0)
        if any(leases.since < lease < leases.until for leases in ranges):
            read.append(at)
    # A turn is longer for a row whose place in the cycle moves on: by a fifth at most, and a slice is a third of it.
    assert read[0] <= every.seconds * 1.6
    assert len(read) >= 2


def test_an_audit_is_spread_evenly() -> None:
    found = slices(34.0, EVERY, 1200)
    assert all(length(ranges) <= 2 * SECOND for _, ranges in found)
    assert len(found) == 1195 * CYCLE // EVERY.seconds


def test_cheap_seconds_are_read_together() -> None:
    assert [at for at, _ in slices(0.0, EVERY, 601)] == [200, 400, 600]
    assert [at for at, _ in slices(1.0, EVERY, 206)] == [70, 135, 205]


def test_a_pause_is_not_made_up_for() -> None:
    audit, back = Audit(NOW), NOW + timedelta(hours=1)
    count = audit.due(back, EVERY, 34.0)
    audit = audit.after(back, EVERY, count)
    assert (count, audit) == (30, Audit(back, 30))
    assert audit.due(back + INTERVAL, EVERY, 34.0) == 0


def test_a_slice_is_in_two_places_while_its_rows_are_renewed() -> None:
    renewing = [phase for phase in range(CYCLE) if len(Audit(NOW, phase).ranges(NOW, 1)) == 2]
    assert len(renewing) == 12
    low, high = Audit(NOW, renewing[0]).ranges(NOW, 1)
    assert high.since - low.since == RENEWAL
    assert low.since >= NOW + 19 * SECOND
    assert high.until <= NOW + LEASE + 2 * SECOND
