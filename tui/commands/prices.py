"""`reflowtop prices`: show the sources of prices, and set the price list."""

import asyncio
import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import click

from store import TaskDB
from store.regular_file import read_regular_file
from store.times import utc_now
from tui.connect import run_with_db
from tui.cost import price_file, price_import, price_list
from tui.cost.demo_prices import is_demo
from tui.cost.price_file import PriceFileError, PriceList, PriceListSource
from tui.cost.price_import import PriceImportError
from tui.cost.price_list import HostType
from tui.cost.prices import PriceSource, SourceStatus, default_region, load_book, region_in, replace_hint
from tui.exit_status import ExitCode, print_stderr
from tui.settings import Settings
from tui.terminal import narration, output
from tui.text import formats
from tui.text.ascii import to_ascii
from tui.text.json_text import json_text
from tui.text.safe import NONE, safe
from tui.watch.model.cluster import Cluster
from tui.watch.polling import reads

_MOST_SHOWN = 40  # prices in a table; of more, only those of the region
_LARGEST = 512 << 20  # bytes; the JSON of ec2instances.info has some 100 MB


def show(settings: Settings, now: datetime, *, as_json: bool) -> ExitCode:
    """Print the sources of prices and the prices of types; FAILED if the price list cannot be read."""
    book = load_book(settings)
    sources = book.sources(now)
    if as_json:
        output.print_line(json_text(_document(settings, sources), indent=2))
    else:
        for line in (*_source_lines(settings, sources), "", *_price_lines(settings)):
            output.print_line(to_ascii(safe(line)) if settings.ascii else safe(line))
    return ExitCode.FAILED if any(each.status is SourceStatus.UNREADABLE for each in sources) else ExitCode.OK


def import_file(settings: Settings, name: str, as_of: date | None) -> ExitCode:
    """Replace the price list with the one in the file `name`, as of `as_of` (by default the date of the file)."""
    path = Path(name)
    try:
        data = read_regular_file(path, _LARGEST)
        written = as_of or datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
        region = settings.region or default_region(settings, os.environ)
        found = price_import.parse(data, path.name, written, region)
    except OSError as error:
        print_stderr(f"{name} cannot be read: {error.strerror or error}")
        return ExitCode.FAILED
    except PriceImportError as error:
        print_stderr(str(error))
        return ExitCode.FAILED
    return _replace(found)


def update(settings: Settings, types: Sequence[str]) -> ExitCode:
    """Replace the price list with the AWS prices of the types in use and of `types`.

    Raises Error, and keeps the old list, if the pools or the prices cannot be read.
    """
    if is_demo(settings):
        raise click.UsageError("the demo has made-up prices; they cannot be updated", click.get_current_context())
    now = utc_now()
    wanted = {*run_with_db(settings, lambda db: find_types(db, settings, now)), *_known_types()}
    region = default_region(settings, os.environ)
    if types and not region:
        raise click.UsageError("--type needs a region; use --region", click.get_current_context())
    wanted |= {HostType(region, name) for name in types}
    if not wanted:
        print_stderr("no type of host is in use; extend --since or name a type with --type")
        return ExitCode.FAILED
    regions = sorted({host.region for host in wanted})
    count = formats.count(len(wanted), "type")
    narration.note(f"asking AWS for the prices of {count} in {', '.join(regions)} ...")
    found = asyncio.run(price_list.fetch(wanted, now.date(), profile=settings.profile))
    for host in found.missing:
        print_stderr(f"AWS has no on-demand price of {host.name} in {host.region}; its cost stays unknown")
    if not found.prices.regions:
        print_stderr("no price was found; the price list stays as it is")
        return ExitCode.FAILED
    return _replace(found.prices)


async def find_types(db: TaskDB, settings: Settings, now: datetime) -> set[HostType]:
    """Return the types of the pools that were alive at `settings.since` or later, each in its region.

    Raises Error if they cannot be read.
    """
    cluster = Cluster(now)
    outcome = await reads.refresh(db, cluster, settings.since.at(now))
    if outcome.errors and not cluster.pools:
        raise outcome.errors[0]
    fallback = default_region(settings, os.environ)
    found = {HostType(region_in(pool.uri) or fallback, pool.pool_type) for pool in cluster.pools}
    return {host for host in found if host.region and host.name}


def _known_types() -> Iterator[HostType]:
    """Yield the types of the last update, so that runs of last week keep their cost."""
    try:
        before = price_file.read(price_file.default_path())
    except PriceFileError:
        return
    if before is not None and before.source is PriceListSource.AWS:
        yield from (HostType(region, name) for region, types in before.regions.items() for name in types)


def _replace(found: PriceList) -> ExitCode:
    """Write the price list; print which list it replaces and how many prices have changed."""
    path = price_file.default_path()
    try:
        before = price_file.read(path)
    except PriceFileError as error:
        print_stderr(f"replacing a file that cannot be used: {error}")
        before = None
    price_file.write(path, found)
    count = formats.count(sum(map(len, found.regions.values())), "price")
    regions = formats.count(len(found.regions), "region")
    changed = "" if before is None else f"; replaces {before.describe()}"
    if before is not None:
        differ = price_import.compare(before.regions, found.regions)
        changed += f"; {formats.count(differ, 'price')} {'has' if differ == 1 else 'have'} changed"
    output.print_line(safe(f"{count} in {regions}: {found.describe()}{changed}"))
    return ExitCode.OK


def _source_lines(settings: Settings, sources: Sequence[PriceSource]) -> Iterator[str]:
    width = max(len(each.name) for each in sources)
    states = max(len(each.status) for each in sources)
    for each in sources:
        age = NONE if each.age is None else f"{each.age.days}d old"
        remedy = f"; {replace_hint(settings)}" if each.status is SourceStatus.UNREADABLE else ""
        yield f"{each.name:{width}}  {each.status:{states}}  {age:8}  {each.detail}{remedy}".rstrip()


def _price_lines(settings: Settings) -> Iterable[str]:
    prices = list(_prices(settings))
    if not prices:
        return ["No prices: costs are unknown."]
    region, count = default_region(settings, os.environ), len(prices)
    if count > _MOST_SHOWN and region:
        prices = [each for each in prices if each["region"] in (None, region)]
    lines = [f"{'REGION':15}  {'TYPE':16}  {'$/H':>10}  SOURCE"]
    lines += [
        f"{each['region'] or 'any':15}  {each['type']:16}  {each['usd_per_hour']:>10}  {each['source']}"
        for each in prices
    ]
    if left_out := count - len(prices):
        lines.append(f"{formats.count(left_out, 'price')} of other regions than {region}: see -o json")
    return lines


def _document(settings: Settings, sources: Sequence[PriceSource]) -> dict[str, object]:
    """Return the JSON document: the sources, with ages in days, and the price of every type in US dollars per hour."""
    return {
        "sources": [
            {
                "name": each.name,
                "status": str(each.status),
                "age_days": None if each.age is None else each.age.days,
                "detail": each.detail or None,
            }
            for each in sources
        ],
        "prices": [{**each, "usd_per_hour": float(str(each["usd_per_hour"]))} for each in _prices(settings)],
    }


def _prices(settings: Settings) -> Iterator[dict[str, object]]:
    """Yield the price that applies to every type: its region (None for all), type, dollars and source."""
    book = load_book(settings)
    for name, usd in sorted((book.made_up or settings.prices).items()):
        source = "made up" if book.made_up else "settings"
        yield {"region": None, "type": name, "usd_per_hour": str(usd), "source": source}
    if book.listed is None:
        return
    for region, types in sorted(book.listed.regions.items()):
        for name in sorted(types.keys() - settings.prices.keys()):
            price = book.price(name, region)
            if price is not None:
                usd = price.usd.normalize()
                yield {"region": region, "type": name, "usd_per_hour": f"{usd:f}", "source": str(book.listed.source)}
