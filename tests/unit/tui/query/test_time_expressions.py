from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.dynamo import plan
from tui.query import time_expressions as when

NOW = datetime(2026, 11, 3, 1, 30, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("10m", timedelta(minutes=10)),
        ("24h", timedelta(hours=24)),
        ("2h30m", timedelta(hours=2, minutes=30)),
        ("7d", timedelta(days=7)),
        ("1d2h3m4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        (" 90s ", timedelta(seconds=90)),
        ("10m ago", timedelta(minutes=10)),
        ("0m", timedelta()),
    ],
)
def test_an_age_moves_with_the_clock(text: str, age: timedelta) -> None:
    moment = when.parse(text, NOW)
    later = NOW + timedelta(hours=5)
    assert (moment.at(NOW), moment.at(later)) == (NOW - age, later - age)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T02:10", datetime(2026, 11, 1, 2, 10, tzinfo=UTC)),
        ("2026-11-01 02:10", datetime(2026, 11, 1, 2, 10, tzinfo=UTC)),
        ("2026-11-01T02:10:30Z", datetime(2026, 11, 1, 2, 10, 30, tzinfo=UTC)),
        ("2026-11-01T02:10:30.5Z", datetime(2026, 11, 1, 2, 10, 30, 500_000, tzinfo=UTC)),
        ("2026-11-01T02:10:30+05:30", datetime(2026, 10, 31, 20, 40, 30, tzinfo=UTC)),
        ("01:10", datetime(2026, 11, 3, 1, 10, tzinfo=UTC)),
        ("01:30:15", NOW),
        ("02:10", datetime(2026, 11, 2, 2, 10, tzinfo=UTC)),  # not yet today: yesterday's
        ("today", datetime(2026, 11, 3, tzinfo=UTC)),
        (" yesterday ", datetime(2026, 11, 2, tzinfo=UTC)),
    ],
)
def test_a_time_stays(text: str, time: datetime) -> None:
    moment = when.parse(text, NOW)
    assert moment.at(NOW) == moment.at(NOW + timedelta(days=3)) == time
    assert moment.at(NOW).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("02:10", datetime(2026, 11, 3, 1, 10, tzinfo=UTC)),
        ("02:40", datetime(2026, 11, 2, 1, 40, tzinfo=UTC)),  # it is 02:30 there
        ("2026-11-01", datetime(2026, 10, 31, 23, tzinfo=UTC)),
        ("2026-07-01T02:10", datetime(2026, 7, 1, 0, 10, tzinfo=UTC)),  # in summer time
        ("2026-11-01T02:10Z", datetime(2026, 11, 1, 2, 10, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_in_that_of_now(text: str, time: datetime) -> None:
    moment = when.parse(text, NOW.astimezone(ZoneInfo("Europe/Berlin")))
    assert moment.at(NOW) == time
    assert moment.at(NOW).tzinfo is UTC


@pytest.mark.parametrize(
    ("now", "text", "time"),
    [
        # On 1 November clocks in New York went from 02:00 back to 01:00, at 06:00 UTC.
        ("2026-11-01T05:45", "01:30", "2026-11-01T05:30"),
        ("2026-11-01T06:15", "01:30", "2026-11-01T05:30"),  # it is 01:15 again
        ("2026-11-01T06:45", "01:30", "2026-11-01T06:30"),
        ("2026-11-02T06:15", "01:30", "2026-11-01T06:30"),
        ("2026-11-01T06:05", "10m", "2026-11-01T05:55"),
        ("2026-11-01T12:00", "1d", "2026-10-31T12:00"),
        ("2026-03-08T07:15", "02:30", "2026-03-07T07:30"),  # 02:30 did not come: at 02:00 it was 03:00
    ],
)
def test_times_around_a_change_of_clocks(now: str, text: str, time: str) -> None:
    local = datetime.fromisoformat(f"{now}Z").astimezone(ZoneInfo("America/New_York"))
    assert when.parse(text, local).at(local) == datetime.fromisoformat(f"{time}Z")
    assert when.parse(text, local).at(local).tzinfo is UTC


def test_yesterday_as_a_window_is_that_day() -> None:
    assert when.parse_window("yesterday", NOW).until == when.parse_window("2026-11-02", NOW).until
    last = when.parse_window("yesterday..today", NOW).until
    assert last is not None
    assert last.at(NOW) == datetime(2026, 11, 4, tzinfo=UTC)


def test_the_day_on_which_clocks_change_has_25_hours() -> None:
    window = when.parse_window("2026-10-25", NOW.astimezone(ZoneInfo("Europe/Berlin")))
    assert window.until is not None
    assert window.until.at(NOW) - window.since.at(NOW) == timedelta(hours=25)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "10",
            "m",
            "-10m",
            "10 m",
            "1h1d",
            "tomorrow",
            "25:00",
            "1:00",
            "999999d",
            "9999-12-31",
            "٣m",
            "[/x]",
            "x" * 10_000,
        ),
        *("2026-13-01", "2026-11-31", "26-11-01", "2026-11-01T", "2026-11-01T02:10+99:00", "0001-01-01T00:00+01:00"),
    ],
)
def test_anything_else_is_refused_by_name_and_with_the_remedy(text: str) -> None:
    with pytest.raises(ValueError, match="is not a time; write it like 10m") as raised:
        when.parse(text, NOW)
    message = str(raised.value)
    assert repr(text[:100]) in message
    assert len(message) < 250


@given(st.text(max_size=30), st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1)))
def test_any_text_is_a_time_or_raises_value_error(text: str, now: datetime) -> None:
    try:
        moment = when.parse(text, now)
    except ValueError:
        return
    assert moment.at(now).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("10m", NOW - timedelta(minutes=10), NOW - timedelta(minutes=10)),
        ("20m ago", NOW - timedelta(minutes=20), NOW - timedelta(minutes=20)),
        ("20m..", NOW - timedelta(minutes=20), None),
        ("2026-11-01..", datetime(2026, 11, 1, tzinfo=UTC), None),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)),
        ("2026-11-01..2026-11-02", datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)),
        ("01:10", datetime(2026, 11, 3, 1, 10, tzinfo=UTC), datetime(2026, 11, 3, 1, 10, tzinfo=UTC)),
        ("02:10", datetime(2026, 11, 2, 2, 10, tzinfo=UTC), datetime(2026, 11, 2, 2, 10, tzinfo=UTC)),
        ("3h..1h", NOW - timedelta(hours=3), NOW - timedelta(hours=1)),
    ],
)
def test_windows(text: str, since: datetime, until: datetime | None) -> None:
    window = when.parse_window(text, NOW)
    assert window.since.at(NOW) == since
    assert (window.until and window.until.at(NOW)) == until


def test_the_start_of_a_window() -> None:
    assert when.parse_since("10m", NOW).at(NOW) == NOW - timedelta(minutes=10)
    assert when.parse_since("2026-11-01..", NOW).at(NOW) == datetime(2026, 11, 1, tzinfo=UTC)
    with pytest.raises(ValueError, match=r"a window always ends now, like 3h; `:at 3h\.\.1h` goes to the past"):
        when.parse_since("3h..1h", NOW)
    with pytest.raises(ValueError, match="is in the future"):
        when.parse_since("2027-01-01", NOW)


@pytest.mark.parametrize("parse", [when.parse, when.parse_since, when.parse_window])
def test_the_library_takes_the_longest_age(parse: Callable[[str, datetime], object]) -> None:
    parse("3650d", NOW)
    plan.window_bounds(NOW - timedelta(days=3650), None, NOW)
    with pytest.raises(ValueError, match="3,650 days ago"):
        parse("3650d1s", NOW)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a time"),
        ("soon..", "is not a time"),
        ("2027-01-01", "is in the future: it is 2026-11-03T01:30 UTC now"),
        ("1h..3h", "ends before it begins"),
        ("1969-01-01..today", "'1969-01-01' is more than 3,650 days ago; use a later time"),
        ("3651d ago", "'3651d ago' is more than 3,650 days ago; use a later time"),
    ],
)
def test_invalid_windows(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        when.parse_window(text, NOW)
