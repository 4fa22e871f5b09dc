"""Several deltas combined into one that is cheaper to apply: a lease that moves does so every 90 seconds."""

from array import array
from datetime import datetime

from store import Digest, RunID
from tui.watch.model.delta import Delta, Leases
from tui.watch.model.rows import Row


class DeltaSum:
    """Combines consecutive deltas into one with the same effect.

    A sum `from_empty` applies only to an empty cluster. It has no removed rows, so it is no larger than the cluster.
    Any other sum keeps the ids of all removed rows: use it for a single jump of a replay.
    """

    def __init__(self, *, from_empty: bool = False) -> None:
        self._from_empty = from_empty
        self._first: Delta | None = None
        self._last: Delta | None = None
        self._rows: dict[Digest, Row] = {}
        self._moved: dict[Digest, datetime] = {}
        self._until: dict[Digest, int] = {}
        self._seen: dict[Digest, datetime | None] = {}
        self._removed: set[Digest] = set()
        self._whole: set[RunID] = set()
        self._rowless: set[RunID] = set()

    def add(self, delta: Delta) -> None:
        """Add the next delta."""
        if self._last is None:
            self._first = delta  # a single delta is its own sum
        elif self._first is not None:
            self._include(self._first)
            self._first = None
        if self._first is None:
            self._include(delta)
        self._last = delta

    def combined(self) -> Delta:
        """Return the sum. Raises IndexError if nothing was added."""
        last = self._last
        if self._first is not None:
            return self._first
        if last is None:
            raise IndexError("no delta was added")
        return Delta(
            as_of=last.as_of,
            full_as_of=last.full_as_of,
            clock_offset=last.clock_offset,
            covered_since=last.covered_since,
            rows=[*self._rows.values()],
            moved=self._moved.copy(),
            leases=Leases([*self._until], array("q", self._until.values()), [*map(self._seen.get, self._until)]),
            removed=[*self._removed],
            whole=[*self._whole],
            rowless=[*self._rowless],
            confirmed=last.confirmed,
        )

    def _include(self, delta: Delta) -> None:
        if not self._from_empty:
            self._removed.update(delta.removed)
        gone = set(delta.removed)
        rows = {row.id: row for row in delta.rows}
        for of_rows in (self._rows, self._moved, self._until, self._seen):
            for id in of_rows.keys() & gone:
                del of_rows[id]
        for of_rows in (self._moved, self._until, self._seen):
            for id in of_rows.keys() & rows.keys():
                del of_rows[id]
        self._rows.update(rows)
        self._moved.update(delta.moved)
        leases = delta.leases
        self._until.update(zip(leases.ids, leases.until, strict=True))
        self._seen.update(zip(leases.ids, leases.seen, strict=True))
        self._whole = (self._whole - gone) | set(delta.whole)
        self._rowless = (self._rowless - gone - rows.keys()) | set(delta.rowless)
