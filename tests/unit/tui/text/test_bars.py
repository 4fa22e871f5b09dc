"""Bars of block characters."""

import math

import pytest

from tui.text import bars


@pytest.mark.parametrize(
    ("done", "total", "bar"),
    [
        (0, 80, "··········"),
        (1, 80, "▌·········"),
        (55, 80, "██████▌···"),
        (79, 80, "█████████▌"),
        (80, 80, "██████████"),
        (90, 80, "██████████"),
        (0, 0, "··········"),
        (3, 0, "··········"),
        (-3, 9, "··········"),
    ],
)
def test_progress(done: int, total: int, bar: str) -> None:
    assert bars.progress(done, total, 10) == bar


@pytest.mark.parametrize(
    ("numbers", "bar"),
    [
        ((0, 0, 0), ""),
        ((4, 0, 0), "━━━━━━━━━━"),
        ((5, 0, 5), "━━━━━╌╌╌╌╌"),
        ((2, 1, 1), "━━━━━━××╌╌"),
        ((0, 1, 0), "××××××××××"),
        ((1000, 1, 1), "━━━━━━━━×╌"),
        ((1, 1, 1000), "━×╌╌╌╌╌╌╌╌"),
        ((-1, 3, -1), "××××××××××"),
    ],
)
def test_states_are_parts_of_a_bar_of_which_none_is_too_small_to_see(numbers: tuple[int, int, int], bar: str) -> None:
    assert "".join(bars.states(*numbers, 10)) == bar


@pytest.mark.parametrize(
    ("used", "allocated", "bar"),
    [
        (0, 0, "····"),
        (0, 16, "▒▒▒▒"),
        (0.1, 0, "▌···"),
        (0.1, 15.9, "▌▒▒·"),
        (6, 8, "█▌··"),
        (5, 16, "█▒▒▒"),
        (8, 8, "██··"),
        (9, 8, "██··"),
        (15.9, 16, "███▌"),
        (16, 16, "████"),
        (40, 20, "████"),
        (-40, 8, "▒▒··"),
        (math.inf, 8, "████"),
        (-math.inf, math.nan, "····"),
    ],
)
def test_usage(used: float, allocated: float, bar: str) -> None:
    assert bars.usage(used, allocated, 16, 4) == bar
