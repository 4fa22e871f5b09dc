"""The simulated cluster on a clock that the test moves."""

from collections.abc import AsyncIterator

import pytest

from tests.support.simulated import World, playing


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with playing() as world:
        yield world
