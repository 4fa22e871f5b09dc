"""SGR sequences: what they make of the colours before them."""

import pytest

from tui.logs.sgr import PLAIN, Pen, changed, has_reset, pen_after, style_of

RED: Pen = (("color", "color(1)"),)


def test_colours_add_up_until_they_are_reset() -> None:
    pen = pen_after(b"\x1b[31mone \x1b[1mtwo")
    assert pen == (*RED, ("bold", True))
    assert pen_after(b"three", pen) == pen
    assert pen_after(b"\x1b[22m", pen) == RED
    for reset in (b"\x1b[m", b"\x1b[0m", b"\x1b[1;0m"):
        assert pen_after(reset, pen) == PLAIN


@pytest.mark.parametrize(
    ("text", "resets"), [(b"\x1b[0;31m", True), (b"\x1b[m", True), (b"\x1b[31m", False), (b"", False)]
)
def test_a_reset_makes_earlier_colours_irrelevant(text: bytes, resets: bool) -> None:
    assert has_reset(text) is resets


def test_styles_have_the_colours_of_their_pen() -> None:
    assert str(style_of(changed(PLAIN, "1;38;2;1;2;3"))) == "bold rgb(1,2,3)"
    assert style_of(PLAIN).__class__ is style_of(RED).__class__
