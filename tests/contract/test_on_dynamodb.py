"""Cases that need a table: rows of other writers, older tables, missing tables and indexes."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from store import (
    AllocQuery,
    DynamoTaskDB,
    Error,
    ErrorKind,
    FailureReason,
    ImgCmdID,
    Kind,
    PoolQuery,
    Run,
    RunID,
    RunQuery,
    Task,
    TaskID,
    TaskQuery,
)
from store.dynamo import schema
from store.dynamo.client import Client
from tests.contract.conftest import Indexes, new_table
from tests.contract.rows import digest, ended_task, ids, live_run, live_task, only, task_of
from tests.support.clock import MockClock
from tests.support.servers import Server

pytestmark = pytest.mark.parametrize("service", ["ministack", "dynamodb_local"], indirect=True)

MINUTE = timedelta(minutes=1)
RUN, TASK = RunID.compute(b"run"), TaskID.compute(b"task")
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
EXEC = ImgCmdID.compute("image", "cmd")
EXEC_INDEXES = (schema.IMG_CMD_INDEX, schema.IDENT_INDEX)


@pytest.fixture
def table(admin: Any) -> str:
    return new_table(admin)


@pytest.fixture
def db(client: Client, table: str, clock: MockClock) -> DynamoTaskDB:
    return DynamoTaskDB(client, table, clock=clock.now)


def put(admin: Any, table: str, **columns: Any) -> None:
    """Write a row as others might: texts, or attributes in DynamoDB JSON."""
    admin.put_item(
        TableName=table,
        Item={name: {"S": value} if isinstance(value, str) else value for name, value in columns.items()},
    )


# Rows of others.


async def test_a_row_with_malformed_columns_comes_back_with_the_rest(
    db: DynamoTaskDB, admin: Any, table: str, clock: MockClock
) -> None:
    columns: dict[str, Any] = {"Labels": {"SS": ["a=1", "b"]}, "StartTime": "yesterday", "Bundle": "sha256:xyz"}
    put(admin, table, ID=str(RUN), ID4=RUN.short, Type="run", User="amy", RunLog="md5:00", Trace={"N": "1"}, **columns)
    runs = await db.runs(RunQuery(id=RUN))
    assert runs == [Run(id=RUN, user="amy", labels={"a": "1"})]
    assert all(error.kind is ErrorKind.INVALID and str(RUN) in error.args for error in runs.errors)
    assert {error.args[-1] for error in runs.errors} == {"StartTime", "Bundle", "RunLog", "Trace", "Labels"}


async def test_upper_case_digits_are_read_and_too_many_are_not(db: DynamoTaskDB, admin: Any, table: str) -> None:
    columns = {"FlowID": digest("flow").hex.upper(), "ResultID": f"{digest('result')}00"}
    put(admin, table, ID=str(TASK), ID4=TASK.short, Type="task", RunID=str(RUN), **columns)
    tasks = await db.tasks(TaskQuery(run_id=RUN))
    assert tasks == [Task(id=TASK, run_id=RUN, flow_id=digest("flow"))]
    assert [error.args for error in tasks.errors] == [(str(TASK), "ResultID")]


async def test_ghost_rows_of_others_are_no_rows(db: DynamoTaskDB, admin: Any, table: str, clock: MockClock) -> None:
    put(admin, table, ID=str(RUN), Keepalive="2026-11-01T12:02:00Z", Date="2026-11-01")
    run = await live_run(db, clock.time)
    assert await db.runs(RunQuery(id=RUN)) == []
    assert ids(await db.runs(RunQuery(since=clock.time - MINUTE))) == [run]
    snapshot = await db.active(clock.time - MINUTE)
    assert ids(snapshot.runs) == [run]
    assert not snapshot.errors


async def test_a_scan_reports_what_it_left_out(db: DynamoTaskDB, admin: Any, table: str, clock: MockClock) -> None:
    task = await live_task(db, clock.time)
    put(admin, table, ID=str(TASK), ID4=TASK.short, Type="task", FlowID="sha256:xyz")
    found = []
    with pytest.raises(Error, match="unreadable rows were left out: 1, the first: ") as raised:
        await db.scan(Kind.FLOW_ID, lambda k, v, *rest: found.append((k, v)))
    assert raised.value.kind is ErrorKind.INVALID
    assert found == [(task, digest("flow"))]


# Tables that are older or lack something.


def without(*names: str) -> Indexes:
    return {name: index for name, index in schema.INDEXES.items() if name not in names}


@pytest.fixture
def old_table(admin: Any) -> str:
    everything = {"ProjectionType": "ALL"}
    indexes: Indexes = {
        **without(*EXEC_INDEXES),
        schema.OLD_IMG_CMD_INDEX: ("ImgCmdID", None, everything),
        schema.OLD_IDENT_INDEX: ("Ident", None, everything),
    }
    return new_table(admin, indexes)


@pytest.mark.parametrize("query", [TaskQuery(img_cmd_id=EXEC), TaskQuery(ident="samtools.sort")])
async def test_an_older_table_has_the_same_answers(
    query: TaskQuery, client: Client, old_table: str, clock: MockClock
) -> None:
    db = DynamoTaskDB(client, old_table, clock=clock.now)
    tasks = [await ended_task(db, clock.time + minutes * MINUTE) for minutes in (3, 1, 2)]
    await live_task(db, clock.time)
    newest = Task(
        id=tasks[0], end=clock.time + 3 * MINUTE, img_cmd_id=query.img_cmd_id or ImgCmdID(), ident=query.ident
    )
    for _ in range(2):  # also when it is known that the table is an older one
        assert [task.id for task in await db.tasks(query)] == [tasks[0], tasks[2], tasks[1]]
        assert await db.tasks(replace(query, limit=1)) == [newest]
    details = await db.tasks(replace(query, limit=1, with_details=True))
    assert details == [await task_of(db, tasks[0])]


async def test_an_older_table_does_not_order_tasks_by_their_end(client: Client, old_table: str) -> None:
    db = DynamoTaskDB(client, old_table)
    await ended_task(db, NOON, ident="samtools.sort")
    with pytest.raises(Error) as raised:
        await db.ended_tasks("samtools.sort", NOON)
    assert raised.value.reason is FailureReason.NO_INDEX


@pytest.mark.parametrize("query", [TaskQuery(img_cmd_id=EXEC), TaskQuery(ident="samtools.sort"), TaskQuery(run_id=RUN)])
async def test_a_missing_index_names_the_remedy(query: TaskQuery, client: Client, admin: Any) -> None:
    db = DynamoTaskDB(client, new_table(admin, without(*EXEC_INDEXES, schema.RUN_INDEX)))
    with pytest.raises(Error, match="run `reflowtop setup`") as raised:
        await db.tasks(query)
    assert raised.value.kind is ErrorKind.NOT_EXIST


MISSING = "no-such-table"


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("runs", [RunQuery(id=RUN)]),
        ("runs", [RunQuery(since=NOON)]),
        ("tasks", [TaskQuery(run_id=RUN)]),
        ("tasks", [TaskQuery(ident="samtools.sort")]),
        ("allocs", [AllocQuery(ids=[digest("alloc")])]),
        ("pools", [PoolQuery(since=NOON)]),
        ("active", [NOON]),
        ("lookup", [[RUN]]),
        ("ended_tasks", ["samtools.sort", NOON]),
        ("scan", [Kind.ID, lambda *association: None]),
        ("create_run", [RUN, "amy"]),
        ("keep_run_alive", [RUN, NOON]),
    ],
)
async def test_a_missing_table_is_an_error(method: str, arguments: list[Any], client: Client) -> None:
    with pytest.raises(Error, match=MISSING) as raised:
        await getattr(DynamoTaskDB(client, MISSING), method)(*arguments)
    assert raised.value.kind is ErrorKind.NOT_EXIST


# Opened.


async def test_read_only_has_no_way_to_write(db: DynamoTaskDB, service: Server, table: str, clock: MockClock) -> None:
    run = await live_run(db, clock.time)
    async with DynamoTaskDB.open(table, endpoint_url=service.endpoint_url, read_only=True) as reader:
        assert only(await reader.runs(RunQuery(id=run))).user == "amy"
        with pytest.raises(Error, match="read-only"):
            await reader.create_run(RUN, "amy")
        with pytest.raises(Error, match="read-only") as raised:
            await reader.set_end_time(run)
        assert raised.value.kind is ErrorKind.NOT_ALLOWED
    assert only(await db.runs(RunQuery(id=run))).end is None


async def test_use_in_another_event_loop_is_an_error(db: DynamoTaskDB) -> None:
    with pytest.raises(Error, match="another event loop") as raised:
        await asyncio.to_thread(asyncio.run, db.runs(RunQuery(id=RUN)))
    assert raised.value.kind is ErrorKind.PRECONDITION
