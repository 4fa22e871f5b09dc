"""The table of settings."""

import tomllib
from datetime import UTC, datetime, timedelta

import pytest

from tui.query.filter import EVERYTHING
from tui.query.time_expressions import Moment
from tui.settings.fields import BY_NAME, FIELDS, Field, serialize

NOW = datetime(2026, 11, 3, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_example_of_every_field_is_valid(field: Field) -> None:
    value = tomllib.loads(f"{field.name} = {field.example}")[field.name]
    field.parse(value, NOW)
    assert field.help.endswith((".", "..."))


def test_names_of_flag_and_variable() -> None:
    field = BY_NAME["endpoint_url"]
    assert (field.flag, field.variable) == ("--endpoint-url", "REFLOWTOP_ENDPOINT_URL")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("amy", "amy"),
        (True, True),
        (12.5, 12.5),
        (timedelta(seconds=90), "90s"),
        (Moment("10m", age=timedelta(minutes=10)), "10m"),
        (EVERYTHING, EVERYTHING.text),
    ],
)
def test_values_are_serialized_as_they_would_be_written(value: object, expected: object) -> None:
    assert serialize(value) == expected
