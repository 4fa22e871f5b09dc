"""Two minutes after the last write, every row on screen is as it is in the table."""

import asyncio
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.lease import GRACE
from tests.support.lease_world import END, KINDS, World, Writer
from tui.watch.model.cluster import Cluster
from tui.watch.model.rows import Row
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller

STOP = END // 2  # when writing stops
INTERVAL = 5


def shown(cluster: Cluster, writer: Writer) -> Row | None:
    """Return the row of a writer as the model has it."""
    tasks = (cluster.tally(run.id).tasks.get(writer.id) for run in cluster.runs)
    rows = (cluster.run(writer.id), cluster.alloc(writer.id), *tasks)  # type: ignore[arg-type]
    return next((row for row in rows if row is not None), None)


async def watch(world: World) -> None:
    """Refresh until two minutes after the last write, and compare the model with the table."""
    poller = Poller(Cluster(world.clock()), lambda now: now - 2 * GRACE, Budget(100, 0.125), clock=world.clock)
    while world.seconds <= STOP + 120:
        await poller.refresh(world)
        world.seconds += INTERVAL
    assert poller.status.error is None
    for writer in world.writers:
        row, written = shown(poller.cluster, writer), writer.row(world.seconds)
        assert row is None or row == written


def writers() -> st.SearchStrategy[list[Writer]]:
    def number(fields: list[tuple[str, int, int, list[int], int, bool, int]]) -> list[Writer]:
        return [Writer(number, *values) for number, values in enumerate(fields, start=1)]

    delays = st.lists(st.integers(0, 29), min_size=1, max_size=5)
    # Late: a row that stopped long before the end had time to be read.
    stops = st.integers(STOP - 150, STOP)
    starts, skews, firsts = st.integers(-600, STOP), st.integers(-60, 60), st.sampled_from([0, 1, 30, 90])
    one = st.tuples(st.sampled_from(KINDS), starts, skews, delays, stops, st.booleans(), firsts)
    return st.lists(one, min_size=1, max_size=5).map(number)


@pytest.mark.slow
@given(
    writers(),
    st.lists(
        st.tuples(st.integers(0, STOP), st.integers(1, 300)).map(lambda outage: (outage[0], sum(outage))), max_size=2
    ),
    st.integers(0, 2**32).map(random.Random),
    st.integers(-250, 250),
    st.booleans(),
    st.booleans(),
)
@settings(max_examples=200)
def test_every_row_on_screen_equals_the_table_after_two_minutes(
    writers: list[Writer],
    outages: list[tuple[int, int]],
    chance: random.Random,
    reader_offset: int,
    is_lossy: bool,
    orders_ends: bool,
) -> None:
    asyncio.run(watch(World(writers, outages, chance, reader_offset, is_lossy, orders_ends, calm=STOP)))
