"""reflow's own configuration file."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tui.settings import Settings, SettingsError, load

ALIASES = "\n".join(
    ["l0: &l0 [x]", *(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]" for i in range(1, 10)), "taskdb: *l9"]
).encode()
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
    "text",
    [
        "x: 2023-02-30\n{}",
        "x: =\n{}",
        "x: !include other.yaml\n{}",
        "x: !!int ''\n{}",
        "x: !!timestamp invalid\n{}",
        "? [a, b]\n: 1\n{}",
        "{}---\nx: [\n",
        "\ufeff{}",
        "base: &b\n  table: reflow-prod\n  bucket: logs\ntaskdb:\n  <<: *b\n",
        "base: &b dynamodbtask,table=reflow-prod,bucket=logs\ntaskdb: *b\n",
    ],
)
def test_files_that_go_accepts_are_read(config: Path, text: str) -> None:
    config.write_text(text.format("taskdb: dynamodbtask,table=reflow-prod,bucket=logs\n"))
    for table in (None, "reflow-prod"):
        found = settings(config, table=table)
        assert (found.table, found.bucket) == ("reflow-prod", "logs")


def test_utf_16_is_read(config: Path) -> None:
    config.write_bytes("taskdb: dynamodbtask,table=reflow-prod,bucket=logs\n".encode("utf-16"))
    assert settings(config).table == "reflow-prod"
    assert settings(config, table="reflow-prod").bucket == "logs"


@pytest.mark.parametrize(("target", "problem"), [("fifo", "it is a FIFO"), ("/dev/zero", "it is a device")])
def test_files_that_are_no_files(tmp_path: Path, target: str, problem: str) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name, remedy in (("reflow.yaml", "use --table NAME"), ("config.toml", "name another file with --config")):
        path = tmp_path / name
        path.symlink_to(target)
        with pytest.raises(SettingsError) as raised:
            settings(path)
        assert str(raised.value) == f"{path} cannot be read ({problem}); fix it or {remedy}"
        if name == "reflow.yaml":
            assert settings(path, table="reflow-prod").bucket is None
        path.unlink()


@pytest.mark.parametrize(
    ("content", "message_part"),
    [
        (b"taskdb: [unclosed\n", ":2: not valid YAML (did not find expected"),
        (b"taskdb: \xff\xfe\n", ":1: not valid YAML (not UTF-8)"),
        (b"taskdb: !!python/object/apply:os.system [id]\n", "taskdb is a list, not of the form"),
        (b"taskdb: noptaskdb\n", "taskdb is 'noptaskdb', not of the form dynamodbtask,table=NAME,bucket=NAME"),
        (b"taskdb: dynamodbtask,reflow-prod\n", "not of the form dynamodbtask,table=NAME"),
        (b"taskdb: [dynamodbtask]\n", "not of the form dynamodbtask,table=NAME"),
        (b"taskdb: 7\n", "taskdb is '7'"),
        (b"x: 1\ntaskdb: off\n", ":2: taskdb is 'off'"),
        (b"taskdb: 1.50\n", "taskdb is '1.50'"),
        (b"taskdb: 2023-02-30\n", "taskdb is '2023-02-30'"),
        (b"taskdb: !!int ''\n", "taskdb is ''"),
        (b"taskdb: &a [*a]\n", "taskdb is a list"),
        (ALIASES, "taskdb is a list, not of the form dynamodbtask,table=NAME,bucket=NAME; fix it or use --table NAME"),
        (b"taskdb: *nope\n", ":1: not valid YAML (the alias *nope has no anchor); fix it or use --table NAME"),
        (b"x:\n\ty: 1\n", ":2: not valid YAML (found character that cannot start any token)"),
        (b"# x\n" * 300_000, "cannot be read (it has over 1024 KB); fix it or use --table NAME"),
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
    with pytest.raises(SettingsError, match=r"cannot be read \(it is a directory\); fix it or use --table NAME"):
        settings(config)


def test_errors_are_ignored_when_a_table_is_given(config: Path) -> None:
    config.write_text("taskdb: [prod\n")
    assert settings(config, table="prod").bucket is None
    with pytest.raises(SettingsError, match="is not a table name"):
        settings(config, table="prod\udcff")
