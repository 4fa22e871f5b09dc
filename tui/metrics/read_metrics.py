"""The metrics of our own reads (age of the data, cost, refreshes, errors), and of the version of this program."""

import platform
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric

from store import Error, FailureReason
from tui.watch.polling.status import Status


class ReadMetrics:
    """Counts the refreshes of a poller and their errors, from each new `Status`, and makes metrics of them."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._status = Status()
        self._errors: Counter[FailureReason] = Counter()

    def update(self, status: Status) -> None:
        """Count the errors in a new status: one for each failed refresh, and one for each failed background read."""
        before, self._status = self._status, status
        if status.refreshes != before.refreshes:
            self._count(status.error)
        if status.background_error is not before.background_error:
            self._count(status.background_error)

    def _count(self, error: Error | None) -> None:
        if error is not None:
            self._errors[error.reason] += 1

    def collect(self, now: datetime, rate: float) -> Iterator[Metric]:
        """Yield the metrics at the time `now`, by this machine's clock; `rate` is in RCU per second."""
        status = self._status
        yield InfoMetricFamily(
            "reflowtop_build",
            "The version of reflowtop and of Python.",
            {"version": self._version, "python": platform.python_version()},
        )
        if status.as_of is not None:
            age = max(0.0, (now - status.as_of).total_seconds())
            yield GaugeMetricFamily(
                "reflowtop_data_age_seconds", "Seconds since the last complete refresh; it grows while reads fail.", age
            )
        yield GaugeMetricFamily(
            "reflowtop_refresh_interval_seconds",
            "Seconds between refreshes, as the read budget allows.",
            status.every.total_seconds(),
        )
        yield GaugeMetricFamily(
            "reflowtop_read_rcu_per_second", "Read capacity units per second of our reads in the last minute.", rate
        )
        yield CounterMetricFamily("reflowtop_refreshes", "Refreshes, successful or not.", status.refreshes)
        errors = CounterMetricFamily(
            "reflowtop_read_errors", "Refreshes and background reads that failed.", labels=["reason"]
        )
        for reason in FailureReason:
            errors.add_metric([str(reason)], self._errors[reason])
        yield errors
