from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.doctor_checks import doctor_settings
from tests.support.rows import NOW
from tui.cost import price_file
from tui.cost.price_file import PriceList, PriceListSource
from tui.doctor.price_check import check_prices
from tui.settings.command_hint import command_hint

LISTED = PriceList(source=PriceListSource.AWS, as_of=NOW.date(), regions={"us-west-2": {"r5.large": Decimal("0.126")}})


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the price list, which does not exist yet."""
    path = tmp_path / "prices.json"
    monkeypatch.setattr(price_file, "default_path", lambda: path)
    return path


@pytest.mark.usefixtures("path")
def test_without_prices_there_is_nothing_to_check() -> None:
    result = check_prices(doctor_settings("https://dynamodb.us-west-2.amazonaws.com"), NOW)
    assert (result.status, "`reflowtop prices update --table reflow-prod " in result.found) == ("skipped", True)


def test_prices_of_settings_and_list_are_named_with_their_age(path: Path) -> None:
    price_file.write(path, LISTED)
    settings = doctor_settings("", prices={"r5.xlarge": Decimal("0.1")})
    result = check_prices(settings, NOW + timedelta(days=3))
    assert result.status == "ok"
    assert result.found.startswith(
        "settings: 1 type: r5.xlarge; price list: AWS Price List API, prices of 2026-11-01, "
    )
    assert result.found.endswith(", 3 days old")
    assert [source["age_days"] for source in result.data["sources"]] == [None, 3]


def test_old_prices_are_a_warning(path: Path) -> None:
    price_file.write(path, LISTED)
    settings = doctor_settings("")
    result = check_prices(settings, NOW + timedelta(days=400))
    assert (result.status, result.remedy) == ("warning", f"run `{command_hint(settings, 'prices', 'update')}`")
    assert "price list (old)" in result.found


def test_a_price_list_that_cannot_be_read_is_a_warning(path: Path) -> None:
    path.write_text("{")
    result = check_prices(doctor_settings(""), NOW)
    assert (result.status, result.data["sources"][-1]["status"]) == ("warning", "unreadable")
    assert result.found.endswith("is not a price list (Input data was truncated)")
    update = command_hint(doctor_settings(""), "prices", "update")
    assert result.remedy == f"run `{update}`, or import a file, to replace it"
