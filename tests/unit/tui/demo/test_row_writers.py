"""Writing the rows of the simulated cluster."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest

from store import Digest
from store.lease import LEASE, RENEWAL
from tests.support.simulated import World
from tui.demo.run_plan import Lifetime, RunPlan


@pytest.mark.slow
async def test_leases_are_renewed_until_the_writer_stops(world: World) -> None:
    for _ in range(20):
        now = world.clock.now()
        rows = world.by_id()
        for id, life, first_lease in lifetimes_of(world.plans()):
            assert (id in rows) == (life.start <= now)
            if life.start <= now and now != life.stop:
                check(rows[id], life, first_lease, now)
        await world.clock.advance(47)


def check(row: Any, life: Lifetime, first_lease: datetime, now: datetime) -> None:
    assert row.start == life.start
    if life.stop < now:
        assert row.end == (life.stop if life.ended else None)
        assert row.keepalive <= life.stop + LEASE
    elif first_lease < now:
        assert row.end is None
        assert now + LEASE - RENEWAL <= row.keepalive <= now + LEASE


def lifetimes_of(plans: Iterable[RunPlan]) -> Iterable[tuple[Digest, Lifetime, datetime]]:
    for plan in plans:
        yield plan.id, plan.life, plan.first_lease
        yield from ((pool.pool.pool_id.digest, pool.life, pool.life.start) for pool in plan.pools)
        yield from ((alloc.alloc.id, alloc.life, alloc.life.start) for alloc in plan.allocs)
        yield from ((task.task.id, task.life, task.life.start) for task in plan.tasks)
