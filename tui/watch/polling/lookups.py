"""Which open rows to look up: those whose lease has lapsed, before anything is said of them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from store import Digest
from store.lease import SKEW
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import is_expired

# A row that has been silent for longer may have ended all the same: it is looked up now and then, so many at a time.
_AGAIN = timedelta(minutes=1)
_MOST = 100


class DueLookups(NamedTuple):
    """Rows to look up: those of which something new would be said, and those that it is time to look at again."""

    news: list[Digest]
    again: list[Digest]


class Lookups:
    """Remembers when a silent row was looked up last."""

    def __init__(self) -> None:
        self._looked_up: dict[Digest, datetime] = {}

    def due(self, cluster: Cluster, now: datetime) -> DueLookups:
        """The rows to look up before the states of `cluster` move to `now`."""
        news: list[Digest] = []
        again: dict[Digest, datetime] = {}
        silent: dict[Digest, datetime] = {}
        for row in cluster.open.lapsed(now - SKEW):
            state = cluster.liveness(row, now)
            if not is_expired(state):
                continue
            last = self._looked_up.get(row.id)
            if last is None or cluster.liveness(row, last) is not state:
                news.append(row.id)
                continue
            silent[row.id] = last
            if now - last >= _AGAIN:
                again[row.id] = last
        self._looked_up = silent
        return DueLookups(news, sorted(again, key=again.__getitem__)[:_MOST])

    def last(self, id: Digest) -> datetime | None:
        """When a row was looked up last."""
        return self._looked_up.get(id)

    def looked_up(self, ids: Iterable[Digest], now: datetime) -> None:
        """These rows are as the table has them."""
        self._looked_up.update(dict.fromkeys(ids, now))
