"""The read budget, and what reading costs."""

from collections import deque
from datetime import datetime, timedelta

_WINDOW = timedelta(minutes=1)


class Budget:
    """A budget of `limit` RCU/s on average; `price` is in US dollars per million RCU.

    An eventually consistent read of 4 KB costs 0.5 RCU, both as DynamoDB reports and as it bills.
    """

    def __init__(self, limit: float, price: float) -> None:
        self.limit = limit
        self.price = price
        self._spent: deque[tuple[datetime, float]] = deque()

    def spend(self, rcu: float, now: datetime) -> None:
        """Record the cost of a read, in RCU."""
        self._spent.append((now, rcu))

    def rate(self, now: datetime) -> float:
        """Return the RCU per second over the last minute."""
        while self._spent and self._spent[0][0] <= now - _WINDOW:
            self._spent.popleft()
        return sum(rcu for _, rcu in self._spent) / _WINDOW.total_seconds()

    def dollars_per_hour(self, rate: float) -> float:
        """Return the cost of an hour at `rate` RCU/s, in US dollars."""
        return rate * 3600 * self.price / 1e6

    def span(self, rcu: float, share: float = 1.0) -> timedelta:
        """Return how long a read of `rcu` RCU must take for a reader with a `share` of the budget, 1 for all of it."""
        return timedelta(seconds=rcu / (self.limit * share))
