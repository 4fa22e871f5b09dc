"""Commands that are suggested to the user."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui.settings import Settings, load
from tui.settings.command_hint import command_hint

NOW = datetime(2026, 11, 1, tzinfo=UTC)
CONFIG = '[clusters.staging]\ntable = "reflow-staging"\nregion = "eu-west-1"\n'


@pytest.fixture(autouse=True)
def _no_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)


def test_flags_are_repeated_and_variables_are_not() -> None:
    flags = {"table": "reflow-prod", "endpoint_url": "http://127.0.0.1:4566"}
    settings = load(flags, {"REFLOWTOP_BUCKET": "logs", "REFLOWTOP_REGION": "us-west-2"}, NOW)
    assert command_hint(settings) == "reflowtop --table reflow-prod --endpoint-url http://127.0.0.1:4566"
    assert command_hint(load({}, {"REFLOWTOP_TABLE": "reflow-prod"}, NOW), "ps") == "reflowtop ps"


def test_a_cluster_and_a_file_that_flags_select_are_spelled_out(tmp_path: Path) -> None:
    path = tmp_path / "my config.toml"
    path.write_text('table = "reflow-prod"\n' + CONFIG)
    assert command_hint(load({"config": str(path)}, {}, NOW), "ps") == "reflowtop ps --table reflow-prod"
    settings = load({"config": str(path), "cluster": "staging"}, {}, NOW)
    assert command_hint(settings, "ps") == "reflowtop ps --table reflow-staging --region eu-west-1"


def test_hints_omit_the_default_file_and_spell_out_its_clusters(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('table = "reflow-prod"\n' + CONFIG)
    assert command_hint(load({}, {}, NOW, config=path), "ps").startswith("reflowtop ps --table")  # not the default path
    default = tmp_path / ".config/reflowtop/config.toml"
    default.parent.mkdir(parents=True)
    path.rename(default)
    assert command_hint(load({}, {}, NOW), "ps") == "reflowtop ps"
    assert command_hint(load({"cluster": "staging"}, {}, NOW)).endswith("--table reflow-staging --region eu-west-1")


def test_words_and_values_are_quoted_for_a_shell() -> None:
    assert command_hint(Settings(table="reflow-prod", profile="on call"), "ps", "user:amy b") == (
        "reflowtop ps 'user:amy b' --table reflow-prod --profile 'on call'"
    )
