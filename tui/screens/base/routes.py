"""Routes name what a screen shows. Equal routes are the same place: going to one that is open goes back to it.

A route is a plain value, because the session keeps it with the view of its list: a callback in it would keep a screen.
"""

from typing import TYPE_CHECKING, Any, Self

import msgspec

from store import Alloc, Digest, PoolRow, Run, RunID, Task

if TYPE_CHECKING:
    from tui.watch.findings.finding import Finding


class _RouteWithRow(msgspec.Struct, frozen=True, eq=False):
    """A route that holds a row as it was when it was made. Only its `identity` is compared."""

    @property
    def identity(self) -> Any:
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _RouteWithRow) and type(other) is type(self) and other.identity == self.identity

    def __hash__(self) -> int:
        return hash((type(self), self.identity))


class RunsRoute(msgspec.Struct, frozen=True):
    """The list of runs, the home screen."""


class RunRoute(msgspec.Struct, frozen=True):
    """The tasks of a run."""

    run_id: RunID


class TimelineRoute(msgspec.Struct, frozen=True):
    """The timeline of a run."""

    run_id: RunID


class TaskRoute(_RouteWithRow, frozen=True, eq=False):
    """A task and the other attempts of its flow: one route for all of them."""

    run_id: RunID
    flow: Digest
    task: Task

    @property
    def identity(self) -> tuple[RunID, Digest]:
        return self.run_id, self.flow

    @classmethod
    def for_task(cls, task: Task) -> Self:
        """Return the route of `task`."""
        return cls(task.run_id, task.flow_id or task.id, task)


class FindingsRoute(msgspec.Struct, frozen=True):
    """The findings about one run, or about all."""

    run_id: RunID | None = None


class FindingRoute(_RouteWithRow, frozen=True, eq=False):
    """The tasks of a finding."""

    key: object
    finding: "Finding"

    @property
    def identity(self) -> object:
        return self.key


class PoolsRoute(msgspec.Struct, frozen=True):
    """The pools and their allocs: all that are active, or those with these `ids`, active or not."""

    ids: tuple[Digest, ...] = ()


class HostRoute(_RouteWithRow, frozen=True, eq=False):
    """The tasks in a pool or an alloc."""

    id: Digest
    row: PoolRow | Alloc

    @property
    def identity(self) -> Digest:
        """The id of the pool or alloc."""
        return self.id

    @classmethod
    def for_row(cls, row: PoolRow | Alloc) -> Self:
        """Return the route of a pool or an alloc."""
        return cls(row.id, row)


class IdentsRoute(msgspec.Struct, frozen=True):
    """The tasks of another route, grouped by ident."""

    parent: RunRoute | HostRoute | FindingRoute


class LogsRoute(_RouteWithRow, frozen=True, eq=False):
    """The logs of a task or a run. `reason` says why these if the user pointed at something else."""

    id: Digest
    row: Task | Run
    reason: str = ""

    @property
    def identity(self) -> Digest:
        """The id of the task or run."""
        return self.id

    @classmethod
    def for_row(cls, row: Task | Run) -> Self:
        """Return the route of the logs of a task or a run."""
        return cls(row.id, row)


Route = (
    RunsRoute
    | RunRoute
    | TimelineRoute
    | TaskRoute
    | FindingsRoute
    | FindingRoute
    | PoolsRoute
    | HostRoute
    | IdentsRoute
    | LogsRoute
)
