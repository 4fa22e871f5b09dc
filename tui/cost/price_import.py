"""Price lists in other formats: CSV, or the JSON of ec2instances.info."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

import msgspec

from tui.cost.price_file import PriceList, PriceListSource
from tui.settings.values import is_price

_TYPE = ("type", "instance_type", "instancetype", "api name")
_PRICE = ("usd_per_hour", "usd", "price", "ondemand", "on_demand")
_REGION = ("region",)
_REGION_NAME = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d", re.ASCII)
_TYPE_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}", re.ASCII)
_COLUMNS = "type,usd_per_hour or region,type,usd_per_hour"

Prices = dict[str, dict[str, Decimal]]


class PriceImportError(ValueError):
    """The file is not a list of prices. The message is one line with the place in the file and the remedy."""


class _Linux(msgspec.Struct):
    ondemand: str | float | None = None


class _Systems(msgspec.Struct):
    linux: _Linux | None = None


class _Instance(msgspec.Struct):
    instance_type: str
    pricing: dict[str, _Systems] = {}


def parse(data: bytes, name: str, as_of: date, region: str = "") -> PriceList:
    """Return the price list in the file `name` with the content `data`, as of the date `as_of`.

    A file that starts with a bracket is the JSON of ec2instances.info; its on-demand prices of Linux count. Any other
    file is CSV with a header: the columns `type` and `usd_per_hour`, and `region` unless the argument `region` is
    given. Raises PriceImportError.
    """
    if data.lstrip()[:1] in (b"[", b"{"):
        regions = _from_json(data, name)
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise PriceImportError(f"{name} is neither UTF-8 nor JSON; save it as UTF-8") from error
        regions = _from_csv(text, name, region)
    if not regions:
        raise PriceImportError(f"{name} has no prices")
    return PriceList(source=PriceListSource.IMPORT, name=name, as_of=as_of, regions=regions)


def _from_json(data: bytes, name: str) -> Prices:
    try:
        instances = msgspec.json.decode(data, type=list[_Instance])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise PriceImportError(f"{name} is not the JSON of ec2instances.info ({error})") from error
    regions: Prices = {}
    for instance in instances:
        for region, systems in instance.pricing.items():
            usd = None if systems.linux is None else _dollars(systems.linux.ondemand)
            if usd:  # a type that a region does not sell has no price, or 0
                regions.setdefault(region, {})[instance.instance_type] = usd
    return regions


def _from_csv(text: str, name: str, region: str) -> Prices:
    rows = _rows(text, name)
    header = [column.strip().lower() for column in next(rows, ())]
    type_at, price_at = _find(header, _TYPE), _find(header, _PRICE)
    region_at = _find(header, _REGION)
    if type_at is None or price_at is None:
        raise PriceImportError(f"{name}:1: no columns for type and price; begin with the line {_COLUMNS}")
    if region_at is None and not region:
        raise PriceImportError(f"{name}:1: no column for the region; add one, or use --region")
    regions: Prices = {}
    for number, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        cells = [cell.strip() for cell in row] + [""] * len(header)
        where = region if region_at is None else cells[region_at]
        if not _REGION_NAME.fullmatch(where):
            raise PriceImportError(f"{name}:{number}: {where[:40]!r} is not a region, such as us-west-2")
        if not _TYPE_NAME.fullmatch(cells[type_at]):
            raise PriceImportError(f"{name}:{number}: {cells[type_at][:40]!r} is not a type, such as r5.2xlarge")
        usd = _dollars(cells[price_at].removeprefix("$"))
        if usd is None:
            raise PriceImportError(f"{name}:{number}: {cells[price_at][:40]!r} is not a price in US dollars per hour")
        before = regions.setdefault(where, {}).setdefault(cells[type_at], usd)
        if before != usd:
            raise PriceImportError(f"{name}:{number}: a second price of {cells[type_at]} in {where}; keep one of them")
    return regions


def _rows(text: str, name: str) -> Iterator[Sequence[str]]:
    try:
        yield from csv.reader(io.StringIO(text), strict=True)
    except csv.Error as error:
        raise PriceImportError(f"{name} is not CSV ({error})") from error


def _find(header: Sequence[str], names: Sequence[str]) -> int | None:
    return next((header.index(name) for name in names if name in header), None)


def _dollars(value: str | float | None) -> Decimal | None:
    try:
        usd = Decimal(str(value))
    except InvalidOperation:
        return None
    return usd if is_price(usd) else None


def compare(before: Mapping[str, Mapping[str, Decimal]], after: Mapping[str, Mapping[str, Decimal]]) -> int:
    """Return the number of prices in both lists that differ."""
    return sum(
        usd != after[region][name]
        for region, types in before.items()
        for name, usd in types.items()
        if name in after.get(region, {})
    )
