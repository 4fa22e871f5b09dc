"""After each refresh that succeeds, every write by a right clock is on screen that is older than some seconds.

Rows of writers whose clock is behind are on screen before their lease expires.
"""

import random
from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Digest, Run, Task
from store.lease import GRACE, LEASE, RENEWAL
from tests.support import lease_world
from tests.support.lease_world import KINDS, SECOND, World, Writer
from tests.support.rows import NOW, before_midnight
from tests.support.table_check import known_rows
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.polling import read_plan
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller
from tui.watch.polling.read_plan import OTHERS_EVERY, RENEWALS_EVERY

SECONDS = 400
INTERVAL = 5
# An index that is at most so many seconds late, as DynamoDB's are; overlaps are for it and for the cutting of times.
LAG = 0.9
# Where renewals are dear, those of the last two seconds are left for the next refresh.
UNSETTLED = 2
# A write is shown by the first refresh after these seconds: two of them in a row may see the index before it.
LEASES, ENDS = RENEWALS_EVERY.seconds + INTERVAL + LAG + UNSETTLED, INTERVAL + LAG
# No index has the ends of allocs, and of tasks without an ident; they take turns.
OTHER_ENDS = OTHERS_EVERY.seconds + INTERVAL + LAG


# All leases with less left than this have been read: 2 s less than healthy rows have, before the refresh, to a second
# and the error of the reader's clock.
LOW = (LEASE - RENEWAL).seconds - 2 - INTERVAL - 2


async def watch(world: World) -> None:
    poller = Poller(Cluster(world.clock()), lambda now: now - 2 * GRACE, Budget(100, 0.125), clock=world.clock)
    while world.seconds < SECONDS:
        await poller.refresh(world)
        if poller.status.error is None:
            check(world, known_rows(poller.cluster))
        world.seconds += INTERVAL


def check(world: World, shown: Mapping[Digest, Row]) -> None:
    for writer in world.writers:
        if writer.skew:
            check_behind(world, writer, shown)
            continue
        row, renewed = shown.get(writer.id), writer.row(world.seconds - LEASES)
        # A row that was renewed a moment ago may be in none of the ranges that were read, old or new.
        is_moving = any(world.seconds - LEASES < time for time, _ in writer.leases if time <= world.seconds)
        if renewed is None or (row is None and is_moving):
            continue
        assert row is not None
        assert row.keepalive is not None
        assert renewed.keepalive is not None
        assert row.keepalive >= renewed.keepalive
        ended = writer.row(world.seconds - ends_within(row))
        assert row.end is not None or ended is None or ended.end is None


def check_behind(world: World, writer: Writer, shown: Mapping[Digest, Row]) -> None:
    row = writer.row(world.seconds)
    is_moving = any(world.seconds - INTERVAL - LAG < time <= world.seconds for time, _ in writer.leases)
    if row is not None and row.keepalive is not None and not is_moving:
        left = row.keepalive - (world.base + world.seconds * SECOND)
        assert writer.id in shown or not timedelta() < left < LOW * SECOND


def ends_within(row: Row) -> float:
    return ENDS if isinstance(row, Run) or (isinstance(row, Task) and row.ident) else OTHER_ENDS


@st.composite
def worlds(draw: st.DrawFn) -> World:
    base = draw(st.sampled_from([NOW, before_midnight(30), before_midnight(SECONDS // 2)]))
    writers = [
        Writer(
            number,
            draw(st.sampled_from(KINDS)),
            start=draw(st.integers(-200, SECONDS - 1)),
            skew=draw(st.sampled_from([0, 0, 0, -3, -15, -29, -60])),
            delays=draw(st.lists(st.integers(0, 29), min_size=1, max_size=3)),
            stop=draw(st.integers(1, SECONDS)),
            has_end=draw(st.booleans()),
            first=draw(st.sampled_from([0, 1, 30])),
            ident=draw(st.sampled_from(["align", "sort", ""])),
            base=base,
        )
        for number in range(1, draw(st.integers(1, 6)) + 1)
    ]
    outage = st.tuples(st.integers(0, SECONDS), st.integers(1, 200)).map(lambda outage: (outage[0], sum(outage)))
    return World(
        [writer for writer in writers if writer.leases],
        outages=draw(st.lists(outage, max_size=2)),
        chance=random.Random(draw(st.integers(0, 2**32))),
        reader_offset=draw(st.integers(-250, 250)),
        is_lossy=draw(st.booleans()),
        base=base,
        lag=LAG,
    )


@pytest.mark.slow
@given(worlds(), st.booleans())
@settings(max_examples=200)
def test_a_refresh_without_an_error_shows_every_write(world: World, is_dear: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read_plan, "_FEW_RENEWALS", -1.0 if is_dear else 10.0)
        lease_world.run(watch(world))
