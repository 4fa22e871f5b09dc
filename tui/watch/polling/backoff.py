"""Exponential back-off for failed reads."""

import random
from datetime import datetime, timedelta

JITTER = 0.2
_FIRST, _LONGEST = timedelta(seconds=30), timedelta(minutes=15)


class Backoff:
    """The time of the next attempt: later after each failure in a row, with jitter so that dashboards do not retry
    together.
    """

    def __init__(self) -> None:
        self._failures = 0
        self._at: datetime | None = None

    def failed(self, now: datetime) -> None:
        """Note a failure."""
        delay = min(_FIRST * (1 << min(self._failures, 10)), _LONGEST)
        self._failures += 1
        self._at = now + delay * random.uniform(1 - JITTER, 1 + JITTER)

    def succeeded(self) -> None:
        """Note a success: the next attempt may follow at once."""
        self._failures, self._at = 0, None

    def is_due(self, now: datetime) -> bool:
        """Return whether the time of the next attempt has come."""
        return self._at is None or now >= self._at
