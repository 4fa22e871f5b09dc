"""Arguments of any value on the servers: they accept what the TaskDB in memory accepts, and give it back equal."""

import asyncio
from contextlib import AsyncExitStack

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from store import DynamoTaskDB, MemoryTaskDB
from store.dynamo.client import Client
from tests.contract.conftest import new_table
from tests.support.servers import Server
from tests.support.write_cases import NOW, WRITES, arguments, assert_read_back, outcome, prepare


@pytest.mark.slow
def test_a_server_accepts_and_returns_what_memory_does(server: Server) -> None:
    admin = boto3.client("dynamodb", endpoint_url=server.endpoint_url)
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        client = runner.run(stack.enter_async_context(Client.open(endpoint_url=server.endpoint_url)))
        db = DynamoTaskDB(client, new_table(admin), clock=lambda: NOW)
        runner.run(prepare(db))

        @given(data=st.data(), name=st.sampled_from(sorted(WRITES)))
        @settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
        def write(data: st.DataObject, name: str) -> None:
            values = data.draw(arguments(name))

            async def compare() -> None:
                memory = MemoryTaskDB(clock=lambda: NOW)
                await prepare(memory)
                expected = await outcome(memory, name, values)
                assert await outcome(db, name, values) == expected
                if expected == "written":
                    await assert_read_back(db, name, values)

            runner.run(compare())

        try:
            write()
        finally:
            runner.run(stack.aclose())
