"""Fisher's exact test, and how many of many such tests to believe."""

import math
from bisect import bisect_right
from collections.abc import Iterable

# A term that is this much smaller than the sum so far no longer changes it.
_NEGLIGIBLE = 1e-17


def excess_p_value(*, failed_with: int, failed: int, having: int, total: int) -> float:
    """Return the probability that chance alone gives at least `failed_with` of the failures a feature.

    Of `total` tasks, `failed` failed and `having` have the feature. This is the one-sided p-value of Fisher's exact
    test: the upper tail of the hypergeometric distribution.
    """
    highest = min(failed, having)
    if failed_with <= max(0, failed + having - total):
        return 1.0
    if failed_with > highest:
        return 0.0
    term = tail = math.exp(
        _log_choose(having, failed_with)
        + _log_choose(total - having, failed - failed_with)
        - _log_choose(total, failed)
    )
    for count in range(failed_with, highest):
        rest = total - having - failed + count + 1
        term *= (having - count) * (failed - count) / ((count + 1) * rest)
        tail += term
        if term < tail * _NEGLIGIBLE:
            break
    return min(tail, 1.0)


def least_p_value(*, failed: int, having: int, total: int) -> float:
    """Return the smallest p-value that a feature of `having` tasks can reach, whichever tasks failed."""
    return excess_p_value(failed_with=min(failed, having), failed=failed, having=having, total=total)


def count_tests(least: Iterable[float], level: float) -> int:
    """Return the number of tests to correct for, so that all claims together are false with a chance of `level`.

    `least` are the smallest p-values that the tests can reach. A test that cannot reach the corrected level takes no
    part: a host with one task can prove nothing, and need not cost the others their evidence (Tarone 1990,
    https://doi.org/10.2307/2531456). Multiply the p-values by the result.
    """
    ordered = sorted(least)
    number = 1
    while bisect_right(ordered, level / number) > number:
        number += 1
    return number


def _log_choose(total: int, chosen: int) -> float:
    return math.lgamma(total + 1) - math.lgamma(chosen + 1) - math.lgamma(total - chosen + 1)
