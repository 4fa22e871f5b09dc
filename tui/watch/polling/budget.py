"""What reading costs, and how much of it there may be."""

from collections import deque
from datetime import datetime, timedelta

_WINDOW = timedelta(minutes=1)


class Budget:
    """At most `limit` RCU/s on average; `price` is in dollars for a million RCU.

    An eventually consistent read of 4 KB is half an RCU, in what DynamoDB reports and in what it bills.
    """

    def __init__(self, limit: float, price: float) -> None:
        self.limit = limit
        self.price = price
        self._spent: deque[tuple[datetime, float]] = deque()

    def spend(self, rcu: float, now: datetime) -> None:
        """Take down what a read has cost."""
        self._spent.append((now, rcu))

    def rate(self, now: datetime) -> float:
        """RCU a second, over the last minute."""
        while self._spent and self._spent[0][0] <= now - _WINDOW:
            self._spent.popleft()
        return sum(rcu for _, rcu in self._spent) / _WINDOW.total_seconds()

    def dollars_per_hour(self, rate: float) -> float:
        """What an hour at `rate` RCU/s costs."""
        return rate * 3600 * self.price / 1e6

    def span(self, rcu: float, share: float = 1.0) -> timedelta:
        """How long a read of so many RCU has to last for a reader that may use this share of the budget."""
        return timedelta(seconds=rcu / (self.limit * share))
