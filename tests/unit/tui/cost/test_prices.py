"""Prices that apply to hosts, and the sources that they are from."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support.rows import make_pool
from tui.cost import price_file, prices
from tui.cost.amount import Amount
from tui.cost.demo_prices import DEMO_TABLE, MADE_UP, is_demo
from tui.cost.price_file import PriceList, PriceListSource
from tui.cost.prices import PriceBook, PriceOrigin, default_region, region_in
from tui.demo.scenario import make_scenario
from tui.settings import Settings
from tui.settings.command_hint import command_hint

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
LIST = PriceList(
    source=PriceListSource.AWS,
    as_of=date(2026, 11, 1),
    regions={
        "us-west-2": {"r5.2xlarge": Decimal("0.504"), "m5.large": Decimal("0.096")},
        "us-east-1": {"r5.2xlarge": Decimal("0.5")},
    },
)


def make_settings(**fields: object) -> Settings:
    return Settings(table="t", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("uri", "region"),
    [
        ("ec2-1-2-3-4.us-west-2.compute.amazonaws.com", "us-west-2"),
        ("https://ec2-54-1-2-3.ap-southeast-1.compute.amazonaws.com:9000/v1", "ap-southeast-1"),
        ("ec2-52-80-1-2.cn-north-1.compute.amazonaws.com.cn:9000", "cn-north-1"),
        ("ip-10-0-12-34.us-gov-west-1.compute.internal:9000", "us-gov-west-1"),
        ("ec2-54-1-2-3.compute-1.amazonaws.com:9000", "us-east-1"),
        ("ip-10-0-12-34.ec2.internal:9000", "us-east-1"),
        ("10.0.0.1:9000", ""),
        ("", ""),
        ("evil.us-west-2.compute.example.com", ""),
    ],
)
def test_the_name_of_a_host_tells_its_region(uri: str, region: str) -> None:
    assert region_in(uri) == region


def test_the_region_of_other_hosts_is_that_of_the_settings_or_the_environment() -> None:
    assert default_region(make_settings(region="eu-west-1"), {"AWS_REGION": "us-west-2"}) == "eu-west-1"
    arn = Settings(table="arn:aws:dynamodb:us-east-2:123456789012:table/reflow")
    assert default_region(arn, {"AWS_REGION": "us-west-2"}) == "us-east-2"
    assert default_region(make_settings(), {"AWS_REGION": "us-west-2"}) == "us-west-2"
    assert default_region(make_settings(), {"AWS_DEFAULT_REGION": "us-west-1"}) == "us-west-1"
    assert default_region(make_settings(), {}) == ""


def test_each_region_has_its_price() -> None:
    book = PriceBook(make_settings(region="us-west-2"), LIST)
    east = make_pool(uri="ip-10-0-0-1.ec2.internal")
    assert [book.cost(pool, 3600).usd for pool in (make_pool(), east)] == [Decimal("0.504"), Decimal("0.5")]
    assert [book.region_of(pool) for pool in (make_pool(), east)] == ["us-west-2", "us-east-1"]
    assert not book.cost(make_pool(uri="ec2-1-2-3-4.eu-west-1.compute.amazonaws.com"), 3600).is_known
    assert not book.cost(make_pool(pool_type="x9.huge"), 3600).is_known


def test_the_settings_take_precedence_over_the_list_for_their_types_only() -> None:
    book = PriceBook(make_settings(region="us-west-2", prices={"r5.2xlarge": Decimal("0.2")}), LIST)
    assert book.cost(make_pool(), 1800) == Amount.exact(Decimal("0.1"))
    assert book.cost(make_pool(pool_type="m5.large"), 3600) == Amount.at_most(Decimal("0.096"))


def test_a_discount_is_taken_off_the_list() -> None:
    book = PriceBook(make_settings(region="us-west-2", price_discount=Decimal("0.125")), LIST)
    assert book.cost(make_pool(), 3600) == Amount.at_most(Decimal("0.441"))
    price = book.price_of(make_pool())
    assert price is not None
    assert book.label([price]).startswith("EC2 on-demand less 12.5% (us-west-2, prices of 2026-11-01); disks, ")


def test_a_cost_of_a_second_is_exact_to_the_microsecond() -> None:
    book = PriceBook(make_settings(region="us-west-2"), LIST)
    assert book.cost(make_pool(), 1).usd == Decimal("0.504") / 3600


def test_a_label_names_every_region_and_source() -> None:
    book = PriceBook(make_settings(prices={"c5.large": Decimal(1)}), LIST)
    used = [book.price("r5.2xlarge", "us-west-2"), book.price("r5.2xlarge", "us-east-1"), book.price("c5.large", "")]
    assert book.label(price for price in used if price is not None) == (
        "prices of the settings and EC2 on-demand (us-east-1, us-west-2, prices of 2026-11-01);"
        " disks, S3 and transfer not counted"
    )


def test_imported_prices_are_named_as_such() -> None:
    imported = PriceList(
        source=PriceListSource.IMPORT, name="prices.csv", as_of=date(2026, 10, 1), regions=LIST.regions
    )
    book = PriceBook(make_settings(region="us-west-2"), imported)
    price = book.price("m5.large", "us-west-2")
    assert price is not None
    assert book.label([price]).startswith("EC2 on-demand (us-west-2, imported prices of 2026-10-01);")


def test_sources_for_doctor() -> None:
    def shown(book: PriceBook) -> list[tuple[str, str, timedelta | None, str]]:
        return [(each.name, str(each.status), each.age, each.detail) for each in book.sources(NOW)]

    hint = "`reflowtop prices update --table t` or `reflowtop prices import FILE` sets it"
    assert shown(PriceBook(make_settings())) == [
        ("settings", "not set", None, ""),
        ("price list", "not set", None, hint),
    ]
    own = make_settings(prices={"r5.2xlarge": Decimal(1)}, price_discount=Decimal("0.3"))
    detail = "AWS Price List API, prices of 2026-11-01, 3 prices in us-east-1, us-west-2"
    assert shown(PriceBook(own, LIST)) == [
        ("settings", "in use", None, "1 type: r5.2xlarge"),
        ("discount", "in use", None, "30% off the price list"),
        ("price list", "in use", timedelta(days=28), detail),
    ]
    assert PriceBook(own, LIST).sources(NOW + timedelta(days=63))[-1].status == "old"
    assert shown(PriceBook(make_settings(), problem="broken"))[-1] == ("price list", "unreadable", None, "broken")
    assert shown(PriceBook(make_settings(), made_up=MADE_UP)) == [
        ("demo", "in use", None, "made-up prices of the demo")
    ]


def test_a_book_is_false_without_any_prices() -> None:
    assert not PriceBook(make_settings())
    assert PriceBook(make_settings(), LIST)
    assert PriceBook(make_settings(prices={"m5.large": Decimal(1)}))


def test_load_book_reads_the_list_or_reports_the_problem(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    assert prices.load_book(make_settings(), path).listed is None
    price_file.write(path, LIST)
    assert prices.load_book(make_settings(), path).listed == LIST
    path.write_text("[]")
    book = prices.load_book(make_settings(), path)
    assert book.listed is None
    assert book.problem.startswith(f"{path} is not a price list (")
    update = command_hint(make_settings(), "prices", "update")
    assert book.label(()) == f"{book.problem}; run `{update}`, or import a file, to replace it"


def test_a_new_price_list_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    cache = prices.PriceBookCache(make_settings(region="us-west-2"), path)
    before = cache.current()
    assert not before
    assert cache.current() is before
    price_file.write(path, LIST)
    after = cache.current()
    assert after.listed == LIST
    assert cache.current() is after
    path.unlink()
    assert cache.current().listed is None


def test_the_demo_has_made_up_prices_and_says_so() -> None:
    demo = Settings(table=DEMO_TABLE, endpoint_url="http://127.0.0.1:4566")
    assert is_demo(demo)
    assert not is_demo(Settings(table=DEMO_TABLE))
    assert not is_demo(Settings(table=DEMO_TABLE, endpoint_url="https://dynamodb.us-west-2.amazonaws.com"))
    book = prices.load_book(demo)
    price = book.price("r5.2xlarge", "us-west-2")
    assert price is not None
    assert price.origin is PriceOrigin.DEMO
    assert book.label([price]) == "made-up prices of the demo; disks, S3 and transfer not counted"


def test_every_host_of_the_demo_has_a_price() -> None:
    types = {pool.pool.pool_type for run in make_scenario(1, NOW).past for pool in run.pools}
    assert types == MADE_UP.keys()
