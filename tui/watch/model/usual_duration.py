"""The usual duration of the tasks of an ident."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

import msgspec

_ENOUGH = 20  # one in twenty of them took longer than p95
# A task that has run for less is not slow, whatever is usual.
SHORTEST = timedelta(minutes=5)


class UsualDuration(msgspec.Struct, frozen=True):
    """The p50 and p95 of the durations of an ident's last tasks that succeeded, `count` in number.

    Both are None if there are fewer than 20 such tasks, which say little. In recordings of older versions, p95 alone is
    known, and at least 5 minutes.
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
        """The time after which a task is slow: p95, or 5 minutes if that is less; None if p95 is unknown."""
        return None if self.p95 is None else max(self.p95, SHORTEST)


def percentile(ordered: Sequence[timedelta], percent: int) -> timedelta | None:
    """Return the smallest of `ordered` that `percent` of them do not exceed; None if there are none."""
    return ordered[(len(ordered) * percent - 1) // 100] if ordered else None
