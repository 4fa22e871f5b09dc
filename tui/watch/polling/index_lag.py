"""The lag of an index of the table, as observed: how late new rows and renewals appear in it."""

from collections import deque
from datetime import timedelta

_SAMPLE = 200
_LEAST, _MOST = timedelta(seconds=1), timedelta(seconds=15)


class IndexLag:
    """The overlap of narrow ranges that finds all but one in twenty of the rows that come late.

    A row is late because the index is, or because its writer was slow: a lease is counted from when the writer began to
    write it, and a throttled write takes seconds. The others are found by wider ranges; among them are those of writers
    whose clock is behind.
    """

    def __init__(self) -> None:
        self._late: deque[timedelta] = deque(maxlen=_SAMPLE)

    @property
    def overlap(self) -> timedelta:
        """A second and twice the lag of all but 5 % of the last rows, up to 15 seconds.

        The second shows whether there is a lag: of what comes later than the overlap, nothing is seen.
        """
        late = sorted(self._late)
        return min(_LEAST + 2 * late[len(late) * 95 // 100], _MOST) if late else _LEAST

    def note(self, late: timedelta) -> None:
        """Record how long a row was missing from the index."""
        self._late.append(max(late, timedelta()))
