"""Sums of times on pools at their prices."""

from decimal import Decimal

from tests.support.costs import LIST, host
from tests.support.rows import NOW, ago
from tui.cost.amount import NOTHING, Amount, AmountKind, text
from tui.cost.pool_cost import Charge
from tui.cost.prices import PriceBook
from tui.cost.spent import Spent, sum_charges, sum_shares, unknown_pools
from tui.settings import Settings

HOUR = Charge(3600.0)
BOOK = PriceBook(Settings(table="t", region="us-west-2"), LIST)
EXACT = PriceBook(Settings(table="t", region="us-west-2", prices={"r5.2xlarge": Decimal("0.50")}))
POOL = host()[0]
UNPRICED = host("i-0def", pool_type="m5.large")[0]


def test_times_at_one_price_are_added() -> None:
    spent = sum_charges(BOOK, [(POOL, HOUR), (POOL, Charge(1800.0, 0.5))])
    assert (text(spent.amount), spent.amount.pools) == ("≤ $0.75", 2)
    assert (text(spent.per_hour), spent.per_hour.pools) == ("≤ $0.25", 1)
    assert len(spent.prices) == 1


def test_unpriced_pools_and_unknown_times_are_counted() -> None:
    spent = sum_charges(BOOK, [(POOL, HOUR), (UNPRICED, HOUR), (POOL, None), (None, HOUR)])
    assert text(spent.amount) == "≤ $0.50 (priced 1 of 4 pools)"
    assert (spent.per_hour.priced, spent.per_hour.pools) == (0, 1)  # only the unknown time may grow


def test_a_share_is_exact_if_all_tasks_are_known_since_the_start_of_the_pool() -> None:
    kinds = [sum_shares(EXACT, [(POOL, HOUR)], known_since=since).amount.kind for since in (ago(hours=3), NOW, None)]
    assert kinds == [AmountKind.EXACT, AmountKind.UPPER_BOUND, AmountKind.UPPER_BOUND]
    assert sum_charges(EXACT, [(POOL, HOUR)]).amount.kind is AmountKind.EXACT


def test_the_sum_of_nothing_is_exactly_0() -> None:
    assert sum_charges(BOOK, []) == Spent()
    assert unknown_pools(0) == NOTHING
    assert unknown_pools(3) == Amount(Decimal(), AmountKind.UNKNOWN, priced=0, pools=3)
