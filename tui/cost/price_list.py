"""On-demand prices from the AWS Price List API: `pricing:GetProducts`, which only some regions serve.

Requests are free; they need credentials with the permission `pricing:GetProducts`.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from store.aws.error_mapping import BadReply, map_exception
from store.aws.retry import RETRIES, Retries
from store.aws.session import open_client, open_session
from store.errors import Error, ErrorKind
from tui.cost.price_file import PriceList, PriceListSource

REGION = "us-east-1"
"""The region of the endpoint, whatever the region of the prices."""
# A Linux host without a licence, on shared hardware, at the price without a reservation.
_MOST_PAGES = 100  # a type has two or three offers in a region
_FILTERS: Mapping[str, str] = {
    "operatingSystem": "Linux",
    "tenancy": "Shared",
    "preInstalledSw": "NA",
    "capacitystatus": "Used",
    "marketoption": "OnDemand",
}


class HostType(NamedTuple):
    """A type of host in a region."""

    region: str
    name: str


class Found(NamedTuple):
    """The prices found, and the types that AWS does not sell in their region."""

    prices: PriceList
    missing: tuple[HostType, ...]


class _Dimension(msgspec.Struct):
    unit: str = ""
    price_per_unit: dict[str, Decimal] = msgspec.field(name="pricePerUnit", default_factory=dict)


class _Term(msgspec.Struct):
    dimensions: dict[str, _Dimension] = msgspec.field(name="priceDimensions", default_factory=dict)


class _Terms(msgspec.Struct):
    on_demand: dict[str, _Term] = msgspec.field(name="OnDemand", default_factory=dict)


class _Offer(msgspec.Struct):
    terms: _Terms


async def fetch(
    types: Iterable[HostType],
    today: date,
    *,
    profile: str | None = None,
    endpoint_url: str | None = None,
    retries: Retries = RETRIES,
) -> Found:
    """Return the prices of `types` as of `today`, from AWS or from the service at `endpoint_url`.

    Raises Error if any of them cannot be read, because a partial list would look complete.
    """
    wanted = sorted(set(types))
    session = await open_session(region=REGION, profile=profile)
    async with open_client(session, "pricing", endpoint_url=endpoint_url) as client:
        # Sequential: a cluster has few types, and the API throttles at ten requests a second.
        found = [await _read_price(client, host, retries) for host in wanted]
    regions: dict[str, dict[str, Decimal]] = {}
    missing = []
    for host, usd in zip(wanted, found, strict=True):
        if usd is None:
            missing.append(host)
        else:
            regions.setdefault(host.region, {})[host.name] = usd
    return Found(PriceList(source=PriceListSource.AWS, as_of=today, regions=regions), tuple(missing))


async def _read_price(client: Any, host: HostType, retries: Retries) -> Decimal | None:
    """Return the price of an hour of a type in US dollars, or None if its region does not sell it."""
    filters = {"instanceType": host.name, "regionCode": host.region, **_FILTERS}
    request: dict[str, Any] = {
        "ServiceCode": "AmazonEC2",
        "FormatVersion": "aws_v1",
        "Filters": [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in filters.items()],
    }
    op, found = "pricing.GetProducts", list[Decimal]()

    async def ask() -> str | None:
        try:
            reply = await client.get_products(**request)
            offers = _offers_in(reply)
        except Exception as error:
            raise map_exception(error, op, (host.name, host.region)) from error
        found.extend(usd for offer in offers for usd in _prices_in(offer))
        return reply.get("NextToken") or None

    pages = 0
    while token := await retries.run(ask, op, (host.name, host.region)):
        pages += 1
        if pages >= _MOST_PAGES or token == request.get("NextToken"):
            raise Error(ErrorKind.INTEGRITY, op, (host.name, host.region), f"gave up after {pages} pages")
        request["NextToken"] = token
    # If several offers match all filters, the highest price is still an upper bound.
    return max(found, default=None)


def _offers_in(reply: Mapping[str, Any]) -> list[_Offer]:
    """Return the offers in a reply. Raises BadReply for a reply of another server, such as the page of a proxy."""
    if "PriceList" not in reply:
        raise BadReply("a reply without a list of prices")
    try:
        return [msgspec.json.decode(text, type=_Offer) for text in reply["PriceList"]]
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise BadReply(f"an offer that cannot be read: {error}") from error


def _prices_in(offer: _Offer) -> Iterator[Decimal]:
    for term in offer.terms.on_demand.values():
        for dimension in term.dimensions.values():
            if dimension.unit == "Hrs" and "USD" in dimension.price_per_unit:
                yield dimension.price_per_unit["USD"]
