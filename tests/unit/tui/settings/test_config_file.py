"""The configuration file, and what is shown of all settings."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tui import cli, exit_status, theme
from tui.exit_status import ExitCode
from tui.screens.base import settings_check as checked
from tui.settings import DEFAULT_INTERVAL, Settings, SettingsError, load
from tui.settings.fields import BY_NAME, FIELDS
from tui.settings.origin import find_key_lines

NOW = datetime(2026, 11, 3, 1, 30, tzinfo=UTC)
UTF8 = {"LANG": "C.UTF-8"}

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def settings(file: Path, environ: Mapping[str, str] | None = None, **flags: str | None) -> Settings:
    return load(flags, {**UTF8, **(environ or {})}, NOW, config=file, reflow_config=file.with_name("reflow.yaml"))


def complaint(file: Path, text: str | bytes) -> str:
    """What is said of the file, after its name."""
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(SettingsError) as raised:
        settings(file, table="reflow-prod")
    message = str(raised.value)
    assert "\n" not in message
    assert message.startswith(f"{file}")
    return message.removeprefix(f"{file}")


EVERYTHING = """\
table = "reflow-prod"
bucket = "logs"
region = "us-west-2"
profile = "oncall"
endpoint_url = "http://127.0.0.1:8000"
user = "amy"
since = 2026-11-02
interval = 2
read_budget = 12.5
price = 0
filter = "state:stale"
mouse = false
theme = "nord"
ascii = true
clipboard = "osc52"
notify = false

[keys]
pause = ["P", "space"]
table.cursor_down = "down,j"
"table.cursor_up" = ["up"]

[columns]
runs = ["run", "state"]
"""


def test_everything_can_stand_in_the_file(file: Path) -> None:
    file.write_text(EVERYTHING)
    found = settings(file)
    assert (found.table, found.bucket, found.region, found.profile) == ("reflow-prod", "logs", "us-west-2", "oncall")
    assert (found.endpoint_url, found.user, found.since.text) == ("http://127.0.0.1:8000", "amy", "2026-11-02")
    assert (found.interval, found.read_budget, found.price) == (timedelta(seconds=2), 12.5, 0)
    assert (found.filter.text, found.mouse, found.theme, found.ascii) == ("state:stale", False, "nord", True)
    assert (found.clipboard, found.notify) == ("osc52", False)
    assert found.keys == {"pause": ("P", "space"), "table.cursor_down": ("down", "j"), "table.cursor_up": ("up",)}
    assert found.columns == {"runs": ("run", "state")}
    everywhere = {name for name, source in found.sources.items() if source.place.startswith(f"{file}:")}
    names = {f"keys.{name}" for name in found.keys} | {f"columns.{name}" for name in found.columns}
    assert everywhere == {field.name for field in FIELDS if field.in_file} | names


def test_flags_then_variables_then_the_file(file: Path) -> None:
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


def test_the_file_goes_before_that_of_reflow(file: Path) -> None:
    file.with_name("reflow.yaml").write_text("taskdb: dynamodbtask,table=reflows,bucket=reflows-logs\n")
    assert settings(file).table == "reflows"
    assert settings(file).source("bucket").place == str(file.with_name("reflow.yaml"))
    file.write_text('table = "of-file"\n')
    assert (settings(file).table, settings(file).bucket) == ("of-file", None)
    file.write_text('table = "reflows"\n')
    assert settings(file).bucket == "reflows-logs"


def test_a_bucket_belongs_to_the_table_beside_it(file: Path) -> None:
    file.write_text('table = "prod"\nbucket = "prod-logs"\n')
    assert settings(file, table="another").bucket is None
    assert settings(file, table="prod").bucket == "prod-logs"
    file.write_text('bucket = "everybodys-logs"\n')
    assert settings(file, table="another").bucket == "everybodys-logs"


def test_what_is_wrong_with_reflows_file_does_not_matter_once_there_is_a_table(file: Path) -> None:
    file.with_name("reflow.yaml").write_text("taskdb: [prod\n")
    assert settings(file, table="prod").bucket is None
    with pytest.raises(SettingsError, match="is not a table name"):
        settings(file, table="prod\udcff")


# Clusters

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


def test_a_cluster_holds_where_it_is_chosen(file: Path) -> None:
    file.write_text(CLUSTERS)
    assert settings(file).table == "prod"
    found = settings(file, cluster="staging")
    assert (found.table, found.bucket, found.region, found.user) == ("staging", None, "eu-west-1", "amy")
    assert str(found.source("region")) == f"{file}:7: clusters.staging.region"
    assert settings(file, {"REFLOWTOP_CLUSTER": "dev"}).bucket == "dev-logs"
    file.write_text(f'cluster = "dev"\n{CLUSTERS}')
    assert settings(file).table == "dev"


def test_a_cluster_comes_right_after_what_has_chosen_it(file: Path) -> None:
    file.write_text(CLUSTERS)
    environ = {"REFLOWTOP_TABLE": "of-environment"}
    assert settings(file, environ, cluster="dev").table == "dev"
    assert settings(file, environ, cluster="dev", table="of-flag").table == "of-flag"
    assert settings(file, {**environ, "REFLOWTOP_CLUSTER": "dev"}).table == "of-environment"


def test_an_unknown_cluster_is_refused(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"--cluster: unknown cluster 'stage'; .*config\.toml defines no clusters"):
        settings(file, cluster="stage")
    file.write_text(CLUSTERS)
    with pytest.raises(SettingsError, match=r"^REFLOWTOP_CLUSTER: unknown cluster 'stage'; did you mean staging\?$"):
        settings(file, {"REFLOWTOP_CLUSTER": "stage"})


# What is wrong


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('tabel = "x"\n', ":1: tabel: unknown setting; did you mean table?"),
        ('# x\n\nendpoint-url = "x"\n', ":3: endpoint-url: unknown setting; did you mean endpoint_url?"),
        ("zzz = 1\n", ":1: zzz: unknown setting; choose from table, bucket, region, profile, endpoint_url, user"),
        ('until = "1h"\n', ":1: until: unknown setting; "),
        ('interval = "soon"\n', ":1: interval: 'soon' is not a time span; write it like 5s or 1m30s"),
        ("interval = 0\n", ":1: interval: 0 is too short; the minimum is 1s"),
        ("interval = true\n", ":1: interval: 'true' is not a time span"),
        ("interval = 2.5\n", ":1: interval: '2.5' is not a time span"),
        ("user = 5\n", ":1: user: 5 is not a string; put it in quotes"),
        ("user = ''\n", ":1: user is empty; give it a value or remove it"),
        ("since = 10\n", ":1: since: '10' is not a time; write it like 10m"),
        ("since = 2026-12-01\n", ":1: since 2026-12-01 is in the future; it is now 2026-11-03T01:30 UTC"),
        ("read_budget = 0\n", ":1: read_budget: 0 is not a number above 0"),
        ("read_budget = true\n", ":1: read_budget: true is not a number above 0"),
        ("read_budget = nan\n", ":1: read_budget: nan is not a number above 0"),
        ("price = [1]\n", ":1: price: [1] is not a number of 0 or more"),
        ('mouse = "maybe"\n', ":1: mouse: 'maybe' is not yes or no"),
        ("ascii = 7\n", ":1: ascii: 7 is not yes, no or auto"),
        ('clipboard = "osc"\n', ":1: clipboard: 'osc' is not one of auto, tmux, osc52, off; did you mean osc52?"),
        ('filter = "stat:x"\n', ":1: filter: no key 'stat'; there are user state"),
        ("keys = 1\n", ":1: keys: 1 is not a table; start it with [keys]"),
        ("[keys]\n\npause = 1\n", ':3: keys.pause: 1 is not a list of strings such as ["one", "two"]'),
        ("[keys]\ntable.x = [1]\n", ":2: keys.table.x: [1] is not a list of strings"),
        ("[clusters]\nprod = 1\n", ":2: clusters.prod: 1 is not a table; start it with [clusters.prod]"),
        ('[clusters.prod]\nbuckt = "x"\n', ":2: clusters.prod.buckt: unknown setting; did you mean bucket?"),
        ("user = \n", ":1: not valid TOML: Invalid value, column 8"),
        ('user = "a"\nuser = "b"\n', ":2: not valid TOML: Cannot overwrite a value, column 11"),
        ('user = "a', " is not valid TOML: "),
        (b"# one\nuser = '\xff'\n", ":2: not UTF-8; save the file as UTF-8"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_the_remedy(file: Path, text: str | bytes, message: str) -> None:
    assert complaint(file, text).startswith(message)


def test_a_file_that_is_named_has_to_be_there(file: Path) -> None:
    for flags, environ in (({"config": str(file)}, {}), ({}, {"REFLOWTOP_CONFIG": str(file)})):
        with pytest.raises(
            SettingsError, match=f"^{re.escape(str(file))} does not exist; create it or name another file"
        ):
            load({"table": "prod", **flags}, environ, NOW)
    with pytest.raises(SettingsError, match=r"cannot be read \(Is a directory\)"):
        load({"table": "prod", "config": str(file.parent)}, {}, NOW)
    file.write_text('user = "amy"\n')
    assert load({"table": "prod", "config": str(file)}, {"REFLOWTOP_CONFIG": "/nowhere"}, NOW).user == "amy"


def test_looks_are_taken_from_everywhere_but_the_rest_from_flags_alone(file: Path) -> None:
    file.write_text(EVERYTHING)
    found = load(
        {"table": "demo"}, {**UTF8, "REFLOWTOP_USER": "bob"}, NOW, config=file, reflow_config=file, display_only=True
    )
    assert (found.table, found.bucket, found.user, found.interval) == ("demo", None, None, DEFAULT_INTERVAL)
    assert (found.theme, found.mouse, found.columns) == ("nord", False, {"runs": ("run", "state")})


def test_lines_of_keys() -> None:
    text = '''\
a = """
b = 1
"""  # comment
"c d".e = [
  "[x]", # f = 1
  'g = 2',
]

[ t . "u.v" ]
w = { x = 1, y = { z = 2 } }

[[many]]
one = 1
[[many]]
'''
    assert find_key_lines(text) == {
        "a": 1,
        "c d": 4,
        "c d.e": 4,
        "t": 9,
        "t.u.v": 9,
        "t.u.v.w": 10,
        "t.u.v.w.x": 10,
        "t.u.v.w.y": 10,
        "t.u.v.w.y.z": 10,
        "many": 12,
    }
    assert find_key_lines('\r\na = 1\r\nb = "\u2028"\r\n\r\nc = 1') == {"a": 2, "b": 3, "c": 5}


# reflowtop settings


def shown(capsys: Captured, *args: str) -> str:
    assert exit_status.run_command(cli.reflowtop, ("settings", *args)) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_the_settings_and_where_they_come_from(
    file: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("REFLOWTOP_USER", "bob\x1b")
    file.write_text(EVERYTHING)
    out = shown(capsys, "--config", str(file), "--no-mouse")
    lines = {line.split()[0]: " ".join(line.split()[1:]) for line in out.splitlines()}
    assert out.splitlines()[0] == f"configuration file: {file}"
    assert lines["table"] == f"reflow-prod {file}:1"
    assert lines["user"] == "bob␛ REFLOWTOP_USER"
    assert lines["mouse"] == "no --no-mouse"
    assert lines["until"] == "- default"
    assert lines["keys.pause"] == f"P space {file}:19"
    assert lines["columns.runs"] == f"run state {file}:24"


def test_without_a_table_there_are_settings_still(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME")
    found = json.loads(shown(capsys, "-o", "json"))
    assert found["file"]["found"] is False
    assert Path(found["file"]["path"]).is_relative_to(tmp_path)
    assert found["settings"]["table"] == {"value": None, "source": "default"}
    assert found["settings"]["interval"] == {"value": "5s", "source": "default"}
    assert list(found["settings"]) == list(BY_NAME)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('theme = "nrod"\n', "1: theme: unknown theme 'nrod'; did you mean nord?"),
        ('[keys]\npasue = "P"\n', "2: keys.pasue: no such command; did you mean pause?"),
        ('[columns]\n\nruns = ["stat"]\n', "3: columns.runs: no column 'stat'; did you mean state?"),
    ],
)
def test_what_only_the_dashboard_can_know_is_said_here_too(
    file: Path, capsys: Captured, text: str, message: str
) -> None:
    file.write_text(text)
    assert exit_status.run_command(cli.reflowtop, ("settings", "--config", str(file))) == ExitCode.USAGE
    captured = capsys.readouterr()
    assert captured.out.startswith(f"configuration file: {file}\n")
    assert captured.err == f"reflowtop: {file}:{message}\n"


def test_a_locale_without_signs_is_no_mistake(file: Path) -> None:
    file.write_text('user = "✗"\n')
    environ = {**os.environ, "PYTHONIOENCODING": "latin-1", "REFLOWTOP_CONFIG": str(file)}
    done = subprocess.run([sys.executable, "-m", "tui", "settings"], env=environ, capture_output=True, check=True)
    assert re.search(rb"(?m)^user +\? ", done.stdout)
    assert done.stderr == b""


def test_the_locale_decides_on_ascii(file: Path) -> None:
    assert not settings(file, table="prod").ascii
    found = settings(file, {"LANG": "C"}, table="prod")
    assert found.ascii
    assert str(found.source("ascii")) == "LANG=C"
    for given in ({"ascii": "no"}, {"ascii": "no", "config": None}):
        assert not settings(file, {"LANG": "C"}, table="prod", **given).ascii
    assert settings(file, {"LANG": "C", "REFLOWTOP_ASCII": "auto"}, table="prod").ascii
    assert settings(file, {"REFLOWTOP_ASCII": "1"}, table="prod").ascii


def test_the_example_is_a_file_in_which_everything_stands(file: Path, capsys: Captured) -> None:
    example = shown(capsys, "--example")
    file.write_text(example)
    assert settings(file, table="prod") == Settings(table="prod")
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
