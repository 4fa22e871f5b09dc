"""Writers that renew leases, and a table behind a lagging index and a failing network, read by a wrong clock."""

import asyncio
import random
import selectors
from bisect import bisect_right
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from operator import itemgetter
from typing import Any

from store import (
    Alloc,
    Digest,
    Error,
    ErrorKind,
    FailureReason,
    NopTaskDB,
    PageHook,
    Rows,
    Run,
    RunID,
    Snapshot,
    SnapshotPage,
    Task,
    TaskID,
)
from store.dynamo import plan
from store.dynamo.reader import ReadResult
from store.dynamo.segments import RowSelection, split_window
from store.lease import LEASE, RENEWAL
from store.times import format_time
from tests.support.rows import NOW
from tui.watch.model.cluster import Cluster

SECOND = timedelta(seconds=1)
END = 1200  # seconds that most tests watch a world
LAST = 2 * END  # no writer renews later
LAG = 5  # seconds by which an index read may be late
KINDS = ("run", "task", "alloc")
IDENT = "align"
OUTAGE = Error(ErrorKind.NET, "query", (), "no route")
REFUSAL = Error(ErrorKind.NOT_EXIST, "query", (), "the table has no such index", FailureReason.NO_INDEX)
LOST_PAGE = Error(ErrorKind.TIMEOUT, "query", (), "a page was not read")
THROTTLED = Error(ErrorKind.TEMPORARY, "query", (), "throttled")

Row = Run | Task | Alloc

_when = itemgetter(0)
_written = cache(format_time)


class _NoFiles(selectors.SelectSelector):
    """A selector that never asks the system: a world reads no file, and is never idle."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return []


def run(watch: Coroutine[Any, Any, None]) -> None:
    """Run `watch`, which waits only for coroutines, in an event loop that is cheaper by the system calls."""
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(_NoFiles())) as runner:
        runner.run(watch)


@dataclass
class Writer:
    """A row of a kind. Its clock is ahead by `skew` seconds; it renews `delays` seconds after it should, but within
    its lease. It stops at `stop`, and then ends if `has_end`. A lease of now comes `first` seconds before the others.
    At the times in `sets` it sets a field that no index has. `base` is when the world begins.
    """

    number: int
    kind: str
    start: int
    skew: int
    delays: list[int]
    stop: int
    has_end: bool = False
    first: int = 0
    ident: str = IDENT
    sets: list[int] = field(default_factory=list)
    base: datetime = NOW
    leases: list[tuple[int, datetime]] = field(default_factory=list)  # when, in true seconds, and until when

    def __post_init__(self) -> None:
        self.id = Digest(self.number.to_bytes(32, "big"))
        self._rows: dict[tuple[int, int, bool], Row] = {}
        if self.first:
            self.leases.append((self.start, self.base + (self.start + self.skew) * SECOND))
        at, renewals = self.start + self.first, 0
        while at < min(self.stop, LAST):
            self.leases.append((at, self.base + (at + self.skew) * SECOND + LEASE))
            at += RENEWAL.seconds + self.delays[renewals % len(self.delays)]
            renewals += 1

    def row(self, at: float) -> Row | None:
        """The row as it is in the table at a time."""
        leases = self._leases_until(at)
        if not leases:
            return None
        sets = sum(time <= min(at, self.stop) for time in self.sets) if self.sets else 0
        version = leases, sets, self.has_end and at >= self.stop
        row = self._rows.get(version)
        if row is None:
            row = self._rows[version] = self._row(*version)
        return row

    def is_moving(self, at: float, lag: float) -> bool:
        """Whether the row was renewed less than `lag` seconds before."""
        leases = self._leases_until(at)
        return leases > 1 and at < self.leases[leases - 1][0] + lag

    def _leases_until(self, at: float) -> int:
        return bisect_right(self.leases, at, key=_when)

    def _row(self, leases: int, sets: int, has_ended: bool) -> Row:
        times: dict[str, Any] = {
            "start": self.base + (self.start + self.skew) * SECOND,
            "keepalive": self.leases[leases - 1][1],
        }
        if has_ended:
            times["end"] = self.base + (self.stop + self.skew) * SECOND
        text = f"set {sets} times" if sets else ""
        if self.kind == "run":
            return Run(id=RunID(self.id), args=(text,) if text else (), **times)
        if self.kind == "task":
            return Task(id=TaskID(self.id), run_id=RunID.compute(b"run"), ident=self.ident, uri=text, **times)
        return Alloc(id=self.id, uri=text, **times)

    @property
    def last(self) -> int:
        """When it renewed for the last time."""
        return self.leases[-1][0]


@dataclass
class World(NopTaskDB):
    """The table of the writers. From `calm` on no read fails. Without `orders_ends` it lacks the index of ends.

    Reads other than consistent ones are up to `lag` seconds late.
    """

    writers: list[Writer]
    outages: list[tuple[int, int]]
    chance: random.Random
    reader_offset: int
    is_lossy: bool
    orders_ends: bool = True
    calm: int = END
    base: datetime = NOW
    lag: float = LAG
    seconds: float = 0.0

    def clock(self) -> datetime:
        """The reader's clock."""
        return self.base + (self.seconds + self.reader_offset) * SECOND

    async def active(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        changed_since: datetime | None = None,
        started_by: datetime | None = None,
        open_only: bool = False,
        with_ended_runs: bool = False,
        on_page: PageHook | None = None,
    ) -> Snapshot:
        self._may_fail()
        assert until is None or since <= until
        assert not open_only
        assert started_by is None
        requests = split_window(since, until, self.clock(), RowSelection(changed_since))
        is_bad = self.is_lossy and self.seconds < self.calm and self.chance.random() < 0.2
        found, errors = ReadResult(), []
        for part, request in enumerate(requests):
            fate = self.chance.random() if is_bad else 1.0
            if fate < 0.3:
                errors.append(THROTTLED)
                continue
            rows = self._segment(request)
            if fate < 0.6:
                rows = [row for row in rows if self.chance.random() < 0.5]
                errors.append(LOST_PAGE)
            if on_page is not None and rows:
                rows.sort(key=lambda row: row.keepalive or self.base, reverse=True)
                first = rows[: len(rows) // 2]
                if not await on_page(SnapshotPage(part, first, consumed=1.0, is_last=False)):
                    rows = first
                else:
                    await on_page(SnapshotPage(part, rows[len(first) :], consumed=1.0, is_last=True))
            found.add(rows)
        if errors == [THROTTLED] * len(requests) != []:
            raise THROTTLED
        return self._snapshot([*found.rows(Run), *found.rows(Task), *found.rows(Alloc)], errors)

    async def ended_tasks(self, ident: str, since: datetime) -> Rows[Any]:
        self._may_fail()
        if not self.orders_ends:
            raise REFUSAL
        rows = [writer.row(self.seconds - self.chance.uniform(0, self.lag)) for writer in self.writers]
        tasks = [row for row in rows if isinstance(row, Task) and row.ident == ident]
        ended = [Task(id=task.id, ident=ident, end=task.end) for task in tasks if task.end and task.end >= since]
        if self.is_lossy and self.seconds < self.calm and self.chance.random() < 0.1:
            return Rows([task for task in ended if self.chance.random() < 0.5], [LOST_PAGE])
        return Rows(ended)

    async def lookup(self, ids: Iterable[Digest], *, consistent: bool = False) -> Snapshot:
        self._may_fail()
        asked = set(ids)
        errors = []
        if self.is_lossy and self.seconds < self.calm and self.chance.random() < 0.1:
            asked = {id for id in asked if self.chance.random() < 0.5}
            errors = [THROTTLED]
        late = 0.0 if consistent else self.chance.uniform(0, self.lag)
        rows = [writer.row(self.seconds - late) for writer in self.writers if writer.id in asked]
        return self._snapshot([row for row in rows if row is not None], errors)

    def _segment(self, request: plan.Request) -> list[Row]:
        """Return the rows that a Query of the index of leases brings."""
        values = {name: value["S"] for name, value in request["ExpressionAttributeValues"].items()}
        low, high, changed = values.get(":start", ""), values.get(":end", "~"), values.get(":changed", "")
        found = []
        for writer in self.writers:
            row = writer.row(self.seconds - self.chance.random() * self.lag)
            # While its key moves, a row is in the index neither here nor there.
            if row is None or row.keepalive is None:
                continue
            if writer.is_moving(self.seconds, self.lag) and self.chance.random() < 0.5:
                continue
            lease = _written(row.keepalive)
            if lease[:10] != values[":Date"] or not low <= lease <= high:
                continue
            if not changed or any(time and _written(time) >= changed for time in (row.start, row.end)):
                found.append(row)
        return found

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


def shown_state(cluster: Cluster, writer: Writer) -> str | None:
    """Return the state that is shown of the row of a writer; None if there is none."""
    run = cluster.run(writer.id)  # type: ignore[arg-type]
    if run is not None:
        return cluster.run_state(run.id)
    row = cluster.open.rows.get(writer.id)
    return None if row is None else cluster.liveness(row)
