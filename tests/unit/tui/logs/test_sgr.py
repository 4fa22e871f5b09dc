"""Colours in logs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from tests.support.log_lines import PLAIN
from tui.logs import (
    sgr,
)

RED = Style(color="color(1)")


RGB = Style(color="rgb(1,2,3)")


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ("a\x1b[31mb\x1b[0mc", [("a", PLAIN), ("b", RED), ("c", PLAIN)]),
        (
            "\x1b[31;1mb\x1b[22mc\x1b[39md",
            [("b", RED + Style(bold=True)), ("c", RED), ("d", PLAIN)],
        ),
        ("\x1b[38;5;200ma", [("a", Style(color="color(200)"))]),
        ("\x1b[48;2;1;2;3ma", [("a", Style(bgcolor="rgb(1,2,3)"))]),
        ("\x1b[92;103ma", [("a", Style(color="color(10)", bgcolor="color(11)"))]),
        ("\x1b[38:2::1:2:3ma\x1b[48:5:7mb", [("a", RGB), ("b", RGB + Style(bgcolor="color(7)"))]),
        ("\x1b[38:2:1:2:3ma\x1b[39mb", [("a", RGB), ("b", PLAIN)]),
        ("\x1b[4:3;58;5;1ma\x1b[4:0mb", [("a", Style(underline=True)), ("b", PLAIN)]),
        ("\x1b[38;5;mx", [("x", Style(color="color(0)"))]),
        ("\x1b[?25lx\x1bP1;q\x1b\\\x1b_y", [("␛[?25lx␛P1;q␛\\␛_y", PLAIN)]),
        ("10%\r20%", [("10%␍20%", PLAIN)]),
        (f"\x1b[{'1;' * 40}mx", [(f"␛[{'1;' * 40}mx", PLAIN)]),
        ("\x1b[44;7ma\x1b[m", [("a", Style(bgcolor="color(4)", reverse=True))]),
        ("\x1b[38;5;999ma\x1b[38ma\x1b[38;9;1mb", [("a", PLAIN), ("a", PLAIN), ("b", PLAIN)]),
        ("\x1b[8mhidden\x1b[5mblinks", [("hidden", PLAIN), ("blinks", PLAIN)]),
        ("\x1b[31", [("␛[31", PLAIN)]),
        ("\x1b[2J\x1b]0;t\x07", [("␛[2J␛]0;t␇", PLAIN)]),
        ("a\tb\x1b[31m\tc", [("a       b", PLAIN), ("       c", RED)]),
        ("", []),
    ],
)
def test_colours_are_kept_and_nothing_else(line: str, pieces: list[tuple[str, Style]]) -> None:
    assert list(sgr.pieces(line, 100)) == pieces


@given(st.text(st.sampled_from("\x1b[]0123456789;:m\tab界\u202e\x9b\r\x07")), st.integers(1, 40))
def test_everything_drawn_is_printable(line: str, limit: int) -> None:
    text = "".join(text for text, _ in sgr.pieces(line, limit))
    assert text.isprintable()
    assert cell_len(text) <= limit
