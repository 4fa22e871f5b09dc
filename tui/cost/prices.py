"""Prices of hosts: the price that applies to a pool, its source, and the text that names the source.

A price in the settings applies to its type in every region and is exact: the user states the cost of an hour. Every
other type has the on-demand price of its region in the price list, less the discount in the settings. It is an upper
bound, because hosts on the spot market cost less.
"""

import enum
import os
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec

from store import PoolRow
from tui.cost import price_file
from tui.cost.amount import UNKNOWN, Amount
from tui.cost.demo_prices import MADE_UP, is_demo
from tui.cost.price_file import PriceFileError, PriceList, PriceListSource
from tui.settings import Settings
from tui.settings.command_hint import command_hint
from tui.text import formats
from tui.text.text_cache import cache_short_texts

NOT_COUNTED = "disks, S3 and transfer not counted"
NO_PRICES = "no prices; see `reflowtop prices --help`"
# AWS rarely changes the price of a type, but adds types every month.
_OLD = timedelta(days=90)
_MOST_TYPES = 5_000
_LONGEST_URI = 1_000  # characters of a URI that is searched for a region, and kept with it
_REGION = re.compile(r"\.([a-z]{2}(?:-[a-z]+)+-\d)\.compute\.(?:amazonaws\.com(?:\.cn)?|internal)\b")
_FIRST_REGION = re.compile(r"\.(?:compute-1\.amazonaws\.com|ec2\.internal)\b")
_ARN = re.compile(r"arn:[a-z-]+:dynamodb:([a-z0-9-]+):")


class PriceOrigin(enum.StrEnum):
    """The kind of source that a price comes from."""

    SETTINGS = "settings"
    LIST = "list"
    DEMO = "demo"


class Price(msgspec.Struct, frozen=True):
    """The price of a type of host in US dollars per hour; only prices from the price list have `region` and `as_of`."""

    usd: Decimal
    origin: PriceOrigin
    region: str = ""
    as_of: date | None = None

    def for_seconds(self, seconds: float) -> Amount:
        """Return the cost of `seconds` of use."""
        usd = self.usd * Decimal(round(seconds * 1e6)) / 3_600_000_000
        return Amount.exact(usd) if self.origin is PriceOrigin.SETTINGS else Amount.at_most(usd)

    @property
    def per_hour(self) -> Amount:
        """The cost of an hour, as `for_seconds` returns it."""
        return self.for_seconds(3600)


class SourceStatus(enum.StrEnum):
    """The status of a source of prices."""

    IN_USE = "in use"
    NOT_SET = "not set"
    OLD = "old"
    UNREADABLE = "unreadable"


class PriceSource(msgspec.Struct, frozen=True):
    """A source of prices for `doctor`: its status, the age of its prices, and a text about it. Not yet safe to show."""

    name: str
    status: SourceStatus
    age: timedelta | None = None
    detail: str = ""


class PriceBook:
    """The prices that apply: those of the settings, then those of the price list `listed`.

    `problem` says why the price list could not be read; it is empty if it could, or if there is none. `made_up` are the
    prices of the demo, which replace all others.
    """

    def __init__(
        self,
        settings: Settings,
        listed: PriceList | None = None,
        problem: str = "",
        made_up: Mapping[str, Decimal] | None = None,
    ) -> None:
        self.listed = listed
        self.problem = problem
        self._settings = settings
        self.made_up = made_up
        self._region = default_region(settings, os.environ)
        self._known: dict[tuple[str, str], Price | None] = {}

    def __bool__(self) -> bool:
        return bool(self.made_up or self._settings.prices or self.listed)

    def price(self, pool_type: str, region: str) -> Price | None:
        """Return the price of an hour of a type in a region, or None if no source has it."""
        key = pool_type, region
        if key not in self._known:
            if len(self._known) >= _MOST_TYPES:  # AWS has some 900 types; a row may name any other
                self._known.clear()
            self._known[key] = self._find(pool_type, region)
        return self._known[key]

    def price_of(self, pool: PoolRow) -> Price | None:
        """Return the price of an hour of a pool, or None if no source has it."""
        return self.price(pool.pool_type, self.region_of(pool))

    def cost(self, pool: PoolRow, seconds: float) -> Amount:
        """Return the cost of a pool over some seconds; unknown without a price."""
        price = self.price_of(pool)
        return UNKNOWN if price is None else price.for_seconds(seconds)

    def region_of(self, pool: PoolRow) -> str:
        """Return the region in the host name of a pool, else the default region; empty if unknown."""
        return region_in(pool.uri[:_LONGEST_URI]) or self._region

    def _find(self, pool_type: str, region: str) -> Price | None:
        if self.made_up is not None:
            usd = self.made_up.get(pool_type)
            return None if usd is None else Price(usd, PriceOrigin.DEMO)
        own = self._settings.prices.get(pool_type)
        if own is not None:
            return Price(own, PriceOrigin.SETTINGS)
        usd = None if self.listed is None else self.listed.regions.get(region, {}).get(pool_type)
        if usd is None or self.listed is None:
            return None
        return Price(usd * (1 - self._settings.price_discount), PriceOrigin.LIST, region, self.listed.as_of)

    def label(self, prices: Iterable[Price]) -> str:
        """Return the text that follows an amount in a sentence: its price sources and exclusions."""
        used = set(prices)
        texts = []
        if any(price.origin is PriceOrigin.DEMO for price in used):
            texts.append("made-up prices of the demo")
        if any(price.origin is PriceOrigin.SETTINGS for price in used):
            texts.append("prices of the settings")
        listed = [price for price in used if price.origin is PriceOrigin.LIST]
        if listed:
            texts.append(self._list_label({price.region for price in listed}))
        return f"{' and '.join(texts)}; {NOT_COUNTED}" if texts else self._lack()

    def _lack(self) -> str:
        return f"{self.problem}; {replace_hint(self._settings)}" if self.problem else NO_PRICES

    def _list_label(self, regions: Iterable[str]) -> str:
        assert self.listed is not None  # noqa: S101 - its prices were used
        discount = self._settings.price_discount
        less = f" less {_percent(discount)}" if discount else ""
        imported = "imported " if self.listed.source is PriceListSource.IMPORT else ""
        return f"EC2 on-demand{less} ({', '.join(sorted(regions))}, {imported}prices of {self.listed.as_of})"

    def sources(self, now: datetime) -> list[PriceSource]:
        """Return every source of prices, the one that takes precedence first, with its status and age at `now`."""
        if self.made_up is not None:
            return [PriceSource("demo", SourceStatus.IN_USE, None, "made-up prices of the demo")]
        own, discount = self._settings.prices, self._settings.price_discount
        types = f"{len(own)} type{'' if len(own) == 1 else 's'}: {', '.join(sorted(own)[:5])}" if own else ""
        found = [PriceSource("settings", SourceStatus.IN_USE if own else SourceStatus.NOT_SET, None, types)]
        if discount:
            detail = f"{_percent(discount)} off the price list"
            found.append(PriceSource("discount", SourceStatus.IN_USE, None, detail))
        return [*found, self._list_source(now)]

    def _list_source(self, now: datetime) -> PriceSource:
        if self.problem:
            return PriceSource("price list", SourceStatus.UNREADABLE, None, self.problem)
        listed = self.listed
        if listed is None:
            update = command_hint(self._settings, "prices", "update")
            hint = f"`{update}` or `reflowtop prices import FILE` sets it"
            return PriceSource("price list", SourceStatus.NOT_SET, None, hint)
        age = now.date() - listed.as_of
        count = sum(map(len, listed.regions.values()))
        detail = f"{listed.describe()}, {formats.count(count, 'price')} in {', '.join(sorted(listed.regions)[:5])}"
        if len(listed.regions) > 5:
            detail = f"{listed.describe()}, {formats.count(count, 'price')} in {len(listed.regions)} regions"
        return PriceSource("price list", SourceStatus.OLD if age > _OLD else SourceStatus.IN_USE, age, detail)


def replace_hint(settings: Settings) -> str:
    """Return what to do about a price list that cannot be read."""
    return f"run `{command_hint(settings, 'prices', 'update')}`, or import a file, to replace it"


def load_book(settings: Settings, path: Path | None = None) -> PriceBook:
    """Return the prices that apply under `settings`, with the price list in `path` (default: in the state folder).

    If the file cannot be read, the book has no price list, and its `problem` says why.
    """
    if is_demo(settings):
        return PriceBook(settings, made_up=MADE_UP)
    try:
        return PriceBook(settings, price_file.read(path or price_file.default_path()))
    except PriceFileError as error:
        return PriceBook(settings, problem=str(error))


class PriceBookCache:
    """The prices that apply, reloaded when another process, such as `reflowtop prices`, changes the price list.

    The price list is in the file `path` (default: the state folder).
    """

    def __init__(self, settings: Settings, path: Path | None = None) -> None:
        self._settings = settings
        self._path = path or price_file.default_path()
        self._stamp: tuple[int, int, int] | None = None
        self._book: PriceBook | None = None

    def current(self) -> PriceBook:
        """Return the book; the same one until the file has changed."""
        stamp = self._read_stamp()
        if self._book is None or stamp != self._stamp:
            self._book, self._stamp = load_book(self._settings, self._path), stamp
        return self._book

    def _read_stamp(self) -> tuple[int, int, int] | None:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _percent(share: Decimal) -> str:
    return f"{(share * 100).normalize():f}%"


@cache_short_texts(8192)
def region_in(uri: str) -> str:
    """Return the region in the name that EC2 gives a host, such as `ec2-54-1-2-3.us-west-2.compute.amazonaws.com`.

    Names in us-east-1 have none: they end in `compute-1.amazonaws.com` or `ec2.internal`. Empty for other names.
    """
    if (found := _REGION.search(uri)) is not None:
        return found[1]
    return "us-east-1" if _FIRST_REGION.search(uri) else ""


def default_region(settings: Settings, environ: Mapping[str, str]) -> str:
    """Return the region for host names without one: of the settings, the table's ARN, or the AWS variables.

    Return an empty text if none of these has a region. The region of an AWS profile does not count.
    """
    if settings.region:
        return settings.region
    if (arn := _ARN.match(settings.table)) is not None:
        return arn[1]
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or ""
