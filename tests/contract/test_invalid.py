"""Invalid arguments are refused before anything is sent; the error names the field."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from store import (
    AllocQuery,
    Digest,
    Error,
    ErrorKind,
    ImgCmdID,
    Kind,
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
from tests.contract.rows import RESOURCES, digest, some_task

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
NAIVE = datetime(2026, 11, 1, 12)
SHORT = Digest.parse("abcdef")
RUN = RunID.compute(b"run")
TASK = TaskID.compute(b"task")

Query = RunQuery | TaskQuery | AllocQuery | PoolQuery


async def ask(db: TaskDB, query: Query) -> object:
    if isinstance(query, RunQuery):
        return await db.runs(query)
    if isinstance(query, TaskQuery):
        return await db.tasks(query)
    return await (db.allocs(query) if isinstance(query, AllocQuery) else db.pools(query))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (RunQuery(), "since"),
        (RunQuery(user="amy"), "since"),
        (RunQuery(until=NOON), "since"),
        (TaskQuery(), "since"),
        (TaskQuery(limit=3), "since"),
        (PoolQuery(), "since"),
        (AllocQuery(), "ids"),
        (RunQuery(since=NOON, until=NOON - timedelta(seconds=1)), "since"),
        (TaskQuery(since=NOON, until=NOON - timedelta(seconds=1)), "since"),
        (PoolQuery(since=NOON, until=NOON - timedelta(seconds=1)), "since"),
        (TaskQuery(since=NOON, limit=-1), "limit"),
        (TaskQuery(ident="samtools.sort", limit=-1), "limit"),
        (RunQuery(id=RunID(SHORT)), "id"),
        (TaskQuery(id=TaskID(SHORT)), "id"),
        (TaskQuery(run_id=RunID(SHORT)), "run_id"),
        (AllocQuery(ids=[digest("alloc"), SHORT]), "ids"),
        (PoolQuery(ids=[SHORT]), "ids"),
    ],
)
async def test_empty_and_impossible_queries_are_invalid(query: Query, field: str, db: TaskDB) -> None:
    with pytest.raises(Error) as raised:
        await ask(db, query)
    assert raised.value.kind is ErrorKind.INVALID
    assert field in raised.value.args


@pytest.mark.parametrize(
    "query", [RunQuery(since=NAIVE), TaskQuery(since=NOON, until=NAIVE), PoolQuery(since=NAIVE, until=NOON)]
)
async def test_a_query_for_a_time_without_a_zone(query: Query, db: TaskDB) -> None:
    with pytest.raises(Error, match="no time zone") as raised:
        await ask(db, query)
    assert raised.value.kind is ErrorKind.INVALID


@pytest.mark.parametrize(("since", "until"), [(NOON, NOON - timedelta(days=1)), (NAIVE, None), (NOON, NAIVE)])
async def test_a_snapshot_of_a_window_that_cannot_be(since: datetime, until: datetime | None, db: TaskDB) -> None:
    with pytest.raises(Error) as raised:
        await db.active(since, until)
    assert raised.value.kind is ErrorKind.INVALID


@pytest.mark.parametrize(("ident", "since", "field"), [("", NOON, "ident"), ("align", NAIVE, "no time zone")])
async def test_ended_tasks_of_no_ident_or_since_no_time(ident: str, since: datetime, field: str, db: TaskDB) -> None:
    with pytest.raises(Error, match=field) as raised:
        await db.ended_tasks(ident, since)
    assert raised.value.kind is ErrorKind.INVALID


@pytest.mark.parametrize(
    ("write", "arguments"),
    [
        ("create_run", [RunID(), "amy"]),
        ("set_run_attrs", [RunID(), digest("bundle")]),
        ("set_run_complete", [RunID()]),
        ("keep_run_alive", [RunID(), NOON]),
        ("create_task", [Task(run_id=RUN)]),
        ("set_task_result", [TaskID(), digest("result")]),
        ("set_task_uri", [TaskID(), "uri"]),
        ("set_task_attrs", [TaskID(), *[digest("log")] * 3]),
        ("set_task_complete", [TaskID()]),
        ("keep_task_alive", [TaskID(), NOON]),
        ("start_alloc", [StringDigest(), digest("pool"), RESOURCES]),
        ("start_pool", [Pool()]),
        ("set_resources", [Digest.ZERO, RESOURCES]),
        ("keep_id_alive", [Digest.ZERO, NOON]),
        ("set_end_time", [Digest.ZERO]),
    ],
)
async def test_a_write_to_a_zero_id(write: str, arguments: list[Any], db: TaskDB) -> None:
    with pytest.raises(Error) as raised:
        await getattr(db, write)(*arguments)
    assert raised.value.kind is ErrorKind.INVALID
    assert raised.value.op == write
    found: list[object] = []
    await db.scan(Kind.ID, lambda *association: found.append(association))
    assert found == []


@pytest.mark.parametrize(
    ("write", "arguments"),
    [
        ("create_run", [TASK, "amy"]),
        ("set_run_attrs", [TASK, digest("bundle")]),
        ("set_run_complete", [TASK]),
        ("keep_run_alive", [TASK, NOON]),
        ("create_task", [Task(id=RUN, run_id=RUN)]),  # type: ignore[arg-type]
        ("create_task", [Task(id=TASK, run_id=TASK)]),  # type: ignore[arg-type]
        ("set_task_result", [RUN, digest("result")]),
        ("set_task_uri", [RUN, "uri"]),
        ("set_task_attrs", [RUN, *[digest("log")] * 3]),
        ("set_task_complete", [RUN]),
        ("keep_task_alive", [RUN, NOON]),
        ("keep_task_alive", [ImgCmdID.compute("image", "cmd"), NOON]),
        ("create_task", [some_task(alloc_id=RUN)]),
        ("start_alloc", [StringDigest("alloc"), TASK, RESOURCES]),
        ("set_resources", [RUN, RESOURCES]),
        ("runs", [RunQuery(id=TASK)]),  # type: ignore[arg-type]
        ("tasks", [TaskQuery(id=RUN)]),  # type: ignore[arg-type]
        ("tasks", [TaskQuery(run_id=TASK)]),  # type: ignore[arg-type]
        ("tasks", [TaskQuery(img_cmd_id=TASK)]),  # type: ignore[arg-type]
    ],
)
async def test_an_id_of_another_type_of_row(write: str, arguments: list[Any], db: TaskDB) -> None:
    await db.create_run(RUN, "amy")
    await db.create_task(Task(id=TASK, run_id=RUN))
    before = await db.lookup([RUN, TASK], consistent=True)
    with pytest.raises(Error, match=r"is a (TaskID|RunID|ImgCmdID), not a ") as raised:
        await getattr(db, write)(*arguments)
    assert raised.value.kind is ErrorKind.INVALID
    after = await db.lookup([RUN, TASK], consistent=True)
    assert (after.runs, after.tasks) == (before.runs, before.tasks)


async def test_a_digest_of_no_type_is_any_id(db: TaskDB) -> None:
    await db.create_run(RUN, "amy")
    await db.keep_run_alive(Digest(RUN), NOON)  # type: ignore[arg-type]
    (run,) = await db.runs(RunQuery(id=Digest(RUN)))  # type: ignore[arg-type]
    assert run.keepalive == NOON


@pytest.mark.parametrize(
    ("write", "arguments"),
    [
        ("set_run_complete", [RUN, Digest.ZERO, Digest.ZERO, Digest.ZERO, NAIVE]),
        ("keep_run_alive", [RUN, NAIVE]),
        ("set_task_complete", [TASK, None, NAIVE]),
        ("keep_task_alive", [TASK, NAIVE]),
        ("start_alloc", [StringDigest("alloc"), digest("pool"), RESOURCES, NAIVE]),
        ("start_pool", [Pool(pool_id=StringDigest("i-1"), start=NAIVE)]),
        ("keep_id_alive", [RUN, NAIVE]),
        ("set_end_time", [RUN, NAIVE]),
    ],
)
async def test_a_write_of_a_time_without_a_zone(write: str, arguments: list[Any], db: TaskDB) -> None:
    await db.create_run(RUN, "amy")
    with pytest.raises(Error, match="no time zone") as raised:
        await getattr(db, write)(*arguments)
    assert raised.value.kind is ErrorKind.INVALID


@pytest.mark.parametrize(
    ("write", "arguments", "name"),
    [
        ("create_run", ["77aa01ff", "amy"], "id"),
        ("create_run", [RUN, None], "User"),
        ("set_run_attrs", [RUN, "bundle"], "Bundle"),
        ("set_run_attrs", [RUN, digest("bundle"), "-sample=1"], "args"),
        ("set_run_attrs", [RUN, digest("bundle"), [1]], "args"),
        ("set_run_complete", [RUN, "log"], "RunLog"),
        ("keep_run_alive", [RUN, NOON.date()], "datetime.date(2026, 11, 1)"),
        ("create_task", [Task(id=TASK, run_id=str(RUN))], "run_id"),  # type: ignore[arg-type]
        ("create_task", [some_task(alloc_id="alloc")], "AllocID"),
        ("create_task", [some_task(ident=None)], "Ident"),
        ("create_task", [some_task(resources={"cpu": 1})], "Resources"),
        ("set_task_uri", [TASK, None], "URI"),
        ("set_task_attrs", [TASK, digest("log"), b"x" * 32, digest("log")], "Stderr"),
        ("start_alloc", ["alloc", digest("pool"), RESOURCES], "alloc_id"),
        ("start_alloc", [StringDigest("alloc"), "pool", RESOURCES], "pool_id"),
        ("start_alloc", [StringDigest("alloc"), Digest.ZERO, RESOURCES], "pool_id"),
        ("create_run", [RUN, "amy", ["labels"]], "labels"),
        ("create_run", [RUN, "amy", {"a=b": "c"}], "labels"),
        ("create_task", [some_task(attempt=1.5)], "attempt"),
        ("create_task", [some_task(attempt=-1)], "attempt"),
        ("create_task", [some_task(attempt=True)], "attempt"),
        ("create_task", [some_task(resources=Resources({"cpu": float("inf")}))], "Resources"),
        ("set_task_complete", [TASK, "out of memory"], "err"),
        ("start_pool", [Pool(pool_id="i-1")], "pool_id"),  # type: ignore[arg-type]
        ("start_pool", [None], "pool"),
        ("start_pool", [Pool(pool_id=StringDigest("i-1"), cluster="batch")], "cluster"),  # type: ignore[arg-type]
        ("create_task", [None], "task"),
        ("create_task", [some_task(attempt=1 << 63)], "attempt"),
        ("create_task", [some_task(ident="\ud800" * 700)], "ident"),
        ("create_run", [RUN, "amy", 1], "labels"),
        ("create_run", [RUN, "amy", ["\ud800=1", "\ud801=2"]], "labels"),
        ("set_run_attrs", [RUN, digest("bundle"), None], "args"),
        ("set_run_complete", [RUN, None], "RunLog"),
        ("set_run_complete", [RUN, digest("log"), digest("log"), digest("log"), False], "False"),
        ("set_task_complete", [TASK, None, ""], "''"),
        ("set_end_time", [RUN, 0], "0"),
        ("set_resources", [RUN, {"cpu": 1}], "Resources"),
        ("set_end_time", [None], "id"),
        ("set_resources", [TASK, Resources({1: 1.0})], "Resources"),  # type: ignore[dict-item]
        ("start_alloc", [StringDigest(5), digest("pool"), RESOURCES], "alloc_id"),  # type: ignore[arg-type]
        ("start_pool", [Pool(pool_id=StringDigest(b"i-1"))], "pool_id"),  # type: ignore[arg-type]
    ],
)
async def test_a_write_of_a_value_of_another_type(write: str, arguments: list[Any], name: str, db: TaskDB) -> None:
    with pytest.raises(Error) as raised:
        await getattr(db, write)(*arguments)
    assert raised.value.kind is ErrorKind.INVALID
    assert name in raised.value.args


@pytest.mark.parametrize(
    ("read", "query", "name"),
    [
        ("runs", RunQuery(id="77aa01ff"), "id"),  # type: ignore[arg-type]
        ("tasks", TaskQuery(run_id=str(RUN)), "run_id"),  # type: ignore[arg-type]
        ("tasks", TaskQuery(img_cmd_id="77aa01ff"), "img_cmd_id"),  # type: ignore[arg-type]
        ("allocs", AllocQuery(ids=digest("alloc")), "ids"),  # type: ignore[arg-type]
        ("runs", TaskQuery(id=TaskID(RUN)), "TaskQuery"),
        ("pools", None, "NoneType"),
        ("runs", RunQuery(since="10m"), "'10m'"),  # type: ignore[arg-type]
        ("lookup", ["77aa01ff"], "id"),
        ("runs", RunQuery(since=datetime.max.replace(tzinfo=UTC)), "since"),
        ("active", datetime.min.replace(tzinfo=UTC), "since"),
    ],
)
async def test_a_query_of_another_type(read: str, query: Any, name: str, db: TaskDB) -> None:
    with pytest.raises(Error) as raised:
        await getattr(db, read)(query)
    assert raised.value.kind is ErrorKind.INVALID
    assert name in raised.value.args


@pytest.mark.parametrize("ident", ["x" * 2049, "é" * 1025])
async def test_an_ident_longer_than_an_index_key(ident: str, db: TaskDB) -> None:
    with pytest.raises(Error, match="2048") as raised:
        await db.create_task(some_task(ident=ident))
    assert raised.value.kind is ErrorKind.INVALID
    assert "ident" in raised.value.args


async def test_a_row_larger_than_an_item(db: TaskDB) -> None:
    await db.create_run(RUN, "amy")
    with pytest.raises(Error) as raised:
        await db.set_run_attrs(RUN, digest("bundle"), [f"-sample={n:0200}" for n in range(2100)])
    assert raised.value.kind is ErrorKind.INVALID
    pool = Pool(pool_id=StringDigest("i-1"), pool_type="x" * 410_000)
    with pytest.raises(Error) as raised:
        await db.start_pool(pool)
    assert raised.value.kind is ErrorKind.INVALID
