"""Sums of amounts and their texts. The table of sums is that of reflow's tool/cost_test.go, in dollars."""

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.cost.amount import (
    NOTHING,
    UNKNOWN,
    Amount,
    AmountKind,
    as_bound,
    priced_text,
    short_text,
    sum_text,
    text,
    total,
)


def exact(usd: str) -> Amount:
    return Amount.exact(Decimal(usd))


def bound(usd: str) -> Amount:
    return Amount.at_most(Decimal(usd))


AMOUNTS = st.lists(
    st.one_of(
        st.just(UNKNOWN),
        st.decimals("0", "1000", places=4).map(Amount.exact),
        st.decimals("0", "1000", places=4).map(Amount.at_most),
    )
)


@pytest.mark.parametrize(
    ("one", "other", "usd", "kind"),
    [
        (exact("1"), UNKNOWN, "1", "exact"),
        (UNKNOWN, exact("1"), "1", "exact"),
        (exact("1"), bound("0"), "1", "upper_bound"),
        (bound("0"), exact("1"), "1", "upper_bound"),
        (exact("1"), exact("2.5"), "3.5", "exact"),
        (bound("1"), exact("2.5"), "3.5", "upper_bound"),
        (exact("1"), bound("2.5"), "3.5", "upper_bound"),
        (bound("1"), bound("2.5"), "3.5", "upper_bound"),
        (UNKNOWN, UNKNOWN, "0", "unknown"),
        (UNKNOWN, bound("1"), "1", "upper_bound"),
        (NOTHING, exact("1"), "1", "exact"),
        (NOTHING, UNKNOWN, "0", "unknown"),
        (NOTHING, NOTHING, "0", "exact"),
    ],
)
def test_sums_follow_the_rules_of_reflow(one: Amount, other: Amount, usd: str, kind: str) -> None:
    found = one + other
    assert (found.usd, found.kind) == (Decimal(usd), kind)
    assert (found.priced, found.pools) == (one.priced + other.priced, one.pools + other.pools)


def test_scaling_keeps_the_kind() -> None:
    assert exact("3.5") * Decimal("0.5") == exact("1.75")
    assert bound("3.5") * Decimal("0.5") == bound("1.75")
    assert UNKNOWN * Decimal(2) == UNKNOWN
    assert as_bound(exact("1")) == bound("1")
    assert as_bound(UNKNOWN) == UNKNOWN


@given(AMOUNTS, st.randoms(use_true_random=False))
def test_the_order_of_a_sum_does_not_matter(amounts: list[Amount], random: Random) -> None:
    before = total(amounts)
    random.shuffle(amounts)
    assert total(amounts) == before


@given(AMOUNTS)
def test_a_sum_is_as_weak_as_its_weakest_known_part_and_counts_all(amounts: list[Amount]) -> None:
    found = total(amounts)
    kinds = {amount.kind for amount in amounts}
    assert found.usd == sum(amount.usd for amount in amounts)
    assert (found.kind is AmountKind.UPPER_BOUND) == (AmountKind.UPPER_BOUND in kinds)
    assert (found.kind is AmountKind.UNKNOWN) == (kinds == {AmountKind.UNKNOWN})
    assert found.pools == len(amounts)
    assert found.priced == len([amount for amount in amounts if amount.is_known])
    assert found.is_partial == (found.is_known and UNKNOWN in amounts)


def test_a_sum_with_an_unknown_part_says_how_much_of_it_is_known() -> None:
    some = total([*[bound("1")] * 17, *[UNKNOWN] * 3])
    assert text(some) == "≤ $17.00 (priced 17 of 20 pools)"
    assert short_text(some, "-") == "≤$17.00*"
    assert priced_text(some) == " (priced 17 of 20 pools)"
    assert priced_text(exact("1")) == ""
    assert sum_text(some) == "≤ $17.00 (not all hosts have a price)"
    assert [sum_text(each) for each in (bound("1"), UNKNOWN)] == ["≤ $1.00", "unknown"]


def test_an_unknown_amount_is_never_0() -> None:
    nothing_known = total([UNKNOWN, UNKNOWN])
    assert (text(nothing_known), short_text(nothing_known, "-")) == ("unknown", "-")


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (exact("12.4"), "$12.40"),
        (bound("12.4"), "≤ $12.40"),
        (bound("12.401"), "≤ $12.41"),  # 12.40 would not be a bound
        (exact("12.404"), "$12.40"),
        (exact("0"), "$0.00"),
        (exact("0.0042"), "$0.0042"),  # not $0.00
        (bound("0.00001"), "≤ $0.0001"),
        (exact("0.00001"), "$0.0001"),
    ],
)
def test_texts_round_bounds_up(amount: Amount, shown: str) -> None:
    assert text(amount) == shown
    assert short_text(amount, "-") == shown.replace(" ", "")
    assert text(amount, per_hour=True) == f"{shown}/h"
    assert short_text(amount, "-", per_hour=True) == f"{shown}/h".replace(" ", "")


def test_large_amounts_have_no_cents_in_cells() -> None:
    assert (text(bound("1234.5")), short_text(bound("1234.5"), "-")) == ("≤ $1234.50", "≤$1235")
    assert [short_text(exact(usd), "-") for usd in ("99.99", "100", "123456.4")] == ["$99.99", "$100", "$123456"]
