"""Times of day in a recording."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tui.screens.actions.time_travel import parse_time_before
from tui.text import time_zone

END = datetime(2026, 10, 25, 11, tzinfo=UTC)


@pytest.fixture
def berlin() -> Iterator[None]:
    before = time_zone.current()
    time_zone.use(time_zone.parse("Europe/Berlin"))
    yield
    time_zone.use(before)


@pytest.mark.usefixtures("berlin")
def test_time_of_the_next_day_is_by_the_clock_also_when_summer_time_ends() -> None:
    # Clocks in Berlin go back an hour on 25 October: 09:30 is 07:30 UTC on the day before, and 08:30 UTC on that day.
    now = datetime(2026, 10, 24, 21, tzinfo=UTC)
    assert parse_time_before("09:30", now, END) == datetime(2026, 10, 25, 8, 30, tzinfo=UTC)
    assert parse_time_before("22:30", now, END) == datetime(2026, 10, 24, 20, 30, tzinfo=UTC)


def test_time_of_day_after_the_end_is_that_before() -> None:
    now = datetime(2026, 10, 24, 21, tzinfo=UTC)
    assert parse_time_before("09:30", now, now) == datetime(2026, 10, 24, 9, 30, tzinfo=UTC)
