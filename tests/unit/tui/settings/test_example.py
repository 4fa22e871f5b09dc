"""The example configuration file."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from tui import theme
from tui.screens.base import settings_check as checked
from tui.settings import Settings, load
from tui.settings.example import example_lines
from tui.settings.fields import FIELDS

NOW = datetime(2026, 11, 3, 1, 30, tzinfo=UTC)


UTF8 = {"LANG": "C.UTF-8"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def settings(file: Path, environ: Mapping[str, str] | None = None, **flags: str | None) -> Settings:
    return load(flags, {**UTF8, **(environ or {})}, NOW, config=file, reflow_config=file.with_name("reflow.yaml"))


def test_every_setting_in_the_example_is_valid(file: Path) -> None:
    example = "\n".join(example_lines())
    file.write_text(example)
    assert replace(settings(file, table="prod"), sources={}) == Settings(table="prod")
    file.write_text(re.sub(r"(?m)^#(?! )", "", example))
    found = settings(file)
    for field in FIELDS:
        place = found.source(field.name).place
        assert place.startswith(f"{file}:") == field.in_file or (field.name, place) == ("ascii", "default")
    assert found.keys
    assert found.columns
    assert found.table == "reflow-staging"
    theme.check_theme(found)
    checked.check(found)
