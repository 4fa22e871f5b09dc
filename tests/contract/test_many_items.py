"""Items that are written many at a time, on real servers."""

from typing import Any

import pytest

from store import DynamoTaskDB
from store.dynamo import encode
from store.dynamo.client import Client
from tests.contract.conftest import new_table
from tests.support.clock import MockClock
from tests.support.rows import run_id


@pytest.mark.parametrize("service", ["ministack", "dynamodb_local"], indirect=True)
async def test_rows_of_several_requests_are_read_back(client: Client, admin: Any, clock: MockClock) -> None:
    table = new_table(admin)
    db = DynamoTaskDB(client, table, clock=clock.now)
    ids = [run_id(number) for number in range(1, 61)]
    items = [encode.run_item(id, "amy@example.com", ["project=wgs"], clock.time) for id in ids]
    await db.create_run(ids[0], "bob@example.com")  # is replaced
    before = client.meter.wcu
    await client.write_items(table, items)
    snapshot = await db.lookup(ids)
    assert {run.id for run in snapshot.runs} == {*ids}
    assert {run.user for run in snapshot.runs} == {"amy@example.com"}
    assert client.meter.wcu - before >= len(ids)
