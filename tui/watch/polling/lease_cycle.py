"""The cycle of leases: renewals keep a healthy row at the same second of the cycle. Pure.

Refreshes can therefore read the cycle second by second, at any pace, while leases move on.
"""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

from store.lease import LEASE, RENEWAL

CYCLE = int(RENEWAL.total_seconds())

_SECOND = timedelta(seconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Healthy rows have leases of 30 s to 2 min. A renewal may come a little late.
_LOWEST, _HIGHEST = LEASE - RENEWAL - 10 * _SECOND, LEASE + _SECOND
# A slice of an audit costs about so many RCU, where that is not more than so many seconds, or less than one.
_SLICE_RCU, _MOST_SECONDS = 10.0, 30


class LeaseRange(NamedTuple):
    """A range of leases to read; the bounds are exclusive."""

    since: datetime
    until: datetime


def occurrence(phase: int, lowest: datetime) -> datetime:
    """Return the first lease at `phase`, a second of the cycle, that is not earlier than the second of `lowest`."""
    first = int((lowest - _EPOCH).total_seconds())
    return _EPOCH + _SECOND * (first + (phase - first) % CYCLE)


class Audit(msgspec.Struct, frozen=True):
    """A read of every second of the cycle in turn, spread evenly: `phase` is next, the others were due by `at`."""

    at: datetime
    phase: int = 0

    def due(self, now: datetime, every: timedelta, price: float) -> int:
        """Return how many seconds of the cycle to read at `now`, if a turn takes `every`; each costs about `price` RCU.

        Groups cheap seconds, to avoid a request for each.
        """
        seconds = int((now - self.at) * CYCLE / every)
        least = max(min(int(_SLICE_RCU / price), _MOST_SECONDS), 1) if price else _MOST_SECONDS
        return min(seconds, _MOST_SECONDS) if seconds >= least else 0

    def ranges(self, now: datetime, seconds: int) -> list[LeaseRange]:
        """Return where the leases of the next `seconds` are at `now`: in two places if they are being renewed."""
        lowest, found = now + _LOWEST, []
        first = occurrence(self.phase, lowest) - _SECOND * CYCLE
        while first <= now + _HIGHEST:
            if first + _SECOND * seconds > lowest:
                found.append(LeaseRange(first - _SECOND, first + _SECOND * seconds))
            first += _SECOND * CYCLE
        return found

    def after(self, now: datetime, every: timedelta, seconds: int) -> "Audit":
        """Return the audit after so many seconds were read at `now`. What a pause has delayed is not made up for."""
        at = self.at + every * seconds / CYCLE
        is_late = now - at > every * _MOST_SECONDS / CYCLE
        return Audit(now if is_late else at, (self.phase + seconds) % CYCLE)
