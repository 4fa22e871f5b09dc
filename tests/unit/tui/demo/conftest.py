"""The simulated cluster on a clock that the test moves."""

from collections.abc import AsyncIterator

import pytest

from tests.support.simulated import World, playing


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with playing() as world:
        yield world


@pytest.fixture
async def logged_world() -> AsyncIterator[World]:
    """A world that has logs, too."""
    async with playing(has_logs=True) as world:
        yield world
