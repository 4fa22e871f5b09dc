"""The settings of another cluster."""

from pathlib import Path

import pytest

from tests.support.rows import NOW
from tui.settings import Settings, SettingsError
from tui.settings.clusters import Clusters

CONFIG = """
table = "reflow-prod"
profile = "oncall"
[clusters.staging]
table = "reflow-staging"
region = "eu-west-1"
theme = "nord"
[clusters.odd]
interval = "soon"
"""
CURRENT = Settings(table="reflow-prod", theme="dracula", mouse=False, columns={"runs": ("id",)})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(CONFIG)
    return path


def test_names_are_those_of_the_file(path: Path) -> None:
    assert Clusters({"config": str(path)}, {}).names(NOW) == ["staging", "odd"]
    path.write_text("not = [toml")
    with pytest.raises(SettingsError, match=path.name):
        Clusters({"config": str(path)}, {}).names(NOW)


@pytest.mark.parametrize(("flags", "environ"), [({"until": "2h"}, {}), ({}, {"REFLOWTOP_UNTIL": "2h"})])
def test_past_window_of_the_start_is_not_that_of_another_cluster(
    flags: dict[str, str], environ: dict[str, str], path: Path
) -> None:
    clusters = Clusters({"config": str(path), **flags}, environ)
    assert clusters.names(NOW) == ["staging", "odd"]
    settings = clusters.load("staging", NOW, CURRENT)
    assert (settings.until, settings.since.text) == (None, "10m")


def test_flags_of_the_table_are_for_the_cluster_at_the_start(path: Path) -> None:
    flags = {"config": str(path), "table": "mine", "region": "us-west-2", "cluster": "odd", "user": "amy"}
    settings = Clusters(flags, {"REFLOWTOP_TABLE": "other"}).load("staging", NOW, CURRENT)
    assert (settings.table, settings.region, settings.profile) == ("reflow-staging", "eu-west-1", "oncall")
    assert settings.user == "amy"


def test_display_and_columns_stay(path: Path) -> None:
    settings = Clusters({"config": str(path)}, {}).load("staging", NOW, CURRENT)
    assert (settings.theme, settings.mouse, settings.columns) == ("dracula", False, {"runs": ("id",)})


@pytest.mark.parametrize(("name", "message"), [("odd", "clusters.odd.interval"), ("nope", "unknown cluster 'nope'")])
def test_wrong_cluster_raises_one_line(name: str, message: str, path: Path) -> None:
    with pytest.raises(SettingsError, match=message) as raised:
        Clusters({"config": str(path)}, {}).load(name, NOW, CURRENT)
    assert "\n" not in str(raised.value)
