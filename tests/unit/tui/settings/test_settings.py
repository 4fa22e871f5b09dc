"""The settings object."""

from tui.settings import Settings
from tui.settings.fields import FIELDS
from tui.settings.origin import DEFAULT, Origin


def test_origin_of_a_setting_is_default_unless_given() -> None:
    settings = Settings(table="reflow-prod", sources={"table": Origin("--table")})
    assert settings.source("table") == Origin("--table")
    assert settings.source("theme") is DEFAULT


def test_every_field_is_an_attribute() -> None:
    settings = Settings(table="reflow-prod")
    assert all(hasattr(settings, field.name) for field in FIELDS)
