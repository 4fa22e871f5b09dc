"""Drawing of log lines."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.style import Style

from tui.logs.lines import LogLine
from tui.text.safe import CUT
from tui.widgets.log_line import GOES_ON, LineLayout, parts

PLAIN = Style.null()


def test_matches_are_marked_across_colours() -> None:
    look = LineLayout(80, pattern=re.compile("bcd"))
    (strip,) = parts(LogLine(b"ab\x1b[31mcd\x1b[0me bcd"), look, PLAIN, PLAIN)
    marked = [segment.text for segment in strip if segment.style and segment.style.reverse]
    assert marked == ["b", "cd", "bcd"]
    assert strip.text == "abcde bcd"


@pytest.mark.parametrize("pattern", ["", "x*", "a"])
def test_hits_everywhere(pattern: str) -> None:
    (strip,) = parts(LogLine(b"a" * 30_000), LineLayout(40, pattern=re.compile(pattern)), PLAIN, PLAIN)
    assert strip.text == "a" * 40 + CUT


@given(st.binary(max_size=300), st.integers(1, 50), st.integers(0, 80), st.booleans(), st.booleans())
def test_lines_fit(text: bytes, width: int, left: int, wrap: bool, goes_on: bool) -> None:
    look = LineLayout(width, left=left, wrap=wrap)
    strips = parts(LogLine(text.replace(b"\n", b""), goes_on=goes_on), look, PLAIN, PLAIN)
    assert strips
    assert all(strip.cell_length <= width + strip.text.endswith(CUT) for strip in strips)
    assert wrap or len(strips) == 1


@pytest.mark.parametrize(("left", "shown"), [(0, "01234…"), (3, "34567…"), (5, "56789"), (8, "89"), (20, "")], ids=str)
def test_a_line_beyond_the_width_is_marked(left: int, shown: str) -> None:
    (strip,) = parts(LogLine(b"0123456789"), LineLayout(5, left=left), PLAIN, PLAIN)
    assert strip.text == shown


def test_a_cut_line_shows_that_it_continues() -> None:
    (strip,) = parts(LogLine(b"abc", goes_on=True), LineLayout(80), PLAIN, PLAIN)
    assert strip.text == f"abc{GOES_ON}"
