"""The time zone of run logs, by their first line."""

from datetime import timedelta

import pytest

from tests.support.rows import NOW
from tui.logs.run_log_zone import describe_zone, zone_offset


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


@pytest.mark.parametrize(
    ("shift", "offset"),
    [
        (0, 0),
        (-1, 0),
        (14, 0),
        (50, 0),  # a slow start
        (-8 * 60, -8 * 60),
        (-8 * 60 + 2, -8 * 60),
        (-7 * 60 - 1, -7 * 60),
        (60, 60),
        (2 * 60 + 5, 2 * 60),
        (5 * 60 + 31, 5 * 60 + 30),
        (5 * 60 + 45, 5 * 60 + 45),
        (-(3 * 60 + 30), -(3 * 60 + 30)),
        (14 * 60, 14 * 60),
        (90, 0),  # no zone
        (24 * 60, 0),
        (-13 * 60, 0),
    ],
)
def test_the_zone_explains_the_first_line(shift: float, offset: float) -> None:
    assert zone_offset(NOW + minutes(shift), NOW) == minutes(offset)


def test_a_run_without_start_is_in_utc() -> None:
    assert zone_offset(NOW, None) == timedelta()


@pytest.mark.parametrize(("offset", "name"), [(-480, "UTC-8"), (330, "UTC+5:30"), (-210, "UTC-3:30"), (0, "UTC+0")])
def test_zones_are_named(offset: float, name: str) -> None:
    assert describe_zone(minutes(offset)) == name
