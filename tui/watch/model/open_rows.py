"""The rows without an end, indexed by what every refresh asks for: there are too many to go through."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import TypeVar

from store import Alloc, Digest, PoolRow, Run, Task
from store.times import EARLIEST

Row = Run | Task | Alloc | PoolRow
K = TypeVar("K")
R = TypeVar("R", bound=Row)

_Index = defaultdict[K, dict[Digest, R]]


class OpenRows:
    """Every row without an end, by id in `rows`; updated as rows come in.

    `pools` are the open pools, `allocs_in` the open allocs by pool, `tasks_on` the open tasks by alloc and `tasks_of`
    by ident, all without empty entries. `ended` are the ids of allocs and pools that have ended. A row is unread if its
    lease has passed and no read has told whether it was renewed.
    """

    def __init__(self) -> None:
        self.rows: dict[Digest, Row] = {}
        self.pools: dict[Digest, PoolRow] = {}
        self.allocs_in: _Index[Digest, Alloc] = defaultdict(dict)
        self.tasks_on: _Index[Digest, Task] = defaultdict(dict)
        self.tasks_of: _Index[str, Task] = defaultdict(dict)
        self.ended: set[Digest] = set()
        self._by_lease: _Index[datetime | None, Row] = defaultdict(dict)
        self._unread: _Index[datetime | None, Row] = defaultdict(dict)

    def expired_before(self, before: datetime) -> Iterable[Row]:
        """Return the rows whose lease ends before `before`, and those without a lease, except the unread ones."""
        leases = [lease for lease in self._by_lease if lease is None or lease < before]
        return (row for lease in leases for row in self._by_lease[lease].values())

    def first_lease(self, since: datetime) -> datetime | None:
        """Return the first lease from `since` on that an open row has, read or not; None if there is none."""
        return min((lease for lease in chain(self._by_lease, self._unread) if lease and lease >= since), default=None)

    def hold_back(self, since: datetime, before: datetime) -> None:
        """Mark the rows whose lease ends from `since` until before `before` as unread, until `put` or `confirm`."""
        for lease in [lease for lease in self._by_lease if lease is not None and since <= lease < before]:
            self._unread[lease].update(self._by_lease.pop(lease))

    def confirm(self, id: Digest) -> None:
        """Record that a row was read and its lease is current."""
        row = self.rows.get(id)
        if row is not None and self.is_unread(row):
            _drop(self._unread, row.keepalive, id)
            self._by_lease[row.keepalive][id] = row

    def unread(self) -> list[Digest]:
        """Return the ids of all unread rows."""
        return [id for rows in self._unread.values() for id in rows]

    def confirm_all(self) -> None:
        """Record that all rows were read."""
        for lease, rows in self._unread.items():
            self._by_lease[lease].update(rows)
        self._unread.clear()

    def confirm_only(self, ids: Iterable[Digest] | None, before: datetime) -> None:
        """Record that of the rows whose lease ends before `before`, only `ids` were read; None means all of them."""
        self.confirm_all()
        if ids is not None:
            self.hold_back(EARLIEST, before)
            for id in ids:
                self.confirm(id)

    def is_unread(self, row: Row) -> bool:
        """Return whether the lease of an open row has passed without a read that shows whether it was renewed."""
        return bool(self._unread) and row.id in self._unread.get(row.keepalive, ())

    def confirmed_before(self, before: datetime) -> list[Digest] | None:
        """Return the rows whose lease ends before `before` that are not unread; None if no row is."""
        return [row.id for row in self.expired_before(before)] if self._unread else None

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
        self._drop_lease(row)
        if isinstance(row, Task):
            _drop(self.tasks_on, row.alloc_id, id)
            _drop(self.tasks_of, row.ident, id)
        elif isinstance(row, Alloc):
            _drop(self.allocs_in, row.pool_id, id)
        elif isinstance(row, PoolRow):
            del self.pools[id]

    def _drop_lease(self, row: Row) -> None:
        _drop(self._unread if self.is_unread(row) else self._by_lease, row.keepalive, row.id)

    def _put(self, row: Row, old: Row | None) -> None:
        self.rows[row.id] = row
        if old is not None:
            self._drop_lease(old)
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
