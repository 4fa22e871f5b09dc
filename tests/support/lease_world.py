"""Writers that renew leases, and a table behind a lagging index and a failing network, read by a wrong clock."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from store import Alloc, Digest, Error, ErrorKind, FailureReason, NopTaskDB, Rows, Run, RunID, Snapshot, Task, TaskID
from store.lease import LEASE, RENEWAL
from tests.support.rows import NOW

SECOND = timedelta(seconds=1)
END = 1200  # seconds that a world lasts
LAG = 5  # seconds by which an index read may be late
KINDS = ("run", "task", "alloc")
IDENT = "align"
OUTAGE = Error(ErrorKind.NET, "query", (), "no route")
REFUSAL = Error(ErrorKind.NOT_EXIST, "query", (), "the table has no such index", FailureReason.NO_INDEX)
LOST_PAGE = Error(ErrorKind.TIMEOUT, "query", (), "a page was not read")

Row = Run | Task | Alloc


@dataclass
class Writer:
    """A row of a kind. Its clock is ahead by `skew` seconds; it renews `delays` seconds after it should, but within
    its lease. It stops at `stop`, and then ends if `has_end`. A lease of now comes `first` seconds before the others.
    """

    number: int
    kind: str
    start: int
    skew: int
    delays: list[int]
    stop: int
    has_end: bool = False
    first: int = 0
    leases: list[tuple[int, datetime]] = field(default_factory=list)  # when, in true seconds, and until when

    def __post_init__(self) -> None:
        self.id = Digest(self.number.to_bytes(32, "big"))
        if self.first:
            self.leases.append((self.start, NOW + (self.start + self.skew) * SECOND))
        at, renewals = self.start + self.first, 0
        while at < min(self.stop, END):
            self.leases.append((at, NOW + (at + self.skew) * SECOND + LEASE))
            at += RENEWAL.seconds + self.delays[renewals % len(self.delays)]
            renewals += 1

    def row(self, at: float) -> Row | None:
        """The row as it is in the table at a time."""
        leases = [lease for time, lease in self.leases if time <= at]
        if not leases:
            return None
        times: dict[str, Any] = {"start": NOW + (self.start + self.skew) * SECOND, "keepalive": leases[-1]}
        if self.has_end and at >= self.stop:
            times["end"] = NOW + (self.stop + self.skew) * SECOND
        if self.kind == "run":
            return Run(id=RunID(self.id), **times)
        if self.kind == "task":
            return Task(id=TaskID(self.id), run_id=RunID.compute(b"run"), ident=IDENT, **times)
        return Alloc(id=self.id, **times)

    @property
    def last(self) -> int:
        """When it renewed for the last time."""
        return self.leases[-1][0]


@dataclass
class World(NopTaskDB):
    """The table of the writers. From `calm` on no read fails. Without `orders_ends` it lacks the index of ends."""

    writers: list[Writer]
    outages: list[tuple[int, int]]
    chance: random.Random
    reader_offset: int
    is_lossy: bool
    orders_ends: bool = True
    calm: int = END
    seconds: float = 0.0

    def clock(self) -> datetime:
        """The reader's clock."""
        return NOW + (self.seconds + self.reader_offset) * SECOND

    async def active(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        changed_since: datetime | None = None,
        started_by: datetime | None = None,
        open_only: bool = False,
        with_ended_runs: bool = False,
    ) -> Snapshot:
        self._may_fail()
        assert until is None or since <= until
        rows = []
        for writer in self.writers:
            row = writer.row(self.seconds - self.chance.uniform(0, LAG))
            # While its key moves, a row is in the index neither here nor there.
            moving = any(time <= self.seconds < time + LAG for time, _ in writer.leases[1:])
            if row is None or (moving and self.chance.random() < 0.5):
                continue
            if row.keepalive is None or row.keepalive <= since or (until is not None and row.keepalive >= until):
                continue
            times = (row.start, row.end, row.keepalive - LEASE)
            if changed_since is None or any(time is not None and time >= changed_since for time in times):
                rows.append(row)
        if self.is_lossy and self.seconds < self.calm and self.chance.random() < 0.2:
            return self._snapshot([row for row in rows if self.chance.random() < 0.5], [LOST_PAGE])
        return self._snapshot(rows)

    async def ended_tasks(self, ident: str, since: datetime) -> Rows[Any]:
        self._may_fail()
        if not self.orders_ends:
            raise REFUSAL
        rows = [writer.row(self.seconds - self.chance.uniform(0, LAG)) for writer in self.writers]
        tasks = [row for row in rows if isinstance(row, Task) and row.ident == ident]
        return Rows(Task(id=task.id, ident=ident, end=task.end) for task in tasks if task.end and task.end >= since)

    async def lookup(self, ids: Iterable[Digest], *, consistent: bool = False) -> Snapshot:
        self._may_fail()
        asked = set(ids)
        late = 0.0 if consistent else self.chance.uniform(0, LAG)
        rows = [writer.row(self.seconds - late) for writer in self.writers if writer.id in asked]
        return self._snapshot([row for row in rows if row is not None])

    def _may_fail(self) -> None:
        if any(begin <= self.seconds < min(end, self.calm) for begin, end in self.outages):
            raise OUTAGE

    def _snapshot(self, rows: list[Row], errors: Iterable[Error] = ()) -> Snapshot:
        offset = self.chance.uniform(-0.5, 0.5) - self.reader_offset
        return Snapshot(
            runs=[row for row in rows if isinstance(row, Run)],
            tasks=[row for row in rows if isinstance(row, Task)],
            allocs=[row for row in rows if isinstance(row, Alloc)],
            errors=list(errors),
            as_of=self.clock(),
            clock_offset=offset,
        )
