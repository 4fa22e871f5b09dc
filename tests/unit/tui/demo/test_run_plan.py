"""The plans of simulated runs."""

from collections.abc import AsyncIterator

import pytest

from store import Alloc, PoolRow, Task
from tests.support.simulated import World, playing


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with playing() as world:
        yield world


async def test_tasks_run_on_the_host_of_their_uri(world: World) -> None:
    allocs = {alloc.id: alloc for alloc in world.rows(Alloc)}
    pools = {pool.id: pool for pool in world.rows(PoolRow)}
    for task in world.rows(Task):
        host, alloc, exec_id = task.uri.split("/")
        assert allocs[task.alloc_id].alloc_id == f"{host}/{alloc}"
        assert pools[allocs[task.alloc_id].pool_id].uri == host
        assert len(exec_id) == 64
