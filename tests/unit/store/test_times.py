from contextlib import suppress
from datetime import MAXYEAR, UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store import Error, ErrorKind
from store.times import as_utc, format_date, format_time, parse_time, utc_now, whole_seconds, written_time
from tests.support.write_cases import NoOffset

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
EAST = timezone(timedelta(hours=2))

zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
aware = st.datetimes(min_value=datetime(2, 1, 3), max_value=datetime(MAXYEAR - 1, 12, 29), timezones=zones)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-01T12:00:00Z", NOON),
        ("2026-11-01T14:00:00+02:00", NOON),
        ("2026-10-31T23:30:00-12:30", NOON),
        ("2026-11-01T12:00:00.25Z", NOON + timedelta(microseconds=250_000)),
        ("2026-11-01T12:00:00,25Z", NOON + timedelta(microseconds=250_000)),
        ("2026-11-01T12:00:00.123456789Z", NOON + timedelta(microseconds=123_456)),
        ("", None),
        ("0001-01-01T00:00:00Z", None),
    ],
)
def test_times_are_parsed_to_utc(text: str, expected: datetime | None) -> None:
    time = parse_time(text)
    assert time == expected
    assert time is None or time.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-01",
        "2026-11-01T12:00:00",
        "2026-11-01 12:00:00Z",
        "2026-11-01T12:00Z",
        "2026-11-01T12:00:00+0200",
        "2026-11-01T12:00:00Z\n",
        "2026-02-30T12:00:00Z",
        "2026-11-01T24:00:01Z",
        "٢٠٢٦-11-01T12:00:00Z",
        "20261101T120000Z",
        "0001-01-01T00:00:01Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+12:00",
    ],
)
def test_anything_but_rfc_3339_is_invalid(text: str) -> None:
    with pytest.raises(Error) as caught:
        parse_time(text)
    assert caught.value.kind is ErrorKind.INVALID
    assert caught.value.args == (text,)


def test_the_error_of_a_long_text_quotes_its_beginning() -> None:
    with pytest.raises(Error) as caught:
        parse_time("x" * 10_000)
    assert caught.value.args == ("x" * 100,)


@given(st.text())
def test_any_text_is_a_time_or_invalid(text: str) -> None:
    with suppress(Error):
        time = parse_time(text)
        assert time is None or time.tzinfo is UTC


@given(aware)
def test_a_time_is_stored_with_whole_seconds_in_utc(time: datetime) -> None:
    assert parse_time(format_time(time)) == whole_seconds(time) == time - timedelta(microseconds=time.microsecond)
    assert format_date(time) == format_time(time)[:10]


@given(aware, aware)
def test_stored_times_sort_as_text(one: datetime, other: datetime) -> None:
    # The range key of Date-Keepalive-index is compared as text.
    assert (format_time(one) < format_time(other)) == (whole_seconds(one) < whole_seconds(other))


def test_the_date_is_that_in_utc() -> None:
    assert format_date(datetime(2026, 11, 1, 1, 30, tzinfo=EAST)) == "2026-10-31"
    assert format_time(datetime(2026, 11, 1, 1, 30, 0, 999_999, tzinfo=EAST)) == "2026-10-31T23:30:00Z"


@pytest.mark.parametrize("convert", [format_time, format_date, whole_seconds, as_utc])
@pytest.mark.parametrize(
    ("time", "why"),
    [
        (datetime(2026, 11, 1, 12), "the time has no time zone"),
        ("2026-11-01T12:00:00Z", "that is no datetime"),
        (NOON.date(), "that is no datetime"),
        (None, "that is no datetime"),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))), "out of range"),
    ],
)
def test_values_that_are_no_times_in_utc_are_invalid(convert: Any, time: Any, why: str) -> None:
    with pytest.raises(Error, match=why) as caught:
        convert(time)
    assert caught.value.kind is ErrorKind.INVALID


def test_now_is_aware() -> None:
    assert utc_now().tzinfo is UTC


@given(aware)
def test_a_written_time_is_read_back(time: datetime) -> None:
    assert parse_time(written_time(time, exact=True)) == time
    assert written_time(time) == format_time(time)


def test_the_digits_of_an_exact_time() -> None:
    texts = [written_time(NOON.replace(microsecond=n), exact=True)[19:] for n in (0, 500_000, 120, 123_456)]
    assert texts == ["Z", ".5Z", ".00012Z", ".123456Z"]


@pytest.mark.parametrize("year", [1, MAXYEAR])
def test_a_year_that_would_not_be_read_back_is_not_written(year: int) -> None:
    with pytest.raises(Error, match="the calendar ends there") as raised:
        written_time(datetime(year, 6, 1, tzinfo=UTC))
    assert raised.value.kind is ErrorKind.INVALID


def test_a_time_zone_without_an_offset_is_none() -> None:
    with pytest.raises(Error, match="no time zone"):
        as_utc(datetime(2026, 11, 1, tzinfo=NoOffset()))
