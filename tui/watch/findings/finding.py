"""A finding: what deserves the user's attention, and why."""

import enum
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

import msgspec

from store import PoolRow, Run, Task
from store.times import EARLIEST
from tui.watch.model.rows import Row

R = TypeVar("R", Run, Task, PoolRow)


class Severity(enum.IntEnum):
    """The severity of a finding; the smallest number is the most severe."""

    CRITICAL = 0  # work is lost or fails
    WARNING = 1  # work may be lost
    NOTE = 2  # it costs money or time


class FindingKind(enum.StrEnum):
    """The kind of a finding."""

    FAILING = "failing"
    LOST_HOST = "lost host"
    LOST_RUN = "lost run"
    LOST_ALLOC = "lost alloc"
    STALE_HOST = "stale host"
    STALE_RUN = "stale run"
    STALE_ALLOC = "stale alloc"
    STALE_TASKS = "stale tasks"
    RETRIED = "retried flows"
    SLOW = "slow tasks"
    IDLE_POOLS = "idle pools"


class Finding(msgspec.Struct, frozen=True):
    """A finding: one cause, and the rows that it affects.

    `cause` identifies it while its rows, counts and severity change. `reason` is a clause that begins with its subject,
    such as `samtools.sort: OOM error in 3 flows`; it quotes rows, so it is not yet safe to show. `rows` begin with
    the row that is the cause, if there is one. `first` and `last` are when it was first and last seen, if that is
    known: the first and the last failure, or when the first and the last lease of its rows expired. `replaces` are the
    causes of earlier findings about the same tasks: a host that ended is one, until its run turns out to have stopped.
    """

    kind: FindingKind
    severity: Severity
    cause: str
    reason: str
    rows: tuple[Row, ...]
    first: datetime | None = None
    last: datetime | None = None
    replaces: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """A short id for programs: the same while the finding grows, and when it comes back."""
        import hashlib  # the first frame of a dashboard needs none

        return hashlib.sha256(self.cause.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    @property
    def tasks(self) -> list[Task]:
        """The tasks among its rows."""
        return [row for row in self.rows if isinstance(row, Task)]

    @property
    def count(self) -> int:
        """The number of tasks that it affects; without tasks, of rows."""
        return sum(isinstance(row, Task) for row in self.rows) or len(self.rows)


def order(finding: Finding) -> tuple[Severity, int, float, FindingKind, str]:
    """Return the sort key of findings: the most severe first, then those with most tasks, then the newest."""
    return finding.severity, -finding.count, -(finding.last or EARLIEST).timestamp(), finding.kind, finding.reason


def by_start(rows: Iterable[R]) -> tuple[R, ...]:
    """Return rows by start time, the oldest first."""
    return tuple(sorted(rows, key=lambda row: (row.start or EARLIEST, row.id)))


def count(number: int, noun: str) -> str:
    """Return a number of things in words, such as `2 tasks`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
