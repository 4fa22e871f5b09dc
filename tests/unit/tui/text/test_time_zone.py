"""The time zone of the times shown."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.support.rows import NOW
from tui.text import durations, time_zone

SUMMER = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def utc_afterwards() -> Iterator[None]:
    yield
    time_zone.use(time_zone.UTC_ZONE)


@pytest.mark.parametrize(
    ("name", "moment", "label"),
    [
        ("utc", "2026-07-01 22:30:00 UTC", "UTC"),
        ("UTC", "2026-07-01 22:30:00 UTC", "UTC"),
        ("Europe/Berlin", "2026-07-02 00:30:00 CEST", "CEST"),
        (" America/Los_Angeles ", "2026-07-01 15:30:00 PDT", "PDT"),
        ("America/Sao_Paulo", "2026-07-01 19:30:00 UTC-03", "UTC-03"),
    ],
)
def test_times_are_shown_in_the_chosen_zone(name: str, moment: str, label: str) -> None:
    time_zone.use(time_zone.parse(name))
    assert durations.moment(SUMMER) == moment
    assert time_zone.label(time_zone.localize(SUMMER)) == label
    assert durations.utc_moment(SUMMER) == "2026-07-01 22:30:00 UTC"


def test_the_date_is_that_of_the_zone() -> None:
    time_zone.use(time_zone.parse("Europe/Berlin"))
    assert durations.clock(NOW, NOW) == "13:03"
    assert durations.clock(SUMMER, NOW) == "07-02 00:30"


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as environment:
        environment.setenv("TZ", "Europe/Berlin")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("berlin")
def test_local_is_the_zone_of_the_machine_in_summer_and_in_winter() -> None:
    time_zone.use(time_zone.parse("local"))
    assert durations.moment(NOW) == "2026-11-01 13:03:41 CET"
    assert durations.moment(SUMMER) == "2026-07-02 00:30:00 CEST"
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert (durations.minute(first), durations.minute(second)) == ("2026-10-25 02:30 CEST", "2026-10-25 02:30 CET")
    assert time_zone.localize(second).astimezone(UTC) == second


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Europe/Berln", "did you mean Europe/Berlin?"),
        ("berlin", "did you mean Europe/Berlin?"),
        ("Europe", "did you mean Europe/"),
        ("../../etc/passwd", "use utc, local, or a name such as Europe/Berlin"),
        ("x" * 999, "use utc, local, or a name such as Europe/Berlin"),
        ("a\0b", "use utc, local, or a name such as Europe/Berlin"),
        ("", "is not a time zone; "),
    ],
)
def test_unknown_names_are_refused_with_a_hint(name: str, hint: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone; ") as raised:
        time_zone.parse(name)
    assert hint in str(raised.value)
    assert len(str(raised.value)) < 250


def test_without_a_time_zone_database_the_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    with pytest.raises(ValueError, match="this machine has no time zone database; use utc or local"):
        time_zone.parse("Nowhere/Else")


def test_names_are_completed_by_their_beginning_or_a_part() -> None:
    assert time_zone.complete("Europe/Ber") == ["Europe/Berlin"]
    assert time_zone.complete("los ang") == ["America/Los_Angeles"]
    assert time_zone.complete("loca")[0] == "local"


def test_times_beyond_the_calendar_are_shown_as_they_are() -> None:
    time_zone.use(time_zone.parse("Asia/Tokyo"))
    last = datetime.max.replace(tzinfo=UTC)
    assert time_zone.localize(last) == last


@pytest.mark.parametrize(
    "name", ["a/" * 3000 + "a", "x" * 100_000, "../" * 2000, "\udc9b/x" * 50, "a\x1b[2J/" * 500 + "b"]
)
def test_a_name_that_is_too_long_is_refused_at_once(name: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone") as caught:
        time_zone.parse(name)
    assert len(str(caught.value)) < 600
