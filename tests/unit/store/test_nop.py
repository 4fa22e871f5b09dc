from datetime import UTC, datetime
from typing import Any

import pytest

from store import (
    AllocQuery,
    Digest,
    Error,
    ErrorKind,
    Kind,
    NopTaskDB,
    Pool,
    PoolQuery,
    Resources,
    RunID,
    RunQuery,
    StringDigest,
    Task,
    TaskDB,
    TaskID,
    TaskQuery,
)

RUN, TASK, LOG = RunID.compute(b"run"), TaskID.compute(b"task"), Digest.compute(b"log")
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)

WRITES: dict[str, list[Any]] = {
    "create_run": [RUN, "amy"],
    "set_run_attrs": [RUN, LOG, ["-a"]],
    "set_run_complete": [RUN],
    "keep_run_alive": [RUN, NOON],
    "create_task": [Task(id=TASK, run_id=RUN)],
    "set_task_result": [TASK, LOG],
    "set_task_uri": [TASK, "uri"],
    "set_task_attrs": [TASK, LOG, LOG, LOG],
    "set_task_complete": [TASK, ValueError()],
    "keep_task_alive": [TASK, NOON],
    "start_alloc": [StringDigest("alloc"), LOG, Resources()],
    "start_pool": [Pool(pool_id=StringDigest("i-1"))],
    "set_resources": [LOG, Resources()],
    "keep_id_alive": [LOG, NOON],
    "set_end_time": [LOG],
    "scan": [Kind.ID, print],
    "close": [],
}
QUERIES: dict[str, Any] = {
    "runs": RunQuery(id=RUN),
    "tasks": TaskQuery(id=TASK),
    "allocs": AllocQuery(ids=[LOG]),
    "pools": PoolQuery(ids=[LOG]),
}


def test_these_are_all_methods() -> None:
    assert TaskDB.__abstractmethods__ == {*WRITES, *QUERIES, "active", "lookup", "ended_tasks", "repository"}


@pytest.mark.parametrize("name", WRITES)
async def test_every_write_succeeds(name: str) -> None:
    assert await getattr(NopTaskDB(), name)(*WRITES[name]) is None


async def test_a_write_to_a_row_of_another_type_is_refused_without_a_table_too() -> None:
    with pytest.raises(Error, match="is a RunID, not a TaskID") as refused:
        await NopTaskDB().set_task_attrs(RUN, LOG, LOG, LOG)  # type: ignore[arg-type]
    assert refused.value.kind is ErrorKind.INVALID


@pytest.mark.parametrize("name", QUERIES)
async def test_every_query_finds_nothing(name: str) -> None:
    async with NopTaskDB() as db:
        rows = await getattr(db, name)(QUERIES[name])
        assert (rows, rows.errors) == ([], [])


async def test_ended_tasks_are_empty() -> None:
    assert await NopTaskDB().ended_tasks("align", NOON) == []


async def test_the_snapshot_is_empty() -> None:
    for snapshot in (await NopTaskDB().active(NOON), await NopTaskDB().lookup([RUN])):
        assert [*snapshot.runs, *snapshot.tasks, *snapshot.allocs, *snapshot.pools, *snapshot.errors] == []
