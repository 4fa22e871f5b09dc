"""The first scan of a table: rows are merged as pages arrive, and a table too big for the read budget is left unread.

At 1,000 runs of 1,000 tasks a scan costs 37,600 RCU: six minutes of the default budget, and twelve times what DynamoDB
gives for a partition in a second, which the writers of a provisioned table would miss. Pages are read for 30 s of the
budget, and the others later, within it (`rationing`). A table whose changes the budget allows for costs some 150 s of
it at most: it is read at once.
"""

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from store import SnapshotPage
from store.lease import LEASE
from store.time_slices import in_slices
from store.times import EARLIEST, Clock
from tui.watch.model.changes import Changes
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.polling import rationing
from tui.watch.polling.lease_cycle import CYCLE
from tui.watch.polling.status import StartProgress

_SECOND = timedelta(seconds=1)
# Seconds of the budget to read at once, after which the size of the table is estimated.
AT_ONCE = 30.0
# Most scans take less time, and are merged and shown as a whole. Others are shown so often.
_SHOWN_AFTER, _SHOWN_EVERY = _SECOND, _SECOND / 2


class FirstScan:
    """Takes the pages of a scan that begins now, for a budget of `limit` RCU/s.

    `show` receives the changes, and how much has been read by an estimate. `is_stopped` is whether not all was read.
    `unmerged` are the rows that were not merged as they came.
    """

    def __init__(
        self,
        cluster: Cluster,
        limit: float,
        clock: Clock,
        show: Callable[[Changes, StartProgress], Awaitable[None]],
    ) -> None:
        self.is_stopped = False
        self.unmerged: list[Row] = []
        self.consumed = 0.0
        self._cluster = cluster
        self._limit = limit
        self._clock = clock
        self._show = show
        self._count = 0
        self._began = self._shown = clock()
        self._has_shown = False
        self._open: Counter[datetime] = Counter()  # open rows by lease
        self._read_to: datetime | None = None  # the lease that the newest part was read down to

    @property
    def has_merged(self) -> bool:
        """Whether rows were merged as they came."""
        return self._has_shown

    @property
    def open_rows(self) -> int:
        """The number of open rows of the table by an estimate, no fewer than were read."""
        read = self._open.total()
        # As dense as where most rows are: leases of wrong clocks are few, and some seconds were read in part.
        density = sum(count * count for count in self._open.values()) / max(read, 1)
        return max(read, int(density * CYCLE))

    @property
    def row_price(self) -> float:
        """The price of a row in RCU."""
        return self.consumed / max(self._count, 1)

    def read_seconds(self, now: datetime) -> int:
        """Return how many seconds of the newest leases were read as a whole, by the service's time `now`."""
        if self._read_to is None:
            return 0
        # The newest may not have been in the index, and the lowest second was read in part.
        return min(max(int((now + LEASE - self._read_to) / _SECOND) - 4, 0), CYCLE)

    async def take(self, page: SnapshotPage) -> bool:
        """Take a page; return whether to read the next one of its part."""
        self.consumed += page.consumed
        self._count += len(page.rows)
        self.unmerged += page.rows
        self._open.update(row.keepalive for row in page.rows if row.end is None and row.keepalive is not None)
        if page.part == 0:
            leases = [row.keepalive for row in page.rows if row.keepalive is not None]
            self._read_to = min(leases, default=self._read_to)
        if self.consumed >= self._limit * AT_ONCE:
            self.is_stopped |= not page.is_last and self._is_too_big()
        now = self._clock()
        if now - self._began >= _SHOWN_AFTER and now - self._shown >= _SHOWN_EVERY:
            self._shown = now
            await self._merge()
        return not self.is_stopped

    def _is_too_big(self) -> bool:
        return rationing.is_needed(self.open_rows, self.row_price, self._limit, was_needed=False)

    async def _merge(self) -> None:
        changes, rows = Changes(), self.unmerged
        self._has_shown, self.unmerged = True, []
        async for part in in_slices(rows):
            self._cluster.merge(part, changes, self._cluster.full_as_of)
        # No row is called stale before it was looked up.
        self._cluster.open.hold_back(EARLIEST, self._cluster.as_of)
        self._cluster.update_states(changes)
        share = self._open.total() / max(self.open_rows, 1)
        await self._show(changes, StartProgress(min(share, 0.99), None))
