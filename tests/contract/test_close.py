"""The end of a TaskDB. Each test here opens one of its own: the others share their client."""

from datetime import UTC, datetime
from typing import Any

import pytest

from store import DynamoTaskDB, Error, ErrorKind, MemoryTaskDB, RunID, RunQuery, TaskDB
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
