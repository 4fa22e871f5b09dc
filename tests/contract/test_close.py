"""The end of a TaskDB. Each test here opens one of its own: the others share their client."""

import inspect
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from store import Digest, DynamoTaskDB, Error, ErrorKind, MemoryTaskDB, RunID, RunQuery, TaskDB
from store.dynamo.client import Client
from tests.contract.conftest import new_table
from tests.support.servers import Server

RUN = RunID.compute(b"run")
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


async def assert_closed(db: TaskDB) -> None:
    for attempt in (
        lambda: db.create_run(RUN, "amy"),
        lambda: db.keep_run_alive(RUN, NOON),
        lambda: db.runs(RunQuery(id=RUN)),
        lambda: db.active(NOON),
        lambda: db.lookup([RUN]),
        lambda: db.ended_tasks("align", NOON),
    ):
        with pytest.raises(Error, match="closed") as raised:
            await attempt()
        assert raised.value.kind is ErrorKind.PRECONDITION


async def test_after_close_nothing_works(service: Server | None, admin: Any) -> None:
    if service is None:
        memory = MemoryTaskDB()
        async with memory as db:
            await db.create_run(RUN, "amy")
        await assert_closed(memory)
        await memory.close()
        return
    async with DynamoTaskDB.open(new_table(admin), endpoint_url=service.endpoint_url) as dynamo:
        await dynamo.create_run(RUN, "amy")
    await assert_closed(dynamo)
    await dynamo.close()


async def test_a_connected_taskdb_is_open_until_close(ministack: Server) -> None:
    admin = boto3.client("dynamodb", endpoint_url=ministack.endpoint_url)
    db = await DynamoTaskDB.connect(new_table(admin), "logs", endpoint_url=ministack.endpoint_url)
    try:
        await db.create_run(RUN, "amy")
        assert len(await db.runs(RunQuery(id=RUN))) == 1
        with pytest.raises(Error) as raised:
            await db.repository.stat(Digest.compute(b"none"))
        assert raised.value.kind is ErrorKind.NOT_EXIST
    finally:
        await db.close()
    await assert_closed(db)
    with pytest.raises(Error, match="closed"):
        await db.repository.stat(Digest.compute(b"none"))
    await db.close()


async def test_a_connection_that_fails_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []

    async def close(client: Client) -> None:
        closed.append(client)

    monkeypatch.setattr(Client, "close", close)
    with pytest.raises(Error, match="labels"):  # they are checked last
        await DynamoTaskDB.connect("reflow", region="us-west-2", labels=["none"])
    assert len(closed) == 1


def test_connect_accepts_the_arguments_of_open() -> None:
    of_open, of_connect = (inspect.signature(method).parameters for method in (DynamoTaskDB.open, DynamoTaskDB.connect))
    assert of_open == of_connect
