from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from store import (
    AllocQuery,
    Digest,
    Error,
    ErrorKind,
    ImgCmdID,
    PoolQuery,
    Resources,
    RunID,
    StringDigest,
    Task,
    TaskDB,
    TaskID,
    TaskQuery,
)
from tests.contract.rows import OOM, RESOURCES, digest, ended_task, ids, live_task, only, some_pool, some_task, task_of
from tests.support.clock import MockClock

TASK = some_task()
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


# Writes.


async def test_a_new_task_starts_now_with_a_first_lease_of_now(db: TaskDB, clock: MockClock) -> None:
    await db.create_task(TASK)
    assert await task_of(db, TASK.id) == replace(TASK, start=clock.time, keepalive=clock.time)


async def test_creation_ignores_times_result_logs_and_error(db: TaskDB, clock: MockClock) -> None:
    later = {name: digest(name) for name in ("result_id", "stdout", "stderr", "inspect")} | {
        name: NOON - timedelta(days=1) for name in ("start", "keepalive", "end")
    }
    await db.create_task(replace(TASK, err=OOM, **later))
    assert await task_of(db, TASK.id) == replace(TASK, start=clock.time, keepalive=clock.time)


async def test_a_task_of_ids_only(db: TaskDB, clock: MockClock) -> None:
    task = Task(id=TaskID.new(), run_id=RunID.new())
    await db.create_task(task)
    assert await task_of(db, task.id) == replace(task, start=clock.time, keepalive=clock.time)


async def test_ids_have_their_own_types(db: TaskDB) -> None:
    await db.create_task(TASK)
    task = await task_of(db, TASK.id)
    assert [type(id) for id in (task.id, task.run_id, task.img_cmd_id)] == [TaskID, RunID, ImgCmdID]


@pytest.mark.parametrize(
    ("write", "arguments", "changes"),
    [
        ("set_task_result", [digest("result")], {"result_id": digest("result")}),
        ("set_task_uri", ["ec2-2:9000/execs/7"], {"uri": "ec2-2:9000/execs/7"}),
        (
            "set_task_attrs",
            [digest("out"), digest("err"), digest("inspect")],
            {"stdout": digest("out"), "stderr": digest("err"), "inspect": digest("inspect")},
        ),
        ("set_task_attrs", [Digest.ZERO] * 3, {}),
        ("set_task_complete", [None, NOON], {"end": NOON}),
        ("set_task_complete", [OOM, NOON], {"end": NOON, "err": OOM}),
        ("keep_task_alive", [NOON + timedelta(minutes=2)], {"keepalive": NOON + timedelta(minutes=2)}),
        ("keep_id_alive", [NOON + timedelta(minutes=2)], {"keepalive": NOON + timedelta(minutes=2)}),
        ("set_end_time", [NOON], {"end": NOON}),
        ("set_resources", [Resources({"cpu": 1})], {"resources": Resources({"cpu": 1})}),
        ("set_resources", [Resources()], {"resources": Resources()}),
    ],
)
async def test_each_write_changes_its_fields_and_no_others(
    write: str, arguments: list[Any], changes: dict[str, Any], db: TaskDB
) -> None:
    await db.create_task(TASK)
    before = await task_of(db, TASK.id)
    await getattr(db, write)(TASK.id, *arguments)
    assert await task_of(db, TASK.id) == replace(before, **changes)


async def test_an_end_without_a_time_is_now(db: TaskDB, clock: MockClock) -> None:
    first, second = await live_task(db, clock.time), await live_task(db, clock.time)
    clock.time += timedelta(hours=1)
    await db.set_task_complete(first)
    await db.set_end_time(second)
    assert [(await task_of(db, id)).end for id in (first, second)] == [clock.time] * 2


async def test_any_exception_can_be_the_error(db: TaskDB) -> None:
    await db.create_task(TASK)
    await db.set_task_complete(TASK.id, TimeoutError("no answer"))
    err = (await task_of(db, TASK.id)).err
    assert err is not None
    assert err.kind is ErrorKind.TIMEOUT
    assert str(err) == "timeout: TimeoutError: no answer"


@pytest.mark.parametrize(
    "resources",
    [{}, {"cpu": 0.5}, {"mem": 2.0**40, "cpu": 1e-7, "disk": 1e21, "intel_avx512": 16}],
)
async def test_resources_of_all_sizes(resources: dict[str, float], db: TaskDB) -> None:
    await db.create_task(replace(TASK, resources=Resources(resources)))
    assert (await task_of(db, TASK.id)).resources == Resources(resources)


async def test_text_of_all_scripts(db: TaskDB) -> None:
    text = 'naïve 名前 🧬 \u202e <script> & \x00 \\ "'
    await db.create_task(replace(TASK, ident=text, uri=text))
    await db.set_task_complete(TASK.id, Error(ErrorKind.OTHER, text, (text,), text))
    task = await task_of(db, TASK.id)
    assert (task.ident, task.uri) == (text, text)
    assert task.err == Error(ErrorKind.OTHER, text, (text,), text)


@pytest.mark.parametrize(
    ("write", "arguments"),
    [
        ("set_task_result", [digest("result")]),
        ("set_task_uri", ["uri"]),
        ("set_task_attrs", [Digest.ZERO] * 3),
        ("set_task_complete", []),
        ("keep_task_alive", [NOON]),
        ("keep_id_alive", [NOON]),
        ("set_end_time", []),
        ("set_resources", [RESOURCES]),
    ],
)
async def test_a_task_that_does_not_exist_cannot_be_updated(write: str, arguments: list[Any], db: TaskDB) -> None:
    with pytest.raises(Error) as raised:
        await getattr(db, write)(TASK.id, *arguments)
    assert raised.value.kind is ErrorKind.NOT_EXIST
    assert raised.value.op == write
    assert await db.tasks(TaskQuery(id=TASK.id)) == []


# Queries.


async def test_the_tasks_of_a_run(db: TaskDB, clock: MockClock) -> None:
    run = RunID.new()
    tasks = [await live_task(db, clock.time, run=run) for _ in range(3)]
    await live_task(db, clock.time)
    assert ids(await db.tasks(TaskQuery(run_id=run))) == sorted(tasks)
    assert await db.tasks(TaskQuery(run_id=RunID.new())) == []


async def test_the_tasks_of_a_run_whether_old_or_ended(db: TaskDB, clock: MockClock) -> None:
    run = RunID.new()
    old = await live_task(db, clock.time - timedelta(days=400), run=run)
    ended = await ended_task(db, clock.time, run=run)
    assert ids(await db.tasks(TaskQuery(run_id=run))) == sorted([old, ended])


async def test_limit_bounds_the_number_of_rows(db: TaskDB, clock: MockClock) -> None:
    run = RunID.new()
    for _ in range(5):
        await live_task(db, clock.time, run=run)
    since = clock.time - timedelta(minutes=1)
    for query in (
        TaskQuery(run_id=run),
        TaskQuery(since=since),
        TaskQuery(since=since, until=clock.time + 2 * (clock.time - since)),
    ):
        for limit, expected in ((1, 1), (3, 3), (5, 5), (6, 5), (0, 5)):
            assert len(await db.tasks(replace(query, limit=limit))) == expected


async def test_a_limit_counts_rows_in_the_window(db: TaskDB, clock: MockClock) -> None:
    inside = await live_task(db, clock.time)
    for seconds in (-60, 60):  # at the bounds, which are exclusive
        await live_task(db, clock.time + timedelta(seconds=seconds))
    minute = timedelta(minutes=1)
    query = TaskQuery(since=clock.time - minute, until=clock.time + minute, limit=1)
    assert ids(await db.tasks(query)) == [inside]


async def test_by_exec_only_ended_tasks_newest_end_first(db: TaskDB, clock: MockClock) -> None:
    exec_id = ImgCmdID.compute("image", "other cmd")
    ends = [clock.time + timedelta(minutes=m) for m in (3, 1, 2)]
    tasks = [await ended_task(db, end, img_cmd_id=exec_id, ident="other") for end in ends]
    await live_task(db, clock.time, img_cmd_id=exec_id, ident="other")
    await ended_task(db, clock.time)
    expected = [tasks[0], tasks[2], tasks[1]]
    assert [task.id for task in await db.tasks(TaskQuery(img_cmd_id=exec_id))] == expected
    assert [task.id for task in await db.tasks(TaskQuery(ident="other"))] == expected
    assert await db.tasks(TaskQuery(ident="othe")) == []


async def test_by_exec_no_more_than_the_index_holds(db: TaskDB, clock: MockClock) -> None:
    await db.create_task(TASK)
    await db.set_task_attrs(TASK.id, digest("out"), digest("err"), digest("inspect"))
    await db.set_task_complete(TASK.id, OOM, clock.time)
    few = Task(id=TASK.id, end=clock.time, inspect=digest("inspect"))
    by_ident = only(await db.tasks(TaskQuery(ident=TASK.ident)))
    by_img_cmd_id = only(await db.tasks(TaskQuery(img_cmd_id=TASK.img_cmd_id)))
    assert by_ident == replace(few, ident=TASK.ident)
    assert by_img_cmd_id == replace(few, img_cmd_id=TASK.img_cmd_id)


async def test_the_first_key_that_is_set_counts(db: TaskDB, clock: MockClock) -> None:
    one = await ended_task(db, clock.time)
    other = await ended_task(db, clock.time, ident="other", img_cmd_id=ImgCmdID.compute("other"))
    task = await task_of(db, one)
    query = TaskQuery(id=one, run_id=RunID.new(), img_cmd_id=ImgCmdID.compute("other"), ident="other", since=NOON)
    assert ids(await db.tasks(query)) == [one]
    assert ids(await db.tasks(replace(query, id=Digest.ZERO, run_id=task.run_id))) == [one]
    query = TaskQuery(img_cmd_id=task.img_cmd_id, ident="other")
    assert ids(await db.tasks(query)) == [one]
    assert ids(await db.tasks(replace(query, img_cmd_id=Digest.ZERO))) == [other]


async def test_with_its_alloc_and_pool(db: TaskDB, clock: MockClock) -> None:
    pool = some_pool("i-1")
    await db.start_pool(pool)
    await db.start_alloc(StringDigest("alloc"), pool.pool_id.digest, RESOURCES)
    await db.create_task(TASK)
    alloc = only(await db.allocs(AllocQuery(ids=[digest("alloc")])))
    assert alloc.pool == only(await db.pools(PoolQuery(ids=[pool.pool_id.digest])))
    for query in (TaskQuery(id=TASK.id), TaskQuery(run_id=TASK.run_id)):
        assert only(await db.tasks(replace(query, with_alloc=True))).alloc == alloc
        assert only(await db.tasks(query)).alloc is None
    await db.set_task_complete(TASK.id)
    in_window = TaskQuery(since=clock.time - timedelta(minutes=1), with_alloc=True)
    by_exec = TaskQuery(img_cmd_id=TASK.img_cmd_id, with_alloc=True)
    assert only(await db.tasks(in_window)).alloc == alloc
    assert only(await db.tasks(replace(by_exec, with_details=True))).alloc == alloc
    assert only(await db.tasks(by_exec)).alloc is None  # the index has no AllocID


async def test_ended_tasks_of_an_ident_since_a_time(db: TaskDB, clock: MockClock) -> None:
    minute = timedelta(minutes=1)
    for minutes in (3, 2, 1, 0):
        await ended_task(db, NOON + minutes * minute, ident="align")
    await ended_task(db, NOON + 2 * minute, ident="sort")
    await live_task(db, clock.time, ident="align")
    found = await db.ended_tasks("align", NOON + minute + timedelta(milliseconds=400))
    assert (found.errors, [task.end for task in found]) == ([], [NOON + minutes * minute for minutes in (3, 2, 1)])
    assert {(task.ident, task.start, task.run_id) for task in found} == {("align", None, RunID())}
    whole = [await task_of(db, task.id) for task in found]
    assert [(task.ident, task.end) for task in whole] == [(task.ident, task.end) for task in found]


async def test_a_task_without_an_alloc_or_with_a_missing_one(db: TaskDB) -> None:
    run = RunID.new()
    for alloc_id in (Digest.ZERO, digest("gone")):
        await db.create_task(some_task(run, alloc_id=alloc_id))
    tasks = await db.tasks(TaskQuery(run_id=run, with_alloc=True))
    assert [task.alloc for task in tasks] == [None, None]
    assert tasks.errors == []


async def test_with_alloc_takes_more_allocs_than_one_batch(db: TaskDB) -> None:
    run = RunID.new()
    pools = [some_pool(f"i-{n}") for n in range(3)]
    for pool in pools:
        await db.start_pool(pool)
    for n in range(130):
        await db.start_alloc(StringDigest(f"alloc {n}"), pools[n % 3].pool_id.digest, RESOURCES)
        await db.create_task(some_task(run, alloc_id=digest(f"alloc {n}"), attempt=n))
    tasks = await db.tasks(TaskQuery(run_id=run, with_alloc=True))
    assert tasks.errors == []
    assert len(tasks) == 130
    for task in tasks:
        assert task.alloc is not None
        assert task.alloc.alloc_id == f"alloc {task.attempt}"
        assert task.alloc.pool is not None
        assert str(task.alloc.pool.pool_id) == f"i-{task.attempt % 3}"
