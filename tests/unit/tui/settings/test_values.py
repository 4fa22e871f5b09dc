"""Parsers of the values of settings."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from tui.settings import values
from tui.settings.values import Parser

NOW = datetime(2026, 11, 3, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("parser", "value", "expected"),
    [
        (values.parse_text, "amy", "amy"),
        (values.parse_table, "reflow-prod", "reflow-prod"),
        (values.parse_region, "us-west-2", "us-west-2"),
        (values.parse_region, "", ""),
        (values.parse_url, "https://example.com:8000", "https://example.com:8000"),
        (values.parse_interval, 2, timedelta(seconds=2)),
        (values.parse_interval, "1m30s", timedelta(seconds=90)),
        (values.parse_read_budget, "0.5", 0.5),
        (values.parse_price, 0, 0),
        (values.parse_bool, "On", True),
        (values.parse_bool, "0", False),
        (values.parse_bool, False, False),
        (values.parse_bool_or_auto, "auto", None),
        (values.parse_bool_or_auto, "no", False),
        (values.make_choice_parser("tmux", "off"), "off", "off"),
        (values.parse_names, "down, j,", ("down", "j")),
        (values.parse_names, ["down", "j"], ("down", "j")),
    ],
)
def test_valid_values(parser: Parser, value: object, expected: object) -> None:
    assert parser(value, NOW) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("10m", NOW - timedelta(minutes=10)),
        (date(2026, 11, 2), datetime(2026, 11, 2, tzinfo=UTC)),
        (time(1, 0), datetime(2026, 11, 3, 1, tzinfo=UTC)),
        (datetime(2026, 11, 2, 5, tzinfo=UTC), datetime(2026, 11, 2, 5, tzinfo=UTC)),
    ],
)
def test_moments_may_be_text_or_toml_dates(value: object, expected: datetime) -> None:
    assert values.parse_moment(value, NOW).at(NOW) == expected


@pytest.mark.parametrize(
    ("parser", "value"),
    [
        (values.parse_text, 5),
        (values.parse_table, "a b"),
        (values.parse_region, "a b"),
        (values.parse_region, "x" * 65),
        (values.parse_table, "ab"),
        (values.parse_url, "http://user@example.com"),
        (values.parse_url, "http://example.com:0"),
        (values.parse_url, "ftp://example.com"),
        (values.parse_interval, "0.5s"),
        (values.parse_interval, "0s"),
        (values.parse_read_budget, 0),
        (values.parse_read_budget, True),
        (values.parse_read_budget, "inf"),
        (values.parse_price, -1),
        (values.parse_bool, "maybe"),
        (values.parse_bool_or_auto, "maybe"),
        (values.make_choice_parser("tmux", "off"), "of"),
        (values.parse_names, [1]),
        (values.parse_filter, "stat:x"),
    ],
)
def test_invalid_values_are_named_in_one_line(parser: Parser, value: object) -> None:
    with pytest.raises(ValueError, match=r"^.+$") as raised:
        parser(value, NOW)
    assert "\n" not in str(raised.value)


def test_long_values_are_cut_in_messages() -> None:
    with pytest.raises(ValueError, match="is not yes or no") as raised:
        values.parse_bool("x" * 10_000, NOW)
    assert len(str(raised.value)) < 150
