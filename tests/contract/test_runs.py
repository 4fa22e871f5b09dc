from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from msgspec.structs import replace

from store import Digest, Error, ErrorKind, Run, RunID, RunQuery, TaskDB
from tests.contract.conftest import MakeDB
from tests.contract.rows import digest, ids, live_run, only, some_pool, some_task
from tests.support.clock import MockClock

RUN = RunID.compute(b"run")
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


async def the_run(db: TaskDB, id: RunID = RUN) -> Run:
    return only(await db.runs(RunQuery(id=id)))


async def test_a_new_run_has_a_start_and_no_lease(db: TaskDB, clock: MockClock) -> None:
    await db.create_run(RUN, "amy@example.com")
    assert await the_run(db) == Run(id=RUN, user="amy@example.com", start=clock.time)


async def test_a_run_is_found_by_its_type(db: TaskDB) -> None:
    await db.create_run(RUN, "amy")
    run = await the_run(db)
    assert type(run) is Run
    assert type(run.id) is RunID


async def test_labels_are_those_of_the_taskdb(make_db: MakeDB) -> None:
    db = make_db(labels={"Name": "align", "project": "p=1", "empty": ""})
    await db.create_run(RUN, "amy")
    assert (await the_run(db)).labels == {"Name": "align", "project": "p=1", "empty": ""}


async def test_a_run_without_a_user(db: TaskDB) -> None:
    await db.create_run(RUN, "")
    assert (await the_run(db)).user == ""


async def test_times_are_cut_to_whole_seconds_and_in_utc(db: TaskDB, clock: MockClock) -> None:
    clock.time = datetime(2026, 11, 1, 12, 0, 0, 999_999, tzinfo=UTC)
    india = timezone(timedelta(hours=5, minutes=30))
    await db.create_run(RUN, "amy")
    await db.keep_run_alive(RUN, datetime(2026, 11, 1, 20, 0, 1, 500_000, tzinfo=india))
    run = await the_run(db)
    assert run.start == datetime(2026, 11, 1, 12, tzinfo=UTC)
    assert run.keepalive == datetime(2026, 11, 1, 14, 30, 1, tzinfo=UTC)
    assert run.keepalive.tzinfo is UTC


async def test_attributes(db: TaskDB, clock: MockClock) -> None:
    await db.create_run(RUN, "amy")
    await db.set_run_attrs(RUN, digest("bundle"), ["-n", "4", "--fast"])
    run = await the_run(db)
    assert (run.bundle, run.args) == (digest("bundle"), ("-n", "4", "--fast"))
    await db.set_run_attrs(RUN, digest("other"))
    assert (await the_run(db)).bundle == digest("other")


async def test_completion_sets_the_end_and_the_logs_and_leaves_the_rest(db: TaskDB, clock: MockClock) -> None:
    await db.create_run(RUN, "amy")
    await db.keep_run_alive(RUN, clock.time + timedelta(minutes=2))
    before = await the_run(db)
    end = clock.time + timedelta(minutes=1)
    await db.set_run_complete(RUN, digest("run log"), digest("graph"), digest("trace"), end)
    logs = {"run_log": digest("run log"), "eval_graph": digest("graph"), "trace": digest("trace")}
    assert await the_run(db) == replace(before, end=end, **logs)


async def test_completion_leaves_out_zero_digests(db: TaskDB) -> None:
    await db.create_run(RUN, "amy")
    await db.set_run_complete(RUN, run_log=digest("run log"))
    await db.set_run_complete(RUN, trace=digest("trace"))
    run = await the_run(db)
    assert (run.run_log, run.eval_graph, run.trace) == (digest("run log"), Digest.ZERO, digest("trace"))


async def test_a_completion_without_a_time_is_now(db: TaskDB, clock: MockClock) -> None:
    await db.create_run(RUN, "amy")
    clock.time += timedelta(hours=1)
    await db.set_run_complete(RUN)
    assert (await the_run(db)).end == clock.time


async def test_creating_again_is_no_error_and_no_second_row(db: TaskDB) -> None:
    await db.create_run(RUN, "amy")
    await db.create_run(RUN, "amy")
    assert (await the_run(db)).user == "amy"


async def test_an_earlier_keepalive_is_written_as_given(db: TaskDB, clock: MockClock) -> None:
    await db.create_run(RUN, "amy")
    for minutes in (5, 2):
        await db.keep_run_alive(RUN, clock.time + timedelta(minutes=minutes))
        assert (await the_run(db)).keepalive == clock.time + timedelta(minutes=minutes)


async def test_by_id_and_by_its_first_digits(db: TaskDB) -> None:
    await db.create_run(RUN, "amy")
    await db.create_run(RunID(RUN[:4] + bytes(27) + b"\1"), "bob")
    assert len(await db.runs(RunQuery(id=RunID.parse(RUN.hex[:8])))) == 2
    for digits in (10, 62, 64):
        assert ids(await db.runs(RunQuery(id=RunID.parse(RUN.hex[:digits])))) == [RUN]


async def test_an_unknown_id_finds_nothing(db: TaskDB) -> None:
    await db.create_run(RUN, "amy")
    assert await db.runs(RunQuery(id=RunID.compute(b"other"))) == []
    assert await db.runs(RunQuery(id=RunID.parse("0123456789"))) == []


async def test_runs_of_one_user_or_all(db: TaskDB, clock: MockClock) -> None:
    amy = await live_run(db, clock.time, "amy")
    bob = await live_run(db, clock.time, "bob")
    since = clock.time - timedelta(minutes=1)
    assert ids(await db.runs(RunQuery(since=since))) == sorted([amy, bob])
    assert ids(await db.runs(RunQuery(since=since, user="amy"))) == [amy]
    assert ids(await db.runs(RunQuery(since=since, user="am"))) == []


async def test_a_window_of_runs_holds_only_runs(db: TaskDB, clock: MockClock) -> None:
    await db.create_task(some_task())
    await db.start_pool(some_pool("i-1"))
    run = await live_run(db, clock.time)
    assert ids(await db.runs(RunQuery(since=clock.time - timedelta(minutes=1)))) == [run]


@pytest.mark.parametrize(
    ("name", "arguments"), [("set_run_attrs", [digest("bundle")]), ("set_run_complete", []), ("keep_run_alive", [NOON])]
)
async def test_a_run_that_does_not_exist_cannot_be_updated(name: str, arguments: list[Any], db: TaskDB) -> None:
    with pytest.raises(Error) as raised:
        await getattr(db, name)(RUN, *arguments)
    assert raised.value.kind is ErrorKind.NOT_EXIST
    assert raised.value.op == name
    assert str(RUN) in raised.value.args
    assert await db.runs(RunQuery(id=RUN)) == []
