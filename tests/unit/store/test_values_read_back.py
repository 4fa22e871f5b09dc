"""Every argument of every write, of any value: refused by all TaskDBs, or read back equal."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import MemoryTaskDB, NopTaskDB, TaskDB
from tests.support.write_cases import NOW, WRITES, arguments, assert_read_back, outcome, prepare


def test_these_are_all_writes() -> None:
    others = {"runs", "tasks", "allocs", "pools", "scan", "active", "lookup", "ended_tasks", "repository", "close"}
    assert TaskDB.__abstractmethods__ - others == WRITES.keys()


@pytest.mark.parametrize("name", WRITES)
@given(data=st.data())
@settings(max_examples=100)
def test_accepted_values_are_read_back(name: str, data: st.DataObject) -> None:
    given_arguments = data.draw(arguments(name))

    async def write() -> None:
        memory = MemoryTaskDB(clock=lambda: NOW)
        await prepare(memory)
        in_memory = await outcome(memory, name, given_arguments)
        assert in_memory in ("written", "Invalid", "NotExist")
        nowhere = await outcome(NopTaskDB(clock=lambda: NOW), name, given_arguments)
        assert nowhere == ("written" if in_memory == "NotExist" else in_memory)
        if in_memory == "written":
            await assert_read_back(memory, name, given_arguments)

    asyncio.run(write())
