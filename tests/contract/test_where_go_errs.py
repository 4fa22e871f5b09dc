"""The points in which every TaskDB differs from the Go code; store/README.md lists them.

Those that only one implementation can show are elsewhere: missing tables and malformed columns in test_on_dynamodb.py,
requests in flight with the client, and lost leases with the lease keeper.
"""

from datetime import UTC, datetime, timedelta

import pytest

from store import (
    AllocQuery,
    Digest,
    Error,
    ErrorKind,
    ImgCmdID,
    Kind,
    PoolQuery,
    RunID,
    RunQuery,
    StringDigest,
    TaskDB,
    TaskID,
    TaskQuery,
)
from tests.contract.conftest import MakeDB
from tests.contract.rows import (
    OOM,
    RESOURCES,
    digest,
    ended_task,
    ids,
    live_run,
    live_task,
    only,
    some_pool,
    some_task,
    task_of,
)
from tests.support.clock import MockClock

MINUTE = timedelta(minutes=1)
RUN = RunID.compute(b"run")


# Reads.


async def test_until_counts_within_one_day(db: TaskDB, clock: MockClock) -> None:
    early = await live_run(db, clock.time)
    await live_run(db, clock.time + 2 * MINUTE)
    assert ids(await db.runs(RunQuery(since=clock.time - MINUTE, until=clock.time + MINUTE))) == [early]


async def test_rows_kept_alive_into_tomorrow_are_found_before_midnight(db: TaskDB, clock: MockClock) -> None:
    clock.time = datetime(2026, 11, 1, 23, 59, 30, tzinfo=UTC)
    run = await live_run(db, clock.time + 2 * MINUTE)
    task = await live_task(db, clock.time + 2 * MINUTE)
    since = clock.time - 10 * MINUTE
    assert ids(await db.runs(RunQuery(since=since))) == [run]
    assert ids(await db.tasks(TaskQuery(since=since))) == [task]
    assert ids((await db.active(since)).runs) == [run]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (TaskQuery(), "since"),
        (TaskQuery(since=datetime(2026, 11, 2, tzinfo=UTC), until=datetime(2026, 11, 1, tzinfo=UTC)), "since"),
        (TaskQuery(run_id=RUN, limit=-1), "limit"),
    ],
    ids=["empty", "since after until", "negative limit"],
)
async def test_a_query_that_cannot_be_meant_is_invalid(query: TaskQuery, field: str, db: TaskDB) -> None:
    with pytest.raises(Error) as raised:
        await db.tasks(query)
    assert (raised.value.kind, raised.value.args) == (ErrorKind.INVALID, (field,))


async def test_many_allocs_and_pools_at_once(db: TaskDB, clock: MockClock) -> None:
    names = [f"i-{n}" for n in range(101)]
    for name in names:
        await db.start_pool(some_pool(name))
        await db.start_alloc(StringDigest(f"alloc {name}"), digest(name), RESOURCES)
    allocs = await db.allocs(AllocQuery(ids=[digest(f"alloc {name}") for name in names]))
    assert allocs.errors == []
    assert {str(alloc.pool.pool_id) for alloc in allocs if alloc.pool} == set(names)


@pytest.mark.parametrize("limit", range(1, 6))
async def test_the_limit_by_exec_is_exact_and_takes_the_newest(limit: int, db: TaskDB, clock: MockClock) -> None:
    tasks = [await ended_task(db, clock.time + n * MINUTE) for n in range(5)]
    newest = tasks[::-1][:limit]
    exec_id = ImgCmdID.compute("image", "cmd")
    assert [task.id for task in await db.tasks(TaskQuery(img_cmd_id=exec_id, limit=limit))] == newest
    assert [task.id for task in await db.tasks(TaskQuery(ident="samtools.sort", limit=limit))] == newest


async def test_details_of_the_tasks_of_an_exec(db: TaskDB, clock: MockClock) -> None:
    tasks = [await ended_task(db, clock.time + n * MINUTE, attempt=n) for n in range(3)]
    found = await db.tasks(TaskQuery(ident="samtools.sort", with_details=True, limit=2))
    assert found.errors == []
    assert found == [await task_of(db, tasks[2]), await task_of(db, tasks[1])]


async def test_abbreviations_match_what_they_abbreviate(db: TaskDB) -> None:
    alloc, pool = StringDigest("alloc"), some_pool("i-1")
    await db.start_pool(pool)
    await db.start_alloc(alloc, pool.pool_id.digest, RESOURCES)
    for digits in (8, 10, 32):
        abbreviated = Digest.parse(alloc.digest.hex[:digits])
        assert ids(await db.allocs(AllocQuery(ids=[abbreviated]))) == [alloc.digest]
        abbreviated = Digest.parse(pool.pool_id.digest.hex[:digits])
        assert ids(await db.pools(PoolQuery(ids=[abbreviated]))) == [pool.pool_id.digest]


async def test_other_rows_with_the_same_first_digits_do_not_match(db: TaskDB) -> None:
    alloc, pool = StringDigest("alloc"), some_pool("i-1")
    await db.start_pool(pool)
    await db.start_alloc(alloc, pool.pool_id.digest, RESOURCES)
    other_alloc, other_pool = (Digest.parse(id.hex[:8] + "0123456789") for id in (alloc.digest, pool.pool_id.digest))
    assert await db.allocs(AllocQuery(ids=[other_alloc])) == []
    assert await db.pools(PoolQuery(ids=[other_pool])) == []


async def test_fewer_than_eight_digits_are_invalid(db: TaskDB) -> None:
    with pytest.raises(Error, match="8 digits"):
        await db.allocs(AllocQuery(ids=[Digest.parse("abcdef")]))


async def test_an_abbreviated_run_id_finds_the_tasks_of_the_run(db: TaskDB, clock: MockClock) -> None:
    await db.create_run(RUN, "amy")
    task = await live_task(db, clock.time, run=RUN)
    await live_task(db, clock.time)
    for digits in (8, 16):
        assert ids(await db.tasks(TaskQuery(run_id=RunID.parse(RUN.hex[:digits])))) == [task]
    assert await db.tasks(TaskQuery(run_id=RunID.parse("0123456789"))) == []


async def test_labels_keep_what_follows_a_second_equals_sign(make_db: MakeDB) -> None:
    db = make_db(labels={"query": "a=b=c"})
    await db.create_run(RUN, "amy")
    assert only(await db.runs(RunQuery(id=RUN))).labels == {"query": "a=b=c"}


@pytest.mark.parametrize(
    "args", [["-b", "-a", "-b", "-a"], ["-z", "-a"], ["-a", "-b"], ["-a"], ["", "-a", ""], [""], []]
)
async def test_args_keep_order_and_repeats_and_the_bundle_is_read_back(args: list[str], db: TaskDB) -> None:
    await db.create_run(RUN, "amy")
    await db.set_run_attrs(RUN, digest("bundle"), args)
    run = only(await db.runs(RunQuery(id=RUN)))
    assert (run.bundle, run.args) == (digest("bundle"), tuple(args))


@pytest.mark.parametrize("args", [["-a", "-b"], ["-b", "-a"], ["-c", "-c"]])
async def test_args_set_again_replace_those_before(args: list[str], db: TaskDB) -> None:
    await db.create_run(RUN, "amy")
    await db.set_run_attrs(RUN, digest("bundle"), ["-b", "-a", "-b"])
    await db.set_run_attrs(RUN, digest("bundle"), args)
    assert only(await db.runs(RunQuery(id=RUN))).args == tuple(args)


@pytest.mark.parametrize("kind", [Kind.LABELS, Kind.ARGS, Kind.ATTEMPT, Kind.IDENT, Kind.KEEPALIVE])
async def test_a_scan_of_what_is_no_digest_is_invalid_at_once(kind: Kind, db: TaskDB) -> None:
    def handle(*association: object) -> None:
        pytest.fail("a row was handled")

    await db.create_task(some_task())
    with pytest.raises(Error) as raised:
        await db.scan(kind, handle)
    assert raised.value.kind is ErrorKind.INVALID


# Writes.


async def test_an_update_of_an_unknown_id_leaves_no_row(db: TaskDB, clock: MockClock) -> None:
    for attempt in (
        db.keep_run_alive(RUN, clock.time),
        db.set_end_time(RUN),
        db.set_task_complete(TaskID(RUN)),
        db.set_resources(TaskID(RUN), RESOURCES),
    ):
        with pytest.raises(Error) as raised:
            await attempt
        assert raised.value.kind is ErrorKind.NOT_EXIST
    found: list[object] = []
    await db.scan(Kind.ID, lambda *association: found.append(association))
    assert found == []


async def test_a_keepalive_after_the_end_is_written_as_given(db: TaskDB, clock: MockClock) -> None:
    task = await ended_task(db, clock.time)
    await db.keep_task_alive(task, clock.time + 2 * MINUTE)
    row = await task_of(db, task)
    assert (row.end, row.keepalive) == (clock.time, clock.time + 2 * MINUTE)
    await db.keep_task_alive(task, clock.time - 2 * MINUTE)
    assert (await task_of(db, task)).keepalive == clock.time - 2 * MINUTE


async def test_a_zero_id_is_invalid(db: TaskDB, clock: MockClock) -> None:
    for attempt in (db.create_run(RunID(), "amy"), db.keep_run_alive(RunID(), clock.time)):
        with pytest.raises(Error) as raised:
            await attempt
        assert raised.value.kind is ErrorKind.INVALID


@pytest.mark.parametrize("labels", [None, {}, [], [""], ["", "a=1", "a=1"]])
async def test_empty_and_repeated_labels(labels: dict[str, str] | list[str] | None, make_db: MakeDB) -> None:
    db = make_db(labels=labels)
    task = some_task(RUN)
    await db.create_run(RUN, "amy")
    await db.create_task(task)
    assert only(await db.runs(RunQuery(id=RUN))).labels == ({"a": "1"} if labels and "a=1" in labels else {})
    assert (await task_of(db, task.id)).id == task.id


async def test_an_empty_ident(db: TaskDB, clock: MockClock) -> None:
    task = await ended_task(db, clock.time, ident="")
    assert (await task_of(db, task)).ident == ""
    assert only(await db.tasks(TaskQuery(img_cmd_id=ImgCmdID.compute("image", "cmd")))).id == task


async def test_the_longest_ident(db: TaskDB, clock: MockClock) -> None:
    ident = "é" * 1024
    task = await ended_task(db, clock.time, ident=ident)
    assert only(await db.tasks(TaskQuery(ident=ident))).id == task


async def test_an_error_too_long_for_a_row_is_cut_with_a_mark(db: TaskDB, clock: MockClock) -> None:
    task = some_task()
    await db.create_task(task)
    huge = Error(ErrorKind.EVAL, "exec", ("samtools",), Error(ErrorKind.OOM, "run", (), "killed " + "x" * 1_000_000))
    await db.set_task_complete(task.id, huge)
    row = await task_of(db, task.id)
    assert row.end == clock.time
    assert row.err is not None
    assert (row.err.kind, row.err.op, row.err.args) == (huge.kind, huge.op, huge.args)
    assert "killed xxx" in str(row.err)
    assert "[cut from 1000" in str(row.err)


async def test_an_error_too_long_for_a_row_that_is_nearly_full(db: TaskDB, clock: MockClock) -> None:
    task = some_task(uri="u" * 32_000)
    await db.create_task(task)
    for _ in range(2):  # the second time beside the first
        await db.set_task_complete(task.id, Error(ErrorKind.OOM, "exec", (), "x" * 1_000_000))
    assert (await task_of(db, task.id)).end == clock.time


async def test_a_uri_too_long_for_a_row_is_cut_with_a_mark(db: TaskDB) -> None:
    task = some_task(uri="u" * 500_000)
    await db.create_task(task)
    await db.set_task_uri(task.id, "v" * 500_000)
    uri = (await task_of(db, task.id)).uri
    assert uri.startswith("vvv")
    assert "[cut from 500000" in uri


async def test_completing_again_without_an_error_removes_it(db: TaskDB, clock: MockClock) -> None:
    task = some_task()
    await db.create_task(task)
    await db.set_task_complete(task.id, OOM)
    await db.set_task_complete(task.id)
    assert (await task_of(db, task.id)).err is None


async def test_an_error_keeps_its_tree(db: TaskDB) -> None:
    task = some_task()
    await db.create_task(task)
    await db.set_task_complete(task.id, OOM)
    err = (await task_of(db, task.id)).err
    assert err is not None
    assert [getattr(node, "kind", None) for node in err.chain()] == [ErrorKind.OOM, ErrorKind.NET, None]
    assert str(err) == str(OOM) == "exec samtools: OOM error:\n\tpull image: network error: connection reset"


async def test_an_image_and_command_may_share_their_id(db: TaskDB, clock: MockClock) -> None:
    assert ImgCmdID.compute("a", "bc") == ImgCmdID.compute("ab", "c")
    task = await ended_task(db, clock.time, img_cmd_id=ImgCmdID.compute("a", "bc"))
    assert only(await db.tasks(TaskQuery(img_cmd_id=ImgCmdID.compute("ab", "c")))).id == task
