"""The lag of an index of the table, as observed: how late new rows appear in it."""

from collections import deque
from datetime import timedelta

_SAMPLE = 200
_LEAST, _MOST = timedelta(seconds=1), timedelta(seconds=15)


class IndexLag:
    """The overlap of narrow ranges that finds all but one in twenty of the rows that come late.

    The others are found by wider ranges; among them are those of writers whose clock is behind.
    """

    def __init__(self) -> None:
        self._late: deque[timedelta] = deque(maxlen=_SAMPLE)

    @property
    def overlap(self) -> timedelta:
        """Twice the lag of all but 5 % of the last new rows, within 1 to 15 seconds."""
        late = sorted(self._late)
        return min(max(2 * late[len(late) * 95 // 100], _LEAST), _MOST) if late else _LEAST

    def note(self, late: timedelta) -> None:
        """Record for how long a new row had been missing from the index."""
        self._late.append(max(late, timedelta()))
