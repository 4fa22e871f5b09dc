import asyncio
import itertools
from contextlib import AsyncExitStack

import boto3
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from store import DynamoTaskDB, MemoryTaskDB, TaskDB
from store.dynamo import schema
from store.dynamo.client import Client
from store.times import Clock
from tests.support.servers import Server
from tests.support.state_machine import Machine


@pytest.mark.slow
def test_in_memory() -> None:
    with asyncio.Runner() as runner:

        class InMemory(Machine):
            wait_for = runner.run

            def make_db(self, clock: Clock) -> TaskDB:
                return MemoryTaskDB(clock=clock)

        run_state_machine_as_test(InMemory, settings=settings(max_examples=100, stateful_step_count=50))


@pytest.mark.slow
def test_on_dynamodb(ministack: Server) -> None:
    admin = boto3.client("dynamodb", endpoint_url=ministack.endpoint_url)
    numbers = itertools.count()
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        client = runner.run(stack.enter_async_context(Client.open(endpoint_url=ministack.endpoint_url)))

        class OnDynamoDB(Machine):
            wait_for = runner.run

            def make_db(self, clock: Clock) -> TaskDB:
                table = f"machine-{next(numbers)}"
                admin.create_table(**schema.table_definition(table))
                return DynamoTaskDB(client, table, clock=clock)

        run_state_machine_as_test(OnDynamoDB, settings=settings(max_examples=15, stateful_step_count=50))
        runner.run(stack.aclose())
