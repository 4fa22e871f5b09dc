import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tui.settings import Settings, SettingsError, load

UTF8 = {"LANG": "C.UTF-8"}
NOW = datetime(2026, 11, 3, 1, 30, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.yaml"


def settings(config: Path, environ: Mapping[str, str] | None = None, **flags: str | None) -> Settings:
    return load(flags, {**UTF8, **(environ or {})}, NOW, config=config.with_suffix(".toml"), reflow_config=config)


def test_defaults(config: Path) -> None:
    found = settings(config, table="reflow-prod")
    assert found == Settings(table="reflow-prod")
    assert found.since.at(NOW) == NOW - timedelta(minutes=10)
    assert (found.until, found.interval) == (None, timedelta(seconds=5))


def test_every_flag_has_a_variable_and_goes_before_it(config: Path) -> None:
    environ = {
        "REFLOWTOP_TABLE": "env-table",
        "REFLOWTOP_BUCKET": "env-bucket",
        "REFLOWTOP_REGION": "us-west-2",
        "REFLOWTOP_PROFILE": "oncall",
        "REFLOWTOP_ENDPOINT_URL": "http://127.0.0.1:8000",
        "REFLOWTOP_USER": "amy@example.com",
        "REFLOWTOP_SINCE": "24h",
        "REFLOWTOP_UNTIL": "1h",
        "REFLOWTOP_INTERVAL": "1m30s",
        "REFLOWTOP_READ_BUDGET": "12.5",
        "REFLOWTOP_PRICE": "0",
    }
    found = settings(config, environ)
    assert (found.table, found.bucket, found.region) == ("env-table", "env-bucket", "us-west-2")
    assert (found.profile, found.endpoint_url, found.user) == ("oncall", "http://127.0.0.1:8000", "amy@example.com")
    assert found.since.text == "24h"
    assert found.until is not None
    assert found.until.text == "1h"
    assert (found.interval, found.read_budget, found.price) == (timedelta(seconds=90), 12.5, 0)
    assert settings(config, environ, interval="2").interval == timedelta(seconds=2)
    assert settings(config, environ, table="flag-table", since="2h").since.text == "2h"
    assert settings(config, environ, table="flag-table").table == "flag-table"


def test_an_empty_variable_is_not_set(config: Path) -> None:
    assert settings(config, {"REFLOWTOP_USER": "", "REFLOWTOP_TABLE": "abc"}).user is None


def test_an_empty_flag_is_an_error(config: Path) -> None:
    with pytest.raises(SettingsError, match="--table is empty"):
        settings(config, {"REFLOWTOP_TABLE": "production"}, table="")


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
def test_reflows_configuration_names_table_and_bucket(config: Path, text: str) -> None:
    config.write_text(text)
    found = settings(config)
    assert (found.table, found.bucket) == ("reflow-prod", "logs")
    assert settings(config, bucket="other").bucket == "other"
    # The bucket belongs to the table that is named beside it.
    assert settings(config, table="another").bucket is None
    assert settings(config, table="reflow-prod").bucket == "logs"
    assert settings(config, {"REFLOWTOP_TABLE": "reflow-prod"}).bucket == "logs"
    assert settings(config, {"REFLOWTOP_TABLE": "one", "REFLOWTOP_BUCKET": "ones"}, table="another").bucket is None


@pytest.mark.parametrize("text", [None, "", "- 1\n", "labels: kv,a=b\n", "taskdb: dynamodbtask\n", "taskdb:\n"])
def test_no_table_says_how_to_name_one(config: Path, text: str | None) -> None:
    if text is not None:
        config.write_text(text)
    with pytest.raises(
        SettingsError, match="no table given; use --table NAME, set REFLOWTOP_TABLE, or set it in "
    ) as raised:
        settings(config)
    assert str(config) in str(raised.value)


@pytest.mark.parametrize(
    ("content", "complaint"),
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
def test_a_broken_configuration_is_named(config: Path, content: bytes, complaint: str) -> None:
    config.write_bytes(content)
    with pytest.raises(SettingsError) as raised:
        settings(config)
    message = str(raised.value)
    assert str(config) in message
    assert complaint in message
    assert "\n" not in message


def test_a_configuration_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot be read \(Is a directory\); fix it or use --table NAME"):
        settings(tmp_path)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"table": "a b"}, "--table: 'a b' is not a table name"),
        ({"interval": "soon"}, "--interval: 'soon' is not a time span; write it like 5s or 1m30s"),
        ({"interval": "0"}, "--interval: '0' is too short; the minimum is 1s"),
        ({"read_budget": "0"}, "--read-budget: '0' is not a number above 0"),
        ({"read_budget": "inf"}, "--read-budget: 'inf' is not a number above 0"),
        ({"read_budget": "ten"}, "--read-budget: 'ten' is not a number above 0"),
        ({"price": "-1"}, "--price: '-1' is not a number of 0 or more"),
        ({"table": "ab"}, "--table: 'ab' is not a table name"),
        ({"endpoint_url": "127.0.0.1:8000"}, "--endpoint-url: '127.0.0.1:8000' is not an endpoint"),
        ({"endpoint_url": "http://"}, "--endpoint-url: 'http://' is not an endpoint"),
        ({"endpoint_url": "http://h:99999"}, "is not an endpoint URL such as http://127.0.0.1:8000"),
        ({"endpoint_url": "http://[::1"}, "is not an endpoint"),
        ({"since": "soon"}, "--since: 'soon' is not a time; write it like 10m"),
        ({"since": "2027-01-01"}, "--since 2027-01-01 is in the future; it is now 2026-11-03T01:30 UTC"),
        ({"since": "1h", "until": "2h"}, "--until 2h is before --since 1h"),
    ],
)
def test_a_wrong_value_is_named_with_its_source_and_the_remedy(
    config: Path, flags: dict[str, str], message: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        load({"table": "reflow-prod", **flags}, {}, NOW, reflow_config=config)
    assert message in str(raised.value)


def test_a_wrong_variable_is_named(config: Path) -> None:
    with pytest.raises(SettingsError, match="REFLOWTOP_SINCE: 'soon' is not a time"):
        settings(config, {"REFLOWTOP_SINCE": "soon"}, table="reflow-prod")


def test_a_table_may_be_named_by_its_arn(config: Path) -> None:
    arn = "arn:aws:dynamodb:us-west-2:123456789012:table/reflow-prod"
    assert settings(config, table=arn).table == arn


def test_yaml_is_imported_only_where_it_is_needed() -> None:
    code = (
        "import sys, datetime, tui.settings as s\n"
        "s.load({'table': 'abc'}, {}, datetime.datetime.now(datetime.UTC))\n"
        "sys.exit('yaml' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
