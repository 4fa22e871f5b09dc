"""The rows without an end, indexed by what every refresh asks for: there are too many to go through."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from store import Alloc, Digest, PoolRow, Run, Task

Row = Run | Task | Alloc | PoolRow
K = TypeVar("K")
R = TypeVar("R", bound=Row)

_Index = defaultdict[K, dict[Digest, R]]


class OpenRows:
    """Every row without an end, by id in `rows`; updated as rows come in.

    `pools` are the open pools, `allocs_in` the open allocs by pool, `tasks_on` the open tasks by alloc and `tasks_of`
    by ident, all without empty entries. `ended` are the ids of allocs and pools that have ended.
    """

    def __init__(self) -> None:
        self.rows: dict[Digest, Row] = {}
        self.pools: dict[Digest, PoolRow] = {}
        self.allocs_in: _Index[Digest, Alloc] = defaultdict(dict)
        self.tasks_on: _Index[Digest, Task] = defaultdict(dict)
        self.tasks_of: _Index[str, Task] = defaultdict(dict)
        self.ended: set[Digest] = set()
        self._by_lease: _Index[datetime | None, Row] = defaultdict(dict)

    def expired_before(self, before: datetime) -> Iterable[Row]:
        """Return the rows whose lease ends before `before`, and those without a lease."""
        leases = [lease for lease in self._by_lease if lease is None or lease < before]
        return (row for lease in leases for row in self._by_lease[lease].values())

    def put(self, row: Row) -> None:
        """Add a row, or replace its earlier version."""
        old = self.rows.get(row.id)
        if row.end is not None or type(old) is not type(row):
            self.remove(row.id)
            old = None
        if row.end is None:
            self._put(row, old)
        elif isinstance(row, Alloc | PoolRow):
            self.ended.add(row.id)

    def remove(self, id: Digest) -> None:
        """Remove a row, open or not."""
        self.ended.discard(id)
        row = self.rows.pop(id, None)
        if row is None:
            return
        _drop(self._by_lease, row.keepalive, id)
        if isinstance(row, Task):
            _drop(self.tasks_on, row.alloc_id, id)
            _drop(self.tasks_of, row.ident, id)
        elif isinstance(row, Alloc):
            _drop(self.allocs_in, row.pool_id, id)
        elif isinstance(row, PoolRow):
            del self.pools[id]

    def _put(self, row: Row, old: Row | None) -> None:
        self.rows[row.id] = row
        if old is not None and old.keepalive != row.keepalive:
            _drop(self._by_lease, old.keepalive, row.id)
        self._by_lease[row.keepalive][row.id] = row
        if isinstance(row, Task):
            if isinstance(old, Task) and (old.alloc_id, old.ident) != (row.alloc_id, row.ident):
                _drop(self.tasks_on, old.alloc_id, row.id)
                _drop(self.tasks_of, old.ident, row.id)
            self.tasks_on[row.alloc_id][row.id] = row
            self.tasks_of[row.ident][row.id] = row
        elif isinstance(row, Alloc):
            if isinstance(old, Alloc) and old.pool_id != row.pool_id:
                _drop(self.allocs_in, old.pool_id, row.id)
            self.allocs_in[row.pool_id][row.id] = row
        elif isinstance(row, PoolRow):
            self.pools[row.id] = row


def _drop(index: _Index[K, R], key: K, id: Digest) -> None:
    rows = index[key]
    rows.pop(id, None)
    if not rows:
        del index[key]
