"""On-demand prices from the AWS Price List API, served from a script."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from store import Error, FailureReason
from store.aws.retry import Retries
from tests.support.fake_aws import Reply, error, fake_aws, ok, use_made_up_credentials
from tui.cost.price_file import PriceListSource
from tui.cost.price_list import HostType, fetch

TODAY = date(2026, 11, 29)
LARGE, HUGE = HostType("us-west-2", "m5.large"), HostType("us-west-2", "x9.huge")


@pytest.fixture(autouse=True)
def made_up_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    use_made_up_credentials(monkeypatch)


async def _no_wait(_: float) -> None:
    pass


RETRIES = Retries(sleep=_no_wait)


def offer(*prices: str, unit: str = "Hrs", currency: str = "USD") -> str:
    """An offer as AWS sends it: JSON in a string."""
    dimensions = {
        f"D{number}": {"unit": unit, "pricePerUnit": {currency: usd}, "description": "per On Demand Linux Hour"}
        for number, usd in enumerate(prices)
    }
    terms = {"OnDemand": {"SKU.JRT": {"effectiveDate": "2026-11-01T00:00:00Z", "priceDimensions": dimensions}}}
    return json.dumps({"product": {"productFamily": "Compute Instance"}, "serviceCode": "AmazonEC2", "terms": terms})


def page(*offers: str, **fields: Any) -> Reply:
    return ok({"FormatVersion": "aws_v1", "PriceList": list(offers), **fields})


async def test_prices_of_the_types_in_use() -> None:
    async with fake_aws(page(offer("0.0960000000"))) as aws:
        found = await fetch([LARGE, LARGE], TODAY, endpoint_url=aws.url)
    assert found.missing == ()
    assert (found.prices.source, found.prices.as_of) == (PriceListSource.AWS, TODAY)
    assert found.prices.regions == {"us-west-2": {"m5.large": Decimal("0.096")}}
    (request,) = aws.requests
    assert request.operation == "GetProducts"
    assert request.body["ServiceCode"] == "AmazonEC2"
    assert {each["Field"]: each["Value"] for each in request.body["Filters"]} == {
        "instanceType": "m5.large",
        "regionCode": "us-west-2",
        "operatingSystem": "Linux",
        "tenancy": "Shared",
        "preInstalledSw": "NA",
        "capacitystatus": "Used",
        "marketoption": "OnDemand",
    }


async def test_a_type_that_is_not_sold_is_named() -> None:
    async with fake_aws(page(offer("0.096")), page()) as aws:
        found = await fetch([HUGE, LARGE], TODAY, endpoint_url=aws.url)
    assert found.missing == (HUGE,)
    assert found.prices.regions == {"us-west-2": {"m5.large": Decimal("0.096")}}


async def test_the_highest_of_several_offers_is_a_bound() -> None:
    odd = offer("7", unit="Quantity"), offer("9", currency="CNY")
    async with fake_aws(page(offer("0.1"), *odd, NextToken="next"), page(offer("0.3", "0.2"))) as aws:
        found = await fetch([LARGE], TODAY, endpoint_url=aws.url)
    assert found.prices.regions["us-west-2"]["m5.large"] == Decimal("0.3")
    assert [request.body.get("NextToken") for request in aws.requests] == [None, "next"]


async def test_throttling_is_retried() -> None:
    async with fake_aws(error("ThrottlingException", "Rate exceeded"), page(offer("0.1"))) as aws:
        found = await fetch([LARGE], TODAY, endpoint_url=aws.url, retries=RETRIES)
    assert found.prices.regions["us-west-2"]["m5.large"] == Decimal("0.1")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (error("AccessDeniedException", "not authorized to perform: pricing:GetProducts"), FailureReason.DENIED),
        (page("no json"), FailureReason.BAD_REPLY),
        (ok({"PriceList": ['{"terms": 3}']}), FailureReason.BAD_REPLY),
        (ok({"login": "here"}), FailureReason.BAD_REPLY),
    ],
)
async def test_a_failure_yields_no_list(reply: Reply, reason: FailureReason) -> None:
    async with fake_aws(reply) as aws:
        with pytest.raises(Error) as raised:
            await fetch([LARGE, HUGE], TODAY, endpoint_url=aws.url, retries=RETRIES)
    assert raised.value.reason is reason
    assert raised.value.op == "pricing.GetProducts"
