"""Amounts in US dollars, each exact, an upper bound or unknown; their sums and their texts."""

import enum
from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

import msgspec

_ZERO = Decimal()
_CENT, _DOLLAR, _LARGE = Decimal("0.01"), Decimal(1), Decimal(100)
_FINE = Decimal("0.0001")
_BOUND = "≤"


class AmountKind(enum.StrEnum):
    """The kind of an amount: the price paid, an upper bound of it, or unknown."""

    EXACT = "exact"
    UPPER_BOUND = "upper_bound"
    UNKNOWN = "unknown"


class Amount(msgspec.Struct, frozen=True):
    """An amount in US dollars, or a sum of such amounts for `pools` pools; `priced` of them have a price.

    An amount at the on-demand price is an upper bound, because that price is reflow's highest bid on the spot market
    (`costHelp` in reflow's tool/ps.go). Sums follow `Cost.Add` in reflow's tool/cost.go: an exact amount plus a bound
    is a bound, and an unknown part changes neither value nor kind. A sum also counts its parts, for texts such as
    "priced 17 of 20 pools". A sum of only unknown parts is unknown, never 0; the sum of no amounts is exactly 0.
    """

    usd: Decimal
    kind: AmountKind
    priced: int = 1
    pools: int = 1

    @classmethod
    def exact(cls, usd: Decimal) -> "Amount":
        """Return the amount that was paid, exactly."""
        return cls(usd, AmountKind.EXACT)

    @classmethod
    def at_most(cls, usd: Decimal) -> "Amount":
        """Return an upper bound of the amount that was paid."""
        return cls(usd, AmountKind.UPPER_BOUND)

    @property
    def is_known(self) -> bool:
        """Whether any part of it is known."""
        return self.kind is not AmountKind.UNKNOWN

    @property
    def is_partial(self) -> bool:
        """Whether some parts are known and others are not."""
        return self.is_known and self.priced < self.pools

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            self.usd + other.usd,
            _kind_of_sum(self, other),
            self.priced + other.priced,
            self.pools + other.pools,
        )

    def __mul__(self, factor: Decimal) -> "Amount":
        """Scale a known amount; an unknown one stays unknown, where reflow's `Cost.Mul` panics."""
        return msgspec.structs.replace(self, usd=self.usd * factor)


UNKNOWN = Amount(_ZERO, AmountKind.UNKNOWN, priced=0)
"""The amount of one pool without a price."""
NOTHING = Amount(_ZERO, AmountKind.EXACT, priced=0, pools=0)
"""The sum of no amounts."""


def total(amounts: Iterable[Amount]) -> Amount:
    """Return the sum of amounts, with the number of its parts."""
    return sum(amounts, NOTHING)


def as_bound(amount: Amount) -> Amount:
    """Return an exact amount as an upper bound; an unknown one stays unknown."""
    return msgspec.structs.replace(amount, kind=AmountKind.UPPER_BOUND) if amount.is_known else amount


def _kind_of_sum(one: Amount, other: Amount) -> AmountKind:
    kinds = {amount.kind for amount in (one, other) if amount.pools and amount.is_known}
    if AmountKind.UPPER_BOUND in kinds:
        return AmountKind.UPPER_BOUND
    return AmountKind.EXACT if kinds or not (one.pools or other.pools) else AmountKind.UNKNOWN


def short_text(amount: Amount, unknown: str, *, per_hour: bool = False) -> str:
    """Return an amount for a cell, such as `≤$12.40`, or the text `unknown`. A `*` marks a sum with unpriced pools.

    Amounts of $100 or more have no cents.
    """
    if not amount.is_known:
        return unknown
    sign = _BOUND if amount.kind is AmountKind.UPPER_BOUND else ""
    dollars = _dollars(amount, _DOLLAR if abs(amount.usd) >= _LARGE else _CENT)
    return f"{sign}{dollars}{'/h' if per_hour else ''}{'*' if amount.is_partial else ''}"


def text(amount: Amount, *, per_hour: bool = False) -> str:
    """Return an amount for a sentence, such as `≤ $12.40` or `$3.10/h (priced 17 of 20 pools)`."""
    return f"{_usd(amount, '/h' if per_hour else '')}{priced_text(amount)}" if amount.is_known else "unknown"


def sum_text(amount: Amount) -> str:
    """Return a sum over runs as `text` does, without the number of pools: several runs may have used one pool."""
    partial = " (not all hosts have a price)" if amount.is_partial else ""
    return f"{_usd(amount)}{partial}" if amount.is_known else f"unknown{partial}"


def _usd(amount: Amount, unit: str = "") -> str:
    sign = f"{_BOUND} " if amount.kind is AmountKind.UPPER_BOUND else ""
    return f"{sign}{_dollars(amount)}{unit}"


def priced_text(amount: Amount) -> str:
    """Return ` (priced 17 of 20 pools)` if some pools of a sum have no price; else an empty text."""
    return f" (priced {amount.priced} of {amount.pools} pools)" if amount.is_partial else ""


def _dollars(amount: Amount, step: Decimal = _CENT) -> str:
    """Return the number with its sign, rounded to `step`.

    A bound is rounded up, so that it stays a bound, and so is what would be rounded to 0.
    """
    usd = abs(amount.usd)
    step = _FINE if 0 < usd < _CENT else step
    rounding = ROUND_CEILING if amount.kind is AmountKind.UPPER_BOUND or usd < _FINE else ROUND_HALF_EVEN
    rounded = usd.quantize(step, rounding)
    return f"{'-' if amount.usd < 0 else ''}${rounded:f}"
