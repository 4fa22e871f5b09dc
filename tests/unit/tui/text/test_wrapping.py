"""Wrapping of lines for terminals."""

from tui.text.safe import safe
from tui.text.wrapping import wrap

TEXT = safe("Only this task stopped; its host i-0we11000000000000000 is alive, and 2 other tasks kept running")


def test_lines_fit_beside_their_indent() -> None:
    lines = wrap(TEXT, 80, indent=14)
    assert lines == [
        "Only this task stopped; its host i-0we11000000000000000 is alive,",
        "and 2 other tasks kept running",
    ]
    assert max(map(len, lines)) <= 80 - 14


def test_a_long_word_stays_whole() -> None:
    digest = f"sha256:{'ab' * 32}"
    assert wrap(safe(f"id {digest}"), 50) == ["id", digest]


def test_pipes_and_narrow_terminals_get_one_line() -> None:
    assert wrap(TEXT, None) == [TEXT]
    assert wrap(TEXT, 49) == [TEXT]
    assert wrap(safe(""), 80) == [""]
