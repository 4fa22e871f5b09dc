"""The rows of the TaskDB, the queries for them, and what queries return. Rows are immutable."""

import enum
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, Self, SupportsIndex, TypeVar, overload

import msgspec

from store.digest import Digest, DigestPrefix, ImgCmdID, RunID, StringDigest, TaskID
from store.errors import Error
from store.resources import Resources

T = TypeVar("T")

NO_RESOURCES = Resources()


class Kind(enum.IntEnum):
    """The columns that `scan` can be asked for, numbered as in the Go code."""

    ID = 0
    ID4 = 1
    RUN_ID = 2
    RUN_ID4 = 3
    FLOW_ID = 4
    ALLOC_ID = 5
    POOL_ID = 6
    RESULT_ID = 7
    IMG_CMD_ID = 8
    IDENT = 9
    ATTEMPT = 10
    KEEPALIVE = 11
    START_TIME = 12
    STDOUT = 13
    STDERR = 14
    EXEC_INSPECT = 15
    ERROR = 16
    URI = 17
    LABELS = 18
    USER = 19
    TYPE = 20
    DATE = 21
    BUNDLE = 22
    ARGS = 23
    END_TIME = 24
    RUN_LOG = 25
    EXEC_LOG = 26
    SYS_LOG = 27
    EVAL_GRAPH = 28
    TRACE = 29
    RESOURCES = 30
    POOL_TYPE = 31
    CLUSTER_NAME = 32
    REFLOW_VERSION = 33


# TimeFields, Task and Alloc are not `kw_only` because the decoder passes fields by position: msgspec makes a task in
# 0.1 us from positional arguments, in 0.6 us from keywords. Use keywords everywhere else.
class TimeFields(msgspec.Struct, frozen=True, gc=False):
    """The times of every row: aware, in UTC, or None where the row has none.

    `keepalive` is a lease: the time until which the row is promised to be alive.
    """

    start: datetime | None = None
    keepalive: datetime | None = None
    end: datetime | None = None

    def start_end(self) -> tuple[datetime | None, datetime | None]:
        """Return the start, and the end if there is one, else the lease: the span known to have been alive."""
        return self.start, self.end or self.keepalive


class Run(TimeFields, frozen=True, kw_only=True, gc=False):
    """A run. `bundle` and the logs are digests of objects in the repository.

    `args` are in the order in which they were written; the Go engine writes them as a set, without order. Only old rows
    have `exec_log` and `sys_log`.
    """

    id: RunID = RunID()
    labels: dict[str, str] = {}
    user: str = ""
    bundle: Digest = Digest.ZERO
    args: tuple[str, ...] = ()
    run_log: Digest = Digest.ZERO
    eval_graph: Digest = Digest.ZERO
    trace: Digest = Digest.ZERO
    exec_log: Digest = Digest.ZERO
    sys_log: Digest = Digest.ZERO

    def __hash__(self) -> int:
        return hash((self.id, self.start, self.keepalive, self.end))  # the labels are a dict, which has no hash


class ClusterID(msgspec.Struct, frozen=True, gc=False):
    """The cluster that a pool belongs to: its name, its user, and the version of reflow that started it."""

    cluster_name: str = ""
    user: str = ""
    reflow_version: str = ""


class Pool(TimeFields, frozen=True, kw_only=True, gc=False):
    """A pool, as it is started: a host.

    `pool_id` is the EC2 instance id, `pool_type` the instance type, and `uri` the name of the host with its port.
    `resources` are those of the host: `mem` and `disk` in bytes, `cpu` in cores.
    """

    pool_id: StringDigest = StringDigest()
    pool_type: str = ""
    resources: Resources = NO_RESOURCES
    uri: str = ""
    cluster: ClusterID = ClusterID()


class PoolRow(Pool, frozen=True, kw_only=True, gc=False):
    """A pool as stored: `id` is the digest of its `pool_id`."""

    id: Digest = Digest.ZERO


class Alloc(TimeFields, frozen=True, gc=False):
    """An alloc: the share of a pool that tasks run in.

    `id` is the digest of `alloc_id`, the string id; `pool_id` is the digest of the pool's string id. `resources` are
    those that the alloc has of the pool: `mem` and `disk` in bytes, `cpu` in cores. `pool` is the row of the pool, or
    None if the query did not ask for it or the table does not have it.
    """

    id: Digest = Digest.ZERO
    alloc_id: str = ""
    pool_id: Digest = Digest.ZERO
    resources: Resources = NO_RESOURCES
    uri: str = ""
    pool: PoolRow | None = None


class Task(TimeFields, frozen=True, gc=False):
    """A task: one attempt of a flow.

    `alloc_id` is the digest of the alloc's string id, `attempt` counts from 0, `err` is the error that it failed with.
    `resources` are those requested: `mem` and `disk` in bytes, `cpu` in cores. `stdout`, `stderr`, `inspect` and
    `result_id` are digests of objects in the repository. `alloc` is the row of the alloc, or None if the query did not
    ask for it or the table does not have it.
    """

    id: TaskID = TaskID()
    run_id: RunID = RunID()
    alloc_id: Digest = Digest.ZERO
    flow_id: Digest = Digest.ZERO
    result_id: Digest = Digest.ZERO
    img_cmd_id: ImgCmdID = ImgCmdID()
    ident: str = ""
    attempt: int = 0
    err: Error | None = None
    resources: Resources = NO_RESOURCES
    uri: str = ""
    stdout: Digest = Digest.ZERO
    stderr: Digest = Digest.ZERO
    inspect: Digest = Digest.ZERO
    alloc: Alloc | None = None


class RunQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Runs by `id` (whole, or a DigestPrefix of 8 or more digits), or those alive in a time window, all or of one user.

    A window holds rows whose lease ends after `since`, which is required, and before `until`, in whole seconds. Without
    `until` it goes to the end of tomorrow in UTC, beyond the leases of live rows. A window of more than 3,660 days is
    INVALID.
    """

    id: RunID | DigestPrefix | None = None
    since: datetime | None = None
    until: datetime | None = None
    user: str = ""


class TaskQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks by `id`, `run_id`, `img_cmd_id` or `ident` (the first that is set counts), or alive in a time window.

    A window is that of a RunQuery. `limit` is the maximum number of tasks to return, 0 for all; of a window, those with
    the last leases. Queries by `img_cmd_id` and `ident` return ended tasks, the newest end first, with only id, end and
    inspect, unless `with_details` fetches the whole rows. `with_alloc` fills in `task.alloc` and `task.alloc.pool`; in
    queries by `img_cmd_id` and `ident` it needs `with_details`.
    """

    id: TaskID | DigestPrefix | None = None
    run_id: RunID | DigestPrefix | None = None
    img_cmd_id: ImgCmdID | None = None
    ident: str = ""
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 0
    with_alloc: bool = False
    with_details: bool = False


class AllocQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Allocs by their ids, with their pools. Ids are digests of string ids: whole, or prefixes of 8 or more digits."""

    ids: Sequence[Digest] = ()


class PoolQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Pools by their ids, or those alive in a time window whose cluster has each field that `cluster` sets.

    Ids are digests of string ids, whole or prefixes of 8 or more digits. A window is that of a RunQuery.
    """

    ids: Sequence[Digest] = ()
    since: datetime | None = None
    until: datetime | None = None
    cluster: ClusterID = ClusterID()


class Rows(list[T], Generic[T]):
    """The result of a query: a list of rows, with the errors beside it.

    `errors` are about rows that could not be read whole and about parts that were not read; empty if the result is
    complete. `consumed` is the read capacity used, in RCU.
    """

    def __init__(self, rows: Iterable[T] = (), errors: Iterable[Error] = (), consumed: float = 0.0) -> None:
        super().__init__(rows)
        self.errors = list(errors)
        self.consumed = consumed

    @overload
    def __getitem__(self, index: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> "Rows[T]": ...
    def __getitem__(self, index: SupportsIndex | slice) -> "T | Rows[T]":
        """Return a row, or a slice with the same errors: a slice of an incomplete result is incomplete, too."""
        if isinstance(index, slice):
            return Rows(super().__getitem__(index), self.errors, self.consumed)
        return super().__getitem__(index)

    def __reduce__(self) -> tuple[Any, ...]:
        return Rows, (list(self), self.errors, self.consumed)

    def check(self) -> Self:
        """Return the rows if the result is complete. Raises the first of `errors` if it is not."""
        if self.errors:
            raise self.errors[0]
        return self


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of all types, read in one pass that began at `as_of`. `consumed` is the read capacity used, in RCU.

    `errors` are as those of `Rows`. `clock_offset` is the number of seconds by which the service's clock is ahead of
    ours, or None if no reply had a date.
    """

    runs: Sequence[Run] = ()
    tasks: Sequence[Task] = ()
    allocs: Sequence[Alloc] = ()
    pools: Sequence[PoolRow] = ()
    errors: Sequence[Error] = ()
    consumed: float = 0.0
    as_of: datetime
    clock_offset: float | None = None


class SnapshotPage(NamedTuple):
    """A page of a snapshot that is being read: the next page of the part numbered `part`.

    Parts are read at the same time, and part 0 has the newest leases. `consumed` is the read capacity used, in RCU.
    `is_last` says that the part has no more pages.
    """

    part: int
    rows: Sequence[Run | Task | Alloc | PoolRow]
    consumed: float
    is_last: bool


PageHook = Callable[[SnapshotPage], Awaitable[bool]]
"""A coroutine function that `TaskDB.active` awaits after each page; it returns whether to read on in that part."""
