"""The choice of the open rows to look up by key.

Those whose lease expired, before the dashboard calls them stale or lost, and runs that never had a lease.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from store import Digest, Run
from store.lease import SKEW
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import is_expired

# A row that has been expired for longer may have ended since: it is looked up from time to time, so many at once.
_AGAIN = timedelta(minutes=1)
_MOST = 100


class DueLookups(NamedTuple):
    """Rows to look up: those whose state would change, and those due for another look, the longest due first."""

    news: list[Digest]
    again: list[Digest]


class Lookups:
    """Remembers when each expired row, and each run without a lease, was last looked up."""

    def __init__(self) -> None:
        self._looked_up: dict[Digest, datetime] = {}

    def due(self, cluster: Cluster, now: datetime) -> DueLookups:
        """Return the rows to look up before the states of `cluster` move to `now`."""
        news: list[Digest] = []
        again: dict[Digest, datetime] = {}
        silent: dict[Digest, datetime] = {}
        for row in cluster.open.expired_before(now - SKEW):
            state, last = cluster.liveness(row, now), self._looked_up.get(row.id)
            # No index of leases has such a run: only a lookup finds its end. 100 of them cost 50 RCU.
            is_leaseless = isinstance(row, Run) and row.keepalive is None
            if is_expired(state) and (last is None or cluster.liveness(row, last) is not state):
                news.append(row.id)
            elif is_expired(state) or is_leaseless:
                last = last or cluster.full_as_of
                silent[row.id] = last
                if is_leaseless or now - last >= _AGAIN:
                    again[row.id] = last
        self._looked_up = silent
        return DueLookups(news, sorted(again, key=again.__getitem__)[:_MOST])

    def last(self, id: Digest) -> datetime | None:
        """Return when a row was last looked up; None for never."""
        return self._looked_up.get(id)

    def looked_up(self, ids: Iterable[Digest], now: datetime) -> None:
        """Note that these rows are up to date as of `now`."""
        self._looked_up.update(dict.fromkeys(ids, now))
