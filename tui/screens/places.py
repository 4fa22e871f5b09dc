"""Where one can be. A place says what its screen shows; two that are equal are the same place, to go back to."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Self

from store import Alloc, Digest, PoolRow, Run, RunID, Task
from tui.watch.findings import Finding


@dataclass(frozen=True)
class Runs:
    """The list of runs, where one begins."""


@dataclass(frozen=True)
class OneRun:
    """The tasks of a run."""

    run_id: RunID


@dataclass(frozen=True)
class Timeline:
    """The tasks of a run over time."""

    run_id: RunID


@dataclass(frozen=True)
class OneTask:
    """A task and the other attempts of its flow: one place for all of them."""

    run_id: RunID
    flow: Digest
    task: Task = field(compare=False)

    @classmethod
    def of(cls, task: Task) -> Self:
        """That of `task`."""
        return cls(task.run_id, task.flow_id or task.id, task)


@dataclass(frozen=True)
class Failures:
    """What deserves attention, of one run or of all."""

    run_id: RunID | None = None


@dataclass(frozen=True)
class Found:
    """The tasks that a finding is about, told by its key."""

    key: object
    finding: Finding = field(compare=False)


@dataclass(frozen=True)
class Pools:
    """The pools and their allocs."""


@dataclass(frozen=True)
class OneHost:
    """The tasks in a pool or an alloc."""

    id: Digest
    row: PoolRow | Alloc = field(compare=False)

    @classmethod
    def of(cls, row: PoolRow | Alloc) -> Self:
        """That of `row`."""
        return cls(row.id, row)


@dataclass(frozen=True)
class Idents:
    """The tasks of another place by ident; `tasks` says which those are now."""

    of: "OneRun | OneHost | Found"
    tasks: Callable[[], Iterable[Task]] = field(compare=False)


@dataclass(frozen=True)
class Logs:
    """What a task or the engine of a run has written."""

    id: Digest
    row: Task | Run = field(compare=False)

    @classmethod
    def of(cls, row: Task | Run) -> Self:
        """That of `row`."""
        return cls(row.id, row)


Place = Runs | OneRun | Timeline | OneTask | Failures | Found | Pools | OneHost | Idents | Logs
