"""Usual durations of idents."""

from datetime import timedelta

import pytest

from tui.watch.model.usual_duration import UsualDuration, percentile

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("count", "p50", "p95"), [(0, None, None), (19, None, None), (20, 10, 19), (21, 11, 20), (100, 50, 95)]
)
def test_percentiles_need_twenty_tasks(count: int, p50: int | None, p95: int | None) -> None:
    usual = UsualDuration.measure(number * MINUTE for number in range(count, 0, -1))
    expected = tuple(None if number is None else number * MINUTE for number in (p50, p95))
    assert (usual.count, (usual.p50, usual.p95)) == (count, expected)


def test_nothing_that_takes_less_than_five_minutes_is_slow() -> None:
    assert UsualDuration(20, MINUTE, 2 * MINUTE).slow_after == 5 * MINUTE
    assert UsualDuration(20, MINUTE, 9 * MINUTE).slow_after == 9 * MINUTE
    assert UsualDuration(19).slow_after is None


def test_there_is_no_percentile_of_nothing() -> None:
    assert percentile([], 50) is None
