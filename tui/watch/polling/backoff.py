"""When to try again what has failed."""

import random
from datetime import datetime, timedelta

JITTER = 0.2
_FIRST, _LONGEST = timedelta(seconds=30), timedelta(minutes=15)


class Backoff:
    """The time to try again: later after every failure in a row, and not the same for all who read a table."""

    def __init__(self) -> None:
        self._failures = 0
        self._at: datetime | None = None

    def failed(self, now: datetime) -> None:
        """It has failed, once more."""
        delay = min(_FIRST * (1 << min(self._failures, 10)), _LONGEST)
        self._failures += 1
        self._at = now + delay * random.uniform(1 - JITTER, 1 + JITTER)

    def succeeded(self) -> None:
        """It went well: there is nothing to wait for."""
        self._failures, self._at = 0, None

    def is_due(self, now: datetime) -> bool:
        """Whether to try now."""
        return self._at is None or now >= self._at
