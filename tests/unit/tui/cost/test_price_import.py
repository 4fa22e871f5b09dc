"""Price lists from files."""

from datetime import date
from decimal import Decimal

import pytest

from tui.cost.price_file import PriceListSource
from tui.cost.price_import import PriceImportError, compare, parse

TODAY = date(2026, 11, 29)


def regions(data: str | bytes, region: str = "") -> dict[str, dict[str, Decimal]]:
    return parse(data if isinstance(data, bytes) else data.encode(), "list.csv", TODAY, region).regions


def test_a_csv_with_regions() -> None:
    text = "region,type,usd_per_hour\nus-west-2,r5.2xlarge,0.504\n\nus-east-1, r5.2xlarge ,$0.50\n"
    assert regions(text) == {
        "us-west-2": {"r5.2xlarge": Decimal("0.504")},
        "us-east-1": {"r5.2xlarge": Decimal("0.50")},
    }
    found = parse(text.encode(), "list.csv", TODAY)
    assert (found.source, found.name, found.as_of) == (PriceListSource.IMPORT, "list.csv", TODAY)


def test_a_csv_of_one_region_with_other_headers_and_a_bom() -> None:
    text = "\ufeffInstance_Type,vCPU,OnDemand\r\nm5.large,2,0.096\r\n"
    assert regions(text, "eu-west-1") == {"eu-west-1": {"m5.large": Decimal("0.096")}}


def test_the_json_of_ec2instances_info() -> None:
    text = """[
      {"instance_type": "r5.2xlarge", "vCPU": 8, "pricing": {
        "us-west-2": {"linux": {"ondemand": "0.504", "spot_min": "0.1", "reserved": {}}, "mswin": {"ondemand": "0.9"}},
        "us-east-1": {"linux": {"ondemand": 0.5}, "ebs": "0"},
        "eu-west-1": {"mswin": {"ondemand": "0.9"}},
        "eu-west-2": {"linux": {"ondemand": "N/A"}},
        "eu-west-3": {"linux": {"ondemand": "0"}}}},
      {"instance_type": "u-6tb1.metal"}]"""
    assert regions(text) == {
        "us-west-2": {"r5.2xlarge": Decimal("0.504")},
        "us-east-1": {"r5.2xlarge": Decimal("0.5")},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "list.csv:1: no columns for type and price; begin with the line type,usd_per_hour or region,type,usd_per"),
        ("a,b\n1,2\n", "list.csv:1: no columns for type and price"),
        ("type,usd\nm5.large,1\n", "list.csv:1: no column for the region; add one, or use --region"),
        ("region,type,usd\nus-west-2,m5.large,x\n", "list.csv:2: 'x' is not a price in US dollars per hour"),
        ("region,type,usd\nus-west-2,m5.large,-1\n", "list.csv:2: '-1' is not a price in US dollars per hour"),
        ("region,type,usd\nus-west-2,m5.large,nan\n", "list.csv:2: 'nan' is not a price in US dollars per hour"),
        ("region,type,usd\nus-west-2,m5.large,1e30\n", "list.csv:2: '1e30' is not a price in US dollars per hour"),
        ("region,type,usd\nus-west-2,m5.large\n", "list.csv:2: '' is not a price in US dollars per hour"),
        ("region,type,usd\nOregon,m5.large,1\n", "list.csv:2: 'Oregon' is not a region, such as us-west-2"),
        ("region,type,usd\nus-west-2,\x1b[2J,1\n", "list.csv:2: '\\x1b[2J' is not a type, such as r5.2xlarge"),
        (
            "region,type,usd\nus-west-2,m5.large,1\nus-west-2,m5.large,2\n",
            "list.csv:3: a second price of m5.large in us-west-2; keep one of them",
        ),
        ("region,type,usd\n", "list.csv has no prices"),
        ("[]", "list.csv has no prices"),
        ("{}", "list.csv is not the JSON of ec2instances.info (Expected `array`, got `object`)"),
        ("[1", "list.csv is not the JSON of ec2instances.info (Expected `object`, got `int`"),
        (b"type,usd\n\xff,1\n", "list.csv is neither UTF-8 nor JSON; save it as UTF-8"),
        ('region,type,usd\nus-west-2,"m5.lar"ge,1\n', "list.csv is not CSV ("),
    ],
)
def test_another_file_is_refused_with_the_line_and_the_remedy(text: str | bytes, message: str) -> None:
    with pytest.raises(PriceImportError) as raised:
        regions(text)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_prices_that_differ_are_counted() -> None:
    before = {"us-west-2": {"a": Decimal(1), "b": Decimal(2)}, "us-east-1": {"a": Decimal(1)}}
    after = {"us-west-2": {"a": Decimal("1.0"), "b": Decimal(3), "c": Decimal(1)}}
    assert compare(before, after) == 1
