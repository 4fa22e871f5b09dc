import asyncio
import inspect
import io
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from store import (
    Digest,
    DynamoTaskDB,
    Error,
    ErrorKind,
    Kind,
    LocalRepository,
    Log,
    Logs,
    MemoryTaskDB,
    Output,
    Repository,
    RunID,
    RunQuery,
    Task,
    TaskDB,
    TaskID,
    TaskQuery,
    blocking,
    keepalive_thread,
)
from store.blocking_logs import BlockingLog, BlockingLogs, BlockingRepository
from store.dynamo import schema
from store.nop import NopTaskDB
from tests.support.fake_aws import use_made_up_credentials
from tests.support.servers import Server

RUN = RunID.compute(b"run")
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
DENIED = Error(ErrorKind.NOT_ALLOWED, "keep alive", (), "no")


class Watched(NopTaskDB):
    """Takes the place of a DynamoTaskDB, and notes what is done with it, and in which thread."""

    def __init__(self) -> None:
        self.options: dict[str, Any] = {}
        self.leases: list[Digest] = []
        self.threads: set[threading.Thread] = set()
        self.failure: Error | None = None
        self.hang = False
        self.hanging = threading.Event()
        self.closed = threading.Event()
        self.opened = 0

    async def keep_id_alive(self, id: Digest, keepalive: datetime) -> None:
        if self.failure is not None:
            raise self.failure
        if self.hang:
            self.hanging.set()
            await asyncio.Future()
        self.leases.append(id)
        self.threads.add(threading.current_thread())

    @asynccontextmanager
    async def open(self, **options: Any) -> AsyncIterator["Watched"]:
        self.options = options
        self.opened += 1
        try:
            yield self
        finally:
            self.closed.set()


@pytest.fixture
def db(monkeypatch: pytest.MonkeyPatch) -> Watched:
    db = Watched()
    monkeypatch.setattr(DynamoTaskDB, "open", db.open)
    return db


def test_a_block_holds_its_lease_in_a_thread(db: Watched) -> None:
    with keepalive_thread({"table": "reflow-prod", "region": "us-west-2"}, RUN):
        assert db.leases == [RUN]
        (thread,) = db.threads
        assert thread is not threading.current_thread()
        assert thread.daemon
        assert not db.closed.is_set()
    assert db.options == {"table": "reflow-prod", "region": "us-west-2"}
    assert db.closed.is_set()


def test_blocks_with_equal_options_share_a_taskdb_and_all_share_a_thread(db: Watched) -> None:
    with keepalive_thread({"table": "t"}, RUN):
        with keepalive_thread({"table": "t"}, RUN), keepalive_thread({"table": "other"}, RUN):
            assert db.opened == 2
            assert len(db.threads) == 1
        db.closed.clear()
        assert db.leases == [RUN] * 3
    assert db.closed.is_set()


def test_a_permanent_error_of_the_first_try_is_raised_before_the_block(db: Watched) -> None:
    db.failure = DENIED
    with pytest.raises(Error) as raised, keepalive_thread({}, RUN):
        pytest.fail("the block was entered")
    assert raised.value is DENIED
    assert db.closed.is_set()


def test_a_failure_to_open_is_raised_before_the_block(db: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**options: Any) -> Any:
        raise Error(ErrorKind.INVALID, "open session", ("no-such-profile",))

    monkeypatch.setattr(DynamoTaskDB, "open", refuse)
    with pytest.raises(Error, match="no-such-profile"), keepalive_thread({}, RUN):
        pytest.fail("the block was entered")


def test_a_first_try_that_fails_for_now_does_not_keep_the_block_waiting(db: Watched) -> None:
    db.failure = Error(ErrorKind.TEMPORARY)
    with keepalive_thread({}, RUN):
        assert db.leases == []
    assert db.closed.is_set()


def test_a_lease_lost_within_the_block_is_logged_and_raised_at_its_end(
    db: Watched, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("store.keepalive.RENEWAL", timedelta(milliseconds=1))

    def work() -> None:
        with keepalive_thread({}, RUN) as lease:
            db.failure = DENIED
            assert lease.lost.wait(30)

    with pytest.raises(Error) as raised:
        work()
    assert raised.value is DENIED
    assert "access denied" in caplog.text


def test_an_exception_of_the_block_beats_a_lost_lease(db: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.keepalive.RENEWAL", timedelta(milliseconds=1))

    def work() -> None:
        with keepalive_thread({}, RUN) as lease:
            db.failure = DENIED
            assert lease.lost.wait(30)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()


def test_leaving_the_block_does_not_wait_for_a_renewal_that_hangs(db: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.keepalive.RENEWAL", timedelta(milliseconds=1))
    with keepalive_thread({}, RUN):
        db.hang = True
        assert db.hanging.wait(30)
    assert db.closed.is_set()


def test_work_can_ask_whether_its_lease_was_lost(db: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.keepalive.RENEWAL", timedelta(milliseconds=1))

    def work() -> None:
        with keepalive_thread({}, RUN) as lease:
            lease.check()
            db.failure = DENIED
            assert lease.lost.wait(30)
            lease.check()

    with pytest.raises(Error) as raised:
        work()
    assert raised.value is DENIED


def test_on_dynamodb(ministack: Server) -> None:
    admin = boto3.client("dynamodb", endpoint_url=ministack.endpoint_url)
    admin.create_table(**schema.table_definition("in-a-thread"))
    key = {"ID": {"S": str(RUN)}}
    admin.put_item(TableName="in-a-thread", Item=key)
    with keepalive_thread({"table": "in-a-thread", "endpoint_url": ministack.endpoint_url}, RUN):
        assert "Keepalive" in admin.get_item(TableName="in-a-thread", Key=key)["Item"]
    with blocking.TaskDB.open("in-a-thread", endpoint_url=ministack.endpoint_url) as db:
        db.create_run(RUN, "amy")
        with blocking.keep_id_alive_and_end(db, RUN, 30):
            db.set_end_time(RUN, NOON)
        assert [run.end for run in db.runs(RunQuery(id=RUN))] == [NOON]
    with pytest.raises(Error) as raised:
        db.runs(RunQuery(id=RUN))
    assert raised.value.kind is ErrorKind.PRECONDITION
    with (
        pytest.raises(Error) as raised,
        keepalive_thread({"table": "none", "endpoint_url": ministack.endpoint_url}, RUN),
    ):
        pytest.fail("the block was entered")
    assert raised.value.kind is ErrorKind.NOT_EXIST


# The TaskDB.


def methods(cls: type) -> dict[str, inspect.Signature]:
    """The public methods of a class, with their signatures."""
    found = {name: member for name, member in inspect.getmembers(cls, inspect.isfunction) if not name.startswith("_")}
    return {name: inspect.signature(function, eval_str=True) for name, function in found.items()}


@pytest.mark.parametrize(
    ("ours", "theirs", "own"),
    [
        (blocking.TaskDB, TaskDB, set()),
        (BlockingRepository, Repository, set()),
        (BlockingLogs, Logs, set()),
        (BlockingLog, Log, {"pages"}),
    ],
)
def test_every_method_is_there_with_its_signature(ours: type, theirs: type, own: set[str]) -> None:
    expected = methods(theirs)
    found = methods(ours)
    assert found.keys() - own == expected.keys()
    for name, signature in expected.items():
        assert [*found[name].parameters] == [*signature.parameters], name
        if theirs is TaskDB:
            assert found[name] == signature, name


def test_every_abstract_member_is_there() -> None:
    assert {name for name in TaskDB.__abstractmethods__ if not hasattr(blocking.TaskDB, name)} == set()


def test_open_takes_the_arguments_of_the_taskdb_on_dynamodb() -> None:
    assert methods_of_open(blocking.TaskDB) == methods_of_open(DynamoTaskDB)


def methods_of_open(cls: Any) -> list[inspect.Parameter]:
    return list(inspect.signature(cls.open, eval_str=True).parameters.values())


def test_rows_are_written_and_read(tmp_path: Path) -> None:
    with blocking.TaskDB(MemoryTaskDB({"Name": "align"}, repository=LocalRepository(tmp_path))) as db:
        db.create_run(RUN, "amy", {"project": "wgs"})
        task = Task(id=TaskID.new(), run_id=RUN, ident="align.bwa_mem")
        db.create_task(task)
        out = db.repository.put(b"1\n2\n")
        db.set_task_attrs(task.id, out, Digest.ZERO, Digest.ZERO)
        db.set_task_complete(task.id, KeyError("sample"))
        (run,) = db.runs(RunQuery(id=RUN))
        assert (run.user, dict(run.labels)) == ("amy", {"Name": "align", "project": "wgs"})
        (task,) = db.tasks(TaskQuery(run_id=RUN))
        assert "sample" in str(task.err)
        assert b"".join(page.data for page in db.logs.open_output(task, Output.STDOUT).pages()) == b"1\n2\n"
        assert db.logs.text(task, Output.STDOUT) == "1\n2\n"
        assert list(db.logs.lines(task, Output.STDOUT)) == ["1", "2"]
        assert b"".join(db.repository.get(out)) == b"1\n2\n"
        assert db.repository.put(line for line in (b"1\n", b"2\n")) == out
        assert db.repository.put(io.BytesIO(b"1\n2\n")) == out
        assert next(db.repository.get(out)) == b"1\n2\n"  # and the rest is never read
        with pytest.raises(Error) as raised:
            db.set_task_uri(TaskID.new(), "host:1/alloc/exec")
        assert raised.value.kind is ErrorKind.NOT_EXIST
    with pytest.raises(Error) as raised:
        db.runs(RunQuery(id=RUN))
    assert raised.value.kind is ErrorKind.PRECONDITION


def test_the_handler_of_a_scan_runs_in_the_calling_thread(tmp_path: Path) -> None:
    with blocking.TaskDB(MemoryTaskDB()) as db:
        for name in ("a", "b"):
            run = RunID.compute(name.encode())
            db.create_run(run, name)
            db.set_run_attrs(run, Digest.compute(name.encode()))
        users: list[str] = []

        def handle(k: Digest, v: Digest, kind: Kind, task_type: str, labels: Sequence[str]) -> None:
            users.extend(run.user for run in db.runs(RunQuery(id=RunID(k))))

        db.scan(Kind.BUNDLE, handle)
        assert sorted(users) == ["a", "b"]

        def fail(*_: Any) -> None:
            raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            db.scan(Kind.BUNDLE, fail)


def test_leases_are_held_by_each_kind_of_block() -> None:
    with blocking.TaskDB(MemoryTaskDB()) as db:
        task = Task(id=TaskID.new(), run_id=RUN)
        db.create_run(RUN, "amy")
        db.create_task(task)
        with blocking.keep_run_alive(db, RUN), blocking.keep_task_alive(db, task.id, renew_after=60):
            assert all(run.keepalive for run in db.runs(RunQuery(id=RUN)))
        with blocking.keep_id_alive_and_end(db, RUN, 10):
            assert [run.end for run in db.runs(RunQuery(id=RUN))] == [None]
        assert all(run.end for run in db.runs(RunQuery(id=RUN)))
        with pytest.raises(Error) as raised, blocking.keep_id_alive(db, Digest.compute(b"unknown")):
            pytest.fail("the block was entered")
        assert raised.value.kind is ErrorKind.NOT_EXIST


def test_the_meter_of_a_taskdb_on_dynamodb(monkeypatch: pytest.MonkeyPatch) -> None:
    use_made_up_credentials(monkeypatch)
    with blocking.TaskDB.open("reflow", region="us-west-2") as db:
        assert db.meter.requests == 0
    with blocking.TaskDB(MemoryTaskDB()) as memory, pytest.raises(Error, match="uses no service") as raised:
        _ = memory.meter
    assert raised.value.kind is ErrorKind.NOT_SUPPORTED


def test_a_lease_is_for_one_use() -> None:
    with blocking.TaskDB(MemoryTaskDB()) as db:
        db.create_run(RUN, "amy")
        lease = blocking.keep_run_alive(db, RUN)
        with lease:
            assert not lease.lost.is_set()
        with pytest.raises(RuntimeError, match="one use"):
            lease.__enter__()


def test_lines_before_a_failure_are_yielded(tmp_path: Path) -> None:
    with blocking.TaskDB(MemoryTaskDB(repository=LocalRepository(tmp_path))) as db:
        out = db.repository.put(b"1\n2\n")
        (tmp_path / "objects" / str(out)).write_bytes(b"1\n3\n")
        task = Task(id=TaskID.new(), run_id=RUN, stdout=out)
        lines = db.logs.lines(task, Output.STDOUT)
        assert [next(lines), next(lines)] == ["1", "3"]
        with pytest.raises(Error) as raised:
            next(lines)
        assert raised.value.kind is ErrorKind.INTEGRITY
