"""No writer that renews is ever shown as lost, and every writer that stops is, whatever clocks, indexes and networks
do.
"""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Digest, Liveness
from store.lease import GRACE, LEASE
from tests.support import lease_world
from tests.support.lease_world import END, KINDS, LAG, World, Writer, shown_state
from tui.watch.model.cluster import Cluster
from tui.watch.model.states import State
from tui.watch.polling import rationing, read_plan
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller

# The longest outage; what passed in it is read in as much time at most.
CATCHING_UP = 600  # seconds
CLOCK = 3  # seconds by which the service's clock may be misjudged, cut seconds among them


async def watch(world: World, interval: int, limit: float = 100.0, late: int = 0) -> None:
    """Refresh until the world ends, and hold what is shown against what is true.

    `limit` is the budget in RCU/s. A writer that has stopped may be shown as lost `late` seconds later than due.
    """
    poller = Poller(Cluster(world.clock()), lambda now: now - 2 * GRACE, Budget(limit, 0.125), clock=world.clock)
    stale: dict[Digest, int] = {}
    while world.seconds < END:
        await poller.refresh(world)
        for writer in world.writers:
            state = shown_state(poller.cluster, writer)
            if state is None:
                continue
            if world.seconds < writer.stop:
                assert state not in (State.LOST, Liveness.LOST)
                stale[writer.id] = stale.get(writer.id, 0) + 1 if state in (State.STALE, Liveness.STALE) else 0
                assert stale[writer.id] <= 1
            elif poller.status.error is None:
                # The lease was promised by the writer's clock, and seen to move when the index showed it.
                due = writer.last + max(writer.skew, 0) + (LEASE + GRACE).seconds + CLOCK + LAG
                assert world.seconds < due + interval + late or state in (State.LOST, Liveness.LOST)
        world.seconds += interval


def writers() -> st.SearchStrategy[list[Writer]]:
    def number(fields: list[tuple[str, int, int, list[int], int]]) -> list[Writer]:
        return [Writer(number, *values) for number, values in enumerate(fields, start=1)]

    # Of the 30 s between the time to renew and the end of the lease, a whole second goes to cutting times.
    delays = st.lists(st.integers(0, 29), min_size=1, max_size=5)
    kinds = st.sampled_from(KINDS)
    one = st.tuples(kinds, st.integers(-600, 300), st.integers(-60, 60), delays, st.integers(301, 2 * END))
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
    st.booleans(),
    st.sampled_from([5, 20, 60]),
    st.booleans(),
)
@settings(max_examples=200)
def test_no_false_death_and_no_false_life(
    writers: list[Writer],
    outages: list[tuple[int, int]],
    chance: random.Random,
    reader_offset: int,
    is_lossy: bool,
    orders_ends: bool,
    interval: int,
    is_dear: bool,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read_plan, "_FEW_RENEWALS", -1.0 if is_dear else 10.0)
        lease_world.run(watch(World(writers, outages, chance, reader_offset, is_lossy, orders_ends), interval))


@pytest.mark.slow
@given(writers(), outages, st.integers(0, 2**32).map(random.Random), st.booleans(), st.sampled_from([5, 20]))
@settings(max_examples=50)
def test_no_false_death_while_reads_are_rationed(
    writers: list[Writer], outages: list[tuple[int, int]], chance: random.Random, is_lossy: bool, interval: int
) -> None:
    """With a budget that is enough for the leases that pass; those that passed in an outage are read after it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rationing, "is_needed", lambda *_, **__: True)
        lease_world.run(watch(World(writers, outages, chance, 0, is_lossy), interval, limit=10, late=CATCHING_UP))
