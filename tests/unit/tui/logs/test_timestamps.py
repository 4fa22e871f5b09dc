"""Times of log lines as text."""

from datetime import UTC, datetime

import pytest

from tests.support.rows import NOW
from tui.logs import (
    timestamps as times,
)
from tui.logs.timestamps import TimestampStyle


@pytest.mark.parametrize(
    ("form", "text"),
    [(TimestampStyle.OFF, ""), (TimestampStyle.CLOCK, "12:03:41.250"), (TimestampStyle.RELATIVE, "+26:03:41.2")],
)
def test_times(form: TimestampStyle, text: str) -> None:
    time = round(NOW.timestamp() * 1000) + 250
    begin = round(datetime(2026, 10, 31, 10, tzinfo=UTC).timestamp() * 1000)
    shown = times.text(time, form, begin)
    assert shown.strip() == text
    assert len(shown) in (0, times.WIDTH)


def test_odd_times() -> None:
    assert times.text(None, TimestampStyle.CLOCK, 0).strip() == ""
    assert times.text(10**18, TimestampStyle.CLOCK, 0).strip() == "?"
    assert times.text(-1500, TimestampStyle.RELATIVE, 0).strip() == "-0:00:01.5"
    assert [form.next for form in TimestampStyle] == [
        TimestampStyle.CLOCK,
        TimestampStyle.RELATIVE,
        TimestampStyle.OFF,
    ]
