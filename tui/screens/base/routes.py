"""Where one can be. A place says what its screen shows; two that are equal are the same place, to go back to."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Self

import msgspec

from store import Alloc, Digest, PoolRow, Run, RunID, Task

if TYPE_CHECKING:
    from tui.watch.findings.findings import Finding


class _Carrying(msgspec.Struct, frozen=True, eq=False):
    """A place that carries rows along as they were: what tells it from others is its `name` alone."""

    @property
    def name(self) -> Any:
        """What tells it from others of its kind."""
        raise NotImplementedError

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Carrying) and type(other) is type(self) and other.name == self.name

    def __hash__(self) -> int:
        return hash((type(self), self.name))


class RunsRoute(msgspec.Struct, frozen=True):
    """The list of runs, where one begins."""


class RunRoute(msgspec.Struct, frozen=True):
    """The tasks of a run."""

    run_id: RunID


class TimelineRoute(msgspec.Struct, frozen=True):
    """The tasks of a run over time."""

    run_id: RunID


class TaskRoute(_Carrying, frozen=True, eq=False):
    """A task and the other attempts of its flow: one place for all of them."""

    run_id: RunID
    flow: Digest
    task: Task

    @property
    def name(self) -> tuple[RunID, Digest]:
        """What it is called after."""
        return self.run_id, self.flow

    @classmethod
    def of(cls, task: Task) -> Self:
        """That of `task`."""
        return cls(task.run_id, task.flow_id or task.id, task)


class FindingsRoute(msgspec.Struct, frozen=True):
    """What deserves attention, of one run or of all."""

    run_id: RunID | None = None


class FindingRoute(_Carrying, frozen=True, eq=False):
    """The tasks that a finding is about, told by its key."""

    key: object
    finding: "Finding"

    @property
    def name(self) -> object:
        """What it is called after."""
        return self.key


class PoolsRoute(msgspec.Struct, frozen=True):
    """The pools and their allocs."""


class HostRoute(_Carrying, frozen=True, eq=False):
    """The tasks in a pool or an alloc."""

    id: Digest
    row: PoolRow | Alloc

    @property
    def name(self) -> Digest:
        """What it is called after."""
        return self.id

    @classmethod
    def of(cls, row: PoolRow | Alloc) -> Self:
        """That of `row`."""
        return cls(row.id, row)


class IdentsRoute(_Carrying, frozen=True, eq=False):
    """The tasks of another place by ident; `tasks` says which those are now."""

    of: "RunRoute | HostRoute | FindingRoute"
    tasks: Callable[[], Iterable[Task]]

    @property
    def name(self) -> "RunRoute | HostRoute | FindingRoute":
        """What it is called after."""
        return self.of


class LogsRoute(_Carrying, frozen=True, eq=False):
    """What a task or the engine of a run has written."""

    id: Digest
    row: Task | Run

    @property
    def name(self) -> Digest:
        """What it is called after."""
        return self.id

    @classmethod
    def of(cls, row: Task | Run) -> Self:
        """That of `row`."""
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
