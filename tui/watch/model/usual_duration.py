"""The usual duration of the tasks of an ident."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import msgspec

_ENOUGH = 20  # one in twenty of them took longer than p95
# A task that has run for less is never slow.
SHORTEST = timedelta(minutes=5)


class UsualDuration(msgspec.Struct, frozen=True):
    """The p50 and p95 of the durations of an ident's last `count` successful tasks.

    Both are None if there are fewer than 20 such tasks. Recordings of older versions have only p95, of at least 5
    minutes.
    """

    count: int = 0
    p50: timedelta | None = None
    p95: timedelta | None = None

    @classmethod
    def measure(cls, spans: Iterable[timedelta]) -> "UsualDuration":
        """Return the usual duration of tasks that took `spans`."""
        ordered = sorted(spans)
        if len(ordered) < _ENOUGH:
            return cls(len(ordered))
        return cls(len(ordered), percentile(ordered, 50), percentile(ordered, 95))

    @property
    def slow_after(self) -> timedelta | None:
        """The time after which a task is slow: p95, but at least 5 minutes; None if p95 is unknown."""
        return None if self.p95 is None else max(self.p95, SHORTEST)


def percentile(ordered: Sequence[timedelta], percent: int) -> timedelta | None:
    """Return the percentile of spans in ascending order (nearest rank); None if there are none."""
    return ordered[(len(ordered) * percent - 1) // 100] if ordered else None
