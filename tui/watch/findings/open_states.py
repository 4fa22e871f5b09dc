"""The open rows of a cluster by state, worked out once for all findings of a refresh."""

from functools import cached_property

from store import Alloc, Digest, Liveness, PoolRow
from store.lease import SKEW
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.model.states import is_expired


class OpenStates:
    """The open rows of a cluster, and those of them that are `expired`: stale or lost.

    `gone` holds the ids of allocs and pools that are lost or have ended.
    """

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.open = cluster.open
        self.now = cluster.as_of
        self.expired: dict[Digest, tuple[Row, Liveness]] = {}
        self.gone = set(self.open.ended)
        for row in self.open.expired_before(self.now - SKEW):
            state = cluster.liveness(row)
            if is_expired(state):
                self.expired[row.id] = row, state
                if state is Liveness.LOST and isinstance(row, Alloc | PoolRow):
                    self.gone.add(row.id)

    @cached_property
    def dead_allocs(self) -> list[Alloc]:
        """The allocs with open tasks that are stale, lost or ended, or on such a host."""
        dead = self.gone | self.expired.keys()
        ids = dead & self.open.tasks_on.keys()
        for pool_id in dead & self.open.allocs_in.keys():
            ids |= self.open.allocs_in[pool_id].keys() & self.open.tasks_on.keys()
        return [alloc for alloc in map(self.cluster.alloc, ids) if alloc is not None]
