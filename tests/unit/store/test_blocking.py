import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest

from store import Digest, DynamoTaskDB, Error, ErrorKind, RunID, keepalive_thread
from store.dynamo import schema
from store.nop import NopTaskDB
from tests.support.servers import Server

RUN = RunID.compute(b"run")
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
        try:
            yield self
        finally:
            self.closed.set()


@pytest.fixture
def db(monkeypatch: pytest.MonkeyPatch) -> Watched:
    db = Watched()
    monkeypatch.setattr(DynamoTaskDB, "open", db.open)
    return db


def test_it_holds_the_lease_in_a_thread_while_the_block_runs(db: Watched) -> None:
    with keepalive_thread({"table": "reflow-prod", "region": "us-west-2"}, RUN):
        assert db.leases == [RUN]
        (thread,) = db.threads
        assert thread is not threading.current_thread()
        assert thread.daemon
        assert thread.is_alive()
        assert not db.closed.is_set()
    assert db.options == {"table": "reflow-prod", "region": "us-west-2"}
    assert db.closed.is_set()
    assert not thread.is_alive()


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
        with keepalive_thread({}, RUN):
            db.failure = DENIED
            assert db.closed.wait(30)

    with pytest.raises(Error) as raised:
        work()
    assert raised.value is DENIED
    assert "access denied" in caplog.text


def test_an_exception_of_the_block_beats_a_lost_lease(db: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.keepalive.RENEWAL", timedelta(milliseconds=1))

    def work() -> None:
        with keepalive_thread({}, RUN):
            db.failure = DENIED
            assert db.closed.wait(30)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()


def test_leaving_the_block_does_not_wait_for_a_renewal_that_hangs(db: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.keepalive.RENEWAL", timedelta(milliseconds=1))
    with keepalive_thread({}, RUN):
        db.hang = True
        assert db.hanging.wait(30)
    assert db.closed.is_set()


def test_on_dynamodb(ministack: Server) -> None:
    admin = boto3.client("dynamodb", endpoint_url=ministack.endpoint_url)
    admin.create_table(**schema.table_definition("in-a-thread"))
    key = {"ID": {"S": str(RUN)}}
    admin.put_item(TableName="in-a-thread", Item=key)
    with keepalive_thread({"table": "in-a-thread", "endpoint_url": ministack.endpoint_url}, RUN):
        assert "Keepalive" in admin.get_item(TableName="in-a-thread", Key=key)["Item"]
    with (
        pytest.raises(Error) as raised,
        keepalive_thread({"table": "none", "endpoint_url": ministack.endpoint_url}, RUN),
    ):
        pytest.fail("the block was entered")
    assert raised.value.kind is ErrorKind.NOT_EXIST
