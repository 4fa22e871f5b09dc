"""Bars of block characters."""

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
