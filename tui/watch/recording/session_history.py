"""Histories of refreshes, which a replay moves through; the session history keeps the last half hour in memory."""

import dataclasses
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from tui.watch.model.delta_sum import DeltaSum
from tui.watch.recording.recorder import Refresh

KEPT = timedelta(minutes=30)
MOST_BYTES = 32 << 20

# The memory that an outdated version of a row, and a lease that moved, keep alive.
_ROW_BYTES, _LEASE_BYTES, _REFRESH_BYTES = 500, 24, 2000


class RefreshHistory(ABC):
    """The refreshes at the places `first` to `last`, the oldest first; at least one."""

    first: int
    last: int
    name = ""
    """The name of the source, for the heading. Not yet safe to show."""
    damage = ""
    """Why the history ends early, if it does. Not yet safe to show."""

    @abstractmethod
    def time(self, place: int) -> datetime:
        """Return when the refresh at `place` was taken: never before the one at the place before."""

    @abstractmethod
    def key(self, place: int) -> int:
        """Return the last keyframe up to `place`."""

    def starts_session(self, place: int) -> bool:
        """Return whether there is a gap before the refresh at `place`."""
        return place == self.first

    @abstractmethod
    def read(self, place: int) -> Refresh:
        """Return the refresh at `place`. Raises OSError if it can no longer be read."""

    def read_slices(self, place: int) -> Iterator[Refresh | None]:
        """Yield None after each part of a large refresh, then the refresh. Raises OSError as `read` does."""
        yield self.read(place)

    def refreshes(self, first: int, last: int) -> Iterable[Refresh | None]:
        """Yield the refreshes from one place to another, each as `read_slices` does."""
        for place in range(first, last + 1):
            yield from self.read_slices(place)

    def find(self, time: datetime) -> int:
        """Return the place of the last refresh up to `time`, or the first place."""
        return max(self.first + bisect_right(range(self.first, self.last + 1), time, key=self.time) - 1, self.first)


class SessionHistory(RefreshHistory):
    """The refreshes of the last `KEPT`, or fewer if their outdated rows and leases need more than `most_bytes`.

    Rows are shared with the cluster that they were taken from: an unchanged row is stored once. A refresh that is too
    old is added to the first one, which is a keyframe.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.first, self.last = 0, -1
        self._most_bytes = most_bytes
        self._refreshes: deque[Refresh] = deque()
        self._bytes = 0
        self._begin = DeltaSum(from_empty=True)  # of everything that led to the first one

    def add(self, refresh: Refresh) -> None:
        self._refreshes.append(refresh)
        self.last += 1
        if len(self._refreshes) == 1:
            self._begin.add(refresh.delta)
            return
        self._bytes += _size(refresh)
        while len(self._refreshes) > 1 and self._is_too_much(refresh.time):
            self._refreshes.popleft()
            self.first += 1
            self._bytes -= _size(self._refreshes[0])
            self._begin.add(self._refreshes[0].delta)

    def time(self, place: int) -> datetime:
        return self._refreshes[place - self.first].time

    def key(self, place: int) -> int:
        return self.first

    def read(self, place: int) -> Refresh:
        refresh = self._refreshes[place - self.first]
        return dataclasses.replace(refresh, delta=self._begin.combined()) if place == self.first else refresh

    def refreshes(self, first: int, last: int) -> Iterable[Refresh]:
        """Yield the refreshes from one place to another, even if they are dropped meanwhile."""
        return [self.read(place) for place in range(first, last + 1)]

    def _is_too_much(self, now: datetime) -> bool:
        return self._bytes > self._most_bytes or now - self._refreshes[1].time >= KEPT


def _size(refresh: Refresh) -> int:
    delta = refresh.delta
    return _REFRESH_BYTES + _ROW_BYTES * len(delta.rows) + _LEASE_BYTES * len(delta.leases)
