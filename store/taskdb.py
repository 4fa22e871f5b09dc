"""The TaskDB interface, documented once: what the Go package taskdb calls TaskDB."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

from store.digest import Digest, RunID, StringDigest, TaskID
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

if TYPE_CHECKING:
    from store.logs.open import Logs
    from store.repository import Repository


@runtime_checkable
class MappingHandler(Protocol):
    """An object whose method `scan` calls for each association of a row with a digest."""

    def handle_mapping(self, k: Digest, v: Digest, kind: Kind, task_type: str, labels: Sequence[str]) -> None:
        """Take one association: the row `k`, of type `task_type` and with `labels`, has `v` in the column `kind`.

        `task_type` is `run`, `task`, `alloc` or `pool`; `labels` are texts `name=value`. An exception ends the scan.
        """


MappingHandlerFunc = Callable[[Digest, Digest, Kind, str, Sequence[str]], None]
"""A function with the arguments of `MappingHandler.handle_mapping`, which `scan` takes as well."""


class TaskDB(ABC):
    """Runs, tasks, allocs and pools, and the leases that keep them alive.

    Every failure is a `store.Error`. All methods raise INVALID, before anything is sent, for a zero id (those that take
    several ids leave it out), for the id of another type of row (a RunID where a TaskID belongs), for a time without a
    time zone or in the first or last year of the calendar, and for any value that could not be read back as it was
    given. On DynamoDB they also raise the errors of the service: NOT_ALLOWED, NOT_EXIST for a missing table, TEMPORARY
    or TIMEOUT for throttling, NET, TIMEOUT and UNAVAILABLE when it cannot be reached or fails. `Error.reason` tells
    these apart.

    Creating a row that exists replaces it, as in Go: its end, error, lease and logs are gone. Updating a row that does
    not exist raises NOT_EXIST. Times are stored in UTC, cut to whole seconds; an `end` or `start` of None means now.
    Text that is not valid Unicode is stored, and looked for, with U+FFFD in place of what is not.
    """

    @abstractmethod
    async def create_run(self, id: RunID, user: str, labels: Mapping[str, str] | Iterable[str] | None = None) -> None:
        """Create a run that starts now. It has no lease, and windows do not find it, until `keep_run_alive`.

        The run gets the labels of the TaskDB, overridden by `labels`: a mapping, or texts `name=value`. Raises Error
        INVALID for a label that could not be read back (without `=`, with `=` in its name) and for a row of more than
        400 KB.
        """

    @abstractmethod
    async def set_run_attrs(self, id: RunID, bundle: Digest, args: Sequence[str] = ()) -> None:
        """Set the bundle of a run, and its arguments in their order.

        Without `args` earlier ones stay. Raises Error NOT_EXIST for an unknown run.
        """

    @abstractmethod
    async def set_run_complete(
        self,
        id: RunID,
        run_log: Digest = Digest.ZERO,
        eval_graph: Digest = Digest.ZERO,
        trace: Digest = Digest.ZERO,
        end: datetime | None = None,
    ) -> None:
        """Mark a run as complete at `end`, with the digests of its log, graph and trace in the repository.

        Columns whose digest is zero stay as they are. The lease stays, too. Raises Error NOT_EXIST for an unknown run.
        """

    @abstractmethod
    async def keep_run_alive(self, id: RunID, keepalive: datetime) -> None:
        """Set the lease of a run: promise that it is alive until `keepalive`, mostly now + 2 minutes.

        The lease is written as given, even if it is earlier than the stored one. This is one write; the function
        `store.keep_run_alive` renews. Raises Error NOT_EXIST for an unknown run.
        """

    @abstractmethod
    async def create_task(self, task: Task) -> None:
        """Create a task that starts now, with a first lease of now, and the labels of the TaskDB.

        Times, result, logs, error and alloc of `task` are not used. A URI of more than 32 KiB is cut with a visible
        mark. Raises Error INVALID for a zero `run_id`, an ident of more than 2,048 bytes, an `attempt` that is not an
        int from 0 to 2^63 - 1, and a row of more than 400 KB.
        """

    @abstractmethod
    async def set_task_result(self, id: TaskID, result: Digest) -> None:
        """Set the digest of the result of a task. Raises Error NOT_EXIST for an unknown task."""

    @abstractmethod
    async def set_task_uri(self, id: TaskID, uri: str) -> None:
        """Set the URI of a task, which is the URI of its exec: `<host>/<alloc>/<exec>`.

        `logs` derives the CloudWatch streams of a running task from it. A URI of more than 32 KiB is cut with a visible
        mark. Raises Error NOT_EXIST for an unknown task.
        """

    @abstractmethod
    async def set_task_attrs(self, id: TaskID, stdout: Digest, stderr: Digest, inspect: Digest) -> None:
        """Set the digests of a task's standard output, standard error and inspect, as `repository.put` returns them.

        All three columns are set: a zero digest replaces an earlier one. Raises Error NOT_EXIST for an unknown task.
        """

    @abstractmethod
    async def set_task_complete(
        self, id: TaskID, err: BaseException | None = None, end: datetime | None = None
    ) -> None:
        """Mark a task as complete at `end`: failed with `err`, an Error or any other exception, or successful.

        Completing a task again without an error removes the earlier error. The lease stays. An exception that is not an
        Error is stored with its type, and an ExceptionGroup with its members. An error of more than 256 KiB, or one
        that is too long for the row, is cut with a visible mark, so that the completion is never lost. Raises Error
        INVALID for an `err` that is not an exception, and NOT_EXIST for an unknown task.
        """

    @abstractmethod
    async def keep_task_alive(self, id: TaskID, keepalive: datetime) -> None:
        """Set the lease of a task, as `keep_run_alive` sets that of a run.

        Raises Error NOT_EXIST for an unknown task.
        """

    @abstractmethod
    async def start_alloc(
        self, alloc_id: StringDigest, pool_id: Digest, resources: Resources, start: datetime | None = None
    ) -> None:
        """Create an alloc that starts at `start`, with a first lease of now; its id is `alloc_id.digest`.

        `pool_id` is the digest of the string id of its pool, whose row need not exist. `resources` are those that the
        alloc has of the pool: `mem` and `disk` in bytes, `cpu` in cores. Raises Error INVALID for a zero `alloc_id` or
        `pool_id`, an amount that is not finite, and a row of more than 400 KB.
        """

    @abstractmethod
    async def start_pool(self, pool: Pool) -> None:
        """Create a pool that starts at `pool.start` or now, with a first lease of now; its id is `pool.pool_id.digest`.

        `pool.resources` are those of the host: `mem` and `disk` in bytes, `cpu` in cores. The lease and end of `pool`
        are not used. Raises Error INVALID for a zero `pool_id`, an amount that is not finite, and a row of more than
        400 KB.
        """

    @abstractmethod
    async def set_resources(self, id: Digest, resources: Resources) -> None:
        """Set the resources of a task, alloc or pool: `mem` and `disk` in bytes, `cpu` in cores.

        Replaces all amounts. Raises Error INVALID for an amount that is not finite, and NOT_EXIST for an unknown row.
        """

    @abstractmethod
    async def keep_id_alive(self, id: Digest, keepalive: datetime) -> None:
        """Set the lease of a row of any type, as `keep_run_alive` sets that of a run.

        Raises Error NOT_EXIST for an unknown row.
        """

    @abstractmethod
    async def set_end_time(self, id: Digest, end: datetime | None = None, *, unless_ended: bool = False) -> None:
        """Set the end of a row of any type; allocs and pools have no other write that ends them.

        With `unless_ended`, an existing end stays, without an Error. Raises Error NOT_EXIST for an unknown row.
        """

    @abstractmethod
    async def runs(self, query: RunQuery) -> Rows[Run]:
        """Return the runs that match `query`; none for an unknown id.

        A query for one whole id reads the last write; all others are eventually consistent. Raises Error INVALID for a
        query without an id or a start of the window, or with impossible values, and the service's Error if nothing
        could be read. Other failures are in `Rows.errors`.
        """

    @abstractmethod
    async def tasks(self, query: TaskQuery) -> Rows[Task]:
        """Return the tasks that match `query`, as `runs` does."""

    @abstractmethod
    async def allocs(self, query: AllocQuery) -> Rows[Alloc]:
        """Return the allocs that match `query`, with their pools, as `runs` does."""

    @abstractmethod
    async def pools(self, query: PoolQuery) -> Rows[PoolRow]:
        """Return the pools that match `query`, as `runs` does."""

    @abstractmethod
    async def scan(self, kind: Kind, handler: MappingHandler | MappingHandlerFunc) -> None:
        """Call `handler` for every row that has a digest in the column `kind`, in no particular order.

        This reads the whole table: 1 RCU for each 8 KB of it. Raises Error INVALID for a column that does not hold
        digests, for a coroutine function, and after the scan if rows were left out because their digest was malformed.
        Also raises what `handler` raises, and the service's Error if a part of the table was not read.
        """

    @abstractmethod
    async def active(
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
        """Return every row, of all types, whose lease reaches beyond `since` (and not `until`), in one pass.

        The window is that of a RunQuery.
        `changed_since` allows rows to be left out that were neither started, renewed nor ended since then; other
        changes of a row may be missed, and so may those of writers that promise less than the usual lease. `started_by`
        leaves out rows that started later, `open_only` rows that have ended (but for runs, if `with_ended_runs`).
        `on_page` is awaited after each page, before the next one of its part is requested, and returns whether to
        request it. Raises what `on_page` raises, Error INVALID for a window that cannot be, and the service's Error if
        nothing could be read; otherwise failures are in `Snapshot.errors`.
        """

    @abstractmethod
    async def lookup(self, ids: Iterable[Digest], *, consistent: bool = False) -> Snapshot:
        """Return the rows with these whole ids, of any type; ids without a row are left out.

        An id costs 0.5 RCU for each 4 KB of its row. With `consistent` rows are as the last write left them, at twice
        the cost; otherwise an older state of a row can come back. Raises Error INVALID for a value that is not a
        Digest, and the service's Error if nothing could be read; otherwise failures are in `Snapshot.errors`.
        """

    @abstractmethod
    async def ended_tasks(self, ident: str, since: datetime) -> Rows[Task]:
        """Return the tasks of an ident that ended at `since` or later, newest first, with only id, ident and end.

        Raises Error INVALID for an empty ident, and Error with the reason NO_INDEX for a table that does not order
        tasks by their end: there `tasks` reads all tasks of the ident.
        """

    @property
    @abstractmethod
    def repository(self) -> "Repository":
        """The objects that the digests in rows name.

        Raises Error NOT_SUPPORTED if the TaskDB was opened without a bucket or made without a repository.
        """

    @property
    def logs(self) -> "Logs":
        """The logs that rows name: objects of the repository, and streams of CloudWatch Logs. Its methods raise."""
        from store.logs.open import Logs

        return Logs(lambda: self.repository)

    @abstractmethod
    async def close(self) -> None:
        """Give back connections. Using the TaskDB afterwards raises Error PRECONDITION; closing it again is fine.

        Raises Error PRECONDITION in an event loop other than the one in which the TaskDB was opened.
        """

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, type_: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
