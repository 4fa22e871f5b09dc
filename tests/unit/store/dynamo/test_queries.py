"""Which requests a query takes, and how their rows are joined; tests/contract has the same against real tables."""

from datetime import timedelta
from typing import Any

import pytest

from store import (
    AllocQuery,
    Digest,
    Error,
    ErrorKind,
    FailureReason,
    ImgCmdID,
    PoolQuery,
    RunID,
    RunQuery,
    StringDigest,
    TaskQuery,
)
from store.dynamo import encode
from store.dynamo.queries import Queries
from store.dynamo.reader import Reader
from store.dynamo.segments import ALL_ROWS, RowSelection
from store.model import ClusterID, Task
from store.times import format_time
from tests.support.rows import NOW, ago, digest, make_pool, make_task, run_id, task_id
from tests.support.scripted_reads import Item, ScriptedReads, batch, found, page

EXEC = ImgCmdID.compute("image", "cmd")
SHORT = Digest.parse("abcdef12")
NO_INDEX = Error(ErrorKind.NOT_EXIST, "dynamodb.Query", ("t",), "no such index", FailureReason.NO_INDEX)
DENIED = Error(ErrorKind.NOT_ALLOWED, "dynamodb.Query", ("t",), "denied", FailureReason.DENIED)
OLD_TOO = Error(ErrorKind.NOT_EXIST, "dynamodb.Query", ("t",), "neither", FailureReason.NO_INDEX)
NEW, OLD = "query Ident-SortEnd-index", "query Ident-index"


def queries(*replies: Any) -> tuple[Queries, ScriptedReads]:
    client = ScriptedReads(*replies)
    return Queries(Reader(client, "t"), lambda: NOW), client  # type: ignore[arg-type]


def run_item(n: int) -> Item:
    return encode.run_item(run_id(n), "amy", [""], NOW)


def task_item(n: int, end: timedelta | None = None, **fields: Any) -> Item:
    item = encode.task_item(make_task(n, 1, **fields), [""], NOW)
    return item if end is None else item | {"EndTime": {"S": format_time(NOW - end)}}


def alloc_item(name: str, pool: str) -> Item:
    return encode.alloc_item(StringDigest(name), digest(pool), make_pool().resources, NOW, NOW)


def pool_item(name: str) -> Item:
    return encode.pool_item(make_pool(name), NOW)


def ended(n: int, minutes: int, **columns: str) -> Item:
    """The columns of an ended task in the indexes of ImgCmdID and Ident."""
    texts = {"ID": str(task_id(n)), "EndTime": format_time(ago(minutes=minutes)), "Ident": "align", **columns}
    return {name: {"S": text} for name, text in texts.items()}


# Ids.


async def test_one_whole_id_takes_one_get() -> None:
    db, client = queries(found(run_item(1)))
    assert [run.id for run in await db.runs(RunQuery(id=run_id(1)))] == [run_id(1)]
    assert client.operations == ["get"]


async def test_an_abbreviated_id_is_also_searched_by_its_prefix() -> None:
    db, client = queries(found(), page(run_item(1), run_item(2)))
    assert len(await db.runs(RunQuery(id=RunID(SHORT)))) == 2
    assert client.operations == ["get", "query ID4-ID-index"]
    assert client.requests[1][1]["ExpressionAttributeValues"][":Type"] == {"S": "run"}


async def test_an_id_that_ends_in_zeros_is_no_prefix_if_its_row_exists() -> None:
    id = RunID.parse("ab" * 31 + "00")
    db, client = queries(found(run_item(1) | {"ID": {"S": str(id)}}))
    assert [run.id for run in await db.runs(RunQuery(id=id))] == [id]
    assert client.operations == ["get"]


async def test_several_ids_take_a_batch_and_a_query_for_each_prefix() -> None:
    pools = [digest("i-1"), Digest.ZERO, digest("i-1"), SHORT, digest("i-2")]
    db, client = queries(batch(pool_item("i-1"), pool_item("i-2")), page())
    assert len(await db.pools(PoolQuery(ids=pools))) == 2
    assert client.operations == ["batch", "query ID4-ID-index"]
    assert [key["ID"]["S"] for key in client.requests[0][1]["Keys"]] == [
        str(id) for id in (digest("i-1"), SHORT, digest("i-2"))
    ]


async def test_a_row_of_another_type_is_not_found() -> None:
    db, _ = queries(found(task_item(1)))
    assert await db.runs(RunQuery(id=RunID(task_id(1)))) == []


async def test_an_invalid_query_sends_nothing() -> None:
    db, client = queries()
    for invalid in (RunQuery(), TaskQuery(ident="align")):
        with pytest.raises(Error) as caught:
            await db.runs(invalid)  # type: ignore[arg-type]
        assert caught.value.kind is ErrorKind.INVALID
    assert client.requests == []


# Tasks of a run, and their allocs.


async def test_the_tasks_of_runs_with_an_id_prefix() -> None:
    runs = [run_item(1), run_item(2)]
    db, client = queries(found(), page(*runs), page(), page(task_item(1)), page(task_item(2)))
    tasks = await db.tasks(TaskQuery(run_id=RunID(SHORT)))
    assert [task.id for task in tasks] == [task_id(1), task_id(2)]
    assert tasks.consumed == 4.5  # the lookup that finds nothing, too
    assert client.operations == ["get", "query ID4-ID-index", *3 * ["query RunID-index"]]
    asked = [request["ExpressionAttributeValues"][":RunID"]["S"] for _, request in client.requests[2:]]
    # A whole id may end in zeros, too, and its tasks may be there without a row of the run.
    assert asked == [str(id) for id in (SHORT, run_id(1), run_id(2))]


async def test_allocs_and_pools_are_joined_as_far_as_they_are_found() -> None:
    tasks = [
        task_item(1, alloc_id=digest("a1")),
        task_item(2, alloc_id=digest("a2")),
        task_item(3, alloc_id=digest("gone")),
        task_item(4, alloc_id=Digest.ZERO),
    ]
    allocs = [alloc_item("a1", "i-1"), alloc_item("a2", "gone")]
    db, client = queries(page(*tasks), batch(*allocs), batch(pool_item("i-1")))
    joined = await db.tasks(TaskQuery(run_id=run_id(1), with_alloc=True))
    first, second, third, fourth = (task.alloc for task in joined)
    assert first is not None
    assert second is not None
    assert (first.alloc_id, first.pool and first.pool.pool_id) == ("a1", StringDigest("i-1"))
    assert (second.alloc_id, second.pool) == ("a2", None)
    assert (third, fourth) == (None, None)
    assert len(client.requests[1][1]["Keys"]) == 3


async def test_without_with_alloc_no_alloc_is_read() -> None:
    db, client = queries(page(task_item(1)))
    (task,) = await db.tasks(TaskQuery(run_id=run_id(1)))
    assert task.alloc is None
    assert client.operations == ["query RunID-index"]


async def test_allocs_come_with_their_pools() -> None:
    db, _ = queries(found(alloc_item("a1", "i-1")), batch(pool_item("i-1")))
    (alloc,) = await db.allocs(AllocQuery(ids=[digest("a1")]))
    assert alloc.pool is not None
    assert alloc.pool.id == digest("i-1")


# Ended tasks of an exec.


async def test_the_newest_ended_tasks_of_an_ident() -> None:
    db, client = queries(page(ended(1, minutes=3), ended(2, minutes=1), last={"ID": {"S": "x"}}))
    tasks = await db.tasks(TaskQuery(ident="align", limit=2))
    assert tasks == [
        Task(id=task_id(2), end=ago(minutes=1), ident="align"),
        Task(id=task_id(1), end=ago(minutes=3), ident="align"),
    ]
    assert client.operations == [NEW]
    assert client.requests[0][1]["Limit"] == 2


async def test_details_replace_the_columns_of_the_index() -> None:
    db, client = queries(page(ended(1, 3), ended(2, 1)), batch(task_item(2, timedelta(minutes=1), uri="exec")))
    tasks = await db.tasks(TaskQuery(ident="align", with_details=True))
    assert [(task.id, task.uri) for task in tasks] == [(task_id(2), "exec"), (task_id(1), "")]
    assert client.operations == [NEW, "batch"]


async def test_an_empty_result_takes_no_batch_for_details() -> None:
    db, client = queries(page())
    assert await db.tasks(TaskQuery(img_cmd_id=EXEC, with_details=True)) == []
    assert client.operations == ["query ImgCmdID-SortEnd-index"]


async def test_an_older_index_is_read_whole_and_remembered() -> None:
    running = {name: text for name, text in ended(9, 0).items() if name != "EndTime"}
    rows = [ended(1, minutes=3), running, ended(2, minutes=1)]
    db, client = queries(NO_INDEX, page(*rows), page(*rows))
    for _ in range(2):
        tasks = await db.tasks(TaskQuery(ident="align", limit=1))
        assert [task.id for task in tasks] == [task_id(2)]
    assert client.operations == [NEW, OLD, OLD]
    assert "Limit" not in client.requests[1][1]


async def test_the_other_index_is_tried_all_the_same() -> None:
    db, client = queries(NO_INDEX, page(), page())
    await db.tasks(TaskQuery(ident="align"))
    await db.tasks(TaskQuery(img_cmd_id=EXEC))
    assert client.operations == [NEW, OLD, "query ImgCmdID-SortEnd-index"]


@pytest.mark.parametrize(
    ("replies", "raised"),
    [
        ([NO_INDEX, OLD_TOO], NO_INDEX),
        ([NO_INDEX, DENIED], DENIED),
        ([DENIED], DENIED),
    ],
    ids=["both missing", "older denied", "denied"],
)
async def test_failures_of_the_index_are_raised(replies: list[Error], raised: Error) -> None:
    db, client = queries(*replies, NO_INDEX, page())
    with pytest.raises(Error) as caught:
        await db.tasks(TaskQuery(ident="align"))
    assert caught.value is raised
    assert client.operations == [NEW, OLD][: len(replies)]
    await db.tasks(TaskQuery(ident="align"))  # what failed is not remembered
    assert client.operations[len(replies) :] == [NEW, OLD]


# Windows and scans.


async def test_a_window_of_pools_filters_by_the_fields_that_are_set() -> None:
    db, client = queries(page(pool_item("i-1")))
    query = PoolQuery(since=ago(hours=1), until=NOW, cluster=ClusterID("batch", "amy"))
    assert [pool.id for pool in await db.pools(query)] == [digest("i-1")]
    assert (
        client.requests[0][1]["FilterExpression"] == "#Type = :Type AND #ClusterName = :ClusterName AND #User = :User"
    )


async def test_a_window_of_runs_is_limited_to_one_user() -> None:
    db, client = queries(page(), page())
    await db.runs(RunQuery(since=ago(minutes=1), user="amy"))
    values = [request["ExpressionAttributeValues"] for _, request in client.requests]
    assert [value[":Date"]["S"] for value in values] == ["2026-11-02", "2026-11-01"]
    assert {value[":User"]["S"] for value in values} == {"amy"}


async def test_a_window_returns_no_more_tasks_than_the_limit() -> None:
    db, _ = queries(page(task_item(1), task_item(2), task_item(3)))
    assert len(await db.tasks(TaskQuery(since=ago(hours=1), until=NOW, limit=2))) == 2


async def test_a_snapshot_has_the_rows_of_all_types() -> None:
    items = [run_item(1), task_item(1), alloc_item("a1", "i-1"), pool_item("i-1")]
    db, client = queries(page(*items), *5 * [page()])
    client.meter.clock_offset = 2.5
    snapshot = await db.active(ago(minutes=10), None, ALL_ROWS)
    assert [run.id for run in snapshot.runs] == [run_id(1)]
    assert [task.id for task in snapshot.tasks] == [task_id(1)]
    assert [alloc.alloc_id for alloc in snapshot.allocs] == ["a1"]
    assert [pool.pool_id for pool in snapshot.pools] == [StringDigest("i-1")]
    assert (snapshot.as_of, snapshot.clock_offset, snapshot.consumed) == (NOW, 2.5, len(client.requests))


async def test_only_the_present_is_kept_for_the_next_snapshot() -> None:
    item = task_item(1)
    db, _ = queries(*20 * [page(item)])
    past = [(await db.active(ago(minutes=10), NOW, ALL_ROWS)).tasks[0] for _ in range(2)]
    assert past[0] is not past[1]
    selection = RowSelection(ago(minutes=10))
    live = [(await db.active(ago(minutes=1), None, selection)).tasks[0] for _ in range(2)]
    assert live[0] is live[1]


async def test_a_lookup_reads_each_id_once() -> None:
    db, client = queries(batch(task_item(1)))
    snapshot = await db.lookup([task_id(1), task_id(1)], consistent=True)
    assert [task.id for task in snapshot.tasks] == [task_id(1)]
    ((_, request),) = client.requests
    assert (len(request["Keys"]), request["ConsistentRead"]) == (1, True)
