"""The cost of times on pools: each time at the price of its pool, summed."""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from store import PoolRow
from tui.cost import amount as amounts
from tui.cost.amount import NOTHING, UNKNOWN, Amount
from tui.cost.pool_cost import Charge
from tui.cost.prices import Price, PriceBook


class Spent(msgspec.Struct, frozen=True):
    """A cost: its amount, its growth per hour, and the prices used.

    `is_pending` means that the cost has not been computed yet.
    """

    amount: Amount = NOTHING
    per_hour: Amount = NOTHING
    prices: frozenset[Price] = frozenset()
    is_pending: bool = False


class _Sum(msgspec.Struct):
    """The time on pools of one price; `growing` counts the pools on which it grows.

    With `is_bound` the time is an upper bound: tasks that were not read may have shared a pool.
    """

    price: Price
    seconds: float = 0.0
    rate: float = 0.0
    pools: int = 0
    growing: int = 0
    is_bound: bool = False


def sum_charges(book: PriceBook, charges: Iterable[tuple[PoolRow | None, Charge | None]]) -> Spent:
    """Return the cost of whole times on pools; a time or pool of None is unknown."""
    return _sum(book, charges, known_since=None, is_share=False)


def sum_shares(
    book: PriceBook, charges: Iterable[tuple[PoolRow | None, Charge | None]], *, known_since: datetime | None
) -> Spent:
    """Return the cost of parts of times on pools; a part or pool of None is unknown.

    All tasks are known from `known_since` on, or never if it is None. On pools that started earlier a part is an upper
    bound.
    """
    return _sum(book, charges, known_since=known_since, is_share=True)


def unknown_pools(count: int) -> Amount:
    """Return the sum of the unknown amounts of `count` pools; exactly 0 for none."""
    return msgspec.structs.replace(UNKNOWN, pools=UNKNOWN.pools * count) if count else NOTHING


def _sum(
    book: PriceBook,
    charges: Iterable[tuple[PoolRow | None, Charge | None]],
    *,
    known_since: datetime | None,
    is_share: bool,
) -> Spent:
    sums: dict[int, _Sum] = {}  # by the identity of the price: the book returns the same one for the same type
    unknown = unknown_now = 0
    price_of = book.price_of
    for pool, charge in charges:
        price = None if pool is None else price_of(pool)
        if charge is None or price is None:
            unknown += 1
            unknown_now += charge is None or charge.rate > 0
            continue
        found = sums.get(id(price))
        if found is None:
            found = sums[id(price)] = _Sum(price)
        seconds, rate = charge
        found.seconds += seconds
        found.rate += rate
        found.pools += 1
        found.growing += rate > 0
        if is_share and pool is not None and (known_since is None or pool.start is None or pool.start < known_since):
            found.is_bound = True
    amount, per_hour = unknown_pools(unknown), unknown_pools(unknown_now)
    for found in sums.values():
        cost = found.price.for_seconds(found.seconds)
        amount += _for_pools(amounts.as_bound(cost) if found.is_bound else cost, found.pools)
        if found.growing:
            per_hour += _for_pools(found.price.for_seconds(found.rate * 3600), found.growing)
    return Spent(amount, per_hour, frozenset(found.price for found in sums.values()))


def _for_pools(amount: Amount, pools: int) -> Amount:
    return msgspec.structs.replace(amount, priced=pools, pools=pools)
