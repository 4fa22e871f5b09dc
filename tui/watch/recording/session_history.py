"""Refreshes by their place in time: what a replay goes back and forth in. That of the last half hour is in memory."""

import dataclasses
from abc import ABC, abstractmethod
from bisect import bisect_right
from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from tui.watch.model.delta_sum import DeltaSum
from tui.watch.recording.recorder import Refresh

KEPT = timedelta(minutes=30)
MOST_BYTES = 32 << 20

# What is kept alive by a row that is known differently by now, and by a lease that has moved.
_ROW_BYTES, _LEASE_BYTES, _REFRESH_BYTES = 500, 24, 2000


class RefreshHistory(ABC):
    """Refreshes at the places `first` to `last`, the oldest one first; there is at least one."""

    first: int
    last: int
    name = ""
    """What is shown of where it comes from. Not yet safe to show."""
    damage = ""
    """Why there is no more, where that is not the end. Not yet safe to show."""

    @abstractmethod
    def time(self, place: int) -> datetime:
        """When the refresh at a place was: not before the one before it."""

    @abstractmethod
    def key(self, place: int) -> int:
        """The last place up to `place` to begin at: the refresh there says everything."""

    def begins(self, place: int) -> bool:
        """Whether nothing was recorded for a while before the refresh at a place."""
        return place == self.first

    @abstractmethod
    def read(self, place: int) -> Refresh:
        """The refresh at a place. Raises OSError when it cannot be read any more."""

    def refreshes(self, first: int, last: int) -> Iterable[Refresh]:
        """The refreshes from one place to another. Raises OSError, by and by, as `read` does."""
        return (self.read(place) for place in range(first, last + 1))

    def find(self, time: datetime) -> int:
        """The place of the last refresh by `time`, or the first one."""
        return max(self.first + bisect_right(range(self.first, self.last + 1), time, key=self.time) - 1, self.first)


class SessionHistory(RefreshHistory):
    """The refreshes of the last `KEPT`, or fewer: those of which rows and leases that are past fit into `most_bytes`.

    Rows are those of the cluster that they were taken from: one that has not changed since is there only once. What is
    too old is not dropped but put into the first refresh, which says everything.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.first, self.last = 0, -1
        self._most_bytes = most_bytes
        self._refreshes: deque[Refresh] = deque()
        self._bytes = 0
        self._begin = DeltaSum()  # of all that led to the first one

    def add(self, refresh: Refresh) -> None:
        """Take the next refresh."""
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
        """When the refresh at a place was."""
        return self._refreshes[place - self.first].time

    def key(self, place: int) -> int:
        """The first place."""
        return self.first

    def read(self, place: int) -> Refresh:
        """The refresh at a place."""
        refresh = self._refreshes[place - self.first]
        return dataclasses.replace(refresh, delta=self._begin.folded()) if place == self.first else refresh

    def refreshes(self, first: int, last: int) -> Iterable[Refresh]:
        """The refreshes from one place to another, also if they are forgotten while they are gone through."""
        return [self.read(place) for place in range(first, last + 1)]

    def _is_too_much(self, now: datetime) -> bool:
        return self._bytes > self._most_bytes or now - self._refreshes[1].time >= KEPT


def _size(refresh: Refresh) -> int:
    delta = refresh.delta
    return _REFRESH_BYTES + _ROW_BYTES * len(delta.rows) + _LEASE_BYTES * len(delta.leases)
