import random
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.rows import NOW
from tui.watch.polling.backoff import JITTER, Backoff

SECOND = timedelta(seconds=1)


def delay(backoff: Backoff, now: datetime = NOW) -> timedelta:
    """Return the whole seconds after which the next attempt is due."""
    return next(n * SECOND for n in range(10_000) if backoff.is_due(now + n * SECOND))


@pytest.fixture
def no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda low, high: (low + high) / 2)


@pytest.mark.usefixtures("no_jitter")
def test_the_delay_doubles_from_half_a_minute_to_a_quarter_of_an_hour() -> None:
    backoff = Backoff()
    delays = []
    for _ in range(8):
        backoff.failed(NOW)
        delays.append(delay(backoff).total_seconds())
    assert delays == [30, 60, 120, 240, 480, 900, 900, 900]


@pytest.mark.usefixtures("no_jitter")
def test_a_success_ends_the_delay_and_its_growth() -> None:
    backoff = Backoff()
    assert backoff.is_due(NOW)
    for _ in range(5):
        backoff.failed(NOW)
    backoff.succeeded()
    assert backoff.is_due(NOW)
    backoff.failed(NOW)
    assert delay(backoff) == 30 * SECOND


@given(st.integers(1, 5000))
def test_any_number_of_failures_waits_at_most_18_minutes(failures: int) -> None:
    backoff = Backoff()
    for _ in range(failures):
        backoff.failed(NOW)
    assert (1 - JITTER) * 30 * SECOND <= delay(backoff) <= (1 + JITTER) * 900 * SECOND + SECOND


def test_dashboards_do_not_retry_together() -> None:
    backoffs = [Backoff() for _ in range(50)]
    for backoff in backoffs:
        backoff.failed(NOW)
    assert len(set(map(delay, backoffs))) > 1
