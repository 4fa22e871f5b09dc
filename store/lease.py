"""The liveness of rows, from their times and a clock. A lease that expired does not prove a death."""

import enum
from datetime import datetime, timedelta

from store.model import Pool, TimeFields

LEASE = timedelta(minutes=2)
"""The duration of a lease, from the Go package. Writers renew it 30 s before it expires."""
RENEWAL = timedelta(seconds=90)
"""The time from one renewal to the next, from the Go package."""
GRACE = 2 * LEASE
"""The time for which an expired lease is only stale: two leases, time for a writer's retries."""
# How far the clocks of writers may be off before a lease of theirs counts as expired.
SKEW = timedelta(seconds=60)
# New tasks, allocs and pools are written with Keepalive = now, cut to whole seconds.
_FIRST_LEASE = timedelta(seconds=1)
# Reflow's EC2 cluster (ec2cluster/instance.go) starts the row of a pool at the launch
# time of the instance, with a lease of 1 minute from when its DNS name is known; the reflowlet renews it once it is up,
# 2 minutes or more after the launch. A lease that ends less than LEASE after the start is therefore not the host's own.
BOOT = timedelta(minutes=5)
"""The time that a pool may take to boot, during which it is neither stale nor lost."""


class Liveness(enum.StrEnum):
    """The liveness of a row, from its lease and its end; `liveness` says when a row is in each."""

    STARTING = "starting"
    LIVE = "live"
    STALE = "stale"
    LOST = "lost"
    ENDED = "ended"


def liveness(
    row: TimeFields,
    now: datetime,
    *,
    moved: datetime | None = None,
    grace: timedelta = GRACE,
    skew: timedelta = SKEW,
) -> Liveness:
    """Return the liveness of `row` at `now`, by the service's clock.

    ENDED is final. A lease that expired no longer than `skew` ago is LIVE, to allow for wrong clocks; for less than
    `grace` it is STALE, and then LOST. `moved` is the time at which its lease was last seen to change: a writer whose
    clock is far off holds a lease for 2 minutes from then on. A row without a lease of its own yet is STARTING until it
    is as old as `grace`; a pool is STARTING rather than STALE or LOST until it is as old as `BOOT`.
    """
    if row.end is not None:
        return Liveness.ENDED
    first = row.keepalive is None or (row.start is not None and row.keepalive - row.start <= _FIRST_LEASE)
    if first and row.start is not None and now - row.start < grace:
        return Liveness.STARTING
    expired_for = lapse(row, now)
    if moved is not None:
        held = now - moved - LEASE
        expired_for = held if expired_for is None else min(expired_for, held)
    if isinstance(row, Pool) and row.start is not None and now - row.start < BOOT:
        is_own = row.keepalive is not None and row.keepalive - row.start >= LEASE
        return Liveness.LIVE if is_own and expired_for is not None and expired_for <= skew else Liveness.STARTING
    if expired_for is None:
        return Liveness.LOST
    if expired_for <= skew:
        return Liveness.LIVE
    return Liveness.STALE if expired_for < grace else Liveness.LOST


def lapse(row: TimeFields, now: datetime) -> timedelta | None:
    """Return the time since the lease of `row` expired: negative while it is held, None for a row without any times."""
    until = row.keepalive or row.start
    return None if until is None else now - until
