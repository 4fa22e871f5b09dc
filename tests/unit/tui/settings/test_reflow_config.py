"""reflow's own configuration file."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui.settings import Settings, SettingsError, load

UTF8 = {"LANG": "C.UTF-8"}


NOW = datetime(2026, 11, 3, 1, 30, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "reflow.yaml"


def settings(path: Path, environ: Mapping[str, str] | None = None, **flags: str | None) -> Settings:
    config, reflow_config = path.with_name("config.toml"), path.with_name("reflow.yaml")
    return load(flags, {**UTF8, **(environ or {})}, NOW, config=config, reflow_config=reflow_config)


@pytest.mark.parametrize(
    "text",
    [
        "taskdb: dynamodbtask,table=reflow-prod,bucket=logs\n",
        "taskdb: dynamodbtask, table = reflow-prod, bucket = logs\n",
        "taskdb: dynamodbtask\ndynamodbtask:\n  table: reflow-prod\n  bucket: logs\n",
        "taskdb:\n  table: reflow-prod\n  bucket: logs\n",
        "taskdb:\n  dynamodbtask:\n    table: reflow-prod\n    bucket: logs\n",
        "taskdb: dynamodbtask,table=reflow-prod,bucket=logs,region=x\nlabels: kv,a=b\n",
    ],
)
def test_table_and_bucket_in_every_form(config: Path, text: str) -> None:
    config.write_text(text)
    found = settings(config)
    assert (found.table, found.bucket) == ("reflow-prod", "logs")
    assert settings(config, bucket="other").bucket == "other"
    # The bucket belongs to the table that is named beside it.
    assert settings(config, table="another").bucket is None
    assert settings(config, table="reflow-prod").bucket == "logs"
    assert settings(config, {"REFLOWTOP_TABLE": "reflow-prod"}).bucket == "logs"
    assert settings(config, {"REFLOWTOP_TABLE": "one", "REFLOWTOP_BUCKET": "ones"}, table="another").bucket is None


@pytest.mark.parametrize(
    ("content", "message_part"),
    [
        (b"taskdb: [unclosed\n", "is not valid YAML (line 2)"),
        (b"taskdb: \xff\xfe\n", "is not valid YAML"),
        (b"taskdb: !!python/object/apply:os.system [id]\n", "is not valid YAML (line 1)"),
        (b"taskdb: noptaskdb\n", "taskdb is 'noptaskdb', not of the form dynamodbtask,table=NAME,bucket=NAME"),
        (b"taskdb: dynamodbtask,reflow-prod\n", "not of the form dynamodbtask,table=NAME"),
        (b"taskdb: [dynamodbtask]\n", "not of the form dynamodbtask,table=NAME"),
        (b"taskdb: 7\n", "taskdb is '7'"),
        (b"taskdb: dynamodbtask,table=a b\n", "'a b' is not a table name"),
    ],
)
def test_invalid_file_is_an_error(config: Path, content: bytes, message_part: str) -> None:
    config.write_bytes(content)
    with pytest.raises(SettingsError) as raised:
        settings(config)
    message = str(raised.value)
    assert str(config) in message
    assert message_part in message
    assert "\n" not in message


def test_unreadable_file_is_an_error(config: Path) -> None:
    config.mkdir()
    with pytest.raises(SettingsError, match=r"cannot be read \(Is a directory\); fix it or use --table NAME"):
        settings(config)


def test_errors_are_ignored_when_a_table_is_given(config: Path) -> None:
    config.write_text("taskdb: [prod\n")
    assert settings(config, table="prod").bucket is None
    with pytest.raises(SettingsError, match="is not a table name"):
        settings(config, table="prod\udcff")
