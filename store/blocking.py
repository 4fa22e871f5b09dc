"""The TaskDB for code without an event loop: the same methods, which wait for their results.

All of them, and all leases, share one background thread and event loop in each process.
"""

import contextlib
import logging
import os
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import datetime
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

from store import keepalive
from store.aws import session as aws
from store.aws.retry import Retries
from store.background_loop import BackgroundBlock, background_loop
from store.blocking_logs import BlockingLogs, BlockingRepository
from store.digest import Digest, RunID, StringDigest, TaskID
from store.dynamo.client import Meter
from store.dynamo.taskdb import DynamoTaskDB
from store.errors import Error, ErrorKind
from store.model import (
    Alloc,
    AllocQuery,
    Kind,
    PageHook,
    Pool,
    PoolQuery,
    PoolRow,
    Rows,
    Run,
    RunQuery,
    Snapshot,
    Task,
    TaskQuery,
)
from store.resources import Resources
from store.taskdb import MappingHandler, MappingHandlerFunc
from store.taskdb import TaskDB as AsyncTaskDB
from store.times import Clock, utc_now
from store.validate import mapping_func

_log = logging.getLogger(__name__)


class TaskDB:
    """A TaskDB whose methods wait: those of `store.TaskDB`, with the same arguments, results and Errors.

    `open` makes one on DynamoDB; `TaskDB(MemoryTaskDB())` wraps one that needs no connection. Any thread may use it.
    It is a context manager that closes it. An exception that comes while a method waits, such as KeyboardInterrupt,
    cancels the call; a write may have reached the service then. A process that was forked from the one that opened it
    gets Error PRECONDITION, and opens its own.
    """

    def __init__(self, db: AsyncTaskDB) -> None:
        self._background = background_loop()
        self._db = db
        self._connection: BackgroundBlock[Any] | None = None

    @classmethod
    def open(
        cls,
        table: str,
        bucket: str | None = None,
        *,
        region: str | None = None,
        profile: str | None = None,
        endpoint_url: str | None = None,
        labels: Mapping[str, str] | Iterable[str] | None = None,
        read_only: bool = False,
        max_in_flight: int = aws.MAX_IN_FLIGHT,
        timeout: float | None = None,
        retries: Retries | None = None,
        clock: Clock = utc_now,
    ) -> Self:
        """Open a TaskDB on `table`, until it is closed; `DynamoTaskDB.open` explains the arguments and errors."""
        opening = DynamoTaskDB.open(
            table,
            bucket,
            region=region,
            profile=profile,
            endpoint_url=endpoint_url,
            labels=labels,
            read_only=read_only,
            max_in_flight=max_in_flight,
            timeout=timeout,
            retries=retries,
            clock=clock,
        )
        return cls._connect(opening)

    @classmethod
    def _connect(cls, opening: AbstractAsyncContextManager[AsyncTaskDB]) -> Self:
        connection = BackgroundBlock(background_loop(), opening)
        opened = cls(connection.enter())
        opened._connection = connection
        return opened

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, type_: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give back connections; using the TaskDB afterwards is an Error. Does nothing in a forked process."""
        if self._connection is not None:
            self._connection.leave()
        elif not self._background.has_ended:
            self._background.call(self._db.close())

    def create_run(self, id: RunID, user: str, labels: Mapping[str, str] | Iterable[str] | None = None) -> None:
        """See `store.TaskDB.create_run`."""
        self._background.call(self._db.create_run(id, user, labels))

    def set_run_attrs(self, id: RunID, bundle: Digest, args: Sequence[str] = ()) -> None:
        """See `store.TaskDB.set_run_attrs`."""
        self._background.call(self._db.set_run_attrs(id, bundle, args))

    def set_run_complete(
        self,
        id: RunID,
        run_log: Digest = Digest.ZERO,
        eval_graph: Digest = Digest.ZERO,
        trace: Digest = Digest.ZERO,
        end: datetime | None = None,
    ) -> None:
        """See `store.TaskDB.set_run_complete`."""
        self._background.call(self._db.set_run_complete(id, run_log, eval_graph, trace, end))

    def keep_run_alive(self, id: RunID, keepalive: datetime) -> None:
        """Renew the lease once; the function `keep_run_alive` keeps it. See `store.TaskDB.keep_run_alive`."""
        self._background.call(self._db.keep_run_alive(id, keepalive))

    def create_task(self, task: Task) -> None:
        """See `store.TaskDB.create_task`."""
        self._background.call(self._db.create_task(task))

    def set_task_result(self, id: TaskID, result: Digest) -> None:
        """See `store.TaskDB.set_task_result`."""
        self._background.call(self._db.set_task_result(id, result))

    def set_task_uri(self, id: TaskID, uri: str) -> None:
        """See `store.TaskDB.set_task_uri`."""
        self._background.call(self._db.set_task_uri(id, uri))

    def set_task_attrs(self, id: TaskID, stdout: Digest, stderr: Digest, inspect: Digest) -> None:
        """See `store.TaskDB.set_task_attrs`."""
        self._background.call(self._db.set_task_attrs(id, stdout, stderr, inspect))

    def set_task_complete(self, id: TaskID, err: BaseException | None = None, end: datetime | None = None) -> None:
        """See `store.TaskDB.set_task_complete`."""
        self._background.call(self._db.set_task_complete(id, err, end))

    def keep_task_alive(self, id: TaskID, keepalive: datetime) -> None:
        """Renew the lease once; the function `keep_task_alive` keeps it. See `store.TaskDB.keep_task_alive`."""
        self._background.call(self._db.keep_task_alive(id, keepalive))

    def start_alloc(
        self, alloc_id: StringDigest, pool_id: Digest, resources: Resources, start: datetime | None = None
    ) -> None:
        """See `store.TaskDB.start_alloc`."""
        self._background.call(self._db.start_alloc(alloc_id, pool_id, resources, start))

    def start_pool(self, pool: Pool) -> None:
        """See `store.TaskDB.start_pool`."""
        self._background.call(self._db.start_pool(pool))

    def set_resources(self, id: Digest, resources: Resources) -> None:
        """See `store.TaskDB.set_resources`."""
        self._background.call(self._db.set_resources(id, resources))

    def keep_id_alive(self, id: Digest, keepalive: datetime) -> None:
        """Renew the lease once; the function `keep_id_alive` keeps it. See `store.TaskDB.keep_id_alive`."""
        self._background.call(self._db.keep_id_alive(id, keepalive))

    def set_end_time(self, id: Digest, end: datetime | None = None, *, unless_ended: bool = False) -> None:
        """See `store.TaskDB.set_end_time`."""
        self._background.call(self._db.set_end_time(id, end, unless_ended=unless_ended))

    def runs(self, query: RunQuery) -> Rows[Run]:
        """Return the runs that match `query`; see `store.TaskDB.runs`."""
        return self._background.call(self._db.runs(query))

    def tasks(self, query: TaskQuery) -> Rows[Task]:
        """See `store.TaskDB.tasks`."""
        return self._background.call(self._db.tasks(query))

    def allocs(self, query: AllocQuery) -> Rows[Alloc]:
        """See `store.TaskDB.allocs`."""
        return self._background.call(self._db.allocs(query))

    def pools(self, query: PoolQuery) -> Rows[PoolRow]:
        """See `store.TaskDB.pools`."""
        return self._background.call(self._db.pools(query))

    def scan(self, kind: Kind, handler: MappingHandler | MappingHandlerFunc) -> None:
        """See `store.TaskDB.scan`. The handler is called in this thread, while the scan goes on."""
        handle = mapping_func(handler)
        found: SimpleQueue[tuple[Digest, Digest, Kind, str, Sequence[str]] | None] = SimpleQueue()
        call = self._background.submit(self._db.scan(kind, lambda *mapping: found.put(mapping)))
        call.future.add_done_callback(lambda _: found.put(None))
        try:
            while (mapping := found.get()) is not None:
                handle(*mapping)
        except BaseException:
            call.cancel()
            raise
        call.result()

    def active(
        self,
        since: datetime,
        until: datetime | None = None,
        *,
        changed_since: datetime | None = None,
        started_by: datetime | None = None,
        open_only: bool = False,
        with_ended_runs: bool = False,
        on_page: PageHook | None = None,
    ) -> Snapshot:
        """See `store.TaskDB.active`. `on_page` is awaited in the thread of the event loop."""
        reading = self._db.active(
            since,
            until,
            changed_since=changed_since,
            started_by=started_by,
            open_only=open_only,
            with_ended_runs=with_ended_runs,
            on_page=on_page,
        )
        return self._background.call(reading)

    def lookup(self, ids: Iterable[Digest], *, consistent: bool = False) -> Snapshot:
        """See `store.TaskDB.lookup`."""
        return self._background.call(self._db.lookup(ids, consistent=consistent))

    def ended_tasks(self, ident: str, since: datetime) -> Rows[Task]:
        """See `store.TaskDB.ended_tasks`."""
        return self._background.call(self._db.ended_tasks(ident, since))

    @property
    def meter(self) -> Meter:
        """See `DynamoTaskDB.meter`. Raises Error NOT_SUPPORTED for a TaskDB that uses no service."""
        if not isinstance(self._db, DynamoTaskDB):
            raise Error(ErrorKind.NOT_SUPPORTED, "meter", (), f"a {type(self._db).__name__} uses no service")
        return self._db.meter

    @property
    def repository(self) -> BlockingRepository:
        """See `store.TaskDB.repository`."""
        return BlockingRepository(self._background, self._db.repository)

    @property
    def logs(self) -> BlockingLogs:
        """The logs that rows name; see `store.TaskDB.logs`."""
        return BlockingLogs(self._background, self._db.logs)

    def _hold(self, keep: keepalive.KeepAlive) -> "HeldLease":
        return HeldLease(BackgroundBlock(self._background, keep))


class HeldLease:
    """A lease that is held while a block runs; made by the functions of `store.blocking`, for one use.

    Entering waits for the first try, and raises its Error if that is permanent. Code cannot be interrupted from another
    thread: a lease that is lost later is logged at once, and raised when the block ends, unless the block raises an
    exception of its own. Long work may call `check` between its steps, or wait for the event `lost`.
    """

    def __init__(self, block: BackgroundBlock[Any]) -> None:
        self._block = block
        self.lost = block.has_failed
        """An event that is set when the lease was lost."""

    def __enter__(self) -> Self:
        self._block.enter()
        return self

    def __exit__(
        self, type_: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._block.leave()
        except Exception as failure:
            if value is None:
                raise
            if not self.lost.is_set():  # else it was logged then
                _log.warning("%s", failure)

    def check(self) -> None:
        """Raise the Error by which the lease was lost, if it was."""
        if self.lost.is_set():
            self._block.leave()


def keep_run_alive(db: TaskDB, id: RunID, *, renew_after: float | None = None) -> HeldLease:
    """Keep the lease of a run while the block of a `with` runs; see `HeldLease` and `store.keep_run_alive`."""
    return db._hold(keepalive.keep_run_alive(db._db, id, renew_after=renew_after))  # noqa: SLF001


def keep_task_alive(db: TaskDB, id: TaskID, *, renew_after: float | None = None) -> HeldLease:
    """Keep the lease of a task while the block of a `with` runs; see `HeldLease` and `store.keep_task_alive`."""
    return db._hold(keepalive.keep_task_alive(db._db, id, renew_after=renew_after))  # noqa: SLF001


def keep_id_alive(db: TaskDB, id: Digest, *, renew_after: float | None = None) -> HeldLease:
    """Keep the lease of a row of any type while the block of a `with` runs; see `HeldLease`."""
    return db._hold(keepalive.keep_id_alive(db._db, id, renew_after=renew_after))  # noqa: SLF001


def keep_id_alive_and_end(db: TaskDB, id: Digest, end_timeout: float, *, renew_after: float | None = None) -> HeldLease:
    """Keep the lease of any row while the block runs, and then write its end; see `store.keep_id_alive_and_end`."""
    return db._hold(keepalive.keep_id_alive_and_end(db._db, id, end_timeout, renew_after=renew_after))  # noqa: SLF001


class _SharedDB:
    """The TaskDB of `keepalive_thread` for one set of options, with the number of its users."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.options = dict(options)
        self.db = TaskDB._connect(DynamoTaskDB.open(**options))  # noqa: SLF001
        self.users = 0


_shared: list[_SharedDB] = []
_lock = threading.Lock()


@contextmanager
def keepalive_thread(db_options: Mapping[str, Any], id: Digest) -> Iterator[HeldLease]:
    """Keep the lease of the row `id` while the block runs, with a TaskDB opened for it; see `HeldLease`.

    `db_options` are the arguments of `DynamoTaskDB.open`. Blocks with equal options share a TaskDB, and all of them the
    background thread of the process. Raises what `DynamoTaskDB.open` raises.
    """
    with _open_shared(db_options) as db, keep_id_alive(db, id) as lease:
        yield lease


@contextmanager
def _open_shared(options: Mapping[str, Any]) -> Iterator[TaskDB]:
    with _lock:
        shared = next((each for each in _shared if each.options == dict(options)), None)
        if shared is None:
            shared = _SharedDB(options)
            _shared.append(shared)
        shared.users += 1
    try:
        yield shared.db
    finally:
        with _lock:
            shared.users -= 1
            if not shared.users:
                with contextlib.suppress(ValueError):  # a fork has forgotten it
                    _shared.remove(shared)
                shared.db.close()


def _forget_after_fork() -> None:
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()
    _shared.clear()


os.register_at_fork(after_in_child=_forget_after_fork)
