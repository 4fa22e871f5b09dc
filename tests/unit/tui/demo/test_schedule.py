"""The scheduler of the simulated cluster."""

from collections.abc import AsyncIterator

import pytest

from store import Alloc, Liveness, Task
from tests.support.simulated import World, playing


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with playing() as world:
        yield world


async def test_hosts_are_not_overcommitted(world: World) -> None:
    running = [task for task in world.rows(Task) if world.liveness(task) is Liveness.LIVE]
    assert len(running) > 100
    for alloc in world.rows(Alloc):
        here = [task.resources for task in running if task.alloc_id == alloc.id]
        for resource in ("cpu", "mem"):
            assert sum(task[resource] for task in here) <= alloc.resources[resource]
