"""The recorded queries, over the recorded table, on every server: what Go returned, or what it should have."""

import uuid
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio

from store import (
    AllocQuery,
    ClusterID,
    Digest,
    DynamoTaskDB,
    Error,
    ErrorKind,
    ImgCmdID,
    Kind,
    PoolQuery,
    Rows,
    RunID,
    RunQuery,
    TaskID,
    TaskQuery,
)
from store.dynamo.client import Client
from tests.support import golden
from tests.support.golden import go
from tests.support.servers import Server

ITEMS = golden.load("items.json")
READS = [read for read in golden.load("reads.jsonl") if read["table"] == "golden"]
QUERIES = [read for read in READS if read["method"] != "Scan"]
SCANS = [read for read in READS if read["method"] == "Scan"]

TOTAL = 8  # ended tasks of the one ident, and of the one image and command, that is asked for with limits
NOW = datetime.fromisoformat("2026-11-24T04:04:54Z")

# What ours refuses, by the name of the read, and the field that it names.
REFUSED = {
    "Runs by abbreviated ID X1, 2 hex chars": "id",
    "Runs by abbreviated ID X1, 6 hex chars": "id",
    "Tasks by abbreviated ID TX1, 6 hex chars": "id",
    "Runs with an empty query": "since",
    "Runs with only until": "since",
    "Pools with an empty query": "since",
    "Tasks since > until": "since",
    "Tasks with a negative Limit": "limit",
}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def db(server: Server) -> AsyncIterator[DynamoTaskDB]:
    """A TaskDB with the recorded rows."""
    table = f"golden-{uuid.uuid4().hex}"
    create_table(table, server.endpoint_url)
    async with Client.open(endpoint_url=server.endpoint_url) as client:
        for item in ITEMS:
            await client.put_item(TableName=table, Item=item)
        yield DynamoTaskDB(client, table, clock=lambda: NOW)


def create_table(table: str, endpoint_url: str) -> None:
    import boto3

    from store.dynamo import schema

    boto3.client("dynamodb", endpoint_url=endpoint_url).create_table(**schema.table_definition(table))


def time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


async def ask(db: DynamoTaskDB, method: str, query: dict[str, Any]) -> Rows[Any]:
    since, until = time(query.get("Since")), time(query.get("Until"))
    match method:
        case "Runs":
            return await db.runs(RunQuery(id=RunID.parse(query["ID"]), user=query["User"], since=since, until=until))
        case "Tasks":
            return await db.tasks(
                TaskQuery(
                    id=TaskID.parse(query["ID"]),
                    run_id=RunID.parse(query["RunID"]),
                    img_cmd_id=ImgCmdID.parse(query["ImgCmdID"]),
                    ident=query["Ident"],
                    limit=query["Limit"],
                    with_alloc=query["WithAlloc"],
                    since=since,
                    until=until,
                )
            )
        case "Allocs":
            return await db.allocs(AllocQuery(ids=[Digest.parse(id) for id in query["IDs"]]))
        case _:
            cluster = ClusterID(query["ClusterName"], query["User"], query["ReflowVersion"])
            return await db.pools(
                PoolQuery(ids=[Digest.parse(id) for id in query["IDs"]], cluster=cluster, since=since, until=until)
            )


AS_GO: dict[str, Any] = {"Runs": go.run, "Tasks": go.task, "Allocs": go.alloc, "Pools": go.pool}


def comparable(row: dict[str, Any]) -> dict[str, Any]:
    # Go drops a label with a second `=`, and moves kinds up the chain of an error; see the tests of the decoder.
    row.get("Labels", {}).pop("eq", None)
    row.pop("Err", None)
    return row


def without_allocs(query: dict[str, Any], rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what Go does not fill in: the allocs of the tasks of a window."""
    is_window = query.get("WithAlloc") and query["Since"]
    return [{**row, "Alloc": None} for row in rows] if is_window else rows


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return sorted({row["ID"] for row in rows})


@pytest.mark.parametrize("read", QUERIES, ids=lambda read: read["name"])
async def test_a_recorded_query(db: DynamoTaskDB, read: dict[str, Any]) -> None:
    method, query, name = read["method"], read["query"], read["name"]
    if name in REFUSED:
        with pytest.raises(Error) as caught:
            await ask(db, method, query)
        assert caught.value.kind is ErrorKind.INVALID
        assert caught.value.args == (REFUSED[name],)
        return
    found = await ask(db, method, query)
    ours = without_allocs(query, [comparable(AS_GO[method](row)) for row in found])
    theirs = [comparable(go.recorded(row)) for row in read.get("result", [])]
    assert len(ids(ours)) == len(ours)
    if query.get("Ident") or query.get("ImgCmdID", "<zero>") != "<zero>":
        assert_newest(query["Limit"], ours, theirs)
    elif "same day" in name or "fraction" in name:
        assert set(ids(ours)) < set(ids(theirs))  # Go ignores `until` on one day
    elif name.startswith(("Allocs by abbreviated", "Pools by abbreviated")):
        assert set(ids(ours)) < set(ids(theirs))  # Go compares the first 8 digits only
    elif "34 hex chars" in name:
        assert [row["ID"][7:39] for row in ours] == ["abcdef0111f08cd293acf26a0c75f81f"]
    elif "abbreviated RunID A" in name or "huge Limit" in name:
        assert len(ours) == 6  # Go finds nothing; it panics
    elif query.get("Limit"):
        assert len(ours) == len(theirs)
    else:
        assert {row["ID"]: row for row in ours} == {row["ID"]: row for row in theirs}
    if method == "Runs":
        assert all("noeq" in str(error) for error in found.errors)


def assert_newest(limit: int, ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> None:
    """Check the number and order of rows, newest first; Go divides the limit by four, and takes 1 to 3 for none."""
    ends = [row["End"] for row in ours]
    assert ends == sorted(ends, reverse=True)
    assert len(ours) == (min(limit, TOTAL) if limit and theirs else len(theirs))
    by_id = {row["ID"]: row for row in theirs}
    assert all(row == by_id.get(row["ID"], row) for row in ours)


@pytest.mark.parametrize("read", SCANS, ids=lambda read: read["name"])
async def test_a_recorded_scan(db: DynamoTaskDB, read: dict[str, Any]) -> None:
    kind = Kind(read["query"].get("kind", 0))
    found: list[tuple[str, str, str, list[str]]] = []

    def handle(k: Digest, v: Digest, kind: Kind, task_type: str, labels: Any) -> None:
        found.append((str(k), str(v), task_type, sorted(labels)))

    if kind in (Kind.URI, Kind.POOL_TYPE, Kind.CLUSTER_NAME):
        with pytest.raises(Error, match="does not hold digests"):
            await db.scan(kind, handle)
        return
    await db.scan(kind, handle)
    zero = "sha256:" + 64 * "0"  # how Go shows a stored <zero>
    theirs = {
        (row["k"], row["v"].replace(zero, "<zero>"), row["type"], tuple(sorted(filter(None, row["labels"] or ()))))
        for row in read["result"] or ()
        # An alloc's AllocID and a pool's PoolID are no digests; Go takes an empty one for one.
        if not (kind is Kind.POOL_ID and row["type"] == "pool")
    }
    assert {(k, v.replace(zero, "<zero>"), type_, tuple(labels)) for k, v, type_, labels in found} == theirs
