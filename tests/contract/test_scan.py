from collections.abc import Sequence

import pytest

from store import Digest, Error, ErrorKind, Kind, RunID, StringDigest, TaskDB
from tests.contract.conftest import MakeDB
from tests.contract.rows import RESOURCES, digest, some_pool, some_task

Association = tuple[Digest, Digest, Kind, str, tuple[str, ...]]
RUN = RunID.compute(b"run")

DIGESTS = [
    Kind.ID,
    Kind.RUN_ID,
    Kind.FLOW_ID,
    Kind.ALLOC_ID,
    Kind.POOL_ID,
    Kind.RESULT_ID,
    Kind.IMG_CMD_ID,
    Kind.STDOUT,
    Kind.STDERR,
    Kind.EXEC_INSPECT,
    Kind.BUNDLE,
    Kind.RUN_LOG,
    Kind.EXEC_LOG,
    Kind.SYS_LOG,
    Kind.EVAL_GRAPH,
    Kind.TRACE,
]


class Collected:
    def __init__(self) -> None:
        self.associations: list[Association] = []

    def handle_mapping(self, k: Digest, v: Digest, kind: Kind, task_type: str, labels: Sequence[str]) -> None:
        self.associations.append((k, v, kind, task_type, tuple(sorted(labels))))


async def scan(db: TaskDB, kind: Kind) -> list[Association]:
    collected = Collected()
    await db.scan(kind, collected)
    return sorted(collected.associations)


async def test_associations_of_tasks(make_db: MakeDB) -> None:
    db = make_db(labels={"Name": "align", "project": "p1"})
    tasks = [some_task(flow_id=digest(f"flow {n}")) for n in range(30)]
    for task in tasks:
        await db.create_task(task)
    await db.create_run(RUN, "amy")
    expected = [(task.id, task.flow_id, Kind.FLOW_ID, "task", ("Name=align", "project=p1")) for task in tasks]
    assert await scan(db, Kind.FLOW_ID) == sorted(expected)


async def test_rows_without_the_column_are_left_out(db: TaskDB) -> None:
    with_result, without = some_task(), some_task()
    for task in (with_result, without):
        await db.create_task(task)
    await db.set_task_result(with_result.id, digest("result"))
    assert await scan(db, Kind.RESULT_ID) == [(with_result.id, digest("result"), Kind.RESULT_ID, "task", ())]


async def test_a_column_counts_only_in_the_rows_in_which_it_holds_digests(db: TaskDB) -> None:
    pool = some_pool("i-1")
    await db.start_pool(pool)
    await db.start_alloc(StringDigest("alloc"), pool.pool_id.digest, RESOURCES)
    task = some_task()
    await db.create_task(task)
    assert await scan(db, Kind.POOL_ID) == [(digest("alloc"), pool.pool_id.digest, Kind.POOL_ID, "alloc", ())]
    assert await scan(db, Kind.ALLOC_ID) == [(task.id, task.alloc_id, Kind.ALLOC_ID, "task", ())]


async def test_ids_of_every_type(db: TaskDB) -> None:
    pool, task = some_pool("i-1"), some_task()
    await db.start_pool(pool)
    await db.start_alloc(StringDigest("alloc"), pool.pool_id.digest, RESOURCES)
    await db.create_task(task)
    await db.create_run(RUN, "amy")
    rows = [(pool.pool_id.digest, "pool"), (digest("alloc"), "alloc"), (task.id, "task"), (RUN, "run")]
    assert await scan(db, Kind.ID) == sorted((id, id, Kind.ID, row_type, ()) for id, row_type in rows)


async def test_logs_of_runs(db: TaskDB) -> None:
    await db.create_run(RUN, "amy")
    await db.set_run_attrs(RUN, digest("bundle"))
    await db.set_run_complete(RUN, digest("run log"), digest("graph"), digest("trace"))
    logs = {Kind.BUNDLE: "bundle", Kind.RUN_LOG: "run log", Kind.EVAL_GRAPH: "graph", Kind.TRACE: "trace"}
    for kind, name in logs.items():
        assert await scan(db, kind) == [(RUN, digest(name), kind, "run", ())]


async def test_the_handler_may_be_a_function(db: TaskDB) -> None:
    task = some_task()
    await db.create_task(task)
    collected = Collected()
    await db.scan(Kind.RUN_ID, collected.handle_mapping)
    assert collected.associations == [(task.id, task.run_id, Kind.RUN_ID, "task", ())]


@pytest.mark.parametrize("kind", DIGESTS)
async def test_an_empty_table_has_none(kind: Kind, db: TaskDB) -> None:
    assert await scan(db, kind) == []


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in DIGESTS])
async def test_a_column_that_holds_no_digests_is_invalid(kind: Kind, db: TaskDB) -> None:
    await db.create_task(some_task())
    with pytest.raises(Error, match=kind.name) as raised:
        await scan(db, kind)
    assert raised.value.kind is ErrorKind.INVALID


async def test_an_exception_of_the_handler_ends_the_scan(db: TaskDB) -> None:
    await db.create_task(some_task())

    def fail(*association: object) -> None:
        raise LookupError("not found")

    with pytest.raises(LookupError, match="not found"):
        await db.scan(Kind.ID, fail)


@pytest.mark.parametrize("is_method", [True, False])
async def test_a_handler_that_would_have_to_be_awaited_is_refused(is_method: bool, db: TaskDB) -> None:
    class Slow:
        async def handle_mapping(self, *association: object) -> None:
            """Never runs."""

    with pytest.raises(Error, match="not awaited") as raised:
        await db.scan(Kind.ID, Slow() if is_method else Slow().handle_mapping)  # type: ignore[arg-type]
    assert raised.value.kind is ErrorKind.INVALID
