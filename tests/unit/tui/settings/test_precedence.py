"""The order of precedence of settings."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.config_files import EVERYTHING
from tui.settings import DEFAULT_INTERVAL, Settings, SettingsError, load

UTF8 = {"LANG": "C.UTF-8"}
NOW = datetime(2026, 11, 3, 1, 30, tzinfo=UTC)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "reflow.yaml"


def settings(path: Path, environ: Mapping[str, str] | None = None, **flags: str | None) -> Settings:
    config, reflow_config = path.with_name("config.toml"), path.with_name("reflow.yaml")
    return load(flags, {**UTF8, **(environ or {})}, NOW, config=config, reflow_config=reflow_config)


def test_default_settings(config: Path) -> None:
    found = settings(config, table="reflow-prod")
    assert replace(found, sources={}) == Settings(table="reflow-prod")
    assert found.since.at(NOW) == NOW - timedelta(minutes=10)
    assert (found.until, found.interval) == (None, timedelta(seconds=5))


def test_flags_take_precedence_over_their_variables(config: Path) -> None:
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


def test_empty_variable_counts_as_unset(config: Path) -> None:
    assert settings(config, {"REFLOWTOP_USER": "", "REFLOWTOP_TABLE": "abc"}).user is None


def test_empty_flag_is_an_error(config: Path) -> None:
    with pytest.raises(SettingsError, match="--table is empty"):
        settings(config, {"REFLOWTOP_TABLE": "production"}, table="")


@pytest.mark.parametrize("text", [None, "", "- 1\n", "labels: kv,a=b\n", "taskdb: dynamodbtask\n", "taskdb:\n"])
def test_missing_table_names_the_remedies(config: Path, text: str | None) -> None:
    if text is not None:
        config.write_text(text)
    with pytest.raises(
        SettingsError, match="no table given; use --table NAME, set REFLOWTOP_TABLE, or set it in "
    ) as raised:
        settings(config)
    assert str(config) in str(raised.value)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"table": "a b"}, "--table: 'a b' is not a table name"),
        ({"interval": "soon"}, "--interval: 'soon' is not a time span; write it like 5s or 1m30s"),
        ({"interval": "0"}, "--interval: '0' is too short; the minimum is 1s"),
        ({"read_budget": "0"}, "--read-budget: '0' is not a number of RCU per second from 0.01 to 1000000"),
        ({"read_budget": "inf"}, "--read-budget: 'inf' is not a number of RCU per second from 0.01 to 1000000"),
        ({"read_budget": "ten"}, "--read-budget: 'ten' is not a number of RCU per second from 0.01 to 1000000"),
        ({"price": "-1"}, "--price: '-1' is not a price from 0 to 1000000"),
        ({"table": "ab"}, "--table: 'ab' is not a table name"),
        ({"endpoint_url": "127.0.0.1:8000"}, "--endpoint-url: '127.0.0.1:8000' is not an endpoint"),
        ({"endpoint_url": "http://"}, "--endpoint-url: 'http://' is not an endpoint"),
        ({"endpoint_url": "http://h:99999"}, "is not an endpoint URL such as http://127.0.0.1:8000"),
        ({"endpoint_url": "http://[::1"}, "is not an endpoint"),
        ({"since": "soon"}, "--since: 'soon' is not a time; write it like 10m"),
        ({"since": "2027-01-01"}, "--since 2027-01-01 is in the future; it is now 2026-11-03T01:30 UTC"),
        ({"since": "1h", "until": "2h"}, "--until 2h is before --since 1h"),
        ({"since": "1h", "until": "2027-01-01"}, "--until 2027-01-01 is in the future; it is now 2026-11-03T01:30 UTC"),
        ({"since": "soon", "until": "soon"}, "--until: 'soon' is not a time; write it like 10m"),
        ({"since": "2027-01-01", "until": "2027-01-01"}, "--until 2027-01-01 is in the future"),
    ],
)
def test_invalid_value_names_its_origin_and_the_remedy(config: Path, flags: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load({"table": "reflow-prod", **flags}, {}, NOW, reflow_config=config)
    assert message in str(raised.value)


def test_invalid_variable_is_named(config: Path) -> None:
    with pytest.raises(SettingsError, match="REFLOWTOP_SINCE: 'soon' is not a time"):
        settings(config, {"REFLOWTOP_SINCE": "soon"}, table="reflow-prod")


def test_a_table_may_be_named_by_its_arn(config: Path) -> None:
    arn = "arn:aws:dynamodb:us-west-2:123456789012:table/reflow-prod"
    assert settings(config, table=arn).table == arn


def test_yaml_is_not_imported_without_a_reflow_configuration() -> None:
    code = (
        "import sys, datetime, tui.settings as s\n"
        "s.load({'table': 'abc'}, {}, datetime.datetime.now(datetime.UTC))\n"
        "sys.exit('yaml' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_flags_take_precedence_over_variables_and_the_file(file: Path) -> None:
    file.write_text('table = "of-file"\nuser = "amy"\ninterval = "7s"\n')
    environ = {"REFLOWTOP_USER": "bob", "REFLOWTOP_TABLE": "of-environment"}
    found = settings(file, environ, table="of-flag")
    assert (found.table, found.user, found.interval) == ("of-flag", "bob", timedelta(seconds=7))
    assert [str(found.source(name)) for name in ("table", "user", "interval", "price")] == [
        "--table",
        "REFLOWTOP_USER",
        f"{file}:3: interval",
        "default",
    ]


def test_configuration_file_takes_precedence_over_reflow(file: Path) -> None:
    file.with_name("reflow.yaml").write_text("taskdb: dynamodbtask,table=reflows,bucket=reflows-logs\n")
    assert settings(file).table == "reflows"
    assert settings(file).source("bucket").place == str(file.with_name("reflow.yaml"))
    file.write_text('table = "of-file"\n')
    assert (settings(file).table, settings(file).bucket) == ("of-file", None)
    file.write_text('table = "reflows"\n')
    assert settings(file).bucket == "reflows-logs"


def test_bucket_applies_only_to_its_table(file: Path) -> None:
    file.write_text('table = "prod"\nbucket = "prod-logs"\n')
    assert settings(file, table="another").bucket is None
    assert settings(file, table="prod").bucket == "prod-logs"
    file.write_text('bucket = "everybodys-logs"\n')
    assert settings(file, table="another").bucket == "everybodys-logs"


CLUSTERS = """\
table = "prod"
bucket = "prod-logs"
user = "amy"

[clusters.staging]
table = "staging"
region = "eu-west-1"

[clusters.dev]
table = "dev"
bucket = "dev-logs"
"""


def test_cluster_settings_apply_when_selected(file: Path) -> None:
    file.write_text(CLUSTERS)
    assert settings(file).table == "prod"
    found = settings(file, cluster="staging")
    assert (found.table, found.bucket, found.region, found.user) == ("staging", None, "eu-west-1", "amy")
    assert str(found.source("region")) == f"{file}:7: clusters.staging.region"
    assert settings(file, {"REFLOWTOP_CLUSTER": "dev"}).bucket == "dev-logs"
    file.write_text(f'cluster = "dev"\n{CLUSTERS}')
    assert settings(file).table == "dev"


def test_cluster_ranks_below_the_layer_that_selects_it(file: Path) -> None:
    file.write_text(CLUSTERS)
    environ = {"REFLOWTOP_TABLE": "of-environment"}
    assert settings(file, environ, cluster="dev").table == "dev"
    assert settings(file, environ, cluster="dev", table="of-flag").table == "of-flag"
    assert settings(file, {**environ, "REFLOWTOP_CLUSTER": "dev"}).table == "of-environment"


def test_unknown_cluster_is_an_error(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"--cluster: unknown cluster 'stage'; .*config\.toml defines no clusters"):
        settings(file, cluster="stage")
    file.write_text(CLUSTERS)
    with pytest.raises(SettingsError, match=r"^REFLOWTOP_CLUSTER: unknown cluster 'stage'; did you mean staging\?$"):
        settings(file, {"REFLOWTOP_CLUSTER": "stage"})


def test_display_only_ignores_table_settings_of_files_and_variables(file: Path) -> None:
    file.write_text(EVERYTHING)
    found = load(
        {"table": "demo"}, {**UTF8, "REFLOWTOP_USER": "bob"}, NOW, config=file, reflow_config=file, display_only=True
    )
    assert (found.table, found.bucket, found.user, found.interval) == ("demo", None, None, DEFAULT_INTERVAL)
    assert (found.theme, found.mouse, found.columns) == ("nord", False, {"runs": ("run", "state")})


def test_ascii_follows_the_locale(file: Path) -> None:
    assert not settings(file, table="prod").ascii
    found = settings(file, {"LANG": "C"}, table="prod")
    assert found.ascii
    assert str(found.source("ascii")) == "LANG=C"
    for given in ({"ascii": "no"}, {"ascii": "no", "config": None}):
        assert not settings(file, {"LANG": "C"}, table="prod", **given).ascii
    assert settings(file, {"LANG": "C", "REFLOWTOP_ASCII": "auto"}, table="prod").ascii
    assert settings(file, {"REFLOWTOP_ASCII": "1"}, table="prod").ascii


def test_times_are_typed_in_the_time_zone_of_the_settings() -> None:
    found = load({"table": "reflow-prod", "since": "2026-11-02T02:10", "tz": "Europe/Berlin"}, {}, NOW)
    assert found.since.at(NOW) == datetime(2026, 11, 2, 1, 10, tzinfo=UTC)


def test_an_unknown_time_zone_is_named_with_its_origin() -> None:
    with pytest.raises(SettingsError, match=r"^REFLOWTOP_TZ: 'Mars' is not a time zone; use utc, local"):
        load({"table": "reflow-prod"}, {"REFLOWTOP_TZ": "Mars"}, NOW)
