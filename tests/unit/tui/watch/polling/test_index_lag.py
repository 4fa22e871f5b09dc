"""The overlap of narrow ranges, from the lag of new rows."""

from datetime import timedelta

from tui.watch.polling.index_lag import IndexLag

SECOND = timedelta(seconds=1)


def test_an_index_without_lag_needs_a_second() -> None:
    lag = IndexLag()
    assert lag.overlap == SECOND
    for _ in range(50):
        lag.note(-3 * SECOND)
    assert lag.overlap == SECOND


def test_the_overlap_follows_the_lag_up_to_a_bound_and_back() -> None:
    lag = IndexLag()
    for _ in range(50):
        lag.note(3 * SECOND)
    assert lag.overlap == 7 * SECOND
    for _ in range(200):
        lag.note(20 * SECOND)
    assert lag.overlap == 15 * SECOND
    for _ in range(200):
        lag.note(timedelta())
    assert lag.overlap == SECOND


def test_a_few_writers_whose_clock_is_behind_do_not_count() -> None:
    lag = IndexLag()
    for number in range(200):
        lag.note(40 * SECOND if number % 50 == 0 else timedelta())
    assert lag.overlap == SECOND
