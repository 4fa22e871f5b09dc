"""The choice of the open rows to look up by key.

Those whose lease expired, before the dashboard calls them stale or lost, and runs that never had a lease. Where only
narrow ranges of leases are read, also those that should have been renewed: a renewal by a clock that is behind may have
been out of range.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from store import Digest, Liveness, Run
from store.lease import RENEWAL, SKEW
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.model.states import is_expired

# A row that has been expired for longer may have ended since: it is looked up from time to time, so many at once.
_AGAIN = timedelta(minutes=1)
_MOST = 100
# How often to look at a row whose lease has expired for less than the skew allowance, and how long the first renewal of
# a new row may take to come up in a narrow range.
_LATE_AGAIN = timedelta(seconds=20)
_FIRST_RENEWAL = RENEWAL + timedelta(seconds=20)


class DueLookups(msgspec.Struct, frozen=True):
    """Rows to look up: those whose state would change, and those due for another look, the longest due first."""

    news: list[Digest]
    again: list[Digest]


class Lookups:
    """Remembers when each expired row, and each run without a lease, was last looked up."""

    def __init__(self) -> None:
        self._looked_up: dict[Digest, datetime] = {}

    def due(self, cluster: Cluster, now: datetime, *, with_late: bool = False) -> DueLookups:
        """Return the rows to look up before the states of `cluster` move to `now`.

        `with_late` includes late rows, which are live and have an expired lease, and new ones not renewed in time.
        """
        news: list[Digest] = []
        again: dict[Digest, datetime] = {}
        expired: dict[Digest, datetime] = {}
        for row in cluster.open.expired_before(now if with_late else now - SKEW):
            state, last = cluster.liveness(row, now), self._looked_up.get(row.id)
            # No index of leases has such a run: only a lookup finds its end. 100 of them cost 50 RCU.
            is_leaseless = isinstance(row, Run) and row.keepalive is None
            if is_expired(state) and (last is None or cluster.liveness(row, last) is not state):
                news.append(row.id)
            elif is_expired(state) or is_leaseless:
                last = last or cluster.full_as_of
                expired[row.id] = last
                if is_leaseless or now - last >= _AGAIN:
                    again[row.id] = last
            elif with_late:
                last = last or cluster.full_as_of
                expired[row.id] = last
                if _is_overdue(row, state, last, now):
                    again[row.id] = last
        self._looked_up = expired
        return DueLookups(news, sorted(again, key=again.__getitem__)[:_MOST])

    def last(self, id: Digest) -> datetime | None:
        """Return when a row was last looked up; None for never."""
        return self._looked_up.get(id)

    def note_added(self, cluster: Cluster, added: set[Digest], now: datetime) -> None:
        """Note that these rows, which are new, are up to date as of `now`.

        Only rows with an expired lease are looked up before they change again. A first scan adds 100,000 others; noting
        these as well would block the event loop for 50 ms.
        """
        if added:
            self.looked_up(added & {row.id for row in cluster.open.expired_before(now)}, now)

    def looked_up(self, ids: Iterable[Digest], now: datetime) -> None:
        """Note that these rows are up to date as of `now`."""
        self._looked_up.update(dict.fromkeys(ids, now))


def _is_overdue(row: Row, state: Liveness, last: datetime, now: datetime) -> bool:
    """Return whether an open row with an expired lease, which was read at `last`, should have been renewed."""
    lease = row.keepalive or row.start
    if lease is None:
        return False
    if state is Liveness.STARTING:
        return now - lease >= _FIRST_RENEWAL and now - last >= _AGAIN
    return last < lease or now - last >= _LATE_AGAIN
