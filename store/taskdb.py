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
    """Takes the associations that `scan` finds."""

    def handle_mapping(self, k: Digest, v: Digest, kind: Kind, task_type: str, labels: Sequence[str]) -> None:
        """Take one: the row `k`, of type `task_type` and with `labels`, has `v` in the column `kind`."""


MappingHandlerFunc = Callable[[Digest, Digest, Kind, str, Sequence[str]], None]


class TaskDB(ABC):
    """Runs, tasks, allocs and pools, and the leases that keep them alive.

    Every failure is a `store.Error`. It is INVALID, before anything is sent, for a zero id, for a time without a time
    zone or in the first or last year of the calendar, and for any value that could not be read back as it was given.
    Creating a row that exists replaces it, as in Go: its end, error, lease and logs are gone. Updating a row that does
    not exist is NOT_EXIST. Times are stored in UTC, cut to whole seconds; an `end` or `start` of None means now. Text
    that is not valid Unicode is stored with U+FFFD in place of what is not.
    """

    @abstractmethod
    async def create_run(self, id: RunID, user: str, labels: Mapping[str, str] | Iterable[str] | None = None) -> None:
        """Create a run that starts now. It has no lease until `keep_run_alive`.

        The run gets the labels of the TaskDB, overridden by `labels`: a mapping, or texts `name=value`. Raises Error
        INVALID for a label that could not be read back: without `=`, or with `=` in its name.
        """

    @abstractmethod
    async def set_run_attrs(self, id: RunID, bundle: Digest, args: Sequence[str] = ()) -> None:
        """Set the bundle of a run and the arguments it was given."""

    @abstractmethod
    async def set_run_complete(
        self,
        id: RunID,
        run_log: Digest = Digest.ZERO,
        eval_graph: Digest = Digest.ZERO,
        trace: Digest = Digest.ZERO,
        end: datetime | None = None,
    ) -> None:
        """Mark a run as complete, with what logs it left; zero digests are left out."""

    @abstractmethod
    async def keep_run_alive(self, id: RunID, keepalive: datetime) -> None:
        """Promise that the run is alive until `keepalive`."""

    @abstractmethod
    async def create_task(self, task: Task) -> None:
        """Create a task, started now, with a first lease of now. Times, result, logs and error of `task` are not used.

        Raises Error INVALID for an ident of more than 2,048 bytes or a row of more than 400 KB.
        """

    @abstractmethod
    async def set_task_result(self, id: TaskID, result: Digest) -> None:
        """Set the id of the result of a task."""

    @abstractmethod
    async def set_task_uri(self, id: TaskID, uri: str) -> None:
        """Set the URI of a task, that of its exec."""

    @abstractmethod
    async def set_task_attrs(self, id: TaskID, stdout: Digest, stderr: Digest, inspect: Digest) -> None:
        """Set the log ids of a task."""

    @abstractmethod
    async def set_task_complete(
        self, id: TaskID, err: BaseException | None = None, end: datetime | None = None
    ) -> None:
        """Mark a task as complete, with the error it failed with if any.

        An error that is too long for a row is cut with a visible mark, so that the completion is never lost.
        """

    @abstractmethod
    async def keep_task_alive(self, id: TaskID, keepalive: datetime) -> None:
        """Promise that the task is alive until `keepalive`."""

    @abstractmethod
    async def start_alloc(
        self, alloc_id: StringDigest, pool_id: Digest, resources: Resources, start: datetime | None = None
    ) -> None:
        """Create an alloc in the pool with the digest `pool_id`, with a first lease of now."""

    @abstractmethod
    async def start_pool(self, pool: Pool) -> None:
        """Create a pool, started at `pool.start` or now, with a first lease of now."""

    @abstractmethod
    async def set_resources(self, id: Digest, resources: Resources) -> None:
        """Set the resources of the row with this id."""

    @abstractmethod
    async def keep_id_alive(self, id: Digest, keepalive: datetime) -> None:
        """Promise that the row with this id is alive until `keepalive`."""

    @abstractmethod
    async def set_end_time(self, id: Digest, end: datetime | None = None, *, unless_ended: bool = False) -> None:
        """Set the end of the row with this id. With `unless_ended`, an existing end stays, without an Error."""

    @abstractmethod
    async def runs(self, query: RunQuery) -> Rows[Run]:
        """Return the runs that match `query`. Raises only when nothing could be read; see `Rows.errors`."""

    @abstractmethod
    async def tasks(self, query: TaskQuery) -> Rows[Task]:
        """Return the tasks that match `query`. Raises only when nothing could be read; see `Rows.errors`."""

    @abstractmethod
    async def allocs(self, query: AllocQuery) -> Rows[Alloc]:
        """Return the allocs that match `query`, with their pools. Raises only when nothing could be read."""

    @abstractmethod
    async def pools(self, query: PoolQuery) -> Rows[PoolRow]:
        """Return the pools that match `query`. Raises only when nothing could be read; see `Rows.errors`."""

    @abstractmethod
    async def scan(self, kind: Kind, handler: MappingHandler | MappingHandlerFunc) -> None:
        """Call `handler` for every row that has a digest in the column `kind`, in no particular order.

        Raises Error INVALID for a column that does not hold digests. This reads the whole table.
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

        `changed_since` allows to leave out what was neither started, renewed nor ended since then; other changes of a
        row may be missed, and so may those of writers that promise less than the usual lease. `started_by` leaves out
        what started later, `open_only` what has ended (but for runs, if `with_ended_runs`). `on_page` is awaited after
        each page, before the next one of its part is requested, and returns whether to request it. Raises Error only
        when nothing could be read.
        """

    @abstractmethod
    async def lookup(self, ids: Iterable[Digest], *, consistent: bool = False) -> Snapshot:
        """Return the rows with these whole ids, of any type, as far as there are any.

        With `consistent` they are as the last write left them, at twice the cost; otherwise an older state of a row can
        come back. Raises Error only when nothing could be read.
        """

    @abstractmethod
    async def ended_tasks(self, ident: str, since: datetime) -> Rows[Task]:
        """Return the tasks of an ident that ended at `since` or later, with only id, ident and end.

        Raises Error with the reason NO_INDEX for a table that does not order tasks by their end: there `tasks` reads
        all tasks of the ident.
        """

    @property
    @abstractmethod
    def repository(self) -> "Repository":
        """The objects that the digests in rows name; raises Error NOT_SUPPORTED where none was given."""

    @property
    def logs(self) -> "Logs":
        """The logs that rows name, wherever they are kept."""
        from store.logs.open import Logs

        return Logs(lambda: self.repository)

    @abstractmethod
    async def close(self) -> None:
        """Give back connections; using the TaskDB afterwards is an Error."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, type_: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()
