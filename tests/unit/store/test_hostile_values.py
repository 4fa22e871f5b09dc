"""Values and servers that mean no good: nothing escapes, loops, or is lost."""

import asyncio
import json

import pytest

from store import Error, ErrorKind, MemoryTaskDB, RunID, Task, TaskID
from store.digest import Digest
from store.repository import ReadOnlyS3Repository

RUN = RunID.compute(b"run")


def test_a_lone_surrogate_in_an_error_is_printable() -> None:
    error = Error.from_json('{"Op":"\\ud800x","Arg":["\\udfff"],"Kind":"OOM","Cause":{"Error":"\\udc00"}}')
    assert json.dumps(str(error)).encode()
    assert str(error) == "\ufffdx \ufffd: OOM error: \ufffd"
    assert Error.from_json(error.to_json()) == error


def test_the_cause_of_raise_from_is_stored() -> None:
    with pytest.raises(Error) as caught:
        raise Error(ErrorKind.UNAVAILABLE, "put", ("x",)) from OSError("disk full")
    assert str(caught.value) == "put x: unavailable: disk full"
    assert "disk full" in caught.value.to_json()


def test_a_circle_of_causes_ends() -> None:
    error = Error(ErrorKind.NET, "a")
    error.cause = Error(ErrorKind.NET, "b", (), error)
    assert str(error) == "a: network error:\n\tb"
    assert Error.from_json(error.to_json()).op == "a"


async def test_a_task_is_completed_with_any_exception() -> None:
    class BadError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no")

    db = MemoryTaskDB()
    task = Task(id=TaskID.compute(b"task"), run_id=RUN)
    await db.create_task(task)
    for error in (BadError(), Error(ErrorKind.OOM, "x", (1,))):  # type: ignore[arg-type]
        await db.set_task_complete(task.id, error)
    with pytest.raises(Error, match="run_id") as caught:
        await db.create_task(Task(id=task.id))
    assert caught.value.kind is ErrorKind.INVALID


def test_a_read_only_repository_cannot_write() -> None:
    with pytest.raises(Error, match="read-only") as caught:
        asyncio.run(ReadOnlyS3Repository(None, "bucket").put(b"x"))
    assert caught.value.kind is ErrorKind.NOT_ALLOWED


def test_the_zero_run_id_as_go_writes_it() -> None:
    assert RunID().to_json() == '"\\u003czero\\u003e"'
    assert RunID.from_json(RunID().to_json()) == Digest.ZERO
