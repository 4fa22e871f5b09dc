"""Fixtures of the commands that print logs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

import store
from store import (
    DynamoTaskDB,
)
from store.aws import session as aws
from tests.support.servers import Server


@pytest.fixture
async def served(ministack: Server) -> AsyncIterator[tuple[DynamoTaskDB, Any]]:
    """A TaskDB with a bucket, and a client for CloudWatch Logs with the group of the engine."""
    url, region = ministack.endpoint_url, "us-west-2"

    await asyncio.to_thread(store.setup, "log-cli", "log-cli", region=region, endpoint_url=url)
    async with AsyncExitStack() as stack:
        session = await aws.open_session(region=region, endpoint_url=url)
        client = await stack.enter_async_context(aws.open_client(session, "logs", endpoint_url=url))
        await client.create_log_group(logGroupName="reflow")
        yield (
            await stack.enter_async_context(DynamoTaskDB.open("log-cli", "log-cli", region=region, endpoint_url=url)),
            client,
        )
        await client.delete_log_group(logGroupName="reflow")
