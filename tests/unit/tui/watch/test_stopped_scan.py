"""After a stopped first scan, all writers that renew are read and none is shown as lost, for any clock skew."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Digest, Liveness
from store.lease import GRACE
from tests.support import lease_world
from tests.support.lease_world import END, KINDS, LAST, World, Writer, shown_state
from tests.support.table_check import known_rows
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State
from tui.watch.polling import first_scan, rationing
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller

# The leases of a cycle take so long to read with the budget of the test, and what a lossy network loses comes later.
STARTED = 300


async def watch(world: World, interval: int) -> None:
    poller = Poller(Cluster(world.clock()), lambda now: now - 2 * GRACE, Budget(10, 0.125), clock=world.clock)
    has_started = False
    stale: dict[Digest, int] = {}
    # A row that moves just when its lease is read is in the index neither here nor there: it takes another turn or two.
    while world.seconds < END or (world.seconds < LAST and not _are_known(poller.cluster, world)):
        await poller.refresh(world)
        has_started |= poller.status.as_of is not None and poller.status.start is None
        for writer in world.writers:
            state = shown_state(poller.cluster, writer)
            assert state not in (State.LOST, Liveness.LOST)
            # The index may be late by one refresh.
            stale[writer.id] = stale.get(writer.id, 0) + 1 if state in (State.STALE, Liveness.STALE) else 0
            assert stale[writer.id] <= 1
        world.seconds += interval
    assert has_started
    assert _are_known(poller.cluster, world)


def _are_known(cluster: Cluster, world: World) -> bool:
    known = known_rows(cluster)
    return all(writer.id in known for writer in world.writers)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    writers = [
        Writer(
            number,
            draw(st.sampled_from(KINDS)),
            start=draw(st.integers(-600, -1) | st.integers(0, END)),
            skew=draw(st.integers(-60, 60)),
            delays=draw(st.lists(st.integers(0, 5), min_size=1, max_size=3)),
            stop=LAST,
        )
        for number in range(1, draw(st.integers(1, 8)) + 1)
    ]
    return World(
        writers,
        outages=[],
        chance=random.Random(draw(st.integers(0, 2**32))),
        reader_offset=draw(st.integers(-250, 250)),
        is_lossy=draw(st.booleans()),
        calm=STARTED,
        orders_ends=draw(st.sampled_from([True, True, True, False])),
    )


@pytest.mark.slow
@given(worlds(), st.sampled_from([5, 20]))
@settings(max_examples=100)
def test_a_stopped_scan_is_made_up_for_without_false_deaths(world: World, interval: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rationing, "is_needed", lambda *_, **__: True)
        patch.setattr(first_scan, "AT_ONCE", 0.0)
        lease_world.run(watch(world, interval))
