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
    """A run. `exec_log` and `sys_log` are of old rows only."""

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
    """The cluster that a pool belongs to."""

    cluster_name: str = ""
    user: str = ""
    reflow_version: str = ""


class Pool(TimeFields, frozen=True, kw_only=True, gc=False):
    """A pool, as it is started: a host. `pool_id` is the EC2 instance id, `pool_type` its type, `uri` its name."""

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

    `id` is the digest of `alloc_id`, the string id; `pool_id` is the digest of the pool's; `pool` is that pool where it
    was asked for and found.
    """

    id: Digest = Digest.ZERO
    alloc_id: str = ""
    pool_id: Digest = Digest.ZERO
    resources: Resources = NO_RESOURCES
    uri: str = ""
    pool: PoolRow | None = None


class Task(TimeFields, frozen=True, gc=False):
    """A task: one attempt of a flow. `alloc` is the alloc it ran in, where that was asked for and found."""

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

    A window is `since` (needed) to `until` (default: now and what is promised beyond); its bounds are exclusive.
    """

    id: RunID | DigestPrefix | None = None
    since: datetime | None = None
    until: datetime | None = None
    user: str = ""


class TaskQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Tasks by `id`, `run_id`, `img_cmd_id` or `ident` (the first that is set counts), or alive in a time window.

    `limit` is the most tasks to return, 0 for all. Queries by `img_cmd_id` and `ident` return the newest ended tasks,
    with only id, end and inspect unless `with_details` fetches the whole rows. `with_alloc` fills in `task.alloc` and
    `task.alloc.pool`; in queries by `img_cmd_id` and `ident` it needs `with_details`.
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
    """Allocs by their ids, with their pools."""

    ids: Sequence[Digest] = ()


class PoolQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Pools by their ids, or those alive in a time window whose cluster has each field that `cluster` sets."""

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
    """Rows of all types, read in one pass that was begun at `as_of`. `consumed` is in RCU.

    `clock_offset` is by how many seconds the service's clock is ahead of ours, None where that is not known.
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
    """A page of a snapshot while it is read: the next one of part `part`, of which part 0 has the newest leases.

    `consumed` is in RCU. `is_last` is whether the part has no more pages.
    """

    part: int
    rows: Sequence[Run | Task | Alloc | PoolRow]
    consumed: float
    is_last: bool


PageHook = Callable[[SnapshotPage], Awaitable[bool]]
