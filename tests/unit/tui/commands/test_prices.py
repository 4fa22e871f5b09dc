"""`reflowtop prices`."""

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.rows import NOW, make_pool
from tests.support.scripted_db import ScriptedDB
from tui import cli, exit_status
from tui.commands import prices as command
from tui.cost import price_file, price_list
from tui.cost.price_file import PriceList, PriceListSource
from tui.cost.price_list import Found, HostType
from tui.settings import Settings

Captured = pytest.CaptureFixture[str]
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run `reflowtop prices` with a state folder of its own; return exit code, output and errors."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)

    def run_prices(*args: object) -> tuple[int, str, str]:
        code = exit_status.run_command(cli.reflowtop, ["prices", *map(str, args)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run_prices


def test_without_prices_the_output_names_the_ways_to_get_them(run: Run) -> None:
    code, out, err = run()
    assert (code, err) == (0, "")
    hint = "`reflowtop prices update` or `reflowtop prices import FILE` sets it"
    assert [" ".join(line.split()) for line in out.splitlines()] == [
        "settings not set -",
        f"price list not set - {hint}",
        "",
        "No prices: costs are unknown.",
    ]


def test_a_file_is_imported_and_shown(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("type,usd_per_hour\nr5.2xlarge,0.504\n")
    assert run("import", file, "--region", "us-west-2", "--date", "2026-11-01") == (
        0,
        "1 price in 1 region: imported from list.csv, prices of 2026-11-01\n",
        "",
    )
    code, out, _ = run("-o", "json")
    document = json.loads(out)
    assert code == 0
    assert document["prices"] == [
        {"region": "us-west-2", "type": "r5.2xlarge", "usd_per_hour": 0.504, "source": "import"}
    ]
    assert document["sources"][0]["status"] == "not set"
    assert "us-west-2        r5.2xlarge             0.504  import" in run()[1]


def test_many_prices_are_those_of_the_region_if_there_is_one(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    regions = {"us-west-2": 20, "us-east-1": 30}
    rows = [f"{region},m5.{n}large,0.5" for region, count in regions.items() for n in range(count)]
    file.write_text("\n".join(["region,type,usd", *rows]))
    assert run("import", file)[0] == 0
    assert sum("large" in line for line in run()[1].splitlines()) == 50
    lines = run("--region", "us-west-2")[1].splitlines()
    assert sum("large" in line for line in lines) == 20
    assert lines[-1] == "30 prices of other regions than us-west-2: see -o json"


def test_an_import_says_what_it_replaces(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("region,type,usd\nus-west-2,r5.2xlarge,0.5\n")
    run("import", file, "--date", "2026-11-01")
    file.write_text("region,type,usd\nus-west-2,r5.2xlarge,0.6\n")
    assert run("import", file, "--date", "2026-11-02")[1] == (
        "1 price in 1 region: imported from list.csv, prices of 2026-11-02;"
        " replaces imported from list.csv, prices of 2026-11-01; 1 price has changed\n"
    )


def test_a_bad_file_changes_nothing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text("region,type,usd\nus-west-2,r5.2xlarge,much\n")
    assert run("import", file) == (
        1,
        "",
        "reflowtop: list.csv:2: 'much' is not a price in US dollars per hour\n",
    )
    assert price_file.read(price_file.default_path()) is None
    code, _, err = run("import", tmp_path / "gone.csv")
    assert (code, err) == (1, f"reflowtop: {tmp_path / 'gone.csv'} cannot be read: No such file or directory\n")
    os.mkfifo(tmp_path / "fifo.csv")
    code, _, err = run("import", tmp_path / "fifo.csv")
    assert (code, err) == (1, f"reflowtop: {tmp_path / 'fifo.csv'} cannot be read: it is a FIFO\n")


def test_an_unreadable_price_list_is_reported(run: Run) -> None:
    path = price_file.default_path()
    path.parent.mkdir(parents=True)
    path.write_text("[]")
    code, out, _ = run()
    assert code == 1
    assert "unreadable" in out
    assert "`, or import a file, to replace it" in out


def test_an_import_in_place_of_an_unreadable_list_advises_nothing(run: Run, tmp_path: Path) -> None:
    path = price_file.default_path()
    path.parent.mkdir(parents=True)
    path.write_text("{")
    file = tmp_path / "list.csv"
    file.write_text("region,type,usd\nus-west-2,r5.2xlarge,0.5\n")
    code, _, err = run("import", file)
    why = f"{path} is not a price list (Input data was truncated)"
    assert (code, err) == (0, f"reflowtop: replacing a file that cannot be used: {why}\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["import"], "name the FILE to import"),
        (["update", "x.csv"], "update takes no FILE"),
        (["show", "--type", "m5.large"], "--type needs the action update"),
        (["--since", "1d"], "--since needs the action update"),
        (["update", "--date", "2026-11-01"], "--date needs the action import"),
        (["import", "x.csv", "-o", "json"], "-o json needs the action show; import prints a line of text"),
        (["update", "-o", "json"], "-o json needs the action show; update prints a line of text"),
    ],
)
def test_options_of_other_actions_are_refused(run: Run, args: list[str], message: str) -> None:
    code, out, err = run(*args)
    assert (code, out) == (2, "")
    assert err == f"reflowtop: {message}; see reflowtop prices --help\n"


async def test_types_in_use_are_those_of_the_pools_read() -> None:
    db = ScriptedDB(make_pool("i-1", uri="ip-10-0-0-1.ec2.internal"), make_pool("i-2"), make_pool("i-3", pool_type=""))
    found = await command.find_types(db, Settings(table="t", region="us-west-2"), NOW)
    assert found == {HostType("us-east-1", "r5.2xlarge"), HostType("us-west-2", "r5.2xlarge")}


def test_an_update_fetches_types_in_use_and_of_the_last_update(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    large, huge, old = (HostType("us-west-2", name) for name in ("m5.large", "x9.huge", "c4.large"))
    before = PriceList(
        source=PriceListSource.AWS, as_of=date(2026, 10, 1), regions={"us-west-2": {"c4.large": Decimal("0.1")}}
    )
    price_file.write(price_file.default_path(), before)
    asked: list[HostType] = []

    async def fetch(types: set[HostType], today: date, **_: object) -> Found:
        asked.extend(sorted(types))
        regions = {"us-west-2": {"m5.large": Decimal("0.096"), "c4.large": Decimal("0.1")}}
        return Found(PriceList(source=PriceListSource.AWS, as_of=today, regions=regions), (huge,))

    monkeypatch.setattr(command, "run_with_db", lambda *_: {large})
    monkeypatch.setattr(price_list, "fetch", fetch)
    code, out, err = run("update", "--table", "prod", "--region", "us-west-2", "--type", "x9.huge")
    assert asked == [old, large, huge]
    today = datetime.now(UTC).date()
    replaced = "replaces AWS Price List API, prices of 2026-10-01; 0 prices have changed"
    assert (code, out) == (0, f"2 prices in 1 region: AWS Price List API, prices of {today}; {replaced}\n")
    assert "AWS has no on-demand price of x9.huge in us-west-2; its cost stays unknown" in err


def test_the_demo_cannot_be_updated(run: Run) -> None:
    code, _, err = run("update", "--table", "reflow-demo", "--endpoint-url", "http://127.0.0.1:1")
    assert code == 2
    assert "the demo has made-up prices" in err
    assert "r5.2xlarge" in run("--table", "reflow-demo", "--endpoint-url", "http://127.0.0.1:1")[1]
