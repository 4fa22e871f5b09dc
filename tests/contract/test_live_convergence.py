"""Engines write for minutes and stop: two minutes later the live model equals the table, on every server."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from store import DynamoTaskDB
from store.dynamo import schema
from store.dynamo.client import Client
from store.lease import GRACE
from tests.support.clock import MockClock, settle
from tests.support.live_engines import Engines, Journal, Traffic
from tests.support.servers import Server
from tests.support.table_check import known_rows, read_table, row_differences, state_differences
from tui.watch.model.cluster import Cluster
from tui.watch.polling.budget import Budget
from tui.watch.polling.poller import Poller

# Midnight comes while they write.
START = datetime(2026, 11, 1, 23, 57, tzinfo=UTC)
SECONDS, INTERVAL = 300, 5
TRAFFIC = Traffic(runs=3, tasks=16, ramp=60, task_life=80, host_life=200, failed=0.3, dying=0.2, off=0.2)


def seconds_since(clock: MockClock) -> float:
    return (clock.time - START).total_seconds()


async def written(journal: Journal) -> None:
    """Wait until every engine waits for the clock."""
    await settle()
    while journal.under_way:
        journal.acknowledged.clear()
        await journal.acknowledged.wait()
        await settle()


@pytest.mark.slow
async def test_the_model_equals_the_table_two_minutes_after_the_last_write(server: Server) -> None:
    clock, table = MockClock(START), "live-convergence"
    boto3.client("dynamodb", endpoint_url=server.endpoint_url).create_table(**schema.table_definition(table))
    cluster = Cluster(clock.time)
    poller = Poller(cluster, lambda now: now - 2 * GRACE, Budget(100, 0.125), clock=clock.now)
    journal = Journal(lambda: seconds_since(clock))
    async with Client.open(endpoint_url=server.endpoint_url) as client:
        db = DynamoTaskDB(client, table, clock=clock.now)
        engines = Engines(client, table, TRAFFIC, random.Random(1), journal, clock=clock.now, sleep=clock.sleep)
        writing = asyncio.create_task(engines.run())

        async def pass_time(seconds: int) -> None:
            for _ in range(0, seconds, INTERVAL):
                for _ in range(INTERVAL):
                    await clock.advance(1)
                    await written(journal)
                await poller.refresh(db)
                assert poller.status.error is None

        await pass_time(SECONDS)
        writing.cancel()
        await asyncio.wait([writing])
        rows = await read_table(client, table)
        await pass_time(120)
        renewed = {write.id: START + timedelta(seconds=write.at) for write in journal.writes if write.kind == "renewed"}
        assert row_differences(cluster, rows) == []
        assert state_differences(cluster, rows, renewed) == []
        # By now every lease has expired, that of the clock that was farthest ahead, too.
        await pass_time(480)
        assert row_differences(cluster, rows) == []
        assert state_differences(cluster, rows, renewed) == []
        assert not poller.status.refused
    kinds = Counter(write.kind for write in journal.writes)
    assert {"started", "renewed", "ended", "failed", "host ended"} <= kinds.keys()
    assert kinds["started"] == sum(id in known_rows(cluster) for kind, id, *_ in journal.writes if kind == "started")
