"""The errors of the simulated cluster."""

from collections.abc import AsyncIterator

import pytest

from store import Error, ErrorKind, Task
from tests.support.simulated import World, playing


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with playing() as world:
        yield world


async def test_errors_are_chained(world: World) -> None:
    errors = [task.err for task in world.rows(Task) if task.err is not None]
    nested = [error for error in errors if isinstance(error.cause, Error)]
    assert {error.kind for error in nested} >= {ErrorKind.OOM, ErrorKind.NET, ErrorKind.TEMPORARY}
    assert all(":\n\t" in str(error) for error in nested)
