"""The order in which hosts, allocs, runs and tasks stopped, by their leases and ends."""

import enum
from datetime import timedelta

from store import Alloc, PoolRow, Run, Task
from store.lease import LEASE, RENEWAL
from tui.watch.model.rows import Row

TOGETHER = RENEWAL + timedelta(seconds=10)
"""The time within which the leases of writers that stop together expire: each writer renews on its own, every 90 s.

A writer whose lease ends later than that has renewed it after the other one stopped.
"""


class StopOrder(enum.Enum):
    """The order in which a pool or alloc and another row stopped."""

    BEFORE = enum.auto()  # the pool or alloc stopped first
    TOGETHER = enum.auto()  # within one renewal of each other
    LATER = enum.auto()  # the pool or alloc outlived the other row


def stop_order(place: PoolRow | Alloc, row: Task | Run) -> StopOrder:
    """Return whether a pool or alloc stopped before, together with, or after a row whose lease expired.

    If the place has no end, compare the two leases. Otherwise compare its end with the row's last renewal and the time
    at which the next one was due: the row stopped between these.
    """
    if place.end is None:
        earlier = stopped_earlier(place, row) or timedelta()
        if abs(earlier) <= TOGETHER:
            return StopOrder.TOGETHER
        return StopOrder.LATER if earlier > timedelta() else StopOrder.BEFORE
    lease = row.keepalive or row.start
    if lease is None:
        return StopOrder.TOGETHER
    renewed = lease - LEASE
    if place.end >= renewed + TOGETHER:
        return StopOrder.LATER
    return StopOrder.BEFORE if place.end <= renewed else StopOrder.TOGETHER


def stopped_earlier(row: Row, other: Row) -> timedelta | None:
    """Return the time by which `other` stopped before `row`, by their leases or ends; None if one of them has none."""
    last, before = row.end or row.keepalive or row.start, other.end or other.keepalive or other.start
    return None if last is None or before is None else last - before
