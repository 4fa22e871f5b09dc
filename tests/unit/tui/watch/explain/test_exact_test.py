"""Fisher's exact test and the number of tests to correct for."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.watch.explain.exact_test import count_tests, excess_p_value, least_p_value


@pytest.mark.parametrize(
    ("failed_with", "failed", "having", "total", "p"),
    [
        (3, 4, 4, 8, 17 / 70),  # the lady tasting tea: 3 of 4 cups
        (4, 4, 4, 8, 1 / 70),
        (0, 4, 4, 8, 1.0),
        (5, 4, 4, 8, 0.0),
        (2, 3, 10, 10, 1.0),  # all have it
    ],
)
def test_known_p_values(failed_with: int, failed: int, having: int, total: int, p: float) -> None:
    assert excess_p_value(failed_with=failed_with, failed=failed, having=having, total=total) == pytest.approx(p)


@given(st.data())
def test_p_value_is_the_definition(data: st.DataObject) -> None:
    total = data.draw(st.integers(1, 60))
    failed, having = data.draw(st.integers(0, total)), data.draw(st.integers(0, total))
    failed_with = data.draw(st.integers(0, min(failed, having)))
    ways = sum(
        math.comb(having, count) * math.comb(total - having, failed - count)
        for count in range(failed_with, min(failed, having) + 1)
    )
    expected = ways / math.comb(total, failed)
    p = excess_p_value(failed_with=failed_with, failed=failed, having=having, total=total)
    assert p == pytest.approx(expected, rel=1e-9)


def test_large_numbers_stay_exact_enough() -> None:
    p = excess_p_value(failed_with=1000, failed=1000, having=1000, total=100_000)
    assert p == 0.0 or p < 1e-300
    p = excess_p_value(failed_with=12, failed=1000, having=1000, total=100_000)
    assert p == pytest.approx(0.302, abs=0.005)  # the mean is 10; normal approximation 0.31


@given(st.lists(st.floats(0, 1), max_size=50))
def test_number_of_tests_is_tarones(least: list[float]) -> None:
    number = count_tests(least, 0.01)
    assert sum(p <= 0.01 / number for p in least) <= number
    assert all(sum(p <= 0.01 / fewer for p in least) > fewer for fewer in range(1, number))


def test_tests_without_power_cost_nothing() -> None:
    powerless = [least_p_value(failed=10, having=1, total=60)] * 50
    assert powerless[0] == pytest.approx(1 / 6)
    assert count_tests([1e-6, *powerless], 0.005) == 1
    assert count_tests([1e-6, 1e-6, *powerless], 0.005) == 2
