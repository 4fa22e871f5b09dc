"""The configuration file, and what is shown of all settings."""

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.config_files import EVERYTHING
from tui.settings import Settings, SettingsError, load
from tui.settings.fields import FIELDS

NOW = datetime(2026, 11, 3, 1, 30, tzinfo=UTC)
UTF8 = {"LANG": "C.UTF-8"}

CLUSTERS = "".join(f"[clusters.c{i}]\ntable = 'abc'\n" for i in range(1000))

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def settings(file: Path, environ: Mapping[str, str] | None = None, **flags: str | None) -> Settings:
    return load(flags, {**UTF8, **(environ or {})}, NOW, config=file, reflow_config=file.with_name("reflow.yaml"))


def error_of(file: Path, text: str | bytes) -> str:
    """Return the message of the error about the file, after its path."""
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(SettingsError) as raised:
        settings(file, table="reflow-prod")
    message = str(raised.value)
    assert "\n" not in message
    assert message.startswith(f"{file}")
    return message.removeprefix(f"{file}")


def test_every_setting_is_accepted(file: Path) -> None:
    file.write_text(EVERYTHING)
    found = settings(file)
    assert (found.table, found.bucket, found.region, found.profile) == ("reflow-prod", "logs", "us-west-2", "oncall")
    assert (found.endpoint_url, found.user, found.since.text) == ("http://127.0.0.1:8000", "amy", "2026-11-02")
    assert (found.interval, found.read_budget, found.price) == (timedelta(seconds=2), 12.5, 0)
    assert (found.filter.text, found.mouse, found.theme, found.ascii) == ("state:stale", False, "nord", True)
    assert (found.clipboard, found.notify, found.tz.text) == ("osc52", False, "Europe/Berlin")
    assert found.keys == {"pause": ("P", "space"), "table.cursor_down": ("down", "j"), "table.cursor_up": ("up",)}
    assert found.columns == {"runs": ("run", "state")}
    assert found.prices == {"r5.2xlarge": Decimal("0.504"), "m5.large": Decimal("0.1")}
    assert found.price_discount == Decimal("0.3")
    everywhere = {name for name, source in found.sources.items() if source.place.startswith(f"{file}:")}
    names = {f"keys.{name}" for name in found.keys} | {f"columns.{name}" for name in found.columns}
    names |= {f"prices.{name}" for name in (*found.prices, "discount")}
    assert everywhere == {field.name for field in FIELDS if field.in_file} | names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('tabel = "x"\n', ":1: tabel: unknown setting; did you mean table?"),
        ('# x\n\nendpoint-url = "x"\n', ":3: endpoint-url: unknown setting; did you mean endpoint_url?"),
        ("[prices]\nr5.large = -1\n", ":2: prices.r5.large: -1 is not a price in US dollars per hour, such as 0.504"),
        (
            '[prices]\ndiscount = "130%"\n',
            ":2: prices.discount: '130%' is not a discount from 0 to below 1, such as 0.3 or \"30%\"",
        ),
        ("prices = 3\n", ":1: prices: 3 is not a table; start it with [prices]"),
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
        ("read_budget = 0\n", ":1: read_budget: 0 is not a number of RCU per second from 0.01 to 1000000"),
        ("read_budget = 1e-320\n", ":1: read_budget: 1e-320 is not a number of RCU per second from 0.01 to 1000000"),
        ("read_budget = inf\n", ":1: read_budget: inf is not a number of RCU per second"),
        ("read_budget = 2023-01-01\n", ":1: read_budget: 2023-01-01 is not a number of RCU per second"),
        (f"read_budget = 0x{'f' * 5000}\n", ":1: read_budget: a number of over 4300 digits is not a number of RCU"),
        (f"# x\nread_budget = {'9' * 5000}\n", ":2: a number has too many digits; shorten it"),
        ("price = 1e308\n", ":1: price: 1e+308 is not a price from 0 to 1000000"),
        (
            '[prices]\n"r5.large" = "1e999999"\n',
            ":2: prices.r5.large: '1e999999' is not a price in US dollars",
        ),
        ('interval = "400d"\n', ":1: interval: '400d' is too long; the maximum is 1d"),
        (
            'endpoint_url = "http://amy:hunter2@h/"\n',
            ":1: endpoint_url: 'http://***@h/' is not an endpoint URL",
        ),
        (f"{'a.' * 500}b = 1\n", ":1: a: nested over 20 levels deep; no setting is"),
        (f"{'a.' * 5000}b = 1\n", (":1: a: nested over 20 levels deep", ": a value is nested too deeply")),  # 3.14
        (f"[keys]\n{'a.' * 500}b = ['x']\n", ":1: keys: nested over 20 levels deep; no setting is"),
        (f"x = {'[' * 5000}{']' * 5000}\n", ": a value is nested too deeply; shorten it"),
        ("table = 'abc'\n" + "= = =\n" * 3000, ":2: not valid TOML"),
        ("".join(f"x{i} = 1\n" for i in range(3000)), ":1: x0: unknown setting"),
        (
            CLUSTERS + "wrong = 1\n",
            ":2001: clusters.c999.wrong: unknown setting",
        ),
        ("read_budget = true\n", ":1: read_budget: true is not a number of RCU per second"),
        ("read_budget = nan\n", ":1: read_budget: nan is not a number of RCU per second"),
        ("price = [1]\n", ":1: price: [1] is not a price from 0 to 1000000"),
        ('mouse = "maybe"\n', ":1: mouse: 'maybe' is not yes or no"),
        ("ascii = 7\n", ":1: ascii: 7 is not yes, no or auto"),
        ('clipboard = "osc"\n', ":1: clipboard: 'osc' is not one of auto, tmux, osc52, off; did you mean osc52?"),
        ('filter = "stat:x"\n', ":1: filter: no key 'stat'; there are state user"),
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
def test_errors_name_the_line_and_the_remedy(file: Path, text: str | bytes, message: str | tuple[str, ...]) -> None:
    assert error_of(file, text).startswith(message)


def test_a_byte_order_mark_is_skipped(file: Path) -> None:
    file.write_bytes(b'\xef\xbb\xbftable = "reflow-prod"\nuser = "amy"\n')
    found = settings(file)
    assert (found.table, found.user, found.source("user").place) == ("reflow-prod", "amy", f"{file}:2")


def test_a_process_substitution_is_a_file() -> None:
    reader, writer = os.pipe()
    os.write(writer, b'user = "amy"\n')
    os.close(writer)
    try:
        assert load({"table": "prod", "config": f"/dev/fd/{reader}"}, {}, NOW).user == "amy"
    finally:
        os.close(reader)


def test_named_file_must_exist(file: Path) -> None:
    for flags, environ in (({"config": str(file)}, {}), ({}, {"REFLOWTOP_CONFIG": str(file)})):
        with pytest.raises(
            SettingsError, match=f"^{re.escape(str(file))} does not exist; create it or name another file"
        ):
            load({"table": "prod", **flags}, environ, NOW)
    with pytest.raises(SettingsError, match=r"cannot be read \(it is a directory\)"):
        load({"table": "prod", "config": str(file.parent)}, {}, NOW)
    file.write_text('user = "amy"\n')
    assert load({"table": "prod", "config": str(file)}, {"REFLOWTOP_CONFIG": "/nowhere"}, NOW).user == "amy"
