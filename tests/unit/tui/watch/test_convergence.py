"""Two minutes after the last write, every row on screen is as it is in the table."""

import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Run
from store.lease import GRACE, LEASE, SKEW
from tests.support import lease_world
from tests.support.lease_world import KINDS, LAG, SECOND, Row, World, Writer
from tests.support.rows import NOW, before_midnight
from tests.support.table_check import known_rows
from tui.watch.model.cluster import Cluster
from tui.watch.polling import read_plan
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller

STOP = 600  # when writing stops, in seconds, and reads stop failing
INTERVAL = 5
# A field that is set after the last renewal is read when the lease expires, by a clock that may be ahead.
LATEST = (LEASE + SKEW).seconds + 3 * INTERVAL


async def watch(world: World) -> None:
    """Refresh until the last lease has expired; compare the model with the table after two minutes, and at the end."""
    poller = Poller(Cluster(world.clock()), lambda now: now - 2 * GRACE, Budget(100, 0.125), clock=world.clock)
    while world.seconds <= STOP + LATEST:
        await poller.refresh(world)
        if world.seconds == STOP + 120:
            check(world, poller, without_sets=True)
        world.seconds += INTERVAL
    check(world, poller)
    shown = known_rows(poller.cluster)
    for writer in world.writers:
        lease = (writer.leases[-1][1] - world.base) / SECOND if writer.leases else 0.0
        # One whose clock was so far behind that it had expired when it was written is not looked for.
        assert writer.id in shown or lease <= writer.last + LAG + 2


def check(world: World, poller: Poller, *, without_sets: bool = False) -> None:
    assert poller.status.error is None
    shown = known_rows(poller.cluster)
    for writer in world.writers:
        row, written = shown.get(writer.id), writer.row(world.seconds)
        assert written is not None
        if row is not None and without_sets:
            assert plain(row) == plain(written)  # type: ignore[arg-type]
        elif row is not None:
            assert row == written


def plain(row: Row) -> Row:
    """Return a row without the fields that its writer sets between renewals."""
    return msgspec.structs.replace(row, **({"args": ()} if isinstance(row, Run) else {"uri": ""}))


@st.composite
def worlds(draw: st.DrawFn) -> World:
    base = draw(st.sampled_from([NOW, before_midnight(30), before_midnight(STOP - 60), before_midnight(STOP + 60)]))
    # Late: a row that stopped long before the end had time to be read.
    writers = [
        Writer(
            number,
            draw(st.sampled_from(KINDS)),
            start=draw(st.integers(-600, STOP - 1)),
            skew=draw(st.integers(-60, 60)),
            delays=draw(st.lists(st.integers(0, 29), min_size=1, max_size=3)),
            stop=draw(st.integers(STOP - 150, STOP)),
            has_end=draw(st.booleans()),
            first=draw(st.sampled_from([0, 1, 30, 90])),
            ident=draw(st.sampled_from(["align", "sort", ""])),
            sets=draw(st.lists(st.integers(STOP - 200, STOP), max_size=2)),
            base=base,
        )
        for number in range(1, draw(st.integers(1, 6)) + 1)
    ]
    outage = st.tuples(st.integers(0, STOP), st.integers(1, 300)).map(lambda outage: (outage[0], sum(outage)))
    return World(
        [writer for writer in writers if writer.leases],
        outages=draw(st.lists(outage, max_size=2)),
        chance=random.Random(draw(st.integers(0, 2**32))),
        reader_offset=draw(st.integers(-250, 250)),
        is_lossy=draw(st.booleans()),
        orders_ends=draw(st.sampled_from([True, True, True, False])),
        calm=STOP,
        base=base,
    )


@pytest.mark.slow
@given(worlds(), st.booleans())
@settings(max_examples=200)
def test_every_row_on_screen_equals_the_table_after_two_minutes(world: World, is_dear: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(read_plan, "_FEW_RENEWALS", -1.0 if is_dear else 10.0)
        lease_world.run(watch(world))
