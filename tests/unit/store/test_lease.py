from datetime import datetime, timedelta

import pytest

from store import Liveness, Pool, TimeFields, lapse, liveness
from store.lease import BOOT, GRACE, LEASE, SKEW
from tests.support.rows import NOW, ago, ahead

SECOND = timedelta(seconds=1)
OLD = ago(hours=1)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (TimeFields(start=OLD, keepalive=ahead(minutes=2)), Liveness.LIVE),
        (TimeFields(start=OLD, keepalive=NOW - SKEW), Liveness.LIVE),
        (TimeFields(start=OLD, keepalive=NOW - SKEW - SECOND), Liveness.STALE),
        (TimeFields(start=OLD, keepalive=NOW - GRACE + SECOND), Liveness.STALE),
        (TimeFields(start=OLD, keepalive=NOW - GRACE), Liveness.LOST),
        (TimeFields(start=OLD, keepalive=ahead(minutes=2), end=NOW), Liveness.ENDED),
        (TimeFields(end=OLD), Liveness.ENDED),
        (TimeFields(start=NOW - GRACE + SECOND), Liveness.STARTING),
        (TimeFields(start=NOW - GRACE), Liveness.LOST),
        (TimeFields(start=NOW, keepalive=NOW + SECOND), Liveness.STARTING),
        (TimeFields(start=ago(minutes=3), keepalive=ago(minutes=3) + SECOND), Liveness.STARTING),
        (TimeFields(start=ago(minutes=3), keepalive=ago(minutes=3) + 2 * SECOND), Liveness.STALE),
        (TimeFields(start=ahead(minutes=1), keepalive=ahead(minutes=1)), Liveness.STARTING),
        (TimeFields(), Liveness.LOST),
    ],
)
def test_liveness(row: TimeFields, expected: Liveness) -> None:
    assert liveness(row, NOW) is expected


def booting(age: timedelta, *, lease: timedelta | None) -> Pool:
    """Make a pool of this age whose lease ends `lease` after its start."""
    start = NOW - age
    return Pool(start=start, keepalive=None if lease is None else start + lease)


@pytest.mark.parametrize("lease", [None, timedelta(), timedelta(minutes=1), timedelta(seconds=90)])
@pytest.mark.parametrize("age", [SECOND, timedelta(seconds=130), BOOT - SECOND])
def test_a_pool_is_starting_while_it_boots(age: timedelta, lease: timedelta | None) -> None:
    assert liveness(booting(age, lease=lease), NOW) is Liveness.STARTING
    assert liveness(booting(age, lease=lease), NOW, moved=NOW - age) is Liveness.STARTING


def test_a_pool_that_renewed_its_lease_while_it_was_young_is_live_until_that_expires() -> None:
    own = timedelta(minutes=2, seconds=20)
    assert liveness(booting(timedelta(minutes=1), lease=own), NOW) is Liveness.LIVE
    assert liveness(booting(BOOT - SECOND, lease=own), NOW) is Liveness.STARTING
    assert liveness(booting(BOOT, lease=own), NOW) is Liveness.STALE


def test_a_pool_that_did_not_boot_is_lost() -> None:
    assert liveness(booting(BOOT, lease=timedelta(minutes=1)), NOW) is Liveness.LOST
    assert liveness(booting(BOOT, lease=timedelta(minutes=1)), NOW, moved=NOW - timedelta(minutes=4)) is Liveness.STALE


@pytest.mark.parametrize("keepalive", [OLD, None])
def test_a_lease_that_was_seen_to_move_is_held_from_then(keepalive: datetime | None) -> None:
    row = TimeFields(start=OLD, keepalive=keepalive)

    def after(span: timedelta) -> Liveness:
        return liveness(row, NOW, moved=NOW - span)

    assert after(LEASE + SKEW) is Liveness.LIVE
    assert after(LEASE + SKEW + SECOND) is Liveness.STALE
    assert after(LEASE + GRACE - SECOND) is Liveness.STALE
    assert after(LEASE + GRACE) is Liveness.LOST


def test_a_lease_that_is_promised_for_longer_counts_though_it_was_seen_to_move() -> None:
    assert liveness(TimeFields(start=OLD, keepalive=ahead(hours=1)), NOW, moved=ago(minutes=30)) is Liveness.LIVE


def test_lapse() -> None:
    assert lapse(TimeFields(keepalive=ahead(seconds=5)), NOW) == -5 * SECOND
    assert lapse(TimeFields(start=ago(seconds=5)), NOW) == 5 * SECOND
    assert lapse(TimeFields(), NOW) is None
