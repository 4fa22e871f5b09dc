"""No writer that renews is ever shown as lost, and every writer that stops is, whatever clocks, indexes and networks
do.
"""

import asyncio
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Digest, Error, ErrorKind, NopTaskDB, Run, RunID, Snapshot
from store.lease import GRACE, LEASE, RENEWAL
from tests.support.rows import NOW
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller

SECOND = timedelta(seconds=1)
END = 1200  # seconds that a world lasts
LAG = 5  # seconds by which an index read may be late
CLOCK = 3  # seconds by which the service's clock may be misjudged, cut seconds among them
OUTAGE = Error(ErrorKind.NET, "query", (), "no route")
LOST_PAGE = Error(ErrorKind.TIMEOUT, "query", (), "a page was not read")


@dataclass
class Writer:
    """A run. Its clock is ahead by `skew` seconds; it renews `delays` seconds after it should, but within its lease."""

    number: int
    start: int
    skew: int
    delays: list[int]
    stop: int
    leases: list[tuple[int, datetime]] = field(default_factory=list)  # when, in true seconds, and until when

    def __post_init__(self) -> None:
        self.id = RunID(self.number.to_bytes(32, "big"))
        at, renewals = self.start, 0
        while at < min(self.stop, END):
            self.leases.append((at, NOW + (at + self.skew) * SECOND + LEASE))
            at += RENEWAL.seconds + self.delays[renewals % len(self.delays)]
            renewals += 1

    def row(self, at: float) -> Run | None:
        """The run as it is in the table at a time."""
        leases = [lease for time, lease in self.leases if time <= at]
        if not leases:
            return None
        return Run(id=self.id, start=NOW + (self.start + self.skew) * SECOND, keepalive=leases[-1])

    @property
    def last(self) -> int:
        """When it renewed for the last time."""
        return self.leases[-1][0]


@dataclass
class World(NopTaskDB):
    """A table behind a lagging index and a failing network, read by a wrong clock."""

    writers: list[Writer]
    outages: list[tuple[int, int]]
    chance: random.Random
    reader_offset: int
    lossy: bool
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
        rows = []
        for writer in self.writers:
            row = writer.row(self.seconds - self.chance.uniform(0, LAG))
            # While its key moves, a row is in the index neither here nor there.
            moving = any(time <= self.seconds < time + LAG for time, _ in writer.leases[1:])
            if row is None or (moving and self.chance.random() < 0.5):
                continue
            if row.keepalive is None or row.keepalive <= since:
                continue
            if changed_since is None or max(row.start or since, row.keepalive - LEASE) >= changed_since:
                rows.append(row)
        if self.lossy and self.chance.random() < 0.2:
            return self._snapshot([row for row in rows if self.chance.random() < 0.5], [LOST_PAGE])
        return self._snapshot(rows)

    async def lookup(self, ids: Iterable[Digest], *, consistent: bool = False) -> Snapshot:
        self._may_fail()
        asked = set(ids)
        late = 0.0 if consistent else self.chance.uniform(0, LAG)
        rows = [writer.row(self.seconds - late) for writer in self.writers if writer.id in asked]
        return self._snapshot([row for row in rows if row is not None])

    def _may_fail(self) -> None:
        if any(begin <= self.seconds < end for begin, end in self.outages):
            raise OUTAGE

    def _snapshot(self, rows: list[Run], errors: Iterable[Error] = ()) -> Snapshot:
        offset = self.chance.uniform(-0.5, 0.5) - self.reader_offset
        return Snapshot(runs=rows, errors=list(errors), as_of=self.clock(), clock_offset=offset)


async def watch(world: World, interval: int) -> None:
    """Refresh until the world ends, and hold what is shown against what is true."""
    poller = Poller(Cluster(world.clock()), lambda now: now - 2 * GRACE, Budget(100, 0.125), clock=world.clock)
    stale: dict[RunID, int] = {}
    while world.seconds < END:
        await poller.refresh(world)
        for writer in world.writers:
            if poller.cluster.run(writer.id) is None:
                continue
            state = poller.cluster.run_state(writer.id)
            if world.seconds < writer.stop:
                assert state is not State.LOST
                stale[writer.id] = stale.get(writer.id, 0) + 1 if state is State.STALE else 0
                assert stale[writer.id] <= 1
            elif poller.status.error is None:
                # The lease was promised by the writer's clock, and seen to move when the index showed it.
                due = writer.last + max(writer.skew, 0) + (LEASE + GRACE).seconds + CLOCK + LAG
                assert world.seconds < due + interval or state is State.LOST
        world.seconds += interval


def writers() -> st.SearchStrategy[list[Writer]]:
    def number(fields: list[tuple[int, int, list[int], int]]) -> list[Writer]:
        return [Writer(number, *values) for number, values in enumerate(fields, start=1)]

    # Of the 30 s between the time to renew and the end of the lease, a whole second goes to cutting times.
    delays = st.lists(st.integers(0, 29), min_size=1, max_size=5)
    one = st.tuples(st.integers(-600, 300), st.integers(-60, 60), delays, st.integers(301, 2 * END))
    return st.lists(one, min_size=1, max_size=5).map(number)


outages = st.lists(
    st.tuples(st.integers(0, END), st.integers(1, 600)).map(lambda outage: (outage[0], sum(outage))), max_size=3
)


@pytest.mark.slow
@given(
    writers(),
    outages,
    st.integers(0, 2**32).map(random.Random),
    st.integers(-250, 250),
    st.booleans(),
    st.sampled_from([5, 20, 60]),
)
@settings(max_examples=200)
def test_no_false_death_and_no_false_life(
    writers: list[Writer],
    outages: list[tuple[int, int]],
    chance: random.Random,
    reader_offset: int,
    lossy: bool,
    interval: int,
) -> None:
    asyncio.run(watch(World(writers, outages, chance, reader_offset, lossy), interval))
