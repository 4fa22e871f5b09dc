"""Rows to write, and a way to look at what came back."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar

from store import (
    ClusterID,
    Digest,
    Error,
    ErrorKind,
    ImgCmdID,
    Pool,
    Resources,
    Rows,
    RunID,
    StringDigest,
    Task,
    TaskDB,
    TaskID,
    TaskQuery,
)
from store.dynamo.decode import Row

T = TypeVar("T")

RESOURCES = Resources({"mem": 16 << 30, "cpu": 4, "disk": 1e12})
CLUSTER = ClusterID("batch", "amy@example.com", "reflow1.26")
OOM = Error(ErrorKind.OOM, "exec", ("samtools",), Error(ErrorKind.NET, "pull", ("image",), "connection reset"))


def digest(name: str) -> Digest:
    return Digest.compute(name.encode())


def some_task(run: RunID | None = None, **fields: Any) -> Task:
    values: dict[str, Any] = {
        "alloc_id": digest("alloc"),
        "flow_id": digest("flow"),
        "img_cmd_id": ImgCmdID.compute("image", "cmd"),
        "ident": "samtools.sort",
        "attempt": 2,
        "resources": RESOURCES,
        "uri": "ec2-1.example.com:9000/execs/1",
    }
    return Task(id=TaskID.new(), run_id=run or RunID.new(), **{**values, **fields})


def some_pool(name: str, **fields: Any) -> Pool:
    values: dict[str, Any] = {
        "pool_type": "r5.2xlarge",
        "resources": RESOURCES,
        "uri": "ec2-1.example.com:9000",
        "cluster": CLUSTER,
    }
    return Pool(pool_id=StringDigest(name), **{**values, **fields})


async def live_run(db: TaskDB, keepalive: datetime, user: str = "amy") -> RunID:
    id = RunID.new()
    await db.create_run(id, user)
    await db.keep_run_alive(id, keepalive)
    return id


async def live_task(db: TaskDB, keepalive: datetime, **fields: Any) -> TaskID:
    task = some_task(**fields)
    await db.create_task(task)
    await db.keep_task_alive(task.id, keepalive)
    return task.id


async def ended_task(db: TaskDB, end: datetime, **fields: Any) -> TaskID:
    task = some_task(**fields)
    await db.create_task(task)
    await db.set_task_complete(task.id, end=end)
    return task.id


async def task_of(db: TaskDB, id: TaskID) -> Task:
    return only(await db.tasks(TaskQuery(id=id)))


def only(rows: Rows[T]) -> T:
    """Return the only row of a complete answer."""
    assert rows.errors == []
    assert len(rows) == 1
    return rows[0]


def ids(rows: Iterable[Row]) -> list[Digest]:
    """Sorted, since most answers are in no order."""
    return sorted(row.id for row in rows)
